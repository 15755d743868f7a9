//! Telling others that this process runs, and taking over from processes that do not any more.
//!
//! A process reports every ten seconds to the store. A process that sees another one's count of reports stand still
//! for a lease releases its work. How long it stood still is measured by the watcher's own clock, so that it does
//! not matter what the clocks of the machines show.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use api_client_core::client::Clock;
use tokio::sync::watch;

use crate::{
    engine::InProgress,
    repeated_error::RepeatedError,
    store::{LEASE, Process, REPORT_EVERY, Store, StoreError, WorkerId},
};

/// How often a clock that was ahead is looked for.
const ALIGN_EVERY: Duration = Duration::from_secs(600);

/// This process, as the store knows it.
#[derive(Debug)]
pub struct Heartbeat {
    store: Arc<Store>,
    clock: Arc<dyn Clock>,
    worker: WorkerId,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// When this process reported last, by its uptime; none until it is [kept](Heartbeat::keep).
    reported_at: Option<Duration>,
    aligned_at: Option<Duration>,
    /// Other processes: how often they had reported, and since when that is so.
    watched: HashMap<WorkerId, (Option<i64>, Duration)>,
    /// When they were looked at last.
    watched_at: Option<Duration>,
    /// The RMAs in progress here; none while they are not tracked.
    in_progress: Option<InProgress>,
}

/// Another process of the same name has started, or this one was silent for so long that its work was released.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "process {0} is no longer registered: another process of this name has started, or this one was suspended. \
     Run one process of a name at a time, and start this one again"
)]
pub struct Replaced(WorkerId);

impl Heartbeat {
    /// Registers this process under a name that no other process has while it runs. What an earlier process of this
    /// name held is pending again.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn register(store: Arc<Store>, clock: Arc<dyn Clock>, name: &str) -> Result<Self, StoreError> {
        let now = clock.now();
        let worker = store.register(name, now).await?;
        if let Some(ahead) = store.align_clock(now).await? {
            warn_of_clock(ahead);
        }
        let state = State { aligned_at: Some(clock.uptime()), ..State::default() };
        Ok(Self { store, clock, worker, state: Mutex::new(state) })
    }

    /// This process, unlike any other that runs or ever ran.
    pub const fn worker(&self) -> &WorkerId {
        &self.worker
    }

    /// Has claims of this process released that are not in progress: work that failed left them.
    pub(crate) fn watch_own(&self, in_progress: InProgress) {
        self.state().in_progress = Some(in_progress);
    }

    /// Whether this process has not been able to report for so long that others may have taken over its work: nothing
    /// may be written then.
    pub fn has_lapsed(&self) -> bool {
        let reported_at = self.state().reported_at;
        reported_at.is_some_and(|at| self.clock.uptime().saturating_sub(at) >= LEASE)
    }

    /// Reports, and watches the other processes, until it is told to stop.
    ///
    /// # Errors
    /// When this process is registered no more: it must end, for its work belongs to another process.
    pub async fn keep(&self, mut stop: watch::Receiver<bool>) -> Result<(), Replaced> {
        let failure = RepeatedError::new("cannot report to the store that this process runs");
        loop {
            match self.beat().await {
                Ok(true) => failure.cleared(),
                Ok(false) => return Err(Replaced(self.worker.clone())),
                Err(error) => failure.occurred(&error),
            }
            if *stop.borrow() {
                return Ok(());
            }
            tokio::select! {
                () = self.clock.sleep(REPORT_EVERY) => {}
                _ = stop.changed() => {}
            }
        }
    }

    /// Reports once, and releases what silent processes hold. False when this process is registered no more.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn beat(&self) -> Result<bool, StoreError> {
        // From before the report: others count from after it.
        let uptime = self.clock.uptime();
        if !self.store.report(&self.worker, self.clock.now()).await? {
            return Ok(false);
        }
        self.state().reported_at = Some(uptime);
        self.align_clock().await?;
        self.release_own().await?;
        let silent = self.watch(self.store.processes().await?);
        if !silent.is_empty() {
            // Its clock may have been the one that was ahead, which cannot be told while it is registered.
            self.state().aligned_at = None;
        }
        for silent in silent {
            let released =
                self.store.release_process(&silent.worker, silent.reports, self.clock.now()).await?;
            if released > 0 {
                tracing::warn!(process = %silent.worker, rmas = released, "took over from a process that stopped reporting");
            }
        }
        Ok(true)
    }

    /// Releases what this process holds in the store and does not work on.
    async fn release_own(&self) -> Result<(), StoreError> {
        let in_progress = self.state().in_progress.clone();
        let Some(rmas) = in_progress.and_then(|in_progress| in_progress.rmas()) else { return Ok(()) };
        let released = self.store.release_others(&self.worker, &rmas, self.clock.now()).await?;
        if released > 0 {
            tracing::warn!(rmas = released, "released claims whose work had failed");
        }
        Ok(())
    }

    /// Ends in good order: what this process still holds is pending again.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn end(&self) -> Result<(), StoreError> {
        self.store.release_process(&self.worker, None, self.clock.now()).await.map(drop)
    }

    /// The processes that have been silent for a lease.
    fn watch(&self, processes: Vec<Process>) -> Vec<Process> {
        let now = self.clock.uptime();
        let mut state = self.state();
        let mut known = std::mem::take(&mut state.watched);
        // A process that could not read the store cannot judge the others: start measuring again.
        let looked_lately = state.watched_at.is_some_and(|at| now.saturating_sub(at) <= REPORT_EVERY * 3);
        if !looked_lately {
            known.clear();
        }
        state.watched_at = Some(now);
        let mut silent = Vec::new();
        for process in processes.into_iter().filter(|process| process.worker != self.worker) {
            let since = known.get(&process.worker).filter(|(reports, _)| *reports == process.reports);
            let since = since.map_or(now, |(_, since)| *since);
            if now.saturating_sub(since) >= LEASE {
                silent.push(process.clone());
            }
            state.watched.insert(process.worker, (process.reports, since));
        }
        silent
    }

    async fn align_clock(&self) -> Result<(), StoreError> {
        let uptime = self.clock.uptime();
        let is_recent = |at: Duration| uptime.saturating_sub(at) < ALIGN_EVERY;
        if self.state().aligned_at.is_some_and(is_recent) {
            return Ok(());
        }
        let ahead = self.store.align_clock(self.clock.now()).await?;
        self.state().aligned_at = Some(uptime);
        if let Some(ahead) = ahead {
            warn_of_clock(ahead);
        }
        Ok(())
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn warn_of_clock(ahead: jiff::SignedDuration) {
    tracing::warn!(ahead_seconds = ahead.as_secs(), "clock skew detected; schedules moved to now");
}
