use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use jiff::{SignedDuration, Timestamp};
use returngo::{
    Notification, ReturnedItemId, RmaId, TransactionId,
    sweep::{
        ListPage, ObservedRma, SweepCheckpoint, SweepResult as Listed, SweepSettings, SweepState, Sweeper,
    },
};
use serde::{Deserialize, Serialize};

use super::{Progress, Schedule, SweepError, SweepResult, later, rows};
use crate::{
    connection::Connection,
    skipped::Skipped,
    store::{Cause, Store, StoreError, SweepLease, SweepRowChanges, SweepRows, UnreadableKind},
};

/// How much of what workers saw before the last sweep is taken in again: their clocks may differ from this one.
const OVERLAP: SignedDuration = SignedDuration::from_mins(10);

/// How far back a sweep looks when it is unknown since when changes were missed.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(48);

/// Where a sweep got to. What was seen of RMAs is not part of it: earlier versions had it here. Migration 17 removes it, and it is
/// read over where it is left.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cursor {
    state: SweepCheckpoint,
    /// Until when it is known what workers saw.
    heard_until: Timestamp,
    /// Refunds that name no units, and whose RMAs could not be looked for yet.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    to_look_for: BTreeSet<TransactionId>,
}

/// Where a sweep begins.
struct Start {
    state: SweepState,
    heard_until: Option<Timestamp>,
    to_look_for: BTreeSet<TransactionId>,
}

impl Cursor {
    fn read(stored: Option<&str>, rows: &SweepRows, now: Timestamp) -> Start {
        let Some(stored) = stored else {
            return Start { state: SweepState::new(now), heard_until: None, to_look_for: BTreeSet::new() };
        };
        match Self::stored(stored, rows) {
            Some(Self { state, heard_until, to_look_for })
                if heard_until <= now.saturating_add(OVERLAP).unwrap_or(now) =>
            {
                Start { state: SweepState::resume(state), heard_until: Some(heard_until), to_look_for }
            }
            // Damaged, or left by a clock that was ahead: it saw nothing of what happened meanwhile.
            _ => {
                let from = now.saturating_sub(LOOK_BACK).unwrap_or(now);
                let state = rows::salvaged(rows, from, now);
                let to_look_for = without_units(&state);
                Start { state, heard_until: None, to_look_for }
            }
        }
    }

    fn stored(stored: &str, rows: &SweepRows) -> Option<Self> {
        let mut cursor: Self = serde_json::from_str(stored).ok()?;
        rows::into_progress(rows, &mut cursor.state).ok()?;
        Some(cursor)
    }

    /// As it is stored: the text, and the rows.
    fn write(
        state: SweepState,
        heard_until: Timestamp,
        to_look_for: BTreeSet<TransactionId>,
    ) -> Result<(String, SweepRows), serde_json::Error> {
        let mut cursor = Self { state: state.into_checkpoint(), heard_until, to_look_for };
        let rows = rows::out_of_progress(&mut cursor.state)?;
        Ok((serde_json::to_string(&cursor)?, rows))
    }
}

impl Connection {
    /// Finds RMAs that changed since the last sweep, as [`returngo::sweep`] does: within the calls that the day
    /// has left, and without trusting `lastUpdated` alone (docs/evidence/returngo.md#polling-and-lastupdated).
    /// It reads no RMA itself: a worker does, and tells what it saw.
    pub(super) async fn sweep_returngo(
        &self,
        turn: &SweepLease,
        schedule: &Schedule,
        store: &Store,
        skipped: &mut Skipped<'_>,
    ) -> Result<Progress, SweepError> {
        let settings = SweepSettings::default();
        let began = self.clock.now();
        let before = store.sweep_rows(&self.id, turn.sweep).await?;
        let Start { state, heard_until, to_look_for } = Cursor::read(turn.cursor.as_deref(), &before, began);
        let without_rma = without_units(&state);
        let mut sweeper = Sweeper::resume(self.returngo.clone(), settings.clone(), state);
        let watched = store.watched_rmas(&self.id, began).await?;
        recall(sweeper.state_mut(), watched, began);
        let unlisted: Vec<RmaId> = sweeper.state().unlisted().cloned().collect();
        recall(sweeper.state_mut(), store.observed_rmas(&self.id, &unlisted).await?, began);
        if let Some(heard_until) = heard_until {
            let since = heard_until.saturating_sub(OVERLAP).unwrap_or(Timestamp::MIN);
            let heard = store.observed_since(&self.id, since).await?;
            for (rma, seen) in heard.into_iter().filter(|(_, seen)| is_from_the_past(&seen.rma, began)) {
                sweeper.state_mut().record_observation(&rma, seen.rma);
            }
        }
        if turn.expedited {
            sweeper.record_notification(&Notification::default());
        }
        let unmatched = transactions_unmatched(sweeper.state());
        let unlisted: BTreeSet<RmaId> = sweeper.state().unlisted().cloned().collect();
        let listed = self.list(&mut sweeper, &settings, store, skipped).await?;
        let still_unlisted: BTreeSet<RmaId> = sweeper.state().unlisted().cloned().collect();
        skipped.read(UnreadableKind::RmaRow, unlisted.difference(&still_unlisted));
        self.match_units_of_new(&unmatched, sweeper.state_mut(), store).await?;
        let mut to_look_for: BTreeSet<TransactionId> = without_units(sweeper.state())
            .into_iter()
            .filter(|refund| to_look_for.contains(refund) || !unmatched.contains(refund))
            .collect();
        let looked = self.look_for_rmas(&mut to_look_for, sweeper.state_mut(), store, skipped).await?;
        let still_without_rma = without_units(sweeper.state());
        skipped.read(UnreadableKind::TransactionRow, without_rma.difference(&still_without_rma));
        let found = sweeper.pending_now();
        let rmas: Vec<RmaId> = found.iter().map(|due| due.rma_id.clone()).collect();
        let now = self.clock.now();
        let due = store.enqueue_found(&self.id, &rmas, Cause::Returngo, "ReturnGO was swept", now).await?;
        found.iter().for_each(|due| sweeper.state_mut().handed_over(due, now));
        let next =
            sweeper.wake_at().clamp(later(now, schedule.returngo / 5), later(now, schedule.returngo * 4));
        let (cursor, after) = Cursor::write(sweeper.into_state(), began, to_look_for)
            .map_err(|error| StoreError::Database(error.into()))?;
        let left = self.returngo.calls_left();
        let trouble = match listed.and(looked) {
            Err(error) => Some(error.into()),
            // The pace asks for no list with the last one.
            Ok(()) if left.reads.is_some_and(|reads| reads <= 1) => {
                Some(SweepError::NoCallsLeft { until: left.until })
            }
            Ok(()) => None,
        };
        Ok(Progress {
            cursor,
            rows: SweepRowChanges::between(&before, after),
            run_at: next,
            swept: SweepResult { due },
            trouble,
        })
    }

    /// Asks for every list that is due. Before a page is taken in, what is known of its RMAs is recalled.
    async fn list(
        &self,
        sweeper: &mut Sweeper,
        settings: &SweepSettings,
        store: &Store,
        skipped: &mut Skipped<'_>,
    ) -> Result<Result<(), returngo::Error>, StoreError> {
        loop {
            let page = match sweeper.next_page().await {
                Ok(Some(page)) => page,
                Ok(None) => return Ok(Ok(())),
                Err(error) => return Ok(Err(error)),
            };
            let now = self.clock.now();
            let shown = self.seen_of(&page, sweeper.state(), store).await?;
            recall(sweeper.state_mut(), shown, now);
            let mut listed = Listed::default();
            sweeper.take_in(page, &mut listed);
            let Listed { undecodable_rmas, undecodable_transactions, .. } = listed;
            let rows_of = [
                (UnreadableKind::RmaRow, undecodable_rmas),
                (UnreadableKind::TransactionRow, undecodable_transactions),
            ];
            for (kind, rows) in rows_of {
                for row in rows {
                    skipped.add_row(kind, &row);
                }
            }
            sweeper.state_mut().forget_unwatched(now, settings);
        }
    }

    /// What is remembered of the RMAs that a page is about, and the sweep does not know.
    async fn seen_of(
        &self,
        page: &ListPage,
        state: &SweepState,
        store: &Store,
    ) -> Result<Vec<(RmaId, ObservedRma)>, StoreError> {
        let items: Vec<ReturnedItemId> = page.items().into_iter().cloned().collect();
        let mut rmas = store.rmas_of_items(&self.id, &items).await?;
        rmas.extend(page.rmas());
        rmas.retain(|rma| state.observed(rma).is_none());
        store.observed_rmas(&self.id, &rmas).await
    }

    /// Transactions of RMAs of which only the units could be read back.
    async fn match_units_of_new(
        &self,
        known: &BTreeSet<TransactionId>,
        state: &mut SweepState,
        store: &Store,
    ) -> Result<(), StoreError> {
        let new = state.unmatched().filter(|(id, _)| !known.contains(id));
        let items: Vec<ReturnedItemId> = new.flat_map(|(_, items)| items).cloned().collect();
        let now = self.clock.now();
        for rma in store.rmas_of_items(&self.id, &items).await? {
            state.record_match(rma, now);
        }
        Ok(())
    }

    /// Looks for the RMAs of refunds that name no units. Those that are left could not be looked for, and what the lists
    /// showed of other RMAs does not wait for them.
    async fn look_for_rmas(
        &self,
        refunds: &mut BTreeSet<TransactionId>,
        state: &mut SweepState,
        store: &Store,
        skipped: &mut Skipped<'_>,
    ) -> Result<Result<(), returngo::Error>, StoreError> {
        if refunds.is_empty() {
            return Ok(Ok(()));
        }
        let candidates = self.latest_rmas(state, store).await?;
        while let Some(refund) = refunds.first() {
            match self.returngo.transactions().owner(refund, &candidates).await {
                Ok(Some(rma)) => state.record_match(rma, self.clock.now()),
                Ok(None) => skipped.add(UnreadableKind::TransactionRow, refund, &RefundWithoutRma),
                Err(error) => return Ok(Err(error)),
            }
            refunds.pop_first();
        }
        Ok(Ok(()))
    }

    /// The RMAs that a refund may be of whose row does not say: those that are due, which may never have been read, the open
    /// ones, and those that were read within a week, the latest first.
    async fn latest_rmas(&self, state: &SweepState, store: &Store) -> Result<Vec<RmaId>, StoreError> {
        let now = self.clock.now();
        let mut read_at: BTreeMap<RmaId, Timestamp> =
            state.all_pending().map(|rma| (rma.clone(), now)).collect();
        for (rma, seen) in state.rmas() {
            read_at.entry(rma.clone()).or_insert(seen.read_at);
        }
        let since = now.saturating_sub(REFUNDED_WITHIN).unwrap_or(now);
        for (rma, seen) in store.observed_since(&self.id, since).await? {
            read_at.entry(rma).or_insert(seen.rma.read_at);
        }
        let mut latest: Vec<RmaId> = read_at.keys().cloned().collect();
        latest.sort_by_key(|rma| Reverse(read_at.get(rma)));
        latest.truncate(MOST_CANDIDATES);
        Ok(latest)
    }
}

/// How long ago an RMA may have been read of which a refund says nothing.
const REFUNDED_WITHIN: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The most RMAs that are asked about: twenty calls.
const MOST_CANDIDATES: usize = 2000;

/// A refund names no units, and no RMA that was looked at has it.
#[derive(Debug, thiserror::Error)]
#[error(
    "the refund names no units, and none of the latest RMAs has it: look it up in ReturnGO, then `sync` its RMA"
)]
struct RefundWithoutRma;

fn recall(state: &mut SweepState, seen: Vec<(RmaId, ObservedRma)>, now: Timestamp) {
    for (rma, seen) in seen.into_iter().filter(|(_, seen)| is_from_the_past(seen, now)) {
        state.restore(&rma, seen);
    }
}

/// What claims to be read in a time that has not come yet was read by a clock that was ahead: it is not known.
fn is_from_the_past(seen: &ObservedRma, now: Timestamp) -> bool {
    seen.read_at <= now.saturating_add(OVERLAP).unwrap_or(now)
}

/// Refunds that no RMA has that was read, and that name no units.
fn without_units(state: &SweepState) -> BTreeSet<TransactionId> {
    state.unmatched().filter(|(_, items)| items.is_empty()).map(|(id, _)| id.clone()).collect()
}

fn transactions_unmatched(state: &SweepState) -> BTreeSet<TransactionId> {
    state.unmatched().map(|(id, _)| id.clone()).collect()
}
