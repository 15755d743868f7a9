//! Seeds: the initial content of an account.

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

/// The initial content of an account. Read it from JSON, or change the built-in one:
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
    /// The app reference that requests must have.
    pub app_ref: String,
    /// The token that requests must have.
    pub token: String,
    /// The developer reference of a legacy public app.
    pub dev_ref: Option<String>,
    /// The token of a legacy public app: the account token, signed with the developer's secret.
    pub signed_token: Option<String>,
    /// The OAuth client's secret; a public client has none.
    pub client_secret: Option<String>,
    /// The caller's integration instance.
    pub instance_id: InstanceId,
    /// The answer of `account-configuration`. The mock uses `timeZone`, `baseCurrencyCode` and the default statuses.
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
    /// The opening stock.
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
    /// Payments on the orders.
    pub payments: Vec<SeedPayment>,
    /// Accounting periods. Without any, all dates are open.
    #[serde(default)]
    pub accounting_periods: Vec<SeedAccountingPeriod>,
    /// Accounting is locked up to and including this day.
    pub locked_until: Option<Date>,
}

/// Shows the account code and counts, without the token and shoppers.
impl std::fmt::Debug for Seed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Seed({}, {} orders, {} products)", self.account, self.orders.len(), self.products.len())
    }
}

/// An invalid seed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid seed: {0}")]
pub struct SeedError(pub(crate) String);

impl Seed {
    /// Returns the built-in seed.
    ///
    /// # Panics
    /// Never, because a test of this crate reads it.
    #[allow(clippy::expect_used, reason = "the file is part of the crate and tested")]
    pub fn built_in() -> Self {
        Self::from_json(BUILT_IN_SEED).expect("fixtures/seed.json is a seed")
    }

    /// Reads a seed.
    ///
    /// # Errors
    /// The text is not a seed. An unknown key is named.
    pub fn from_json(text: &str) -> Result<Self, SeedError> {
        serde_json::from_str(text).map_err(|error| SeedError(error.to_string()))
    }
}
