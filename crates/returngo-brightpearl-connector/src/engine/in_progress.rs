use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use returngo::RmaId;

use crate::store::{Claim, ConnectionId};

/// The claims that this process works on. What the store says it holds besides is left over from work that failed, and
/// is released.
#[derive(Debug, Clone, Default)]
pub struct InProgress(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    claiming: usize,
    claims: BTreeSet<(ConnectionId, RmaId)>,
}

impl InProgress {
    /// Claims are asked for, and held from now on as soon as they are there.
    pub(super) fn claiming(&self) -> Claiming {
        self.state().claiming += 1;
        Claiming(self.clone())
    }

    /// These claims are worked on until what is given back is dropped.
    pub(super) fn working_on(&self, claims: &[Claim]) -> Working {
        self.add(claims);
        Working { in_progress: self.clone(), claims: claims.iter().map(name).collect() }
    }

    /// The RMAs that are worked on; none while claims are asked for, for they are about to change.
    pub(crate) fn rmas(&self) -> Option<BTreeSet<(ConnectionId, RmaId)>> {
        let state = self.state();
        (state.claiming == 0).then(|| state.claims.clone())
    }

    fn add(&self, claims: &[Claim]) {
        self.state().claims.extend(claims.iter().map(name));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn name(claim: &Claim) -> (ConnectionId, RmaId) {
    (claim.connection.clone(), claim.rma.clone())
}

/// Claims are being asked for.
pub(super) struct Claiming(InProgress);

impl Claiming {
    /// These are the claims.
    pub(super) fn hold(&self, claims: &[Claim]) {
        self.0.add(claims);
    }
}

impl Drop for Claiming {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.claiming = state.claiming.saturating_sub(1);
    }
}

/// Claims are being worked on. However that ends, they are not any more once this is dropped.
pub(super) struct Working {
    in_progress: InProgress,
    claims: Vec<(ConnectionId, RmaId)>,
}

impl Drop for Working {
    fn drop(&mut self) {
        let mut state = self.in_progress.state();
        for claim in &self.claims {
            state.claims.remove(claim);
        }
    }
}
