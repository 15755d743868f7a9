//! Reports to the store that this process runs, and takes over from processes that stopped reporting.
//!
//! Each process reports every ten seconds, by increasing a counter. If a counter does not change for the time of a lease,
//! another process releases the work of its owner. That process measures the time by its own clock, so that the clocks of the
//! machines may differ.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use api_client_core::client::Clock;
use tokio::sync::watch;

use crate::{
    in_progress::InProgress,
    repeated_error::RepeatedError,
    store::{LEASE, Process, REPORT_EVERY, Store, StoreError, WorkerId},
};

/// How often the store is checked for times that a fast clock has written.
const ALIGN_EVERY: Duration = Duration::from_secs(600);

/// The registration of this process in the store.
#[derive(Debug)]
pub struct Heartbeat {
    store: Arc<Store>,
    clock: Arc<dyn Clock>,
    worker: WorkerId,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The uptime at the last report; none before the first one.
    reported_at: Option<Duration>,
    aligned_at: Option<Duration>,
    /// Other processes: their counter, and the uptime since which it has this value.
    watched: HashMap<WorkerId, (Option<i64>, Duration)>,
    /// The uptime at which the counters were read last.
    watched_at: Option<Duration>,
    /// The RMAs in progress in this process; none if they are not tracked.
    in_progress: Option<InProgress>,
}

/// This process is no longer registered: another process with its name has started, or its work was released because it
/// stopped reporting.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "process {0} is no longer registered: another process with this name has started, or this one was suspended. \
     Make sure that only one process with this name runs, then restart this one"
)]
pub struct ProcessReplaced(WorkerId);

impl Heartbeat {
    /// Registers this process under a name that no other running process has. RMAs that an earlier process with this name
    /// held become pending.
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

    /// The unique id of this process.
    pub const fn worker(&self) -> &WorkerId {
        &self.worker
    }

    /// Tracks the RMAs in progress, so that leases which failed work has left behind are released.
    pub(crate) fn watch_own(&self, in_progress: InProgress) {
        self.state().in_progress = Some(in_progress);
    }

    /// Whether this process has not reported for the time of a lease. Other processes may have taken over its work, so that it
    /// must not write.
    pub fn has_lapsed(&self) -> bool {
        let reported_at = self.state().reported_at;
        reported_at.is_some_and(|at| self.clock.uptime().saturating_sub(at) >= LEASE)
    }

    /// Reports and watches the other processes until `stop` is true.
    ///
    /// # Errors
    /// When this process is no longer registered. It must exit, because its work belongs to another process.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) -> Result<(), ProcessReplaced> {
        let failure = RepeatedError::new("cannot report to the store that this process runs");
        loop {
            match self.beat().await {
                Ok(true) => failure.cleared(),
                Ok(false) => return Err(ProcessReplaced(self.worker.clone())),
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

    /// Reports once, and releases the work of processes that stopped reporting. Returns false when this process is no longer
    /// registered.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn beat(&self) -> Result<bool, StoreError> {
        // Read before the report, because other processes measure from after it.
        let uptime = self.clock.uptime();
        if !self.store.report(&self.worker, self.clock.now()).await? {
            return Ok(false);
        }
        self.state().reported_at = Some(uptime);
        self.align_clock().await?;
        self.release_own().await?;
        let silent = self.watch(self.store.processes().await?);
        if !silent.is_empty() {
            // The silent process may have had the fast clock, which the store can tell only once it is removed.
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

    /// Releases leases of this process whose RMAs are not in progress.
    async fn release_own(&self) -> Result<(), StoreError> {
        let in_progress = self.state().in_progress.clone();
        let Some(rmas) = in_progress.and_then(|in_progress| in_progress.rmas()) else { return Ok(()) };
        let released = self.store.release_others(&self.worker, &rmas, self.clock.now()).await?;
        if released > 0 {
            tracing::warn!(rmas = released, "released leases of failed work");
        }
        Ok(())
    }

    /// Removes the registration. RMAs that this process still holds become pending.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn end(&self) -> Result<(), StoreError> {
        self.store.release_process(&self.worker, None, self.clock.now()).await.map(drop)
    }

    /// Returns the processes that have not reported for the time of a lease.
    fn watch(&self, processes: Vec<Process>) -> Vec<Process> {
        let now = self.clock.uptime();
        let mut state = self.state();
        let mut known = std::mem::take(&mut state.watched);
        // Counters may have changed while the store could not be read: measure again.
        let is_recent = state.watched_at.is_some_and(|at| now.saturating_sub(at) <= REPORT_EVERY * 3);
        if !is_recent {
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
