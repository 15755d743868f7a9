use std::collections::BTreeSet;

use brightpearl::{
    GoodsInNoteId, GoodsNoteId, IdSet, OrderId, integration::Notification, order::Order,
    warehouse::GoodsMovementSearch,
};
use returngo::RmaId;
use returngo_brightpearl_mapping::keys;

use super::Synchronizer;
use crate::ReadError;

impl Synchronizer {
    /// Returns the RMAs that a webhook of Brightpearl is about: those whose credits were changed, or whose goods were received
    /// or released. Every order of the account causes the same webhooks, so most of them are about no RMA.
    ///
    /// A credit that an RMA adopted is found if the journal knows the adoption.
    ///
    /// # Errors
    /// When Brightpearl or the journal cannot be read.
    pub async fn rmas_of(&self, notification: &Notification) -> Result<BTreeSet<RmaId>, ReadError> {
        let ids = &notification.ids;
        let orders = match notification.resource_type.as_str() {
            "order" => ids.typed(),
            "goods-in-note" => self.orders_of_goods(&ids.typed()).await?,
            "quarantine-release" => self.orders_of_goods(&self.released_batches(&ids.typed()).await?).await?,
            _ => return Ok(BTreeSet::new()),
        };
        let orders = self.brightpearl.orders().get(&orders).await?;
        let credits: Vec<&Order> = orders.iter().filter(|order| order.is_sales_credit()).collect();
        let adopted = self.adopted(&credits).await?;
        let keyed = credits.iter().filter_map(|credit| keys::rma_of_credit(credit.external_ref.as_deref()?));
        Ok(keyed.chain(adopted).collect())
    }

    async fn orders_of_goods(&self, notes: &IdSet<GoodsInNoteId>) -> Result<IdSet<OrderId>, ReadError> {
        let notes = self.brightpearl.goods_in_notes().get(notes).await?;
        Ok(notes.values().map(|note| note.order_id).collect())
    }

    /// Returns the batches of quarantine releases. A batch is identified by its goods-in note.
    async fn released_batches(
        &self,
        releases: &IdSet<GoodsNoteId>,
    ) -> Result<IdSet<GoodsInNoteId>, ReadError> {
        let search = GoodsMovementSearch::new().notes(releases);
        let moved = self.brightpearl.goods_movements().search(search).all().await?;
        Ok(moved.iter().filter_map(|movement| movement.batch_id).collect())
    }

    async fn adopted(&self, credits: &[&Order]) -> Result<Vec<RmaId>, ReadError> {
        let sales: Vec<OrderId> = credits.iter().filter_map(|credit| credit.parent_order_id).collect();
        let intended = self.journal.intended_credits(&sales).await;
        let intended = intended.map_err(|error| ReadError::Journal(error.into()))?;
        let is_named = |id: OrderId| credits.iter().any(|credit| credit.id == id);
        let adopted = intended.into_iter().filter(|intended| intended.credit.is_some_and(is_named));
        Ok(adopted.map(|intended| intended.rma).collect())
    }
}
