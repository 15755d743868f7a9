use std::{collections::BTreeMap, time::Duration};

use api_client_core::{Backoff, time::later};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::observed::OPEN;
use crate::{RmaId, RmaStatus};

/// Why an RMA is pending; the most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Reason {
    /// A webhook or the caller named it.
    Notified,
    /// A transaction of it changed.
    MoneyMoved,
    /// Its status differs from the observed one.
    StatusChanged,
    /// It was never read.
    New,
    /// It was submitted, approved, edited or reopened.
    Edited,
    /// It may have been inspected, which no list shows.
    Suspected,
}

/// An RMA to read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PendingRma {
    /// Which.
    pub rma_id: RmaId,
    /// Why.
    pub reason: Reason,
    /// Since when it is pending.
    pub since: Timestamp,
}

/// The RMAs to read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct PendingList(BTreeMap<RmaId, PendingMark>);

/// Why and since when an RMA is pending, for the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PendingMark {
    reason: Reason,
    /// When it was marked first.
    since: Timestamp,
    /// When it was marked last: a read from before does not settle it.
    last: Timestamp,
    /// Not before this time: it could not be read, or another worker has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    postponed: Option<Timestamp>,
    /// How often it was handed over since its last change.
    #[serde(default, skip_serializing_if = "is_zero")]
    handed_over: u32,
    /// The status that a list showed last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    shown: Option<RmaStatus>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// How long a worker has to report an RMA that it was given, before the RMA becomes pending again: an hour at first,
/// a week at most, because an RMA that cannot be read stays pending.
const HAND_OVER_BACKOFF: Backoff =
    Backoff::new(Duration::from_secs(60 * 60), Duration::from_secs(7 * 24 * 60 * 60));

impl PendingMark {
    fn ready_at(&self, debounce: Duration) -> Timestamp {
        let settled = match self.reason {
            // A shop without pauses must not delay the read forever.
            Reason::Notified => later(self.last, debounce).min(later(self.since, debounce * 4)),
            _ => self.since,
        };
        settled.max(self.postponed.unwrap_or(Timestamp::MIN))
    }

    /// Allows the next read at once.
    fn reset_waits(&mut self) {
        self.postponed = None;
        self.handed_over = 0;
    }
}

impl PendingList {
    pub(super) const fn of(marks: BTreeMap<RmaId, PendingMark>) -> Self {
        Self(marks)
    }

    pub(super) fn into_marks(self) -> BTreeMap<RmaId, PendingMark> {
        self.0
    }

    /// Marks an RMA that changed.
    pub(super) fn mark(&mut self, id: RmaId, reason: Reason, at: Timestamp) {
        self.mark_again(id, reason, at).reset_waits();
    }

    /// Marks an RMA that a list shows in this status. An RMA that was shown so before keeps its wait.
    pub(super) fn mark_shown(&mut self, id: RmaId, reason: Reason, status: RmaStatus, at: Timestamp) {
        let mark = self.mark_again(id, reason, at);
        if mark.shown.as_ref() != Some(&status) {
            mark.shown = Some(status);
            mark.reset_waits();
        }
    }

    /// Marks an RMA whose row is invalid. It keeps its wait, since the list may have shown the row before.
    pub(super) fn mark_unlisted(&mut self, id: RmaId, at: Timestamp) {
        self.mark_again(id, Reason::New, at);
    }

    /// Marks an RMA that the list of open RMAs no longer shows.
    pub(super) fn mark_left(&mut self, id: RmaId, at: Timestamp) {
        let mark = self.mark_again(id, Reason::StatusChanged, at);
        if mark.shown.take_if(|shown| OPEN.contains(shown)).is_some() {
            mark.reset_waits();
        }
    }

    fn mark_again(&mut self, id: RmaId, reason: Reason, at: Timestamp) -> &mut PendingMark {
        let mark = self.0.entry(id).or_insert(PendingMark {
            reason,
            since: at,
            last: at,
            postponed: None,
            handed_over: 0,
            shown: None,
        });
        mark.reason = mark.reason.min(reason);
        mark.last = mark.last.max(at);
        mark
    }

    /// Settles what was marked up to this time, because it is read.
    pub(super) fn settle(&mut self, id: &RmaId, asked_at: Timestamp) {
        if self.0.get(id).is_some_and(|mark| mark.last <= asked_at) {
            self.0.remove(id);
        } else if let Some(mark) = self.0.get_mut(id) {
            mark.reset_waits();
        }
    }

    pub(super) fn postpone(&mut self, id: &RmaId, now: Timestamp, until: Timestamp) {
        self.mark_again(id.clone(), Reason::Suspected, now).postponed = Some(until);
    }

    pub(super) fn hand_over(&mut self, due: &PendingRma, now: Timestamp) {
        let mark = self.mark_again(due.rma_id.clone(), due.reason, due.since);
        let wait = HAND_OVER_BACKOFF.wait_after(mark.handed_over);
        mark.postponed = Some(later(now, wait));
        mark.handed_over += 1;
    }

    pub(super) fn forget(&mut self, id: &RmaId) {
        self.0.remove(id);
    }

    pub(super) fn rmas(&self) -> impl Iterator<Item = &RmaId> {
        self.0.keys()
    }

    pub(super) fn contains(&self, id: &RmaId) -> bool {
        self.0.contains_key(id)
    }

    /// Returns the RMAs that may be read now, the most urgent first; those that were handed over without a
    /// result come last.
    pub(super) fn ready(&self, now: Timestamp, debounce: Duration) -> Vec<PendingRma> {
        let mut ready: Vec<_> = self.0.iter().filter(|(_, mark)| mark.ready_at(debounce) <= now).collect();
        ready.sort_by_key(|(_, mark)| (mark.handed_over, mark.reason, mark.since));
        let due = |(id, mark): (&RmaId, &PendingMark)| PendingRma {
            rma_id: id.clone(),
            reason: mark.reason,
            since: mark.since,
        };
        ready.into_iter().map(due).collect()
    }

    /// Returns when the next RMA may be read.
    pub(super) fn next_ready_at(&self, debounce: Duration) -> Option<Timestamp> {
        self.0.values().map(|mark| mark.ready_at(debounce)).min()
    }
}
