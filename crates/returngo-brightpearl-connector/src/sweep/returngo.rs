use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use jiff::{SignedDuration, Timestamp};
use returngo::{
    Notification, ReturnedItemId, RmaId, TransactionId,
    sweep::{ListPage, ObservedRma, SweepResult as Listed, SweepSettings, SweepState, Sweeper},
};

use super::{
    Schedule, SweepError, SweepOutcome, SweepResult, later,
    returngo_cursor::{CLOCK_TOLERANCE, SweepPosition, has_passed, refunds_without_units},
};
use crate::{
    connection::Context,
    skipped::Skipped,
    store::{Cause, StoreError, SweepLease, SweepRowChanges, UnreadableKind},
};

/// How long ago an RMA may have been read to which a refund without units may belong.
const REFUNDED_WITHIN: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The most RMAs that are requested to find that of a refund without units: twenty calls.
const MAX_CANDIDATES: usize = 2000;

/// Why a call to ReturnGO failed, where the sweep keeps what it found before.
type ReturngoResult = Result<(), returngo::Error>;

/// Queues the RMAs that changed since the last sweep, as [`returngo::sweep`] finds them: within the daily quota, and without
/// relying on `lastUpdated` alone (docs/evidence/returngo.md#polling-and-lastupdated). The sweep reads no RMA; workers do,
/// and record their observations.
pub(super) async fn sweep(
    context: &Context<'_>,
    lease: &SweepLease,
    schedule: &Schedule,
    skipped: &mut Skipped<'_>,
) -> Result<SweepOutcome, SweepError> {
    let began = context.now();
    let rows_before = context.store.sweep_rows(context.id(), lease.sweep).await?;
    let SweepPosition { state, observed_until, refunds_to_match } =
        SweepPosition::read(lease.cursor.as_deref(), &rows_before, began);
    let without_units_before = refunds_without_units(&state);
    let returngo = context.connection.returngo.clone();
    let mut sweeper = Sweeper::resume(returngo, SweepSettings::default(), state);
    take_in_observations(context, sweeper.state_mut(), observed_until, began).await?;
    if lease.expedited {
        sweeper.record_notification(&Notification::default());
    }
    let unmatched_before = unmatched_transactions(sweeper.state());
    let unlisted_before = unlisted_rmas(sweeper.state());
    let listed = read_lists(context, &mut sweeper, skipped).await?;
    let unlisted = unlisted_rmas(sweeper.state());
    skipped.read(UnreadableKind::RmaRow, unlisted_before.difference(&unlisted));
    match_new_transactions(context, sweeper.state_mut(), &unmatched_before).await?;
    let mut refunds: BTreeSet<TransactionId> = refunds_without_units(sweeper.state())
        .into_iter()
        .filter(|refund| refunds_to_match.contains(refund) || !unmatched_before.contains(refund))
        .collect();
    let matched = match_refunds(context, sweeper.state_mut(), &mut refunds, skipped).await?;
    let without_units = refunds_without_units(sweeper.state());
    skipped.read(UnreadableKind::TransactionRow, without_units_before.difference(&without_units));
    let found = sweeper.pending_now();
    let rmas: Vec<RmaId> = found.iter().map(|due| due.rma_id.clone()).collect();
    let now = context.now();
    let due =
        context.store.enqueue_found(context.id(), &rmas, Cause::Returngo, "ReturnGO was swept", now).await?;
    found.iter().for_each(|due| sweeper.state_mut().handed_over(due, now));
    let run_at =
        sweeper.wake_at().clamp(later(now, schedule.returngo / 5), later(now, schedule.returngo * 4));
    let (cursor, rows_after) = SweepPosition::write(sweeper.into_state(), began, refunds)
        .map_err(|error| StoreError::Database(error.into()))?;
    let error = match listed.and(matched) {
        Err(error) => Some(error.into()),
        Ok(()) => quota_error(context),
    };
    let rows = SweepRowChanges::between(&rows_before, rows_after);
    Ok(SweepOutcome { cursor, rows, run_at, result: SweepResult { due }, error })
}

/// The sweeper requests no list with the last call of the day.
fn quota_error(context: &Context<'_>) -> Option<SweepError> {
    let left = context.connection.returngo.calls_left();
    let is_used_up = left.reads.is_some_and(|reads| reads <= 1);
    is_used_up.then_some(SweepError::NoCallsLeft { until: left.until })
}

/// Takes in the observations of RMAs that the sweep watches, and those that workers made since the last sweep.
async fn take_in_observations(
    context: &Context<'_>,
    state: &mut SweepState,
    observed_until: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), StoreError> {
    recall(state, context.store.watched_rmas(context.id(), now).await?, now);
    let unlisted: Vec<RmaId> = state.unlisted().cloned().collect();
    recall(state, context.store.observed_rmas(context.id(), &unlisted).await?, now);
    let Some(observed_until) = observed_until else { return Ok(()) };
    let since = observed_until.saturating_sub(CLOCK_TOLERANCE).unwrap_or(Timestamp::MIN);
    let observations = context.store.observed_since(context.id(), since).await?;
    for (rma, observation) in observations {
        if has_passed(observation.rma.read_at, now) {
            state.record_observation(&rma, observation.rma);
        }
    }
    Ok(())
}

/// Reads every list that is scheduled. Recalls the stored observations of a page's RMAs before it takes the page in.
async fn read_lists(
    context: &Context<'_>,
    sweeper: &mut Sweeper,
    skipped: &mut Skipped<'_>,
) -> Result<ReturngoResult, StoreError> {
    loop {
        let page = match sweeper.next_page().await {
            Ok(Some(page)) => page,
            Ok(None) => return Ok(Ok(())),
            Err(error) => return Ok(Err(error)),
        };
        let now = context.now();
        let observed = stored_observations(context, &page, sweeper.state()).await?;
        recall(sweeper.state_mut(), observed, now);
        let mut swept = Listed::default();
        sweeper.take_in(page, &mut swept);
        for row in &swept.undecodable_rmas {
            skipped.add_row(UnreadableKind::RmaRow, row);
        }
        for row in &swept.undecodable_transactions {
            skipped.add_row(UnreadableKind::TransactionRow, row);
        }
        sweeper.state_mut().forget_unwatched(now, &SweepSettings::default());
    }
}

/// The stored observations of the RMAs that a page shows and the sweep does not know.
async fn stored_observations(
    context: &Context<'_>,
    page: &ListPage,
    state: &SweepState,
) -> Result<Vec<(RmaId, ObservedRma)>, StoreError> {
    let items: Vec<ReturnedItemId> = page.items().into_iter().cloned().collect();
    let mut rmas = context.store.rmas_of_items(context.id(), &items).await?;
    rmas.extend(page.rmas());
    rmas.retain(|rma| state.observed(rma).is_none());
    context.store.observed_rmas(context.id(), &rmas).await
}

/// Matches new transactions to RMAs by their units, which the store knows.
async fn match_new_transactions(
    context: &Context<'_>,
    state: &mut SweepState,
    unmatched_before: &BTreeSet<TransactionId>,
) -> Result<(), StoreError> {
    let new = state.unmatched().filter(|(id, _)| !unmatched_before.contains(id));
    let items: Vec<ReturnedItemId> = new.flat_map(|(_, items)| items).cloned().collect();
    let now = context.now();
    for rma in context.store.rmas_of_items(context.id(), &items).await? {
        state.record_match(rma, now);
    }
    Ok(())
}

/// Searches the RMAs of refunds that name no units. When ReturnGO fails, the refunds that are left are searched for by the
/// next sweep.
async fn match_refunds(
    context: &Context<'_>,
    state: &mut SweepState,
    refunds: &mut BTreeSet<TransactionId>,
    skipped: &mut Skipped<'_>,
) -> Result<ReturngoResult, StoreError> {
    if refunds.is_empty() {
        return Ok(Ok(()));
    }
    let candidates = latest_rmas(context, state).await?;
    while let Some(refund) = refunds.first() {
        match context.connection.returngo.transactions().owner(refund, &candidates).await {
            Ok(Some(rma)) => state.record_match(rma, context.now()),
            Ok(None) => skipped.add(UnreadableKind::TransactionRow, refund, REFUND_WITHOUT_RMA),
            Err(error) => return Ok(Err(error)),
        }
        refunds.pop_first();
    }
    Ok(Ok(()))
}

/// The RMAs to which a refund may belong: those that are pending and may never have been read, the open ones, and those that
/// were read within a week, the latest first.
async fn latest_rmas(context: &Context<'_>, state: &SweepState) -> Result<Vec<RmaId>, StoreError> {
    let now = context.now();
    let mut read_at: BTreeMap<RmaId, Timestamp> = state.all_pending().map(|rma| (rma.clone(), now)).collect();
    for (rma, seen) in state.rmas() {
        read_at.entry(rma.clone()).or_insert(seen.read_at);
    }
    let since = now.saturating_sub(REFUNDED_WITHIN).unwrap_or(now);
    for (rma, observation) in context.store.observed_since(context.id(), since).await? {
        read_at.entry(rma).or_insert(observation.rma.read_at);
    }
    let mut latest: Vec<RmaId> = read_at.keys().cloned().collect();
    latest.sort_by_key(|rma| Reverse(read_at.get(rma)));
    latest.truncate(MAX_CANDIDATES);
    Ok(latest)
}

/// Why a refund cannot be matched to an RMA.
const REFUND_WITHOUT_RMA: &str = "the refund names no units and belongs to none of the latest RMAs; find its RMA in ReturnGO, \
                                  then run `sync` for it";

fn recall(state: &mut SweepState, observations: Vec<(RmaId, ObservedRma)>, now: Timestamp) {
    for (rma, seen) in observations.into_iter().filter(|(_, seen)| has_passed(seen.read_at, now)) {
        state.restore(&rma, seen);
    }
}

fn unmatched_transactions(state: &SweepState) -> BTreeSet<TransactionId> {
    state.unmatched().map(|(id, _)| id.clone()).collect()
}

fn unlisted_rmas(state: &SweepState) -> BTreeSet<RmaId> {
    state.unlisted().cloned().collect()
}
