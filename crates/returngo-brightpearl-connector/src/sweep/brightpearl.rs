use std::collections::BTreeSet;

use brightpearl::{
    Error, GoodsInNoteId, IdSet, OffsetDateTime, OrderId,
    order::{OrderSearch, OrderTypeCode},
    search::Period,
    warehouse::{GoodsMovementSearch, GoodsNoteTypeCode},
};
use jiff::{SignedDuration, Timestamp};
use returngo::RmaId;

use super::{Progress, Schedule, SweepError, Swept, later};
use crate::{connection::Connection, ledger::Ledger};

/// How much of the time before it a sweep asks for again: whether a period's ends belong to it is not documented,
/// and clocks differ (brightpearl-platform.md §2.3).
const OVERLAP: SignedDuration = SignedDuration::from_mins(10);

/// How far back the first sweep of a connection looks; older returns are for `backfill`.
const FIRST: SignedDuration = SignedDuration::from_hours(24);

impl Connection {
    /// Finds credits that were made or changed, and credits whose goods moved, since the last sweep.
    pub(super) async fn sweep_brightpearl(
        &self,
        cursor: Option<&str>,
        schedule: &Schedule,
        ledger: &dyn Ledger,
    ) -> Result<Progress, SweepError> {
        let began = self.clock.now();
        let since = match cursor.and_then(|cursor| cursor.parse::<Timestamp>().ok()) {
            Some(last) => last.saturating_sub(OVERLAP),
            None => began.saturating_sub(FIRST),
        };
        let since = Period::from(OffsetDateTime::utc(since.unwrap_or(Timestamp::MIN)));
        let mut orders = self.credits_changed(since).await?;
        orders.extend(self.orders_with_moved_goods(since).await?);
        let due: Vec<RmaId> = self.rmas_of_orders(orders, ledger).await?.into_iter().collect();
        ledger.mark_due(&self.id, &due, "Brightpearl was swept", self.clock.now()).await?;
        let due_at = later(self.clock.now(), schedule.brightpearl);
        Ok(Progress { cursor: began.to_string(), due_at, swept: Swept { due: due.len() } })
    }

    /// What never changed has no time of change, so the time of creation is asked for too
    /// (brightpearl-orders.md §4).
    async fn credits_changed(&self, since: Period) -> Result<BTreeSet<OrderId>, Error> {
        let credits = OrderSearch::new().order_type(&OrderTypeCode::SalesCredit);
        let mut found = BTreeSet::new();
        for search in [credits.clone().updated_on(&since), credits.created_on(&since)] {
            let rows = self.brightpearl.orders().search(search).all().await?;
            found.extend(rows.into_iter().filter_map(|row| row.order_id));
        }
        Ok(found)
    }

    /// Receipts, releases from quarantine and corrections. Other movements, goods going out above all, have
    /// nothing to do with returns.
    async fn orders_with_moved_goods(&self, since: Period) -> Result<BTreeSet<OrderId>, Error> {
        let kinds = [
            GoodsNoteTypeCode::GoodsIn,
            GoodsNoteTypeCode::InternalTransfer,
            GoodsNoteTypeCode::StockCorrection,
        ];
        let mut orders = BTreeSet::new();
        let mut batches: BTreeSet<GoodsInNoteId> = BTreeSet::new();
        for kind in kinds {
            let search = GoodsMovementSearch::new().note_type(&kind).updated_on(&since);
            for movement in self.brightpearl.goods_movements().search(search).all().await? {
                orders.extend(movement.order_id);
                batches.extend(movement.batch_id);
            }
        }
        let notes: IdSet = batches.into_iter().map(GoodsInNoteId::get).collect();
        orders
            .extend(self.brightpearl.goods_in_notes().get(&notes).await?.values().map(|note| note.order_id));
        Ok(orders)
    }
}
