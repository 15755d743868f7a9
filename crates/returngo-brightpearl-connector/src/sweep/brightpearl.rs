use std::collections::{BTreeMap, BTreeSet};

use brightpearl::{
    Error, OffsetDateTime, OrderId,
    order::{Order, OrderSearch, OrderTypeCode},
    search::Period,
    warehouse::{GoodsMovement, GoodsMovementSearch, GoodsNoteTypeCode},
};
use jiff::{SignedDuration, Timestamp};
use returngo::RmaId;

use super::{Progress, Schedule, SweepError, SweepResult, later};
use crate::{
    connection::Connection,
    inbox::naming::Rows,
    skipped::Skipped,
    store::{Cause, Store, StoreError, SweepRowChanges, UnreadableKind},
};

/// How much of the time before it a sweep asks for again: whether a period's ends belong to it is not documented,
/// and clocks differ (docs/evidence/brightpearl-platform.md#periods-in-filters).
const OVERLAP: SignedDuration = SignedDuration::from_mins(10);

/// How far back the first sweep of a connection looks; older returns are for `backfill`.
const FIRST: SignedDuration = SignedDuration::from_hours(24);

/// The orders that a sweep found, and movements of their goods.
type Found = BTreeMap<OrderId, Vec<GoodsMovement>>;

impl Connection {
    /// Finds credits that were made or changed, and credits whose goods moved, since the last sweep.
    pub(super) async fn sweep_brightpearl(
        &self,
        cursor: Option<&str>,
        schedule: &Schedule,
        store: &Store,
        skipped: &mut Skipped<'_>,
    ) -> Result<Progress, SweepError> {
        let began = self.clock.now();
        // A sweep from a time that has not come yet was taken by a clock that was ahead: its real time is unknown.
        let latest = began.saturating_add(OVERLAP).unwrap_or(began);
        let last = cursor.and_then(|cursor| cursor.parse::<Timestamp>().ok()).filter(|last| *last <= latest);
        let since = match last {
            Some(last) => last.min(began).saturating_sub(OVERLAP),
            None => began.saturating_sub(FIRST),
        };
        let since = Period::from(OffsetDateTime::utc(since.unwrap_or(Timestamp::MIN)));
        let found = self.find(&since, skipped).await?;
        let orders = self.readable_orders(&found.keys().copied().collect(), skipped).await?;
        let unseen = self.unseen(&found, &orders, store).await?;
        let rmas = self.rmas_naming(&unseen, &orders, store).await?;
        let rmas: Vec<RmaId> = rmas.into_iter().collect();
        let due = store
            .enqueue_found(&self.id, &rmas, Cause::Brightpearl, "Brightpearl was swept", self.clock.now())
            .await?;
        let run_at = later(self.clock.now(), schedule.brightpearl);
        let (cursor, rows) = (began.to_string(), SweepRowChanges::default());
        Ok(Progress { cursor, rows, run_at, swept: SweepResult { due }, trouble: None })
    }

    /// The orders that changed, or whose goods moved, since this time, whether or not they were looked at.
    pub(super) async fn orders_changed(
        &self,
        since: Timestamp,
        skipped: &mut Skipped<'_>,
    ) -> Result<BTreeSet<OrderId>, Error> {
        let since = Period::from(OffsetDateTime::utc(since.saturating_sub(OVERLAP).unwrap_or(since)));
        Ok(self.find(&since, skipped).await?.into_keys().collect())
    }

    async fn find(&self, since: &Period, skipped: &mut Skipped<'_>) -> Result<Found, Error> {
        let mut found = Found::new();
        self.find_changed_credits(since, &mut found, skipped).await?;
        self.find_moved_goods(since, &mut found, skipped).await?;
        Ok(found)
    }

    /// What never changed has no time of change, so the time of creation is asked for too
    /// (docs/evidence/brightpearl-orders.md#order-statuses). An order whose row cannot be read is looked at itself.
    async fn find_changed_credits(
        &self,
        since: &Period,
        found: &mut Found,
        skipped: &mut Skipped<'_>,
    ) -> Result<(), Error> {
        let credits = OrderSearch::new().order_type(&OrderTypeCode::SalesCredit);
        for search in [credits.clone().updated_on(since), credits.created_on(since)] {
            let search = self.brightpearl.orders().search(search);
            let Rows { read, unreadable } =
                self.readable_rows(UnreadableKind::OrderRow, search, skipped).await?;
            let named = unreadable.into_iter().map(OrderId::new);
            for order in read.into_iter().filter_map(|row| row.order_id).chain(named) {
                found.entry(order).or_default();
            }
        }
        Ok(())
    }

    /// Receipts, releases from quarantine and corrections. Other movements, goods going out above all, have
    /// nothing to do with returns.
    async fn find_moved_goods(
        &self,
        since: &Period,
        found: &mut Found,
        skipped: &mut Skipped<'_>,
    ) -> Result<(), Error> {
        let kinds = [
            GoodsNoteTypeCode::GoodsIn,
            GoodsNoteTypeCode::InternalTransfer,
            GoodsNoteTypeCode::StockCorrection,
        ];
        let mut moved = Vec::new();
        for kind in kinds {
            let search = GoodsMovementSearch::new().note_type(&kind).updated_on(since);
            let search = self.brightpearl.goods_movements().search(search);
            moved.extend(self.readable_rows(UnreadableKind::GoodsMovementRow, search, skipped).await?.read);
        }
        let batches = moved.iter().filter_map(|movement| movement.batch_id).collect();
        let notes = self.readable_notes(&batches, skipped).await?;
        for movement in moved {
            let received_for =
                movement.batch_id.and_then(|batch| notes.get(&batch)).map(|note| note.order_id);
            let named = movement.order_id.filter(|named| Some(*named) != received_for);
            for order in received_for.into_iter().chain(named) {
                found.entry(order).or_default().push(movement.clone());
            }
        }
        Ok(())
    }

    /// Those that differ from what an RMA saw that has them. What a webhook told, or the connector did itself, was
    /// looked at already.
    async fn unseen(
        &self,
        found: &Found,
        orders: &[Order],
        store: &Store,
    ) -> Result<BTreeSet<OrderId>, StoreError> {
        let ids: Vec<OrderId> = found.keys().copied().collect();
        let orders: BTreeMap<OrderId, &Order> = orders.iter().map(|order| (order.id, order)).collect();
        let mut was_observed: BTreeMap<OrderId, bool> = BTreeMap::new();
        for credit in
            store.observations_of_credits(&self.id, &ids).await?.into_iter().filter_map(|seen| seen.credit)
        {
            let is_same = orders.get(&credit.id).is_some_and(|order| credit.is_as_in(order))
                && found.get(&credit.id).into_iter().flatten().all(|movement| credit.knows(movement));
            *was_observed.entry(credit.id).or_insert(true) &= is_same;
        }
        Ok(ids.into_iter().filter(|id| was_observed.get(id) != Some(&true)).collect())
    }
}
