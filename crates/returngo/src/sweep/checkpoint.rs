use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{PendingMark, run::Run, state::SpeculativeReads};
use crate::{ReturnedItemId, RmaId, TransactionId};

/// How far a sweep is, and what it is not done with, without what was seen of RMAs: what a shop of many RMAs stores after
/// every step. A stored [`SweepState`](super::SweepState) reads as one too, but for its RMAs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SweepCheckpoint {
    pub(super) began: Timestamp,
    /// The RMAs that are due.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", rename = "due")]
    pub pending: BTreeMap<RmaId, PendingMark>,
    /// Transactions, with their units, which no RMA has that was read.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unmatched: BTreeMap<TransactionId, Vec<ReturnedItemId>>,
    /// RMAs whose rows could not be read when a list showed them last.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) unlisted: BTreeSet<RmaId>,
    pub(super) open: Run,
    pub(super) edited: Run,
    pub(super) money: Run,
    pub(super) recent: Run,
    pub(super) looks: SpeculativeReads,
}
