//! What an account starts with.

mod build;

use std::collections::BTreeMap;

use brightpearl::{
    ChannelId, ContactId, CurrencyCode, CurrencyId, InstanceId, LocationId, NominalCode, NominalCodeId,
    OffsetDateTime, OrderId, OrderRowId, OrderStatusId, PaymentMethodCode, PaymentMethodId, PriceListId,
    ProductId, TaxCode, TaxCodeId, WarehouseId,
    accounting::PaymentType,
    order::{OrderTypeCode, PriceModeCode},
};
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Deserialize;

/// The built-in seed as JSON: the account `acmeoutdoors`, all invented.
pub const BUILT_IN_SEED: &str = include_str!("../../fixtures/seed.json");

/// A Brightpearl account before the first request. Read it from JSON, or take the built-in one and change it:
///
/// ```
/// use brightpearl_mock::Seed;
///
/// let mut seed = Seed::built_in();
/// seed.channels.retain(|channel| channel.name != "Phone");
/// assert!(Seed::from_json(r#"{"chanels": []}"#).unwrap_err().to_string().contains("chanels"));
/// ```
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Seed {
    /// The account code.
    pub account: String,
    /// The app reference that requests must carry.
    pub app_ref: String,
    /// The token that requests must carry.
    pub token: String,
    /// The developer reference of a legacy public app.
    pub dev_ref: Option<String>,
    /// The token that a legacy public app must carry: the account token, signed with the developer's secret.
    pub signed_token: Option<String>,
    /// The OAuth client's secret; a public client has none.
    pub client_secret: Option<String>,
    /// The caller's integration instance.
    pub instance_id: InstanceId,
    /// What `account-configuration` answers; `timeZone`, `baseCurrencyCode` and the default statuses are used.
    pub configuration: BTreeMap<String, String>,
    /// Order statuses of all types.
    pub order_statuses: Vec<SeedOrderStatus>,
    /// Sales channels.
    pub channels: Vec<SeedChannel>,
    /// The chart of accounts.
    pub nominal_codes: Vec<SeedNominalCode>,
    /// Payment methods.
    pub payment_methods: Vec<SeedPaymentMethod>,
    /// Tax codes.
    pub tax_codes: Vec<SeedTaxCode>,
    /// Currencies.
    pub currencies: Vec<SeedCurrency>,
    /// Warehouses.
    pub warehouses: Vec<SeedWarehouse>,
    /// Products.
    pub products: Vec<SeedProduct>,
    /// Customers and suppliers.
    pub contacts: Vec<SeedContact>,
    /// Custom fields of sales and sales credits.
    pub custom_fields: Vec<SeedCustomField>,
    /// Orders.
    pub orders: Vec<SeedOrder>,
    /// Payments on them.
    pub payments: Vec<SeedPayment>,
    /// Periods of the books; with none, every date is in one.
    #[serde(default)]
    pub accounting_periods: Vec<SeedAccountingPeriod>,
    /// Up to this day, that day included, the books are locked.
    pub locked_until: Option<Date>,
}

/// The account code and how much there is; neither the token nor shoppers.
impl std::fmt::Debug for Seed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Seed({}, {} orders, {} products)", self.account, self.orders.len(), self.products.len())
    }
}

/// A seed that cannot be an account.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the seed cannot be used: {0}")]
pub struct SeedError(pub(crate) String);

impl Seed {
    /// The built-in seed.
    ///
    /// # Panics
    /// Never: a test of this crate reads it.
    #[allow(clippy::expect_used, reason = "the file is part of the crate and tested")]
    pub fn built_in() -> Self {
        Self::from_json(BUILT_IN_SEED).expect("fixtures/seed.json is a seed")
    }

    /// Reads a seed.
    ///
    /// # Errors
    /// When the text is not JSON of this shape; an unknown key is named.
    pub fn from_json(text: &str) -> Result<Self, SeedError> {
        serde_json::from_str(text).map_err(|error| SeedError(error.to_string()))
    }
}

/// A period of the books.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs, reason = "as Brightpearl names them")]
pub struct SeedAccountingPeriod {
    pub id: u64,
    pub start_date: OffsetDateTime,
    pub end_date: OffsetDateTime,
    #[serde(default)]
    pub closed: bool,
}

/// An order status.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs, reason = "as Brightpearl names them")]
pub struct SeedOrderStatus {
    pub id: OrderStatusId,
    pub name: String,
    pub order_type_code: OrderTypeCode,
    #[serde(default)]
    pub disabled: bool,
}

/// A sales channel.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs, reason = "as Brightpearl names them")]
pub struct SeedChannel {
    pub id: ChannelId,
    pub name: String,
}

/// A nominal code; `id` is the internal one, `code` the four digits.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs, reason = "as Brightpearl names them")]
pub struct SeedNominalCode {
    pub id: NominalCodeId,
    pub code: NominalCode,
    pub name: String,
    #[serde(default)]
    pub bank: bool,
    #[serde(default = "yes")]
    pub active: bool,
    pub currency_id: Option<CurrencyId>,
}

const fn yes() -> bool {
    true
}

/// A payment method, with the nominal code of its bank account in each currency.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs, reason = "as Brightpearl names them")]
pub struct SeedPaymentMethod {
    pub id: PaymentMethodId,
    pub code: PaymentMethodCode,
    pub name: String,
    #[serde(default = "yes")]
    pub is_active: bool,
    #[serde(default)]
    pub bank_accounts: Vec<SeedBankAccount>,
}

/// The bank account of a payment method in one currency.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs, reason = "as Brightpearl names them")]
pub struct SeedBankAccount {
    pub currency_iso_code: CurrencyCode,
    pub bank_account_nominal_code: NominalCode,
}

/// A tax code; no rate means zero.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs, reason = "as Brightpearl names them")]
pub struct SeedTaxCode {
    pub id: TaxCodeId,
    pub code: TaxCode,
    #[serde(default)]
    pub description: String,
    pub rate: Option<Decimal>,
}

/// A currency; the rate is units of it for one of base currency.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs, reason = "as Brightpearl names them")]
pub struct SeedCurrency {
    pub id: CurrencyId,
    pub code: CurrencyCode,
    pub title: String,
    #[serde(default)]
    pub symbol: String,
    pub exchange_rate: Decimal,
    #[serde(default)]
    pub is_default: bool,
}

/// A warehouse with its locations.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs, reason = "as Brightpearl names them")]
pub struct SeedWarehouse {
    pub id: WarehouseId,
    pub name: String,
    pub default_location_id: LocationId,
    pub quarantine_location_id: LocationId,
    #[serde(default)]
    pub other_location_ids: Vec<LocationId>,
}

/// A product; a bundle when it has components. The cost is of one, in base currency.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs, reason = "as Brightpearl names them")]
pub struct SeedProduct {
    pub id: ProductId,
    pub name: String,
    pub sku: Option<String>,
    #[serde(default)]
    pub stock_tracked: bool,
    #[serde(default)]
    pub cost: Decimal,
    #[serde(default)]
    pub components: Vec<SeedComponent>,
    pub nominal_code_sales: Option<NominalCode>,
    #[serde(default)]
    pub default_location_ids: BTreeMap<WarehouseId, LocationId>,
}

/// So many of a product in a bundle.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs, reason = "as Brightpearl names them")]
pub struct SeedComponent {
    pub product_id: ProductId,
    pub product_quantity: u64,
}

/// A customer or supplier.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs, reason = "as Brightpearl names them")]
pub struct SeedContact {
    pub id: ContactId,
    pub first_name: String,
    pub last_name: String,
    pub email: String,
    #[serde(default)]
    pub is_supplier: bool,
    #[serde(default)]
    pub address: SeedAddress,
}

impl std::fmt::Debug for SeedContact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SeedContact({}, hidden)", self.id)
    }
}

/// A postal address: street, suburb, city, state.
#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[allow(missing_docs, reason = "as Brightpearl names them")]
pub struct SeedAddress {
    pub address_line1: String,
    pub address_line2: Option<String>,
    pub address_line3: Option<String>,
    pub address_line4: Option<String>,
    pub postal_code: String,
    pub country_iso_code: String,
}

impl std::fmt::Debug for SeedAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SeedAddress(hidden, country {})", self.country_iso_code)
    }
}

/// A custom field; `options` by id for a `SELECT`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs, reason = "as Brightpearl names them")]
pub struct SeedCustomField {
    pub id: u64,
    pub code: String,
    pub name: String,
    pub custom_field_type: String,
    #[serde(default)]
    pub required: bool,
    #[serde(default)]
    pub options: BTreeMap<u64, String>,
}

/// An order. Rows come in order; the component rows of a bundle get the ids that follow the bundle's.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs, reason = "as Brightpearl names them")]
pub struct SeedOrder {
    pub id: OrderId,
    pub order_type_code: OrderTypeCode,
    /// The customer, or the supplier of a purchase.
    pub contact_id: ContactId,
    #[serde(default)]
    pub reference: String,
    pub external_ref: Option<String>,
    pub installed_integration_instance_id: Option<InstanceId>,
    pub parent_order_id: Option<OrderId>,
    pub order_status_id: OrderStatusId,
    pub channel_id: Option<ChannelId>,
    pub warehouse_id: Option<WarehouseId>,
    pub price_list_id: Option<PriceListId>,
    pub price_mode_code: Option<PriceModeCode>,
    pub currency_code: Option<CurrencyCode>,
    /// A fixed rate; the currency's own when absent.
    pub exchange_rate: Option<Decimal>,
    pub placed_on: OffsetDateTime,
    /// Makes the order invoiced, under this reference.
    pub invoice_reference: Option<String>,
    /// Whether all of it is shipped.
    #[serde(default)]
    pub shipped: bool,
    pub rows: Vec<SeedRow>,
}

/// A row of an order; a product or a name.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs, reason = "as Brightpearl names them")]
pub struct SeedRow {
    pub id: OrderRowId,
    pub product_id: Option<ProductId>,
    pub name: Option<String>,
    pub quantity: Decimal,
    pub tax_code: TaxCode,
    /// The whole row, without tax.
    pub net: Decimal,
    /// The whole row's tax.
    pub tax: Decimal,
    pub nominal_code: Option<NominalCode>,
    pub external_ref: Option<String>,
}

/// A payment on an order, in the order's currency.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs, reason = "as Brightpearl names them")]
pub struct SeedPayment {
    pub order_id: OrderId,
    pub payment_type: PaymentType,
    pub payment_method_code: PaymentMethodCode,
    pub amount_paid: Decimal,
    pub payment_date: OffsetDateTime,
    pub transaction_ref: Option<String>,
}
