use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use returngo::RmaId;
use returngo_brightpearl_mapping::{World, keys};

use crate::store::{ConnectionId, EffectRecord, Store, StoreError};

/// Credits and payments of the last minutes of the RMAs of a batch, which searches may not show yet.
pub(super) struct RecentWrites(BTreeMap<RmaId, Vec<EffectRecord>>);

impl RecentWrites {
    pub(super) async fn read(
        store: &Store,
        connection: &ConnectionId,
        rmas: &[RmaId],
        since: Timestamp,
    ) -> Result<Self, StoreError> {
        let mut recent: BTreeMap<RmaId, Vec<EffectRecord>> = BTreeMap::new();
        for (rma, effect) in store.recent_writes(connection, rmas, since).await? {
            recent.entry(rma).or_default().push(effect);
        }
        Ok(Self(recent))
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
        self.0.get(rma)?.iter().find(|effect| !shown.contains(effect.key.as_str()) && !is_deleted(effect))
    }

    /// Whether the RMA has recent writes.
    pub(super) fn contains(&self, rma: &RmaId) -> bool {
        self.0.contains_key(rma)
    }
}
