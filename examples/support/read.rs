//! Reading both worlds: what the mapping looks at, fetched with both clients.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
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
    world::{AccountFacts, ProductFacts, WarehouseFacts},
};
use tokio::sync::Mutex;

async fn account(brightpearl: &Client) -> anyhow::Result<AccountFacts> {
    let configuration = brightpearl.account_configuration().await.context("the account's configuration")?;
    let mut warehouses = Vec::new();
    for warehouse in brightpearl.warehouses().list().await? {
        warehouses.push(WarehouseFacts {
            id: warehouse.id,
            default_location_id: Some(brightpearl.warehouses().default_location(warehouse.id).await?),
            quarantine_location_id: Some(brightpearl.warehouses().quarantine_location(warehouse.id).await?),
        });
    }
    Ok(AccountFacts {
        instance_id: brightpearl.instance_id().await?,
        time_zone: configuration.time_zone().map(str::to_owned),
        base_currency_code: configuration.base_currency(),
        order_statuses: brightpearl.order_statuses().list().await?,
        channels: brightpearl.channels().list().await?,
        payment_methods: brightpearl.payment_methods().list().await?,
        nominal_codes: brightpearl.nominal_codes().list().await?,
        tax_codes: brightpearl.tax_codes().list().await?,
        currencies: brightpearl.currencies().list().await?,
        warehouses,
        configuration,
    })
}

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
    ) -> anyhow::Result<Self> {
        let account = account(&brightpearl).await.context("the account's set-up cannot be read")?;
        Ok(Self { brightpearl, returngo, account, settings, products: Mutex::default() })
    }

    /// Reads what both systems say now about an RMA.
    ///
    /// # Errors
    /// When something cannot be read.
    pub async fn world(&self, id: &RmaId) -> anyhow::Result<World> {
        let rma = self.returngo.rmas().get(id).await.with_context(|| format!("RMA {id} cannot be read"))?;
        let sales = self.sales_orders_of(&rma).await?;
        let mut world = World { account: self.account.clone(), ..World::new(rma) };
        let [sale] = *sales.as_slice() else {
            let ids: IdSet = sales.into_iter().map(OrderId::get).collect();
            world.orders = self.brightpearl.orders().get(&ids).await?;
            return Ok(world);
        };
        let credits = self.credits_of(sale, &world.rma).await?;
        let ids: IdSet = credits.into_iter().chain([sale]).map(OrderId::get).collect();
        for order in self.brightpearl.orders().get(&ids).await? {
            if order.id == sale {
                world.order = Some(order);
            } else {
                world.credits.push(order);
            }
        }
        world.products = self.products_on(world.order.iter().chain(&world.credits)).await?;
        let relevant = self.credits_of_this_rma(&world);
        for credit in &relevant {
            self.add_what_happened_to(*credit, &mut world).await?;
        }
        if self.needs_order_notes(&world.rma) {
            for order in relevant.into_iter().chain([sale]) {
                for mut note in self.brightpearl.order_notes().list(order).await? {
                    note.order_id = Some(order);
                    world.order_notes.push(note);
                }
            }
        }
        Ok(world)
    }

    /// The sales orders that carry the RMA's order number or id, looked up the way the connection says.
    async fn sales_orders_of(&self, rma: &Rma) -> anyhow::Result<Vec<OrderId>> {
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

    /// Every credit of the sale, and every credit that carries the RMA's key, whatever it belongs to.
    async fn credits_of(&self, sale: OrderId, rma: &Rma) -> anyhow::Result<BTreeSet<OrderId>> {
        let with_key = OrderSearch::new()
            .order_type(&OrderTypeCode::SalesCredit)
            .external_refs([keys::credit(rma.id())]);
        let mut found = BTreeSet::new();
        for search in [OrderSearch::credits_of(sale), with_key] {
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
    ) -> anyhow::Result<BTreeMap<ProductId, ProductFacts>> {
        let wanted: Vec<ProductId> =
            orders.flat_map(|order| order.order_rows.values()).filter_map(|row| row.product()).collect();
        let mut known = self.products.lock().await;
        let unknown: IdSet = wanted.iter().filter(|id| !known.contains_key(id)).map(|id| id.get()).collect();
        for product in self.brightpearl.products().get(&unknown).await? {
            known.insert(product.id, ProductFacts { stock_tracked: product.stock.stock_tracked });
        }
        Ok(wanted.into_iter().filter_map(|id| Some((id, *known.get(&id)?))).collect())
    }

    async fn add_what_happened_to(&self, credit: OrderId, world: &mut World) -> anyhow::Result<()> {
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

    async fn payments_on(&self, credit: OrderId) -> anyhow::Result<Vec<CustomerPayment>> {
        let search = CustomerPaymentSearch::new().order(&credit);
        Ok(self.brightpearl.customer_payments().search(search).all().await?)
    }

    /// Notes matter only where refunds are noted instead of recorded, where credits are adopted, and for money
    /// that came in.
    fn needs_order_notes(&self, rma: &Rma) -> bool {
        self.settings.refunds == RefundRecording::Note
            || self.settings.existing_credit == ExistingCredit::Adopt
            || rma.transactions.iter().any(|transaction| transaction.kind == TransactionType::InvoicePayment)
    }
}
