//! The leases that this process works on, shared by the engine and the heartbeat.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use returngo::RmaId;

use crate::store::{ConnectionId, Lease};

/// The RMAs that this process works on. Its other leases in the store were left behind by failed work, and the heartbeat
/// releases them.
#[derive(Debug, Clone, Default)]
pub(crate) struct InProgress(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    leasing: usize,
    leases: BTreeSet<(ConnectionId, RmaId)>,
}

impl InProgress {
    /// Begins to take leases. [`Leasing::hold`] adds them.
    pub(crate) fn leasing(&self) -> Leasing {
        self.state().leasing += 1;
        Leasing(self.clone())
    }

    /// Marks the RMAs of these leases as in progress until the result is dropped.
    pub(crate) fn working_on(&self, leases: &[Lease]) -> Working {
        self.add(leases);
        Working { in_progress: self.clone(), leases: leases.iter().map(name).collect() }
    }

    /// The RMAs in progress. None while leases are being taken, because the store may have them already.
    pub(crate) fn rmas(&self) -> Option<BTreeSet<(ConnectionId, RmaId)>> {
        let state = self.state();
        (state.leasing == 0).then(|| state.leases.clone())
    }

    fn add(&self, leases: &[Lease]) {
        self.state().leases.extend(leases.iter().map(name));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn name(lease: &Lease) -> (ConnectionId, RmaId) {
    (lease.connection.clone(), lease.rma.clone())
}

/// Leases are being taken, until this is dropped.
pub(crate) struct Leasing(InProgress);

impl Leasing {
    /// Adds the leases that were taken.
    pub(crate) fn hold(&self, leases: &[Lease]) {
        self.0.add(leases);
    }
}

impl Drop for Leasing {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.leasing = state.leasing.saturating_sub(1);
    }
}

/// RMAs are in progress, until this is dropped.
pub(crate) struct Working {
    in_progress: InProgress,
    leases: Vec<(ConnectionId, RmaId)>,
}

impl Drop for Working {
    fn drop(&mut self) {
        let mut state = self.in_progress.state();
        for lease in &self.leases {
            state.leases.remove(lease);
        }
    }
}
