//! A day of a shop with 500 open RMAs, minute by minute, without a single webhook: everything that happens is
//! seen, and the 2,000 calls of the day are enough.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use returngo::{
    Client, Rma, RmaId, RmaStatus, ShipmentStatus,
    sweep::{ReadResult, SweepSettings, Sweeper},
};
use returngo_mock::{Inspection, ItemBuilder, Refund, RmaBuilder};
use rust_decimal_macros::dec;

use super::direct::World;

const RMAS: u64 = 500;
const MINUTES: u64 = 24 * 60;

/// What happens to an RMA.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Happening {
    Requested,
    Approved,
    Arrived,
    Refunded,
    Inspected,
    Canceled,
    Reopened,
}

#[tokio::test]
#[allow(clippy::print_stdout, reason = "with --nocapture it tells the figures")]
async fn a_day_of_500_rmas_costs_less_than_2000_calls_and_misses_nothing() {
    let mut shop = Simulated::opened().await;
    let calls = shop.calls();
    for minute in 0..MINUTES {
        for (happening, number) in happenings(minute) {
            shop.happens(happening, number).await;
        }
        shop.world.pass(60).await;
        shop.sweep().await;
    }
    let calls = shop.calls() - calls;
    let writes = shop.writes;
    assert!(calls <= 2000, "{calls} calls");
    assert!(writes >= 200, "{writes} writes");

    // Within an interval and the minute that the simulation is coarse by, also as the day goes by.
    let slowest = |kinds: &[Happening]| {
        shop.delays.iter().filter(|(kind, _)| kinds.contains(kind)).map(|(_, delay)| *delay).max().unwrap()
    };
    let statuses = [Happening::Requested, Happening::Approved, Happening::Arrived, Happening::Canceled];
    assert!(slowest(&statuses) <= SignedDuration::from_mins(15), "{}", slowest(&statuses));
    let money = slowest(&[Happening::Refunded]);
    assert!(money <= SignedDuration::from_mins(20), "{money}");
    let (seen, status) = (shop.delays.len(), slowest(&statuses));
    println!(
        "{calls} calls, {writes} of them writes, for {seen} happenings; statuses within {status:#}, money within {money:#}"
    );
    shop.nothing_is_missed();
}

/// Some 600 things in a day: more than one for each RMA, and in the hours when shops work.
fn happenings(minute: u64) -> Vec<(Happening, u64)> {
    use Happening::*;
    let opened = 8 * 60;
    let working = (opened..18 * 60).contains(&minute);
    let at_work = minute.saturating_sub(opened);
    let every = |minutes: u64| minute.is_multiple_of(minutes);
    let mut now = Vec::new();
    let mut happen = |when: bool, what, number| now.extend(when.then_some((what, number)));
    happen(every(24), Requested, 1000 + minute / 24);
    happen(working && every(6), Approved, at_work / 6);
    happen(working && every(4), Arrived, 100 + at_work / 4);
    happen(working && every(4), Refunded, 250 + at_work / 4);
    happen(working && every(5), Inspected, 380 + at_work / 5);
    happen(every(60), Canceled, 300 + minute / 60);
    happen(every(120), Reopened, 300 + minute / 120);
    now
}

struct Simulated {
    world: World,
    client: Client,
    sweeper: Sweeper,
    /// What happened and was not seen yet.
    unseen: BTreeMap<RmaId, Vec<(Happening, Timestamp)>>,
    delays: Vec<(Happening, SignedDuration)>,
    writes: u32,
}

impl Simulated {
    /// The night before: the shop is there, and every RMA was read once.
    async fn opened() -> Self {
        let world = World::at("2026-05-03T22:00:00Z");
        world.core.act(|shop, context| {
            for number in 0..RMAS {
                shop.put(rma(number), context);
            }
        });
        // An inspection that moves the status would show in a list: here none does.
        world.core.act(|shop, _| shop.switches().inspections_move_the_rma = false);
        let client = world.client();
        let sweeper = Sweeper::new(client.clone(), SweepSettings::default());
        let mut shop =
            Self { world, client, sweeper, unseen: BTreeMap::new(), delays: Vec::new(), writes: 0 };
        shop.sweep().await;
        assert!((0..RMAS).all(|number| shop.sweeper.state().observed(&RmaId::from(number)).is_some()));
        let midnight: Timestamp = "2026-05-04T00:00:00Z".parse().unwrap();
        shop.world.pass(midnight.duration_since(shop.world.now()).as_secs().unsigned_abs()).await;
        shop
    }

    fn calls(&self) -> u64 {
        self.world.core.requests().total()
    }

    async fn happens(&mut self, happening: Happening, number: u64) {
        let id = RmaId::from(number);
        let parcel = returngo::ShipmentId::new(format!("{number}90"));
        self.world.core.act(|shop, context| match happening {
            Happening::Requested => shop.put(requested(number, context.now), context),
            Happening::Approved => drop(shop.approve(&id, context).unwrap()),
            Happening::Arrived => {
                drop(shop.carrier_reports(&parcel, ShipmentStatus::Received, context).unwrap());
            }
            Happening::Refunded => drop(shop.refund(&id, Refund::full(), context).unwrap()),
            Happening::Inspected => {
                drop(shop.inspect(&id, None, &Inspection::Restockable, context).unwrap());
            }
            Happening::Canceled => drop(shop.cancel(&id, context).unwrap()),
            Happening::Reopened => drop(shop.reopen(&id, context).unwrap()),
        });
        self.unseen.entry(id.clone()).or_default().push((happening, self.world.now()));
        // What a program that follows returns writes: where the credit is, what became of the goods.
        if matches!(happening, Happening::Approved | Happening::Refunded) {
            self.client.rmas().comment(&id, "noted").await.unwrap();
            self.writes += 1;
        }
    }

    /// What a program does that wakes when it is told to.
    async fn sweep(&mut self) {
        if self.sweeper.wake_at() > self.world.now() {
            return;
        }
        assert!(self.sweeper.sweep().await.unwrap().undecodable_rmas.is_empty());
        while let Some(found) = self.sweeper.read_next().await.unwrap() {
            let ReadResult::Rma(rma) = found else { panic!("{found:?}") };
            let now = self.world.now();
            let seen = self.unseen.remove(rma.id()).unwrap_or_default();
            self.delays.extend(seen.into_iter().map(|(what, at)| (what, now.duration_since(at))));
        }
    }

    fn nothing_is_missed(&self) {
        let waiting = |(happening, _): &&(Happening, Timestamp)| *happening != Happening::Inspected;
        let late = self.world.now().checked_sub(SignedDuration::from_mins(20)).unwrap();
        let missed: Vec<_> = self
            .unseen
            .iter()
            .filter(|(_, all)| all.iter().filter(waiting).any(|(_, at)| *at < late))
            .collect();
        assert!(missed.is_empty(), "{missed:?}");
        // Nothing shows an inspection: each RMA that waits for one is read once in a day.
        let yesterday = self.world.now().checked_sub(SignedDuration::from_hours(26)).unwrap();
        let rmas: Vec<Rma> = self.world.core.read(|shop| shop.rmas().cloned().collect());
        for rma in rmas.iter().filter(|rma| *rma.status() == RmaStatus::Received) {
            let seen = self.sweeper.state().observed(rma.id()).unwrap();
            assert!(!seen.awaits_inspection || seen.read_at > yesterday, "{}: {}", rma.id(), seen.read_at);
        }
    }
}

/// 100 that wait for approval, 150 on their way, 250 received.
fn rma(number: u64) -> Rma {
    let status = match number {
        0..100 => RmaStatus::Pending,
        100..250 => RmaStatus::Approved,
        _ => RmaStatus::Received,
    };
    let item = ItemBuilder::new("LS-M", dec!(40.00)).line(format!("81{number}")).tax(dec!(6.67));
    let created = "2026-04-20T08:00:00Z".parse().unwrap();
    let rma = RmaBuilder::new(number).order(format!("AC{number}"), format!("70{number}")).created(created);
    rma.status(status).item(item).build().unwrap()
}

fn requested(number: u64, now: Timestamp) -> Rma {
    RmaBuilder::new(number).created(now).item(ItemBuilder::new("TS-42", dec!(9.99))).build().unwrap()
}
