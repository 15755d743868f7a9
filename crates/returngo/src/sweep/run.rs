use std::{collections::BTreeSet, time::Duration};

use api_client_core::time::later;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Cursor, RmaId};

/// The progress of one list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Run {
    /// When the last complete run began.
    last: Option<Timestamp>,
    /// Its number of pages.
    pages: u32,
    #[serde(rename = "underWay")]
    active: Option<ActiveRun>,
    /// A webhook reported a change without an RMA.
    #[serde(rename = "hurried")]
    expedited: bool,
}

/// A run in progress, which continues after a restart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ActiveRun {
    pub(super) began: Timestamp,
    pages: u32,
    cursor: Option<Cursor>,
    /// The cursors of its pages: a server that repeats one would keep it in a loop.
    been: BTreeSet<Cursor>,
    /// The RMAs on its pages.
    pub(super) seen: BTreeSet<RmaId>,
}

impl Run {
    pub(super) const fn last(&self) -> Option<Timestamp> {
        self.last
    }

    /// Returns the number of pages of a run.
    pub(super) fn pages(&self) -> u32 {
        self.pages.max(1)
    }

    pub(super) const fn is_active(&self) -> bool {
        self.active.is_some()
    }

    /// Returns when the current run began: its filter must stay the same.
    pub(super) fn began(&self) -> Option<Timestamp> {
        self.active.as_ref().map(|active| active.began)
    }

    pub(super) fn cursor(&self) -> Option<&Cursor> {
        self.active.as_ref()?.cursor.as_ref()
    }

    /// Returns when the next run starts, at this interval; at once if it never ran.
    pub(super) fn due_at(&self, every: Duration) -> Timestamp {
        let every = if self.expedited { every / 5 } else { every };
        self.last.map_or(Timestamp::MIN, |last| later(last, every))
    }

    pub(super) const fn expedite(&mut self) {
        self.expedited = true;
    }

    /// Returns the current run, or starts one.
    pub(super) fn begin(&mut self, asked_at: Timestamp) -> &mut ActiveRun {
        if self.active.is_none() {
            self.expedited = false;
        }
        self.active.get_or_insert_with(|| ActiveRun {
            began: asked_at,
            pages: 0,
            cursor: None,
            been: BTreeSet::new(),
            seen: BTreeSet::new(),
        })
    }

    /// Records a page; returns the run if the page was its last.
    pub(super) fn advance(&mut self, next: Option<Cursor>) -> Option<ActiveRun> {
        let mut active = self.active.take()?;
        active.pages += 1;
        match next.filter(|next| active.been.insert(next.clone())) {
            Some(next) => {
                active.cursor = Some(next);
                self.active = Some(active);
                None
            }
            None => {
                self.last = Some(active.began);
                self.pages = active.pages;
                Some(active)
            }
        }
    }

    /// Drops the current run, for a cursor that is no longer accepted.
    pub(super) fn restart(&mut self) {
        self.active = None;
    }
}
