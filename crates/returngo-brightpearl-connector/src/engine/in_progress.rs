use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use returngo::RmaId;

use crate::store::{ConnectionId, Lease};

/// The jobs that this process works on. Other jobs that it holds according to the store are left over from failed work, and
/// are released.
#[derive(Debug, Clone, Default)]
pub struct InProgress(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    leasing: usize,
    leases: BTreeSet<(ConnectionId, RmaId)>,
}

impl InProgress {
    /// Notes that jobs are being leased.
    pub(super) fn leasing(&self) -> Leasing {
        self.state().leasing += 1;
        Leasing(self.clone())
    }

    /// Notes that these jobs are processed until the returned guard is dropped.
    pub(super) fn working_on(&self, leases: &[Lease]) -> Working {
        self.add(leases);
        Working { in_progress: self.clone(), leases: leases.iter().map(name).collect() }
    }

    /// The RMAs that are processed; none while jobs are being leased, because the set is about to change.
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

/// Guard: jobs are being leased.
pub(super) struct Leasing(InProgress);

impl Leasing {
    /// Adds the leased jobs.
    pub(super) fn hold(&self, leases: &[Lease]) {
        self.0.add(leases);
    }
}

impl Drop for Leasing {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.leasing = state.leasing.saturating_sub(1);
    }
}

/// Guard: jobs are processed until it is dropped.
pub(super) struct Working {
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
