use std::collections::{BTreeMap, BTreeSet};

use brightpearl::{
    Error, GoodsInNoteId, MAX_IDS_PER_GET, OrderId,
    client::{Results, Searchable},
    integration::Notification,
    order::{self, Order},
    warehouse::{GoodsInNote, GoodsMovementSearch, goods_in_note},
};
use returngo::RmaId;
use returngo_brightpearl_mapping::keys;

use super::{InboxError, not_yet::NotYet};
use crate::{
    connection::Connection,
    skipped::Skipped,
    store::{Store, StoreError, UnreadableKind},
};

/// What Brightpearl's webhooks name.
#[derive(Debug, Default)]
pub(super) struct Named {
    orders: BTreeSet<u64>,
    goods_in_notes: BTreeSet<u64>,
    /// The notes by which goods left quarantine.
    releases: BTreeSet<u64>,
}

/// The most ids of one webhook that are looked up: as many as one request takes. A sweep finds the changes of more
/// with fewer requests, and a range of a few characters may name billions.
const MAX_IDS_PER_WEBHOOK: u64 = MAX_IDS_PER_GET;

impl Named {
    /// Adds what a webhook names. False when that is too much to be looked up, so that a sweep has to find it.
    pub(super) fn add(&mut self, notification: &Notification) -> bool {
        let named = match notification.resource_type.as_str() {
            "order" => &mut self.orders,
            "goods-in-note" => &mut self.goods_in_notes,
            "quarantine-release" => &mut self.releases,
            _ => return true,
        };
        let is_looked_up = notification.ids.len() <= MAX_IDS_PER_WEBHOOK;
        if is_looked_up {
            named.extend(notification.ids.iter());
        }
        is_looked_up
    }
}

/// Orders and notes in one search; the URI must stay below 2,000 characters
/// (docs/evidence/brightpearl-platform.md#id-sets).
const IDS_A_SEARCH: usize = 100;

impl Connection {
    /// The RMAs whose credits, or whose credits' goods, are named. What belongs to no RMA is dropped quietly:
    /// every order of the account fires the same events.
    pub(super) async fn rmas_named(
        &self,
        named: Named,
        store: &Store,
        not_yet: &mut NotYet,
        skipped: &mut Skipped<'_>,
    ) -> Result<BTreeSet<RmaId>, InboxError> {
        let failed = |error: Error| InboxError::Lookup(error.into());
        let orders = self.orders_named(named, not_yet, skipped).await.map_err(failed)?;
        let shown = self.orders_there(&orders, not_yet, skipped).await.map_err(failed)?;
        for id in not_yet.of(UnreadableKind::Order).collect::<Vec<_>>() {
            // Work on its RMA reads it, as often as it takes.
            if !store.rmas_of_credits(&self.id, &[OrderId::new(id)]).await?.is_empty() {
                not_yet.forget(UnreadableKind::Order, id);
            }
        }
        Ok(self.rmas_naming(&orders, &shown, store).await?)
    }

    async fn orders_named(
        &self,
        named: Named,
        not_yet: &mut NotYet,
        skipped: &mut Skipped<'_>,
    ) -> Result<BTreeSet<OrderId>, Error> {
        let mut notes = named.goods_in_notes;
        notes.extend(self.batches_released(&named.releases, skipped).await?);
        let mut orders: BTreeSet<OrderId> = named.orders.into_iter().map(OrderId::new).collect();
        let notes: BTreeSet<GoodsInNoteId> = notes.into_iter().map(GoodsInNoteId::new).collect();
        orders.extend(self.notes_there(&notes, not_yet, skipped).await?.values().map(|note| note.order_id));
        Ok(orders)
    }

    /// The batches that these releases moved. That the event's id is the note of the movements is inferred
    /// (docs/evidence/brightpearl-platform.md#webhook-events); what is not found so, the sweep finds.
    async fn batches_released(
        &self,
        releases: &BTreeSet<u64>,
        skipped: &mut Skipped<'_>,
    ) -> Result<BTreeSet<u64>, Error> {
        let releases: Vec<u64> = releases.iter().copied().collect();
        let mut batches = BTreeSet::new();
        for part in releases.chunks(IDS_A_SEARCH) {
            let search = GoodsMovementSearch::new().notes(&part.iter().copied().collect());
            let movements = self.brightpearl.goods_movements().search(search);
            let Rows { read: movements, .. } =
                self.readable_rows(UnreadableKind::GoodsMovementRow, movements, skipped).await?;
            batches.extend(movements.into_iter().filter_map(|movement| movement.batch_id).map(|id| id.get()));
        }
        Ok(batches)
    }

    /// The RMAs whose credits these orders are: by the key that the credit carries, or as the store remembers
    /// it for credits that were adopted.
    pub(crate) async fn rmas_of_orders(
        &self,
        orders: BTreeSet<OrderId>,
        store: &Store,
        skipped: &mut Skipped<'_>,
    ) -> Result<BTreeSet<RmaId>, InboxError> {
        let shown = self.readable_orders(&orders, skipped).await;
        let shown = shown.map_err(|error| InboxError::Lookup(error.into()))?;
        Ok(self.rmas_naming(&orders, &shown, store).await?)
    }

    /// The same, as Brightpearl shows the orders.
    pub(crate) async fn rmas_naming(
        &self,
        orders: &BTreeSet<OrderId>,
        shown: &[Order],
        store: &Store,
    ) -> Result<BTreeSet<RmaId>, StoreError> {
        let requested: Vec<OrderId> = orders.iter().copied().collect();
        let mut rmas: BTreeSet<RmaId> =
            store.rmas_of_credits(&self.id, &requested).await?.into_iter().collect();
        let references = shown
            .iter()
            .filter(|order| orders.contains(&order.id) && order.is_sales_credit())
            .filter_map(|order| order.external_ref.as_deref());
        rmas.extend(references.filter_map(keys::rma_of_credit));
        Ok(rmas)
    }

    /// Those of these orders that can be read. The others are skipped, and keep nothing else waiting: an RMA that the
    /// store knows to have one as its credit is read, and so needs review.
    pub(crate) async fn readable_orders(
        &self,
        ids: &BTreeSet<OrderId>,
        skipped: &mut Skipped<'_>,
    ) -> Result<Vec<Order>, Error> {
        let mut not_yet = NotYet::default();
        let orders = self.orders_there(ids, &mut not_yet, skipped).await?;
        not_yet.skip(skipped);
        Ok(orders)
    }

    /// The same; those that may be there later are not skipped.
    async fn orders_there(
        &self,
        ids: &BTreeSet<OrderId>,
        not_yet: &mut NotYet,
        skipped: &mut Skipped<'_>,
    ) -> Result<Vec<Order>, Error> {
        let ids: Vec<OrderId> = ids.iter().copied().collect();
        let orders = self.brightpearl.get_each(&ids, order::get).await?;
        for id in &orders.missing {
            not_yet.missing(UnreadableKind::Order, id.get());
        }
        for (id, error) in &orders.refused {
            if !not_yet.refused(UnreadableKind::Order, id.get(), error) {
                skipped.add(UnreadableKind::Order, id, error);
            }
        }
        skipped.read(UnreadableKind::Order, orders.found.iter().map(|order| order.id));
        Ok(orders.found)
    }

    /// Those of these goods-in notes that can be read. The others are skipped.
    pub(crate) async fn readable_notes(
        &self,
        ids: &BTreeSet<GoodsInNoteId>,
        skipped: &mut Skipped<'_>,
    ) -> Result<BTreeMap<GoodsInNoteId, GoodsInNote>, Error> {
        let mut not_yet = NotYet::default();
        let notes = self.notes_there(ids, &mut not_yet, skipped).await?;
        not_yet.skip(skipped);
        Ok(notes)
    }

    /// The same; those that may be there later are not skipped.
    async fn notes_there(
        &self,
        ids: &BTreeSet<GoodsInNoteId>,
        not_yet: &mut NotYet,
        skipped: &mut Skipped<'_>,
    ) -> Result<BTreeMap<GoodsInNoteId, GoodsInNote>, Error> {
        let ids: Vec<GoodsInNoteId> = ids.iter().copied().collect();
        let notes = self.brightpearl.get_each(&ids, goods_in_note::get).await?;
        for id in &notes.missing {
            not_yet.missing(UnreadableKind::GoodsInNote, id.get());
        }
        for (id, error) in &notes.refused {
            if !not_yet.refused(UnreadableKind::GoodsInNote, id.get(), error) {
                skipped.add(UnreadableKind::GoodsInNote, id, error);
            }
        }
        let absent: BTreeSet<GoodsInNoteId> =
            notes.missing.into_iter().chain(notes.refused.into_iter().map(|(id, _)| id)).collect();
        let read: BTreeMap<_, _> =
            ids.into_iter().filter(|id| !absent.contains(id)).zip(notes.found).collect();
        skipped.read(UnreadableKind::GoodsInNote, read.keys());
        Ok(read)
    }

    /// Those rows of a search that can be read. The others are skipped.
    pub(crate) async fn readable_rows<S: Searchable>(
        &self,
        kind: UnreadableKind,
        mut search: Results<'_, S>,
        skipped: &mut Skipped<'_>,
    ) -> Result<Rows<S::Row>, Error> {
        let mut rows = Rows { read: Vec::new(), unreadable: Vec::new() };
        while let Some(page) = search.next_page().await? {
            for row in page.results() {
                match row {
                    Ok(row) => rows.read.push(row),
                    Err(row) => {
                        skipped.add_searched(kind, &row);
                        rows.unreadable.extend(row.id);
                    }
                }
            }
        }
        Ok(rows)
    }
}

/// The rows of a search.
pub(crate) struct Rows<T> {
    pub(crate) read: Vec<T>,
    /// The ids of those that cannot be read, where they have one.
    pub(crate) unreadable: Vec<u64>,
}
