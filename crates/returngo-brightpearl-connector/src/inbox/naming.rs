use std::collections::BTreeSet;

use brightpearl::{
    Error, IdSet, OrderId, integration::Notification, order::Order, warehouse::GoodsMovementSearch,
};
use returngo::RmaId;
use returngo_brightpearl::keys;

use super::InboxError;
use crate::{
    connection::Connection,
    ledger::{Ledger, LedgerError},
};

/// What Brightpearl's webhooks name.
#[derive(Debug, Default)]
pub(super) struct Named {
    orders: BTreeSet<u64>,
    goods_in_notes: BTreeSet<u64>,
    /// The notes by which goods left quarantine.
    releases: BTreeSet<u64>,
}

impl Named {
    pub(super) fn add(&mut self, notification: &Notification) {
        let named = match notification.resource_type.as_str() {
            "order" => &mut self.orders,
            "goods-in-note" => &mut self.goods_in_notes,
            "quarantine-release" => &mut self.releases,
            _ => return,
        };
        named.extend(notification.ids.iter());
    }
}

/// Orders and notes in one search; the URI must stay below 2,000 characters (brightpearl-platform.md §1.4).
const IDS_A_SEARCH: usize = 100;

impl Connection {
    /// The RMAs whose credits, or whose credits' goods, are named. What belongs to no RMA is dropped quietly:
    /// every order of the account fires the same events.
    pub(super) async fn rmas_named(
        &self,
        named: Named,
        ledger: &dyn Ledger,
    ) -> Result<BTreeSet<RmaId>, InboxError> {
        let orders = self.orders_named(named).await.map_err(|error| InboxError::Lookup(error.into()))?;
        self.rmas_of_orders(orders, ledger).await
    }

    async fn orders_named(&self, named: Named) -> Result<BTreeSet<OrderId>, Error> {
        let mut notes = named.goods_in_notes;
        notes.extend(self.batches_released(&named.releases).await?);
        let mut orders: BTreeSet<OrderId> = named.orders.into_iter().map(OrderId::new).collect();
        let notes: IdSet = notes.into_iter().collect();
        orders
            .extend(self.brightpearl.goods_in_notes().get(&notes).await?.values().map(|note| note.order_id));
        Ok(orders)
    }

    /// The batches that these releases moved. That the event's id is the note of the movements is inferred
    /// (brightpearl-platform.md §8.3); what is not found so, the sweep finds.
    async fn batches_released(&self, releases: &BTreeSet<u64>) -> Result<BTreeSet<u64>, Error> {
        let releases: Vec<u64> = releases.iter().copied().collect();
        let mut batches = BTreeSet::new();
        for part in releases.chunks(IDS_A_SEARCH) {
            let search = GoodsMovementSearch::new().notes(&part.iter().copied().collect());
            let movements = self.brightpearl.goods_movements().search(search).all().await?;
            batches.extend(movements.into_iter().filter_map(|movement| movement.batch_id).map(|id| id.get()));
        }
        Ok(batches)
    }

    /// The RMAs whose credits these orders are: by the key that the credit carries, or as the ledger remembers
    /// it for credits that were adopted.
    pub(crate) async fn rmas_of_orders(
        &self,
        orders: BTreeSet<OrderId>,
        ledger: &dyn Ledger,
    ) -> Result<BTreeSet<RmaId>, InboxError> {
        let ids: IdSet = orders.iter().map(|id| id.get()).collect();
        let shown = self.brightpearl.orders().get(&ids).await;
        let shown = shown.map_err(|error| InboxError::Lookup(error.into()))?;
        Ok(self.rmas_naming(&orders, &shown, ledger).await?)
    }

    /// The same, as Brightpearl shows the orders.
    pub(crate) async fn rmas_naming(
        &self,
        orders: &BTreeSet<OrderId>,
        shown: &[Order],
        ledger: &dyn Ledger,
    ) -> Result<BTreeSet<RmaId>, LedgerError> {
        let asked: Vec<OrderId> = orders.iter().copied().collect();
        let mut rmas: BTreeSet<RmaId> = ledger.rmas_of_credits(&self.id, &asked).await?.into_iter().collect();
        let references = shown
            .iter()
            .filter(|order| orders.contains(&order.id) && order.is_sales_credit())
            .filter_map(|order| order.external_ref.as_deref());
        rmas.extend(references.filter_map(keys::rma_of_credit));
        Ok(rmas)
    }
}
