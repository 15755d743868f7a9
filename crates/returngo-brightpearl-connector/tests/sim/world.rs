//! Both systems as they are, and what is to happen to them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use api_client_core::HttpRequest;
use api_mock_core::{Delivery, Fault, FaultKind, MockCore, Reply, Request};
use brightpearl_mock::Brightpearl;
use returngo_mock::Shop;

use crate::{
    auditor::{Auditor, Violation},
    oddities::Oddities,
    people::Action,
    shops::Setup,
    sim::Sim,
    story::Story,
    transport::Flight,
};

/// Something that happens at a time.
#[derive(Debug)]
pub(crate) enum Event {
    /// A person, a warehouse or a processor does something.
    People(Action),
    /// A webhook arrives, after so many attempts that failed.
    Webhook(Delivery, u32),
    /// A request arrives.
    Arrive(Arc<Flight>),
    Start(usize),
    Kill(usize),
    /// It stands still for so long, as a machine does that is suspended.
    Suspend(usize, Duration),
    /// It is killed when it has come to so many failpoints.
    KillAtPoint(usize, u32),
    /// The clock of a process shows so many milliseconds too much.
    SetClock(usize, i64),
    /// Searches lag by so many milliseconds from now on.
    Lag(u64),
    /// From now on nothing goes wrong.
    Calm,
}

pub(crate) struct World {
    pub(crate) sim: Arc<Sim>,
    pub(crate) story: Story,
    pub(crate) setup: Setup,
    pub(crate) oddities: Oddities,
    pub(crate) brightpearl: MockCore<Brightpearl>,
    pub(crate) shops: Vec<MockCore<Shop>>,
    events: Mutex<BTreeMap<(Duration, u64), Event>>,
    auditor: Mutex<Auditor>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    events: u64,
    calm: bool,
    violation: Option<Violation>,
    /// What has happened at least once.
    situations: BTreeSet<String>,
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("World")
    }
}

impl World {
    pub(crate) fn new(sim: Arc<Sim>, story: Story, mut setup: Setup, oddities: Oddities) -> Arc<Self> {
        let account = setup.account.take().unwrap();
        let brightpearl = MockCore::collecting(Brightpearl::of(account, setup.switches));
        let throttle = setup.throttle;
        brightpearl.act(|api, _| api.set_throttle(throttle));
        let shops: Vec<_> = std::mem::take(&mut setup.seeds)
            .into_iter()
            .map(|seed| MockCore::collecting(Shop::new(seed)))
            .collect();
        let events = std::mem::take(&mut setup.events);
        let auditor = Auditor::new(&setup);
        let world = Self {
            sim,
            story,
            setup,
            oddities,
            brightpearl,
            shops,
            events: Mutex::default(),
            auditor: Mutex::new(auditor),
            state: Mutex::default(),
        };
        events.into_iter().for_each(|(at, event)| world.at(at, event));
        Arc::new(world)
    }

    pub(crate) fn tell(&self, what: impl std::fmt::Display) {
        self.story.tell(self.sim.elapsed(), what);
    }

    /// Something is to happen at a time since the start.
    pub(crate) fn at(&self, time: Duration, event: Event) {
        let mut state = self.state();
        state.events += 1;
        let number = state.events;
        drop(state);
        lock(&self.events).insert((time, number), event);
    }

    pub(crate) fn after(&self, time: Duration, event: Event) {
        self.at(self.sim.elapsed() + time, event);
    }

    /// When the next event happens.
    pub(crate) fn next_event(&self) -> Option<Duration> {
        lock(&self.events).first_key_value().map(|((time, _), _)| *time)
    }

    /// The next event whose time has come.
    pub(crate) fn due_event(&self) -> Option<Event> {
        let mut events = lock(&self.events);
        let first = events.first_entry().filter(|entry| entry.key().0 <= self.sim.elapsed())?;
        Some(first.remove())
    }

    /// Remembers that something has happened, to tell how often it happens at all.
    pub(crate) fn happened(&self, what: impl Into<String>) {
        self.state().situations.insert(what.into());
    }

    pub(crate) fn situations(&self) -> BTreeSet<String> {
        self.state().situations.clone()
    }

    pub(crate) fn is_calm(&self) -> bool {
        self.state().calm
    }

    pub(crate) fn calm_down(&self) {
        self.state().calm = true;
    }

    /// Whether something goes wrong now.
    pub(crate) fn trouble(&self, probability: f64) -> bool {
        !self.is_calm() && self.sim.chance(probability)
    }

    /// Hands a request to the system that it is for, which may fail in this way.
    pub(crate) fn hand_over(&self, request: &HttpRequest, fault: Option<FaultKind>) -> Reply {
        self.set_clocks();
        let (plain, shop) = self.setup.target(request);
        let outcome = match shop {
            None => handle(&self.brightpearl, &plain, fault),
            Some(shop) => handle(&self.shops[shop], &plain, fault),
        };
        self.collect_webhooks();
        match shop {
            None if plain.method != "GET" => self.audit(),
            None => {}
            Some(shop) => {
                let checked = self.auditor().requested(self, shop, &plain, &outcome);
                self.note(checked);
            }
        }
        outcome
    }

    /// What somebody does in Brightpearl.
    pub(crate) fn in_brightpearl<T>(
        &self,
        act: impl FnOnce(&mut Brightpearl, &mut api_mock_core::Context) -> T,
    ) -> T {
        self.set_clocks();
        let result = self.brightpearl.act(act);
        self.collect_webhooks();
        self.audit();
        result
    }

    /// What somebody does in a shop.
    pub(crate) fn in_shop<T>(
        &self,
        shop: usize,
        act: impl FnOnce(&mut Shop, &mut api_mock_core::Context) -> T,
    ) -> T {
        self.set_clocks();
        let result = self.shops[shop].act(act);
        self.collect_webhooks();
        result
    }

    /// Checks what both systems show now.
    pub(crate) fn audit(&self) {
        let checked = self.auditor().check(self);
        self.note(checked);
    }

    pub(crate) fn note(&self, checked: Result<(), Violation>) {
        if let Err(violation) = checked {
            self.tell(format_args!("VIOLATION {violation}"));
            self.state().violation.get_or_insert(violation);
        }
    }

    pub(crate) fn violation(&self) -> Option<Violation> {
        self.state().violation.clone()
    }

    pub(crate) fn auditor(&self) -> MutexGuard<'_, Auditor> {
        lock(&self.auditor)
    }

    fn set_clocks(&self) {
        let now = Some(self.sim.now());
        self.brightpearl.clock().set(now);
        self.shops.iter().for_each(|shop| shop.clock().set(now));
    }

    /// Webhooks travel: late, twice, or not at all.
    fn collect_webhooks(&self) {
        let faults = &self.setup.faults;
        let mut raised = self.brightpearl.take_deliveries();
        raised.extend(self.shops.iter().flat_map(MockCore::take_deliveries));
        for delivery in raised {
            if self.trouble(faults.webhook_lost) {
                self.tell(format_args!("webhook {} is lost", delivery.event));
                continue;
            }
            let copies = if self.trouble(faults.webhook_doubled) { 2 } else { 1 };
            for _ in 0..copies {
                let late = self.trouble(faults.webhook_late);
                let travels = if late { self.sim.seconds(600, 7200) } else { self.sim.millis(50, 20_000) };
                self.after(travels, Event::Webhook(delivery.clone(), 0));
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

fn handle<A: api_mock_core::MockedApi>(
    core: &MockCore<A>,
    request: &Request,
    fault: Option<FaultKind>,
) -> Reply {
    core.faults().clear();
    if let Some(kind) = fault {
        core.faults().add(Fault::on_any(kind));
    }
    core.handle(request)
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
