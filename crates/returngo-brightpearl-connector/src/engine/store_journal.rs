use std::collections::BTreeMap;

use async_trait::async_trait;
use brightpearl::OrderId;
use jiff::Timestamp;
use returngo::RmaId;
use returngo_brightpearl_mapping::Decision;
use returngo_brightpearl_sync::{
    Admission, EffectOutcome, IntendedCredit, Intent, Journal, JournalError, Remembered,
};

use crate::store::{self, ConnectionId, Lease, Store, StoreError};

/// The store as the journal of a connection. Writes are recorded under the leases of their RMAs.
pub(crate) struct StoreJournal<'a> {
    pub(super) store: &'a Store,
    pub(super) connection: &'a ConnectionId,
    /// The leases of the RMAs that are written to; empty for reading.
    pub(super) leases: Vec<&'a Lease>,
    pub(super) now: Box<dyn Fn() -> Timestamp + Send + Sync + 'a>,
    /// Decisions that are not stored: their consequences are to be shown.
    pub(super) proposed: Vec<(RmaId, Decision)>,
}

impl<'a> StoreJournal<'a> {
    /// The journal for reading: nothing can be written with it.
    pub(crate) fn reading(store: &'a Store, connection: &'a ConnectionId) -> Self {
        Self { store, connection, leases: Vec::new(), now: Box::new(|| Timestamp::MIN), proposed: Vec::new() }
    }

    /// The journal as if these decisions about an RMA were stored.
    pub(crate) fn with_proposed(mut self, rma: &RmaId, decisions: &[Decision]) -> Self {
        self.proposed.extend(decisions.iter().map(|decision| (rma.clone(), decision.clone())));
        self
    }

    fn lease_of(&self, rma: &RmaId) -> Option<&Lease> {
        self.leases.iter().copied().find(|lease| lease.rma == *rma)
    }
}

#[async_trait]
impl Journal for StoreJournal<'_> {
    fn connection(&self) -> Option<&str> {
        Some(self.connection.as_str())
    }

    async fn intended_credits(&self, orders: &[OrderId]) -> Result<Vec<IntendedCredit>, JournalError> {
        Ok(self.store.intended_credits(self.connection, orders).await?)
    }

    async fn remembered(&self, rmas: &[RmaId]) -> Result<BTreeMap<RmaId, Remembered>, JournalError> {
        let mut remembered: BTreeMap<RmaId, Remembered> = BTreeMap::new();
        for (rma, decision) in self.store.decisions(self.connection, rmas).await? {
            remembered.entry(rma).or_default().decisions.push(decision);
        }
        for (rma, decision) in self.proposed.iter().filter(|(rma, _)| rmas.contains(rma)) {
            remembered.entry(rma.clone()).or_default().decisions.push(decision.clone());
        }
        for rma in self.store.finished(self.connection, rmas).await? {
            remembered.entry(rma).or_default().finished = true;
        }
        Ok(remembered)
    }

    async fn intend(&self, intents: &[Intent]) -> Result<Vec<Admission>, JournalError> {
        let stored = intents.iter().filter_map(|intent| {
            let lease = self.lease_of(&intent.rma)?.clone();
            let key = store_key(&lease, intent);
            let (what, kind) = (intent.what.clone(), intent.kind.clone());
            Some(store::Intent { lease, key, what, known_until: intent.known_until, kind })
        });
        let mut admissions = self.store.intend(&stored.collect::<Vec<_>>(), (self.now)()).await?.into_iter();
        let admission = |intent: &Intent| self.lease_of(&intent.rma).and_then(|_| admissions.next());
        let admission = intents.iter().map(admission);
        Ok(admission.map(|admission| admission.unwrap_or(Admission::LeaseLost)).collect())
    }

    async fn record(&self, outcomes: &[(Intent, EffectOutcome)]) -> Result<(), JournalError> {
        let outcomes = outcomes.iter().filter_map(|(intent, outcome)| {
            let lease = self.lease_of(&intent.rma)?.clone();
            let key = store_key(&lease, intent);
            Some((lease, key, outcome.clone()))
        });
        Ok(self.store.record(&outcomes.collect::<Vec<_>>(), (self.now)()).await?)
    }
}

/// The key under which the store records a write. Each attempt has its own record of a write that sets a state.
fn store_key(lease: &Lease, intent: &Intent) -> String {
    if intent.sets_state { format!("{}@{}", intent.key, lease.attempt) } else { intent.key.clone() }
}

/// The store's error in a journal's error.
pub(super) fn store_error(error: JournalError) -> StoreError {
    error.downcast::<StoreError>().map_or_else(StoreError::Database, |error| *error)
}
