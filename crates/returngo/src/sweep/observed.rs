use std::{collections::BTreeMap, time::Duration};

use api_client_core::time::later;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::SweepSettings;
use crate::{ReturnedItemId, Rma, RmaStatus, TransactionId, TransactionStatus, Validation};

/// The state of an RMA when it was read completely: enough to recognise a change that a list shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ObservedRma {
    /// When it was requested.
    pub read_at: Timestamp,
    /// Its status.
    pub status: RmaStatus,
    /// When it was first observed in this status.
    pub status_since: Timestamp,
    /// Its units: transactions name these, not the RMA.
    pub items: Vec<ReturnedItemId>,
    /// The statuses of its transactions.
    pub transactions: BTreeMap<TransactionId, TransactionStatus>,
    /// Whether a unit that is returned still waits for its inspection.
    pub awaits_inspection: bool,
}

impl ObservedRma {
    /// Creates the observation of an RMA that was requested at this time.
    pub fn of(rma: &Rma, asked_at: Timestamp) -> Self {
        let awaits = |item: &crate::Item| item.comes_back() && item.validation() == Validation::Pending;
        Self {
            read_at: asked_at,
            status: rma.status().clone(),
            status_since: asked_at,
            items: rma.items.iter().map(|item| item.returned_item_id.clone()).collect(),
            transactions: rma
                .transactions
                .iter()
                .map(|made| (made.id.clone(), made.status.clone()))
                .collect(),
            awaits_inspection: rma.items.iter().any(awaits),
        }
    }

    /// Returns until when a sweep has to know the RMA without a list that shows it: it is open, or may change
    /// in a way that no list shows. None once it is finished.
    pub fn watched_until(&self, settings: &SweepSettings) -> Option<Timestamp> {
        match self.status {
            RmaStatus::Done => {
                self.awaits_inspection.then(|| later(self.status_since, settings.watch_after_done))
            }
            RmaStatus::Rejected | RmaStatus::Canceled => None,
            RmaStatus::Pending
            | RmaStatus::Approved
            | RmaStatus::Received
            | RmaStatus::Validated
            | RmaStatus::Other(_) => Some(Timestamp::MAX),
        }
    }

    /// Whether the list of open RMAs shows it.
    pub(super) fn is_open(&self) -> bool {
        OPEN.contains(&self.status)
    }

    /// Whether it may change in a way that no list shows: by an inspection, or in a status that is unknown here
    /// and so in no filter.
    pub(super) fn may_change_unseen(&self, now: Timestamp, watch_after_done: Duration) -> bool {
        match self.status {
            RmaStatus::Received | RmaStatus::Validated => self.awaits_inspection,
            RmaStatus::Done => self.awaits_inspection && now < later(self.status_since, watch_after_done),
            RmaStatus::Other(_) => true,
            RmaStatus::Pending | RmaStatus::Approved | RmaStatus::Rejected | RmaStatus::Canceled => false,
        }
    }
}

/// The statuses of open RMAs.
pub(super) const OPEN: [RmaStatus; 4] =
    [RmaStatus::Pending, RmaStatus::Approved, RmaStatus::Received, RmaStatus::Validated];
