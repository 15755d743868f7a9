//! What an account starts with.

mod account_builder;
mod build;
mod chart_of_accounts;
mod checks;
mod contact;
mod order;
mod product;
mod settings;

use std::collections::BTreeMap;

use brightpearl::InstanceId;
use jiff::civil::Date;
use serde::Deserialize;

pub use account_builder::AccountBuilder;
pub use chart_of_accounts::{
    SeedAccountingPeriod, SeedBankAccount, SeedCurrency, SeedNominalCode, SeedPaymentMethod, SeedTaxCode,
};
pub use contact::{SeedAddress, SeedContact};
pub use order::{SeedOrder, SeedPayment, SeedRow};
pub use product::{SeedComponent, SeedProduct, SeedStock};
pub use settings::{SeedChannel, SeedCustomField, SeedOrderStatus, SeedWarehouse};

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
    /// What of the products is there.
    #[serde(default)]
    pub stock: Vec<SeedStock>,
    /// Custom fields of sales and sales credits.
    pub custom_fields: Vec<SeedCustomField>,
    /// Custom fields of contacts.
    #[serde(default)]
    pub contact_custom_fields: Vec<SeedCustomField>,
    /// Custom fields of products.
    #[serde(default)]
    pub product_custom_fields: Vec<SeedCustomField>,
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
