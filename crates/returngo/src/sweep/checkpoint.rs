use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{PendingMark, run::Run, speculative_reads::SpeculativeReads};
use crate::{ReturnedItemId, RmaId, TransactionId};

/// The progress and the pending reads of a sweep, without the observed RMAs: what a shop with many RMAs stores
/// after every step. A stored [`SweepState`](super::SweepState) can be read as one too; its RMAs are ignored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SweepCheckpoint {
    pub(super) began: Timestamp,
    /// The pending RMAs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", rename = "due")]
    pub pending: BTreeMap<RmaId, PendingMark>,
    /// Transactions, with their units, that no observed RMA has.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unmatched: BTreeMap<TransactionId, Vec<ReturnedItemId>>,
    /// RMAs whose rows were invalid when a list last showed them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) unlisted: BTreeSet<RmaId>,
    pub(super) open: Run,
    pub(super) edited: Run,
    pub(super) money: Run,
    pub(super) recent: Run,
    pub(super) looks: SpeculativeReads,
}
