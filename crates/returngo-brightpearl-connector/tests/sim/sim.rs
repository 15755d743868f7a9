//! Virtual time, chance, and what waits for time to pass.

use std::{
    collections::{BTreeMap, BTreeSet},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::Duration,
};

use jiff::Timestamp;

/// When every simulation begins.
const START: Timestamp = Timestamp::constant(1_777_881_600, 0);

/// What wakes an actor that has nothing to do: the process, and which of its actors.
pub(crate) type RefreshHandle = (usize, &'static str);

/// Why an actor waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// In the middle of work: a request that is under way, a pause before another attempt.
    Work,
    /// Nothing to do, until the time has passed or the bell rings.
    Idle(RefreshHandle),
    /// The next report to other processes: that is of no interest while nobody works.
    Report,
}

/// The time of a simulation and everything that waits for it. One seed, one sequence of events.
#[derive(Debug)]
pub(crate) struct Sim(Mutex<State>);

#[derive(Debug)]
struct State {
    now: Duration,
    /// How much of the time was skipped because nobody worked: uptime stands still then.
    skipped: Duration,
    /// Reports count until then, as somebody has to notice that a process ended.
    watched_until: Duration,
    waits: BTreeMap<u64, Waiting>,
    requests: BTreeSet<RefreshHandle>,
    next: u64,
    random: fastrand::Rng,
}

#[derive(Debug)]
struct Waiting {
    due: Duration,
    why: Why,
    waker: Waker,
}

impl Sim {
    pub(crate) fn new(seed: u64) -> Arc<Self> {
        Arc::new(Self(Mutex::new(State {
            now: Duration::ZERO,
            skipped: Duration::ZERO,
            watched_until: Duration::ZERO,
            waits: BTreeMap::new(),
            requests: BTreeSet::new(),
            next: 0,
            random: fastrand::Rng::with_seed(seed),
        })))
    }

    /// Time since the start.
    pub(crate) fn elapsed(&self) -> Duration {
        self.state().now
    }

    /// The true time.
    pub(crate) fn now(&self) -> Timestamp {
        START.saturating_add(self.elapsed()).unwrap()
    }

    /// Time that never jumps, without what was skipped.
    pub(crate) fn uptime(&self) -> Duration {
        let state = self.state();
        state.now - state.skipped
    }

    /// Keeps reports going for a while.
    pub(crate) fn watch_for(&self, time: Duration) {
        let mut state = self.state();
        state.watched_until = state.watched_until.max(state.now + time);
    }

    pub(crate) fn chance(&self, probability: f64) -> bool {
        self.state().random.f64() < probability
    }

    /// A number below this.
    pub(crate) fn below(&self, limit: usize) -> usize {
        self.state().random.usize(0..limit.max(1))
    }

    pub(crate) fn pick<'a, T>(&self, of: &'a [T]) -> Option<&'a T> {
        (!of.is_empty()).then(|| &of[self.below(of.len())])
    }

    /// Between the two, in milliseconds.
    pub(crate) fn millis(&self, from: u64, to: u64) -> Duration {
        Duration::from_millis(self.state().random.u64(from..=to))
    }

    pub(crate) fn seconds(&self, from: u64, to: u64) -> Duration {
        self.millis(from * 1000, to * 1000)
    }

    /// Waits until this time has passed, or the bell rings.
    pub(crate) fn wait(self: &Arc<Self>, time: Duration, why: Why) -> Wait {
        Wait { sim: Arc::clone(self), time, why, id: None }
    }

    /// Somebody may have something to do now.
    pub(crate) fn refresh(&self, refresh_handle: RefreshHandle) {
        let mut state = self.state();
        let waiting = state.waits.iter().filter(|(_, wait)| wait.why == Why::Idle(refresh_handle));
        let waiting: Vec<u64> = waiting.map(|(id, _)| *id).collect();
        if waiting.is_empty() {
            state.requests.insert(refresh_handle);
        }
        let woken: Vec<Waiting> = waiting.iter().filter_map(|id| state.waits.remove(id)).collect();
        drop(state);
        woken.into_iter().for_each(|wait| wait.waker.wake());
    }

    /// Goes on to the next time at which something happens, but not past this one. False when nothing does before.
    pub(crate) fn advance(&self, next_event: Option<Duration>) -> bool {
        let mut state = self.state();
        let counts = |wait: &Waiting, now: Duration, until: Duration| match wait.why {
            Why::Work => true,
            Why::Idle(_) => false,
            Why::Report => now < until,
        };
        let (now, until) = (state.now, state.watched_until);
        let active = now < until || state.waits.values().any(|wait| counts(wait, now, until));
        let waits = state.waits.values().filter(|wait| active || wait.why != Why::Report);
        let Some(next) = waits.map(|wait| wait.due).chain(next_event).min() else { return false };
        let next = next.max(now);
        if !active {
            state.skipped += next - now;
            let reports = state.waits.values_mut().filter(|wait| wait.why == Why::Report);
            reports.for_each(|wait| wait.due += next - now);
        }
        state.now = next;
        let due: Vec<u64> =
            state.waits.iter().filter(|(_, wait)| wait.due <= next).map(|(id, _)| *id).collect();
        let woken: Vec<Waiting> = due.iter().filter_map(|id| state.waits.remove(id)).collect();
        drop(state);
        woken.into_iter().for_each(|wait| wait.waker.wake());
        true
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Time that has to pass. Dropping it ends the wait.
#[derive(Debug)]
pub(crate) struct Wait {
    sim: Arc<Sim>,
    time: Duration,
    why: Why,
    id: Option<u64>,
}

impl Future for Wait {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let sim = Arc::clone(&self.sim);
        let mut state = sim.state();
        match self.id {
            None => {
                if let Why::Idle(refresh_handle) = self.why
                    && state.requests.remove(&refresh_handle)
                {
                    return Poll::Ready(());
                }
                let (id, due) = (state.next, state.now + self.time);
                state.next += 1;
                let waker = context.waker().clone();
                state.waits.insert(id, Waiting { due, why: self.why, waker });
                self.id = Some(id);
                Poll::Pending
            }
            Some(id) => {
                let Some(wait) = state.waits.get_mut(&id) else { return Poll::Ready(()) };
                wait.waker.clone_from(context.waker());
                Poll::Pending
            }
        }
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            self.sim.state().waits.remove(&id);
        }
    }
}
