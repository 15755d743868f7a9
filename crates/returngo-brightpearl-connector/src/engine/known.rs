//! What the store knows about RMAs and their sales orders beside what both systems show.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use async_trait::async_trait;
use brightpearl::{OffsetDateTime, OrderId};
use jiff::Timestamp;
use returngo::RmaId;
use returngo_brightpearl_mapping::{Decision, World, keys};
use returngo_brightpearl_sync::{IntendedCredit, Journal, JournalError};

use super::Policy;
use crate::{
    connection::Connection,
    store::{ConnectionId, EffectRecord, SettledReview, Store, StoreError},
};

/// The store as the reader's journal.
pub(super) struct StoreJournal<'a> {
    pub(super) store: &'a Store,
    pub(super) connection: &'a ConnectionId,
}

#[async_trait]
impl Journal for StoreJournal<'_> {
    async fn intended_credits(&self, orders: &[OrderId]) -> Result<Vec<IntendedCredit>, JournalError> {
        let intended = self.store.intended_credits(self.connection, orders).await;
        intended.map_err(|error| Arc::new(error) as JournalError)
    }
}

/// What the store knows about the RMAs of a batch.
pub(super) struct Known {
    /// Credits and payments of the last minutes, which searches may not show yet.
    recent: BTreeMap<RmaId, Vec<EffectRecord>>,
    settled: BTreeMap<RmaId, Vec<SettledReview>>,
}

impl Known {
    pub(super) async fn of(
        store: &Store,
        policy: &Policy,
        connection: &Connection,
        rmas: &[RmaId],
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let mut known = Self { recent: BTreeMap::new(), settled: BTreeMap::new() };
        let since = policy.known_until(now);
        for (rma, effect) in store.recent_writes(&connection.id, rmas, since).await? {
            known.recent.entry(rma).or_default().push(effect);
        }
        for (rma, review) in store.settled_reviews(&connection.id, rmas).await? {
            known.settled.entry(rma).or_default().push(review);
        }
        Ok(known)
    }

    /// A credit or payment that was written lately, or may have been, and that the world does not show. A credit whose id
    /// is known was asked for by it: if it is not shown, it is gone.
    pub(super) fn unseen(&self, rma: &RmaId, world: &World) -> Option<&EffectRecord> {
        let credits = world.credits.iter().filter_map(|credit| credit.external_ref.as_deref());
        let payments = world.payments.iter().filter_map(|payment| payment.transaction_ref.as_deref());
        let shown: BTreeSet<&str> = credits.chain(payments).collect();
        let is_gone = |effect: &&EffectRecord| {
            effect.doubtful_since().is_none() && keys::rma_of_credit(&effect.key).as_ref() == Some(rma)
        };
        self.recent.get(rma)?.iter().find(|effect| !shown.contains(effect.key.as_str()) && !is_gone(effect))
    }

    /// Whether anything was written for the RMA lately.
    pub(super) fn has_written(&self, rma: &RmaId) -> bool {
        self.recent.contains_key(rma)
    }

    /// What a person has settled by hand, as the mapping takes it.
    pub(super) fn decisions(&self, rma: &RmaId) -> Vec<Decision> {
        let settled = self.settled.get(rma).into_iter().flatten();
        let decision = |settled: &SettledReview| Decision {
            review: settled.review.clone(),
            digest: None,
            choice: Decision::SETTLED.to_owned(),
            by: Some(settled.by.clone()),
            at: Some(OffsetDateTime::utc(settled.at)),
            note: settled.note.clone(),
        };
        settled.map(decision).collect()
    }
}
