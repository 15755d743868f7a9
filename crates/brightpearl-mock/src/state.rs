//! The account's data, and the methods that several resources use.

use std::{collections::BTreeMap, fmt, sync::Arc};

use api_mock_core::{Delivery, Part};
use brightpearl::{
    ContactId, CurrencyCode, GoodsInNoteId, GoodsNoteId, InstanceId, JournalId, OffsetDateTime, OrderId,
    PaymentId, PaymentMethodCode, ProductId, TaxCode, WarehouseId, WebhookId,
    accounting::{Currency, CustomerPayment, NominalAccount, PaymentMethod, TaxRate},
    integration::Webhook,
    order::{Order, OrderNote, OrderStatus, OrderTypeCode},
    product::Channel,
    warehouse::{GoodsInNote, GoodsMovement},
};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use rust_decimal::Decimal;

use crate::{
    Seed, Switches,
    custom_field::CustomFields,
    gateway::{Credentials, Problem},
    index::Index,
    next_ids::NextIds,
    records::{
        Contact, Event, FormerInvoice, Journal, PendingClose, StoredAddress, StoredCorrection, StoredPeriod,
        StoredProduct, StoredRate, StoredWarehouse,
    },
    stock::Stock,
};

/// The user of the API, in `createdById` and similar fields.
pub(crate) const API_USER: ContactId = ContactId::new(4);

/// A Brightpearl account. Create it with a [`builder`](Self::builder) or from a [`Seed`](Self::from_seed).
pub struct Account {
    /// The initial content, which a reset restores.
    pub(crate) seed: Arc<Seed>,
    pub(crate) code: String,
    pub(crate) credentials: Credentials,
    pub(crate) instance: InstanceId,
    pub(crate) time_zone: TimeZone,
    pub(crate) configuration: BTreeMap<String, String>,
    pub(crate) switches: Switches,

    pub(crate) order_statuses: Vec<OrderStatus>,
    pub(crate) channels: Vec<Channel>,
    pub(crate) nominal_codes: Vec<NominalAccount>,
    pub(crate) payment_methods: Vec<PaymentMethod>,
    pub(crate) tax_codes: Vec<TaxRate>,
    pub(crate) currencies: Vec<Currency>,
    pub(crate) exchange_rates: Vec<StoredRate>,
    pub(crate) accounting_periods: Vec<StoredPeriod>,
    /// Accounting is locked up to and including this day.
    pub(crate) locked_until: Option<Date>,
    pub(crate) warehouses: Vec<StoredWarehouse>,
    pub(crate) order_custom_fields: CustomFields<OrderId>,
    pub(crate) contact_custom_fields: CustomFields<ContactId>,
    pub(crate) product_custom_fields: CustomFields<ProductId>,
    pub(crate) products: BTreeMap<ProductId, StoredProduct>,
    pub(crate) contacts: BTreeMap<ContactId, Contact>,
    pub(crate) postal_addresses: BTreeMap<u64, StoredAddress>,

    pub(crate) orders: BTreeMap<OrderId, Order>,
    pub(crate) order_notes: BTreeMap<OrderId, Vec<OrderNote>>,
    pub(crate) payments: BTreeMap<PaymentId, CustomerPayment>,
    pub(crate) journals: BTreeMap<JournalId, Journal>,
    pub(crate) goods_in_notes: BTreeMap<GoodsInNoteId, GoodsInNote>,
    /// The journals of goods-in notes.
    pub(crate) goods_in_journals: BTreeMap<GoodsInNoteId, JournalId>,
    pub(crate) stock_corrections: BTreeMap<GoodsNoteId, StoredCorrection>,
    pub(crate) movements: Vec<GoodsMovement>,
    pub(crate) webhooks: BTreeMap<WebhookId, Webhook>,
    pub(crate) index: Index,
    pub(crate) stock: Stock,
    /// Closes that accounting has not processed yet.
    pub(crate) pending_closes: BTreeMap<OrderId, PendingClose>,
    /// The invoices of orders that were un-invoiced.
    pub(crate) former_invoices: BTreeMap<OrderId, FormerInvoice>,
    /// When the shop connector cancels the sales that it has reversed.
    pub(crate) pending_cancellations: BTreeMap<OrderId, Timestamp>,

    /// Events of this request that are not delivered yet.
    pub(crate) events: Vec<Event>,
    /// Test deliveries of this request.
    pub(crate) test_deliveries: Vec<Delivery>,
    /// The parts of the batch in this request.
    pub(crate) parts: Vec<Part>,
    pub(crate) next_ids: NextIds,
}

/// Shows the account code and counts, without tokens and shoppers.
impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Account({}, {} orders, {} products)",
            self.code,
            self.orders.len(),
            self.seed.products.len()
        )
    }
}

impl Account {
    /// Converts a time to the account's time zone.
    pub(crate) fn local(&self, time: Timestamp) -> OffsetDateTime {
        OffsetDateTime::in_zone(time, &self.time_zone)
    }

    pub(crate) fn base_currency(&self) -> CurrencyCode {
        CurrencyCode::new(self.configuration.get("baseCurrencyCode").map_or("GBP", String::as_str))
    }

    /// Returns a configuration value, parsed from its text.
    pub(crate) fn configured<I: std::str::FromStr>(&self, name: &str) -> Option<I> {
        self.configuration.get(name)?.parse().ok()
    }

    /// Returns the order, or `ORDC-003`.
    pub(crate) fn order(&self, id: OrderId) -> Result<&Order, Problem> {
        self.orders.get(&id).ok_or_else(|| Problem::client("ORDC-003", format!("Invalid order ID: {id}")))
    }

    pub(crate) fn status(&self, id: brightpearl::OrderStatusId) -> Option<&OrderStatus> {
        self.order_statuses.iter().find(|status| status.status_id == id)
    }

    pub(crate) fn tax_rate(&self, code: &TaxCode) -> Option<&TaxRate> {
        self.tax_codes.iter().find(|rate| rate.code == *code)
    }

    pub(crate) fn currency(&self, code: &CurrencyCode) -> Option<&Currency> {
        self.currencies.iter().find(|currency| currency.code == *code)
    }

    /// Returns the units of this currency per unit of the base currency, with six decimals.
    pub(crate) fn exchange_rate(&self, code: &CurrencyCode, now: Timestamp) -> Option<Decimal> {
        let id = self.currency(code)?.id;
        let begun = |rate: &&StoredRate| rate.currency == id && rate.active_from <= now;
        let newest = self.exchange_rates.iter().filter(begun).max_by_key(|rate| rate.active_from);
        let mut rate = newest.map_or(Decimal::ONE, |rate| rate.rate);
        rate.rescale(6);
        Some(rate)
    }

    pub(crate) fn warehouse(&self, id: WarehouseId) -> Option<&StoredWarehouse> {
        self.warehouses.iter().find(|stored| stored.warehouse.id == id)
    }

    /// Returns the default warehouse, which is the one with the lowest id.
    pub(crate) fn default_warehouse(&self) -> Option<WarehouseId> {
        self.warehouses.iter().map(|stored| stored.warehouse.id).min()
    }

    pub(crate) fn is_stock_tracked(&self, product: ProductId) -> bool {
        self.products.get(&product).is_some_and(|product| product.stock_tracked)
    }

    /// The payment method with this code, ignoring case.
    pub(crate) fn payment_method(&self, code: &PaymentMethodCode) -> Option<&PaymentMethod> {
        self.payment_methods.iter().find(|method| method.code.is(code))
    }

    /// Records an event. Subscribers get their webhooks after the request.
    pub(crate) fn raise(&mut self, event: Event) {
        self.events.push(event);
    }

    pub(crate) fn insert_order(&mut self, order: Order) {
        self.index.insert_order(&order);
        self.orders.insert(order.id, order);
    }

    /// Replaces an order whose reference or contact may have changed.
    pub(crate) fn replace_order(&mut self, order: Order) {
        self.index.replace_order(&order);
        self.orders.insert(order.id, order);
    }

    /// Deletes an order with its notes.
    pub(crate) fn remove_order(&mut self, id: OrderId) {
        self.orders.remove(&id);
        self.order_notes.remove(&id);
        self.pending_closes.remove(&id);
        self.pending_cancellations.remove(&id);
        self.former_invoices.remove(&id);
        self.index.remove_order(id);
    }

    /// Sets when an order was last changed.
    pub(crate) fn set_updated(&mut self, id: OrderId, time: OffsetDateTime) {
        let Some(order) = self.orders.get_mut(&id) else { return };
        let before = order.updated_on.replace(time);
        self.index.replace_update(id, before, time);
    }

    /// The order with this external reference and instance: of this type, or of any type when a switch makes the
    /// types share their keys.
    pub(crate) fn order_with_key(
        &self,
        kind: &OrderTypeCode,
        external_ref: &str,
        instance: InstanceId,
    ) -> Option<OrderId> {
        let any_kind = self.switches.order_keys_are_shared_by_types;
        let has_kind = |id: &OrderId| self.orders.get(id).is_some_and(|order| order.order_type_code == *kind);
        self.index.orders_with_key(external_ref, instance).find(|id| any_kind || has_kind(id))
    }

    pub(crate) fn insert_movement(&mut self, movement: GoodsMovement) {
        self.index.insert_movement(self.movements.len(), &movement);
        self.movements.push(movement);
    }

    pub(crate) fn insert_payment(&mut self, payment: CustomerPayment) {
        self.index.insert_payment(&payment);
        self.payments.insert(payment.payment_id, payment);
    }

    pub(crate) fn remove_payment(&mut self, id: PaymentId) -> Option<CustomerPayment> {
        let payment = self.payments.remove(&id)?;
        self.index.remove_payment(&payment);
        Some(payment)
    }

    pub(crate) fn payments_on(&self, order: OrderId) -> impl Iterator<Item = &CustomerPayment> {
        self.index.payments_on(order).filter_map(|id| self.payments.get(&id))
    }

    pub(crate) fn insert_goods_in_note(&mut self, id: GoodsInNoteId, note: GoodsInNote) {
        self.index.insert_goods_in_note(id, &note);
        self.goods_in_notes.insert(id, note);
    }

    pub(crate) fn goods_in_notes_of(&self, order: OrderId) -> impl Iterator<Item = &GoodsInNote> {
        self.index.goods_in_notes_of(order).filter_map(|id| self.goods_in_notes.get(&id))
    }
}
