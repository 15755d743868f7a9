//! What the mapping looks at of one RMA, fetched with both clients.

use std::collections::{BTreeMap, BTreeSet};

use brightpearl::{
    Client, IdSet, OrderId, ProductId,
    accounting::{CustomerPayment, CustomerPaymentSearch},
    order::{Order, OrderSearch, OrderTypeCode},
    warehouse::GoodsMovementSearch,
};
use returngo::{Rma, RmaId, TransactionType};
use returngo_brightpearl::{
    ConnectionSettings, World, keys,
    settings::{ExistingCredit, OrderLookup, RefundRecording},
    world::{AccountFacts, ProductFacts},
};
use tokio::sync::Mutex;

use crate::{ReadError, account_facts};

/// Reads worlds of one connection.
pub struct Reader {
    /// The Brightpearl account.
    pub brightpearl: Client,
    /// The ReturnGO shop.
    pub returngo: returngo::Client,
    /// The account's set-up.
    pub account: AccountFacts,
    /// How the two are connected.
    pub settings: ConnectionSettings,
    products: Mutex<BTreeMap<ProductId, ProductFacts>>,
}

impl Reader {
    /// Reads worlds with these two clients. The account's set-up is read now and kept.
    ///
    /// # Errors
    /// When the set-up cannot be read.
    pub async fn new(
        brightpearl: Client,
        returngo: returngo::Client,
        settings: ConnectionSettings,
    ) -> Result<Self, ReadError> {
        let account = account_facts(&brightpearl).await.map_err(ReadError::SetUp)?;
        Ok(Self::with_account(brightpearl, returngo, settings, account))
    }

    /// Reads worlds with these two clients, and with a set-up that was read before.
    pub fn with_account(
        brightpearl: Client,
        returngo: returngo::Client,
        settings: ConnectionSettings,
        account: AccountFacts,
    ) -> Self {
        Self { brightpearl, returngo, account, settings, products: Mutex::default() }
    }

    /// Reads what both systems say now about an RMA.
    ///
    /// # Errors
    /// When something cannot be read.
    pub async fn world(&self, id: &RmaId) -> Result<World, ReadError> {
        let rma = self.returngo.rmas().get(id).await;
        let rma = rma.map_err(|source| ReadError::Rma { id: id.clone(), source })?;
        let sales = self.sales_orders_of(&rma).await?;
        let mut world = World { account: self.account.clone(), ..World::new(rma) };
        // A credit is found by its key also where the order is not, or no longer certain.
        let credits = self.credits_of(&sales, &world.rma).await?;
        let ids: IdSet = credits.iter().chain(&sales).map(|id| id.get()).collect();
        for order in self.orders_and_credits(&ids).await? {
            if credits.contains(&order.id) {
                world.credits.push(order);
            } else {
                world.orders.push(order);
            }
        }
        if sales.len() == 1 {
            world.order = world.orders.pop();
        }
        world.products =
            self.products_on(world.order.iter().chain(&world.orders).chain(&world.credits)).await?;
        let relevant = self.credits_of_this_rma(&world);
        for credit in &relevant {
            self.add_what_happened_to(*credit, &mut world).await?;
        }
        if self.needs_order_notes(&world.rma) {
            for order in relevant.into_iter().chain(sales) {
                for mut note in self.brightpearl.order_notes().list(order).await? {
                    note.order_id = Some(order);
                    world.order_notes.push(note);
                }
            }
        }
        Ok(world)
    }

    /// The sales orders that carry the RMA's order number or id, looked up the way the connection says.
    async fn sales_orders_of(&self, rma: &Rma) -> Result<Vec<OrderId>, brightpearl::Error> {
        let details = &rma.order_details;
        for lookup in &self.settings.order_lookup {
            let search = OrderSearch::new().order_type(&OrderTypeCode::SalesOrder);
            let search = match (lookup, &details.order_name, &details.order_id) {
                // Shops' connectors store the number with or without its `#` (brightpearl-orders.md §8).
                (OrderLookup::CustomerRef, Some(name), _) => {
                    let bare = name.trim_start_matches('#');
                    search.customer_refs([format!("#{bare}"), bare.to_owned()])
                }
                (OrderLookup::ExternalRef, name, id) => {
                    let references = id.iter().map(|id| id.as_str().to_owned()).chain(name.clone());
                    search.external_refs(references)
                }
                (OrderLookup::CustomerRef, None, _) => continue,
            };
            let found = self.brightpearl.orders().search(search).all().await?;
            if !found.is_empty() {
                return Ok(found.iter().filter_map(|order| order.order_id).collect());
            }
        }
        Ok(Vec::new())
    }

    /// Custom fields come only when they are asked for; they matter where a field map may set them.
    async fn orders_and_credits(&self, ids: &IdSet) -> Result<Vec<Order>, brightpearl::Error> {
        match self.settings.field_map {
            Some(_) => self.brightpearl.orders().get_with_custom_fields(ids).await,
            None => self.brightpearl.orders().get(ids).await,
        }
    }

    /// Every credit of the sales, and every credit that carries the RMA's key, whatever it belongs to.
    async fn credits_of(
        &self,
        sales: &[OrderId],
        rma: &Rma,
    ) -> Result<BTreeSet<OrderId>, brightpearl::Error> {
        let credits = || OrderSearch::new().order_type(&OrderTypeCode::SalesCredit);
        let of_sales = (!sales.is_empty()).then(|| credits().parents(&IdSet::of(sales.iter().copied())));
        let with_key = credits().external_refs([keys::credit(rma.id())]);
        let mut found = BTreeSet::new();
        for search in of_sales.into_iter().chain([with_key]) {
            let credits = self.brightpearl.orders().search(search).all().await?;
            found.extend(credits.into_iter().filter_map(|credit| credit.order_id));
        }
        Ok(found)
    }

    /// The credits whose payments and goods the mapping looks at: the RMA's own, else those of others that it
    /// may adopt.
    fn credits_of_this_rma(&self, world: &World) -> Vec<OrderId> {
        let key = keys::credit(world.rma.id());
        let reference = |credit: &Order| credit.external_ref.clone().unwrap_or_default();
        let own: Vec<OrderId> =
            world.credits.iter().filter(|credit| reference(credit) == key).map(|credit| credit.id).collect();
        if !own.is_empty() || self.settings.existing_credit != ExistingCredit::Adopt {
            return own;
        }
        let others = world.credits.iter().filter(|credit| !keys::is_credit(&reference(credit)));
        others.map(|credit| credit.id).collect()
    }

    /// Whether a product's stock is counted does not change from one look to the next: asked once, kept.
    async fn products_on(
        &self,
        orders: impl Iterator<Item = &Order>,
    ) -> Result<BTreeMap<ProductId, ProductFacts>, brightpearl::Error> {
        let wanted: Vec<ProductId> =
            orders.flat_map(|order| order.order_rows.values()).filter_map(|row| row.product()).collect();
        let mut known = self.products.lock().await;
        let unknown: IdSet = wanted.iter().filter(|id| !known.contains_key(id)).map(|id| id.get()).collect();
        for product in self.brightpearl.products().get(&unknown).await? {
            known.insert(product.id, ProductFacts { stock_tracked: product.stock.stock_tracked });
        }
        Ok(wanted.into_iter().filter_map(|id| Some((id, *known.get(&id)?))).collect())
    }

    async fn add_what_happened_to(
        &self,
        credit: OrderId,
        world: &mut World,
    ) -> Result<(), brightpearl::Error> {
        world.payments.extend(self.payments_on(credit).await?);
        let notes = self.brightpearl.goods_in_notes().of_orders(&credit.into()).await?;
        let batches = notes.keys().map(|batch| GoodsMovementSearch::new().batch(batch));
        let corrections = GoodsMovementSearch::new().order(&credit);
        let mut movements = BTreeMap::new();
        for search in batches.chain([corrections]) {
            for movement in self.brightpearl.goods_movements().search(search).all().await? {
                movements.insert(movement.goods_movement_id, movement);
            }
        }
        world.goods_movements.extend(movements.into_values());
        world.goods_in_notes.extend(notes);
        Ok(())
    }

    async fn payments_on(&self, credit: OrderId) -> Result<Vec<CustomerPayment>, brightpearl::Error> {
        let search = CustomerPaymentSearch::new().order(&credit);
        self.brightpearl.customer_payments().search(search).all().await
    }

    /// Notes matter only where refunds are noted instead of recorded, where credits are adopted, and for money
    /// that came in.
    fn needs_order_notes(&self, rma: &Rma) -> bool {
        self.settings.refunds == RefundRecording::Note
            || self.settings.existing_credit == ExistingCredit::Adopt
            || rma.transactions.iter().any(|transaction| transaction.kind == TransactionType::InvoicePayment)
    }
}
