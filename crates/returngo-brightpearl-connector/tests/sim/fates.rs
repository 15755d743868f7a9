//! What is in store for the returns of a seed, and for the processes.

use std::time::Duration;

use returngo::{RmaId, TransactionStatus};
use rust_decimal::Decimal;

use crate::{
    people::{Action, Amount},
    shops::Setup,
    sim::Sim,
    world::Event,
};

/// Adds what is to happen.
pub(crate) fn plan(sim: &Sim, setup: &mut Setup) {
    let mut events = Vec::new();
    let together = sim.seconds(60, 1800);
    for place in 0..setup.rmas.len() {
        let (id, shop) = (setup.rmas[place].id.clone(), setup.rmas[place].shop);
        let rma = Box::new(setup.rmas[place].rma.clone());
        let known_before = sim.chance(0.5);
        let created = if known_before { Duration::ZERO } else { sim.seconds(10, 1200) };
        events.push((created, Action::Request(shop, rma)));
        // Some are approved at the same moment.
        let approved = if sim.chance(0.6) { together } else { sim.seconds(60, 5400) };
        let approved = approved.max(created + Duration::from_secs(1));
        if sim.chance(0.95) {
            events.push((approved, Action::Approve(shop, id.clone())));
            fate_of(sim, shop, &id, approved, &mut events);
        }
    }
    in_brightpearl(sim, setup, &mut events);
    operators(sim, setup, &mut events);
    let events = events.into_iter().map(|(at, action)| (at, Event::People(action)));
    setup.events.extend(events);
    processes(sim, setup);
    setup.events.push((setup.horizon, Event::Calm));
}

fn fate_of(sim: &Sim, shop: usize, id: &RmaId, approved: Duration, events: &mut Vec<(Duration, Action)>) {
    use TransactionStatus::{Failed, Requested, Success};
    let id = || id.clone();
    let first = approved + if sim.chance(0.3) { sim.seconds(1, 120) } else { sim.seconds(120, 3000) };
    let later = first + sim.seconds(300, 3000);
    let refund = |amount: Amount, status| Action::Refund(shop, id(), amount, status);
    match sim.below(12) {
        0 | 1 => events.push((first, refund(Amount::Full, Success))),
        2 => {
            events.push((first, refund(Amount::Share(2), Success)));
            events.push((later, refund(Amount::Share(2), Success)));
        }
        3 => events.push((first, refund(Amount::FullAnd(Decimal::new(500, 2)), Success))),
        4 => {
            events.push((first, refund(Amount::Full, Failed)));
            events.push((later, refund(Amount::Full, Success)));
        }
        5 | 6 => {
            events.push((first, refund(Amount::Full, Success)));
            events.push((later, Action::SetTransaction(shop, id(), 0, Some(Failed))));
            events.push((later + sim.seconds(1, 1800), refund(Amount::Full, Success)));
        }
        7 => {
            events.push((first, refund(Amount::Full, Success)));
            events.push((later, Action::SetTransaction(shop, id(), 0, None)));
        }
        8 => {
            events.push((first, refund(Amount::Full, Requested)));
            events.push((later, Action::SetTransaction(shop, id(), 0, Some(Success))));
        }
        9 => {
            events.push((first, refund(Amount::Full, Success)));
            events.push((later, Action::Cancel(shop, id())));
            if sim.chance(0.5) {
                events.push((later + sim.seconds(60, 3600), Action::Reopen(shop, id())));
            }
        }
        10 => {
            events.push((first, Action::Cancel(shop, id())));
            events.push((later, Action::Reopen(shop, id())));
            events.push((later + sim.seconds(60, 1800), refund(Amount::Full, Success)));
        }
        _ => events.push((first, refund(Amount::Full, Success))),
    }
    if sim.chance(0.15) {
        let on_sale = sim.chance(0.3);
        events.push((later, Action::PayByHand { shop, rma: id(), on_sale, named: sim.chance(0.5) }));
    }
    if sim.chance(0.5) {
        let arrives = approved + sim.seconds(600, 5400);
        events.push((arrives, Action::Receive(id(), false)));
        events.push((arrives + sim.seconds(60, 1800), Action::Receive(id(), true)));
        events.push((arrives + sim.seconds(1800, 3000), Action::Release(id())));
    }
    if sim.chance(0.05) {
        events.push((later, Action::DeleteCredit(id())));
    }
    if sim.chance(0.08) {
        events.push((later, Action::Close(id())));
        events.push((later + sim.seconds(600, 3600), Action::Uninvoice(id())));
    }
}

/// Somebody makes credits by hand, as for one of the returns; for either of two returns that are alike it fits both.
fn in_brightpearl(sim: &Sim, setup: &Setup, events: &mut Vec<(Duration, Action)>) {
    if setup.are_alike {
        events.push((sim.seconds(1, 60), Action::ForeignCredit(setup.rmas[0].id.clone())));
    } else if sim.chance(0.3) {
        let first = sim.below(setup.rmas.len());
        events.push((sim.seconds(1, 1800), Action::ForeignCredit(setup.rmas[first].id.clone())));
    }
}

fn operators(sim: &Sim, setup: &Setup, events: &mut Vec<(Duration, Action)>) {
    let anywhen = || sim.millis(1_800_000, setup.horizon.as_millis() as u64);
    for (place, connected) in setup.connections.iter().enumerate() {
        if sim.chance(0.4) {
            for _ in 0..1 + sim.below(3) {
                events.push((anywhen(), Action::Resolve(place)));
            }
        }
        if sim.chance(0.6) {
            for _ in 0..1 + sim.below(6) {
                events.push((anywhen(), Action::Decide(place)));
            }
        }
        if sim.chance(0.1) {
            events.push((anywhen(), Action::Lift(place)));
        }
        if sim.chance(0.2) {
            events.push((anywhen(), Action::Retry(place)));
        }
        if !connected.settings.adjustments && sim.chance(0.4) {
            events.push((anywhen(), Action::ConfigureAdjustments(place)));
        }
    }
}

/// Processes die and start again, clocks go wrong, searches lag now more and now less.
fn processes(sim: &Sim, setup: &mut Setup) {
    let horizon = setup.horizon.as_millis() as u64;
    for process in 0..setup.processes {
        setup.events.push((Duration::ZERO, Event::Start(process)));
        if sim.chance(0.6) {
            for _ in 0..1 + sim.below(4) {
                let at = sim.millis(60_000, horizon);
                let death = if sim.chance(0.3) {
                    Event::Kill(process)
                } else {
                    Event::KillAtPoint(process, sim.below(20) as u32)
                };
                setup.events.push((at, death));
            }
        }
        if sim.chance(0.2) {
            let at = sim.millis(60_000, horizon);
            setup.events.push((at, Event::Suspend(process, sim.seconds(10, 300))));
        }
        let skew = sim.below(240_001) as i64 - 120_000;
        if sim.chance(0.5) {
            setup.events.push((Duration::ZERO, Event::SetClock(process, skew)));
        }
        if sim.chance(0.12) {
            let from = sim.millis(60_000, horizon / 2);
            let until = from + sim.seconds(60, 3600);
            let day = if sim.chance(0.7) { 86_400_000 } else { -86_400_000 };
            setup.events.push((from, Event::SetClock(process, day)));
            setup.events.push((until, Event::SetClock(process, 0)));
        }
    }
    if sim.chance(0.3) {
        setup.events.push((sim.millis(0, horizon), Event::Lag(sim.below(20_000) as u64)));
    }
}
