use std::{collections::BTreeSet, time::Duration};

use jiff::{SignedDuration, Timestamp};
use returngo::{
    Notification, ReturnedItemId, RmaId, TransactionId,
    sweep::{SweepSettings, SweepState, Sweeper, Swept as ListsSwept},
};
use serde::{Deserialize, Serialize};

use super::{Progress, Schedule, SweepError, Swept, later};
use crate::{
    connection::Connection,
    ledger::{Cause, Ledger, SweepTurn, UnreadableKind},
    skipped::Skipped,
};

/// How much of what workers saw before the last sweep is taken in again: their clocks may differ from this one.
const OVERLAP: SignedDuration = SignedDuration::from_mins(10);

/// How far back a sweep looks when it is unknown since when changes were missed.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(48);

/// How long the sweep itself knows of an RMA that is finished. The ledger knows of it for ever, but what the sweep
/// knows is read and written each time.
const REMEMBERED: Duration = Duration::from_secs(60 * 24 * 60 * 60);

/// Where a sweep got to.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cursor {
    state: SweepState,
    /// Until when it is known what workers saw.
    heard_until: Timestamp,
}

impl Cursor {
    fn read(stored: Option<&str>, now: Timestamp) -> Self {
        let stored: Option<Self> = stored.and_then(|stored| serde_json::from_str(stored).ok());
        let latest = now.saturating_add(OVERLAP).unwrap_or(now);
        let from = match stored {
            Some(cursor) if cursor.heard_until <= latest => return cursor,
            // Left by a clock that was ahead: it saw nothing of what happened meanwhile.
            Some(_) => now.saturating_sub(LOOK_BACK).unwrap_or(now),
            None => now,
        };
        Self { state: SweepState::new(from), heard_until: Timestamp::UNIX_EPOCH }
    }
}

impl Connection {
    /// Finds RMAs that changed since the last sweep, as [`returngo::sweep`] does: within the calls that the day
    /// has left, and without trusting `lastUpdated` alone (returngo.md §6.5). It reads no RMA itself: a worker
    /// does, and tells what it saw.
    pub(super) async fn sweep_returngo(
        &self,
        turn: &SweepTurn,
        schedule: &Schedule,
        ledger: &dyn Ledger,
        skipped: &mut Skipped<'_>,
    ) -> Result<Progress, SweepError> {
        let settings = SweepSettings::default();
        let began = self.clock.now();
        let Cursor { state, heard_until } = Cursor::read(turn.cursor.as_deref(), began);
        let mut sweeper = Sweeper::resume(self.returngo.clone(), settings.clone(), state);
        let since = heard_until.saturating_sub(OVERLAP).unwrap_or(Timestamp::MIN);
        for (rma, seen) in ledger.seen_since(&self.id, since).await? {
            sweeper.state_mut().saw(&rma, seen.rma);
        }
        if turn.hastened {
            sweeper.notified(&Notification::default());
        }
        let unmatched = transactions_unmatched(sweeper.state());
        let unlisted: BTreeSet<RmaId> = sweeper.state().unlisted().cloned().collect();
        let mut swept = ListsSwept::default();
        let listed = sweeper.sweep_into(&mut swept).await;
        for row in &swept.undecodable_rmas {
            skipped.add_row(UnreadableKind::RmaRow, row);
        }
        for row in &swept.undecodable_transactions {
            skipped.add_row(UnreadableKind::TransactionRow, row);
        }
        let still_unlisted: BTreeSet<RmaId> = sweeper.state().unlisted().cloned().collect();
        skipped.read(UnreadableKind::RmaRow, unlisted.difference(&still_unlisted));
        self.match_what_is_new(unmatched, sweeper.state_mut(), ledger).await?;
        sweeper.state_mut().forget_finished(began, &settings, REMEMBERED);
        let found = sweeper.due();
        let rmas: Vec<RmaId> = found.iter().map(|due| due.rma_id.clone()).collect();
        let now = self.clock.now();
        let due = ledger.mark_found(&self.id, &rmas, Cause::Returngo, "ReturnGO was swept", now).await?;
        found.iter().for_each(|due| sweeper.state_mut().handed_over(due, now));
        let next =
            sweeper.wake_at().clamp(later(now, schedule.returngo / 5), later(now, schedule.returngo * 4));
        let cursor = Cursor { state: sweeper.state().clone(), heard_until: began };
        Ok(Progress {
            cursor: serde_json::to_string(&cursor).unwrap_or_default(),
            due_at: next,
            swept: Swept { due },
            trouble: listed.err().map(SweepError::from),
        })
    }

    /// Transactions of RMAs that the sweep has forgotten: the ledger knows which units they had.
    async fn match_what_is_new(
        &self,
        known: BTreeSet<TransactionId>,
        state: &mut SweepState,
        ledger: &dyn Ledger,
    ) -> Result<(), SweepError> {
        let new = state.unmatched().filter(|(id, _)| !known.contains(id));
        let items: Vec<ReturnedItemId> = new.flat_map(|(_, items)| items).cloned().collect();
        let now = self.clock.now();
        for rma in ledger.rmas_of_items(&self.id, &items).await? {
            state.matched(rma, now);
        }
        Ok(())
    }
}

fn transactions_unmatched(state: &SweepState) -> BTreeSet<TransactionId> {
    state.unmatched().map(|(id, _)| id.clone()).collect()
}
