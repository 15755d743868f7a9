//! The account's data, and the questions that several resources ask of it.

use std::{collections::BTreeMap, fmt, sync::Arc};

use api_mock_core::{Delivery, Part};
use brightpearl::{
    ContactId, CurrencyCode, GoodsInNoteId, GoodsNoteId, InstanceId, JournalId, LocationId, OffsetDateTime,
    OrderId, PaymentId, ProductId, TaxCode, WarehouseId, WebhookId,
    accounting::{Currency, CustomerPayment, NominalAccount, PaymentMethod, TaxRate},
    integration::Webhook,
    order::{Order, OrderNote, OrderStatus},
    product::Channel,
    warehouse::{GoodsInNote, GoodsMovement, Warehouse},
};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use rust_decimal::Decimal;

use crate::{
    Seed, Switches,
    accounting::{Journal, StoredPeriod, StoredRate},
    contact::{Contact, StoredAddress},
    custom_field::CustomFields,
    gateway::{Credentials, Problem},
    index::Index,
    integration::Event,
    order::PendingClose,
    product::StoredProduct,
    warehouse::StoredCorrection,
};

/// Who does everything that is done over the API: the user `createdById` and the like name.
pub(crate) const API_USER: ContactId = ContactId::new(4);

/// A Brightpearl account: what a mock shows. Built by hand with [`builder`](Self::builder), or from a
/// [`Seed`](Self::from_seed).
pub struct Account {
    /// What it started with, to go back to.
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
    /// Up to this day, that day included, nothing is posted.
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
    /// What goods-in notes posted.
    pub(crate) goods_in_journals: BTreeMap<GoodsInNoteId, JournalId>,
    pub(crate) stock_corrections: BTreeMap<GoodsNoteId, StoredCorrection>,
    pub(crate) movements: Vec<GoodsMovement>,
    pub(crate) webhooks: BTreeMap<WebhookId, Webhook>,
    pub(crate) index: Index,
    /// Orders that accounting has not answered for yet.
    pub(crate) pending_closes: BTreeMap<OrderId, PendingClose>,

    /// What happened during this request and is not told yet.
    pub(crate) events: Vec<Event>,
    /// Test deliveries that this request asked for.
    pub(crate) test_deliveries: Vec<Delivery>,
    /// The parts of the batch that this request was.
    pub(crate) parts: Vec<Part>,
    pub(crate) next: NextIds,
}

/// The account code and how much there is; neither tokens nor shoppers.
impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Account({}, {} orders, {} products)", self.code, self.orders.len(), self.products.len())
    }
}

/// A warehouse with its locations.
pub(crate) struct StoredWarehouse {
    pub(crate) warehouse: Warehouse,
    pub(crate) default_location: LocationId,
    pub(crate) quarantine_location: LocationId,
    pub(crate) other_locations: Vec<LocationId>,
}

impl StoredWarehouse {
    pub(crate) fn has(&self, location: LocationId) -> bool {
        location == self.default_location
            || location == self.quarantine_location
            || self.other_locations.contains(&location)
    }
}

/// The next id of everything that is made here. Ids are never used twice.
pub(crate) struct NextIds {
    pub(crate) order: u64,
    pub(crate) row: u64,
    pub(crate) note: u64,
    pub(crate) payment: u64,
    pub(crate) journal: u64,
    pub(crate) journal_row: u64,
    /// One sequence for goods-in notes, transfers and corrections.
    pub(crate) goods_note: u64,
    pub(crate) movement: u64,
    pub(crate) webhook: u64,
    pub(crate) credit_invoice: u64,
    pub(crate) sale_invoice: u64,
    pub(crate) contact: u64,
    pub(crate) postal_address: u64,
    pub(crate) order_status: u64,
    pub(crate) payment_method: u64,
}

impl Default for NextIds {
    fn default() -> Self {
        Self {
            order: 300_001,
            row: 884_001,
            note: 120_001,
            payment: 551_001,
            journal: 902_001,
            journal_row: 1_804_001,
            goods_note: 60_001,
            movement: 710_001,
            webhook: 731,
            credit_invoice: 1,
            sale_invoice: 5_001,
            contact: 5_101,
            postal_address: 7_101,
            order_status: 31,
            payment_method: 21,
        }
    }
}

/// Goes past an id that was given, so that it is not taken again.
pub(crate) fn pass(next: &mut u64, given: u64) {
    *next = (*next).max(given + 1);
}

/// Takes the next id of a sequence.
pub(crate) const fn take(next: &mut u64) -> u64 {
    let id = *next;
    *next += 1;
    id
}

impl Account {
    /// The time as the account writes it: in the offset that its zone has then.
    pub(crate) fn local(&self, time: Timestamp) -> OffsetDateTime {
        OffsetDateTime::in_zone(time, &self.time_zone)
    }

    pub(crate) fn base_currency(&self) -> CurrencyCode {
        CurrencyCode::new(self.configuration.get("baseCurrencyCode").map_or("GBP", String::as_str))
    }

    /// A number in the configuration, whose values are all strings.
    pub(crate) fn configured<I: std::str::FromStr>(&self, name: &str) -> Option<I> {
        self.configuration.get(name)?.parse().ok()
    }

    /// The order, or `ORDC-003`.
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

    /// Units of this currency for one of base currency, six decimals.
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

    /// The warehouse that things go to when none is named: the one with the lowest id.
    pub(crate) fn default_warehouse(&self) -> Option<WarehouseId> {
        self.warehouses.iter().map(|stored| stored.warehouse.id).min()
    }

    pub(crate) fn is_stock_tracked(&self, product: ProductId) -> bool {
        self.products.get(&product).is_some_and(|product| product.stock_tracked)
    }

    /// Notes that something happened; subscribers are told after the request.
    pub(crate) fn raise(&mut self, event: Event) {
        self.events.push(event);
    }
}
