use std::{collections::BTreeMap, time::Duration};

use api_client_core::{Backoff, time::later};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::observed::OPEN;
use crate::{RmaId, RmaStatus};

/// Why an RMA is due; the most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Reason {
    /// A webhook named it, or somebody asked.
    Notified,
    /// Its money moved.
    MoneyMoved,
    /// Its status is another than the one that was read.
    StatusChanged,
    /// It was never read.
    New,
    /// It was submitted, approved, edited or reopened.
    Edited,
    /// It may have been inspected; nothing says so.
    Suspected,
}

/// An RMA to read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PendingRma {
    /// Which.
    pub rma_id: RmaId,
    /// Why.
    pub reason: Reason,
    /// Since when.
    pub since: Timestamp,
}

/// The RMAs to read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct PendingList(BTreeMap<RmaId, PendingMark>);

/// Why and since when an RMA is due, to be stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PendingMark {
    reason: Reason,
    /// When it was marked first.
    since: Timestamp,
    /// When it was marked last: a read from before that does not settle it.
    last: Timestamp,
    /// It could not be read, or somebody else is to read it; not before this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    postponed: Option<Timestamp>,
    /// How often it was handed over since anything happened to it.
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
            // A shop that never falls silent is not waited for.
            Reason::Notified => later(self.last, debounce).min(later(self.since, debounce * 4)),
            _ => self.since,
        };
        settled.max(self.postponed.unwrap_or(Timestamp::MIN))
    }

    /// It may be read again, and is as one that was never tried.
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

    /// Something happened to an RMA.
    pub(super) fn mark(&mut self, id: RmaId, reason: Reason, at: Timestamp) {
        self.mark_again(id, reason, at).reset_waits();
    }

    /// A list shows an RMA in this status, and may have done so before: it goes on waiting if it does.
    pub(super) fn mark_shown(&mut self, id: RmaId, reason: Reason, status: RmaStatus, at: Timestamp) {
        let mark = self.mark_again(id, reason, at);
        if mark.shown.as_ref() != Some(&status) {
            mark.shown = Some(status);
            mark.reset_waits();
        }
    }

    /// A list shows a row of an RMA that does not read, and may have done so before: it goes on waiting.
    pub(super) fn mark_unlisted(&mut self, id: RmaId, at: Timestamp) {
        self.mark_again(id, Reason::New, at);
    }

    /// The list of open RMAs does not show an RMA any more.
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

    /// What was marked up to this time is read.
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

    /// Those that may be read now, the most urgent first; those that were handed over in vain come last.
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

    /// When the next one may be read.
    pub(super) fn next_ready_at(&self, debounce: Duration) -> Option<Timestamp> {
        self.0.values().map(|mark| mark.ready_at(debounce)).min()
    }
}
