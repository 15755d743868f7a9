use std::collections::{BTreeMap, BTreeSet};

use brightpearl::{
    Client, Error, OffsetDateTime, OrderId,
    order::{Order, OrderSearch, OrderTypeCode},
    search::Period,
    warehouse::{GoodsMovement, GoodsMovementSearch, GoodsNoteTypeCode},
};
use jiff::{SignedDuration, Timestamp};
use returngo::RmaId;

use super::{Schedule, SweepError, SweepOutcome, SweepResult, later};
use crate::{
    connection::Context,
    object_reads::{self, Rows},
    skipped::Skipped,
    store::{Cause, StoreError, SweepRowChanges, UnreadableKind},
};

/// How far a sweep reaches back before the previous one: it is not documented whether a period includes its ends, and clocks
/// differ (docs/evidence/brightpearl-platform.md#periods-in-filters).
const OVERLAP: SignedDuration = SignedDuration::from_mins(10);

/// How far back the first sweep of a connection reaches; older returns are for `backfill`.
const FIRST_PERIOD: SignedDuration = SignedDuration::from_hours(24);

/// Orders that changed, each with the stock movements of its goods.
type ChangedOrders = BTreeMap<OrderId, Vec<GoodsMovement>>;

/// Queues the RMAs whose credits were created or changed, or whose goods moved, since the last sweep.
pub(super) async fn sweep(
    context: &Context<'_>,
    cursor: Option<&str>,
    schedule: &Schedule,
    skipped: &mut Skipped<'_>,
) -> Result<SweepOutcome, SweepError> {
    let began = context.now();
    // A cursor in the future was written while the clock was ahead: the real time of that sweep is unknown.
    let latest = began.saturating_add(OVERLAP).unwrap_or(began);
    let last = cursor.and_then(|cursor| cursor.parse::<Timestamp>().ok()).filter(|last| *last <= latest);
    let since = match last {
        Some(last) => last.min(began).saturating_sub(OVERLAP),
        None => began.saturating_sub(FIRST_PERIOD),
    };
    let since = Period::from(OffsetDateTime::utc(since.unwrap_or(Timestamp::MIN)));
    let client = &context.connection.brightpearl;
    let changed = find_changes(client, &since, skipped).await?;
    let ids = changed.keys().copied().collect();
    let orders = object_reads::orders(client, &ids).await?.skip_refused(skipped);
    let unobserved = unobserved(context, &changed, &orders).await?;
    let rmas = object_reads::rmas_of_credits(context.store, context.id(), &unobserved, &orders).await?;
    let rmas: Vec<RmaId> = rmas.into_iter().collect();
    let due = context
        .store
        .enqueue_found(context.id(), &rmas, Cause::Brightpearl, "Brightpearl was swept", context.now())
        .await?;
    let run_at = later(context.now(), schedule.brightpearl);
    let (cursor, rows) = (began.to_string(), SweepRowChanges::default());
    Ok(SweepOutcome { cursor, rows, run_at, result: SweepResult { due }, error: None })
}

/// The orders that changed, or whose goods moved, since this time, also those that were processed since.
pub(super) async fn changed_orders(
    client: &Client,
    since: Timestamp,
    skipped: &mut Skipped<'_>,
) -> Result<BTreeSet<OrderId>, Error> {
    let since = Period::from(OffsetDateTime::utc(since.saturating_sub(OVERLAP).unwrap_or(since)));
    Ok(find_changes(client, &since, skipped).await?.into_keys().collect())
}

async fn find_changes(
    client: &Client,
    since: &Period,
    skipped: &mut Skipped<'_>,
) -> Result<ChangedOrders, Error> {
    let mut changed = ChangedOrders::new();
    find_changed_credits(client, since, &mut changed, skipped).await?;
    find_moved_goods(client, since, &mut changed, skipped).await?;
    Ok(changed)
}

/// An order that never changed has no time of change, so the time of creation is searched too
/// (docs/evidence/brightpearl-orders.md#order-statuses). An order whose row cannot be decoded counts as changed.
async fn find_changed_credits(
    client: &Client,
    since: &Period,
    changed: &mut ChangedOrders,
    skipped: &mut Skipped<'_>,
) -> Result<(), Error> {
    let credits = OrderSearch::new().order_type(&OrderTypeCode::SalesCredit);
    for search in [credits.clone().updated_on(since), credits.created_on(since)] {
        let search = client.orders().search(search);
        let Rows { decoded, skipped_ids } =
            object_reads::rows(UnreadableKind::OrderRow, search, skipped).await?;
        let decoded = decoded.into_iter().filter_map(|row| row.order_id);
        for order in decoded.chain(skipped_ids.into_iter().map(OrderId::new)) {
            changed.entry(order).or_default();
        }
    }
    Ok(())
}

/// Searches receipts, releases from quarantine and corrections. Other stock movements, such as goods going out, do not
/// concern returns.
async fn find_moved_goods(
    client: &Client,
    since: &Period,
    changed: &mut ChangedOrders,
    skipped: &mut Skipped<'_>,
) -> Result<(), Error> {
    let kinds =
        [GoodsNoteTypeCode::GoodsIn, GoodsNoteTypeCode::InternalTransfer, GoodsNoteTypeCode::StockCorrection];
    let mut movements = Vec::new();
    for kind in kinds {
        let search = GoodsMovementSearch::new().note_type(&kind).updated_on(since);
        let search = client.goods_movements().search(search);
        movements
            .extend(object_reads::rows(UnreadableKind::GoodsMovementRow, search, skipped).await?.decoded);
    }
    let batches = movements.iter().filter_map(|movement| movement.batch_id).collect();
    let notes = object_reads::goods_in_notes(client, &batches).await?.skip_refused(skipped);
    for movement in movements {
        let received_for = movement.batch_id.and_then(|batch| notes.get(&batch)).map(|note| note.order_id);
        let named = movement.order_id.filter(|named| Some(*named) != received_for);
        for order in received_for.into_iter().chain(named) {
            changed.entry(order).or_default().push(movement.clone());
        }
    }
    Ok(())
}

/// The orders that differ from the latest observation of their RMA. Changes that a webhook reported, or that the connector
/// made itself, were observed already.
async fn unobserved(
    context: &Context<'_>,
    changed: &ChangedOrders,
    orders: &BTreeMap<OrderId, Order>,
) -> Result<BTreeSet<OrderId>, StoreError> {
    let ids: Vec<OrderId> = changed.keys().copied().collect();
    let mut was_observed: BTreeMap<OrderId, bool> = BTreeMap::new();
    let observations = context.store.observations_of_credits(context.id(), &ids).await?;
    for credit in observations.into_iter().filter_map(|observation| observation.credit) {
        let is_same = orders.get(&credit.id).is_some_and(|order| credit.is_as_in(order))
            && changed.get(&credit.id).into_iter().flatten().all(|movement| credit.knows(movement));
        *was_observed.entry(credit.id).or_insert(true) &= is_same;
    }
    Ok(ids.into_iter().filter(|id| was_observed.get(id) != Some(&true)).collect())
}
