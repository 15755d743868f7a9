use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::later;
use crate::RmaId;

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
pub struct DueRma {
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
pub(super) struct DueList(BTreeMap<RmaId, Mark>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Mark {
    reason: Reason,
    /// When it was marked first.
    since: Timestamp,
    /// When it was marked last: a read from before that does not settle it.
    last: Timestamp,
    /// It could not be read; not before this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    postponed: Option<Timestamp>,
}

impl Mark {
    fn ready_at(&self, debounce: Duration) -> Timestamp {
        let settled = match self.reason {
            // A shop that never falls silent is not waited for.
            Reason::Notified => later(self.last, debounce).min(later(self.since, debounce * 4)),
            _ => self.since,
        };
        settled.max(self.postponed.unwrap_or(Timestamp::MIN))
    }
}

impl DueList {
    pub(super) fn mark(&mut self, id: RmaId, reason: Reason, at: Timestamp) {
        let mark = self.0.entry(id).or_insert(Mark { reason, since: at, last: at, postponed: None });
        mark.reason = mark.reason.min(reason);
        mark.last = mark.last.max(at);
    }

    /// What was marked up to this time is read.
    pub(super) fn settle(&mut self, id: &RmaId, asked_at: Timestamp) {
        if self.0.get(id).is_some_and(|mark| mark.last <= asked_at) {
            self.0.remove(id);
        }
    }

    pub(super) fn postpone(&mut self, id: &RmaId, now: Timestamp, until: Timestamp) {
        self.mark(id.clone(), Reason::Suspected, now);
        if let Some(mark) = self.0.get_mut(id) {
            mark.postponed = Some(until);
        }
    }

    pub(super) fn forget(&mut self, id: &RmaId) {
        self.0.remove(id);
    }

    pub(super) fn contains(&self, id: &RmaId) -> bool {
        self.0.contains_key(id)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Those that may be read now, the most urgent first.
    pub(super) fn ready(&self, now: Timestamp, debounce: Duration) -> Vec<DueRma> {
        let ready = self.0.iter().filter(|(_, mark)| mark.ready_at(debounce) <= now);
        let mut ready: Vec<_> = ready
            .map(|(id, mark)| DueRma { rma_id: id.clone(), reason: mark.reason, since: mark.since })
            .collect();
        ready.sort_by_key(|due| (due.reason, due.since));
        ready
    }

    /// When the next one may be read.
    pub(super) fn next_ready_at(&self, debounce: Duration) -> Option<Timestamp> {
        self.0.values().map(|mark| mark.ready_at(debounce)).min()
    }
}
