use std::collections::{BTreeMap, BTreeSet};

use brightpearl::OffsetDateTime;
use jiff::Timestamp;
use returngo::RmaId;
use returngo_brightpearl_mapping::{Decision, World, keys};

use crate::store::{ConnectionId, EffectRecord, SettledReview, Store, StoreError};

/// The store's records about the RMAs of a batch that are not part of a snapshot: recent writes and resolved reviews.
pub(super) struct RecentWrites {
    /// Credits and payments of the last minutes, which searches may not show yet.
    writes: BTreeMap<RmaId, Vec<EffectRecord>>,
    resolved: BTreeMap<RmaId, Vec<SettledReview>>,
}

impl RecentWrites {
    pub(super) async fn read(
        store: &Store,
        connection: &ConnectionId,
        rmas: &[RmaId],
        since: Timestamp,
    ) -> Result<Self, StoreError> {
        let mut recent = Self { writes: BTreeMap::new(), resolved: BTreeMap::new() };
        for (rma, effect) in store.recent_writes(connection, rmas, since).await? {
            recent.writes.entry(rma).or_default().push(effect);
        }
        for (rma, review) in store.settled_reviews(connection, rmas).await? {
            recent.resolved.entry(rma).or_default().push(review);
        }
        Ok(recent)
    }

    /// A credit or payment that was recently written, or may have been, and that the snapshot does not show. A credit with a
    /// known id was read by that id: if it is not shown, it no longer exists.
    pub(super) fn not_shown(&self, rma: &RmaId, world: &World) -> Option<&EffectRecord> {
        let credits = world.credits.iter().filter_map(|credit| credit.external_ref.as_deref());
        let payments = world.payments.iter().filter_map(|payment| payment.transaction_ref.as_deref());
        let shown: BTreeSet<&str> = credits.chain(payments).collect();
        let is_deleted = |effect: &&EffectRecord| {
            effect.doubtful_since().is_none() && keys::rma_of_credit(&effect.key).as_ref() == Some(rma)
        };
        self.writes
            .get(rma)?
            .iter()
            .find(|effect| !shown.contains(effect.key.as_str()) && !is_deleted(effect))
    }

    /// Whether the RMA has recent writes.
    pub(super) fn contains(&self, rma: &RmaId) -> bool {
        self.writes.contains_key(rma)
    }

    /// The resolved reviews of the RMA, as decisions for the mapping.
    pub(super) fn decisions(&self, rma: &RmaId) -> Vec<Decision> {
        let decision = |resolved: &SettledReview| Decision {
            review: resolved.review.clone(),
            digest: None,
            choice: Decision::SETTLED.to_owned(),
            by: Some(resolved.by.clone()),
            at: Some(OffsetDateTime::utc(resolved.at)),
            note: resolved.note.clone(),
        };
        self.resolved.get(rma).into_iter().flatten().map(decision).collect()
    }
}
