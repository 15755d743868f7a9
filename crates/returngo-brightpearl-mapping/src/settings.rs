//! The settings of a connection between a ReturnGO shop and a Brightpearl account.
//!
//! The first five settings have the names of ReturnGO's own setup form
//! (docs/evidence/returngo.md#integration-with-brightpearl), so their values can be copied.

mod error;
#[cfg(feature = "schema")]
mod schema;
mod values;

use std::collections::BTreeMap;

use api_client_core::wire;
use brightpearl::{ChannelId, CurrencyCode, NominalCode, OrderStatusId, TaxCode, WarehouseId};
use returngo::TransactionType;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

pub use crate::field_map::FieldMap;
use crate::world::AccountFacts;
pub use brightpearl::{AccountCode, InvalidAccountCode};
pub use error::SettingsError;
#[cfg(feature = "field-map")]
pub(crate) use error::nearest;
pub use values::TenderSetting;

/// The settings of a connection. Unknown names in JSON are rejected.
///
/// ```
/// use returngo_brightpearl_mapping::ConnectionSettings;
///
/// let settings = ConnectionSettings::from_json(r#"{
///     "account_id": "acmeoutdoors",
///     "refund_method_code": "1210",
///     "sales_credit_status_id": "27",
///     "sales_credit_channel_id": "",
///     "customer_reference_prefix": "RMA"
/// }"#)?;
/// assert_eq!(settings.customer_reference_prefix, "RMA");
///
/// let error = ConnectionSettings::from_json(r#"{"account_id": "acmeoutdoors", "refund_methode_code": "1210"}"#).unwrap_err();
/// assert!(error.to_string().contains("`refund_method_code`"));
/// # Ok::<(), returngo_brightpearl_mapping::SettingsError>(())
/// ```
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ConnectionSettings {
    /// The Brightpearl account's code, such as `acmeoutdoors`.
    #[cfg_attr(feature = "schema", schemars(with = "schema::AccountForm"))]
    pub account_id: AccountCode,
    /// The source of refunds: the four digits of a bank account, or the code of a payment method.
    #[cfg_attr(feature = "schema", schemars(with = "schema::CodeForm"))]
    #[serde(deserialize_with = "values::method_code")]
    pub refund_method_code: String,
    /// The status of new credits. Without it, the account's default.
    #[cfg_attr(feature = "schema", schemars(with = "schema::IdForm"))]
    #[serde(default, deserialize_with = "values::blank_is_none", skip_serializing_if = "Option::is_none")]
    pub sales_credit_status_id: Option<OrderStatusId>,
    /// The channel of new credits. Without it, the order's channel.
    #[cfg_attr(feature = "schema", schemars(with = "schema::IdForm"))]
    #[serde(default, deserialize_with = "values::blank_is_none", skip_serializing_if = "Option::is_none")]
    pub sales_credit_channel_id: Option<ChannelId>,
    /// The prefix of the RMA's number in the credit's reference.
    #[cfg_attr(feature = "schema", schemars(with = "schema::PrefixForm"))]
    #[serde(
        default,
        deserialize_with = "values::reference_prefix",
        skip_serializing_if = "String::is_empty"
    )]
    pub customer_reference_prefix: String,
    /// When the credit is created.
    #[serde(default)]
    pub trigger: Trigger,
    /// The payment method code for each type of refund that does not use [`ConnectionSettings::refund_method_code`].
    #[cfg_attr(feature = "schema", schemars(with = "schema::TendersForm"))]
    #[serde(default, deserialize_with = "values::tenders", skip_serializing_if = "BTreeMap::is_empty")]
    pub tenders: BTreeMap<String, TenderSetting>,
    /// How refunds are recorded.
    #[serde(default)]
    pub refunds: RefundRecording,
    /// The account and tax code for the part of a refund that is above the credit. Without it, such refunds need review.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adjustments: Option<Posting>,
    /// The accounts and tax codes for fees.
    #[serde(default)]
    pub fees: FeeSettings,
    /// Warehouses by the name of the return method. `default` applies to all other methods.
    #[cfg_attr(feature = "schema", schemars(with = "BTreeMap<String, schema::RequiredIdForm>"))]
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub warehouses: BTreeMap<String, WarehouseId>,
    /// The return methods that are not synchronized.
    #[serde(default)]
    pub return_methods: ReturnMethodSettings,
    /// The source of the prices on the credit.
    #[serde(default)]
    pub price_source: PriceSource,
    /// The largest difference of a unit's price between the two systems without a warning, in the order's currency. Without
    /// it, one minor unit.
    #[cfg_attr(feature = "schema", schemars(with = "schema::AmountForm"))]
    #[serde(
        default,
        deserialize_with = "values::tolerance",
        serialize_with = "wire::optional_decimal::serialize",
        skip_serializing_if = "Option::is_none"
    )]
    pub price_tolerance: Option<Decimal>,
    /// The fields of Brightpearl's orders that contain the shop's order name or id, in the order in which they are tried.
    #[serde(default = "default_lookup")]
    pub order_lookup: Vec<OrderLookup>,
    /// When a credit is closed.
    #[serde(default)]
    pub close_credit: CloseCredit,
    /// The status of finished credits.
    #[cfg_attr(feature = "schema", schemars(with = "schema::IdForm"))]
    #[serde(default, deserialize_with = "values::blank_is_none", skip_serializing_if = "Option::is_none")]
    pub complete_status_id: Option<OrderStatusId>,
    /// The status of credits whose RMA was cancelled or rejected. Without it, such credits need review.
    #[cfg_attr(feature = "schema", schemars(with = "schema::IdForm"))]
    #[serde(default, deserialize_with = "values::blank_is_none", skip_serializing_if = "Option::is_none")]
    pub cancelled_status_id: Option<OrderStatusId>,
    /// What to do if another program created a credit for the same order.
    #[serde(default)]
    pub existing_credit: ExistingCredit,
    /// What happens to the order's discounts: rows with negative amounts.
    #[serde(default)]
    pub order_discounts: OrderDiscounts,
    /// Values for further fields of the credit, by field name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field_map: Option<FieldMap>,
}

impl ConnectionSettings {
    /// Creates settings with the required values and defaults for all others.
    pub fn new(account_id: AccountCode, refund_method_code: impl Into<String>) -> Self {
        Self {
            account_id,
            refund_method_code: refund_method_code.into(),
            sales_credit_status_id: None,
            sales_credit_channel_id: None,
            customer_reference_prefix: String::new(),
            trigger: Trigger::default(),
            tenders: BTreeMap::new(),
            refunds: RefundRecording::default(),
            adjustments: None,
            fees: FeeSettings::default(),
            warehouses: BTreeMap::new(),
            return_methods: ReturnMethodSettings::default(),
            price_source: PriceSource::default(),
            price_tolerance: None,
            order_lookup: default_lookup(),
            close_credit: CloseCredit::default(),
            complete_status_id: None,
            cancelled_status_id: None,
            existing_credit: ExistingCredit::default(),
            order_discounts: OrderDiscounts::default(),
            field_map: None,
        }
    }

    /// Reads settings from JSON.
    ///
    /// # Errors
    /// If a name is not a setting (the error suggests the nearest one), a value is missing or invalid, or the account code is
    /// invalid.
    #[inline]
    pub fn from_json(text: &str) -> Result<Self, SettingsError> {
        api_client_core::decode::json(text.as_bytes()).map_err(SettingsError::from_decoding)
    }

    /// Reads settings from TOML.
    ///
    /// # Errors
    /// As [`ConnectionSettings::from_json`], and if the text is not TOML.
    #[cfg(feature = "toml")]
    #[inline]
    pub fn from_toml(text: &str) -> Result<Self, SettingsError> {
        let document: serde_json::Value = toml::from_str(text).map_err(SettingsError::not_toml)?;
        Self::from_json(&document.to_string())
    }

    /// Returns the payment method code for refunds of this type in this currency: its entry in `tenders`, or
    /// `refund_method_code` for refunds to the original payment method. `None` for all others: store credit and gift cards are
    /// not paid from that bank account.
    pub fn tender(&self, kind: &TransactionType, currency: &CurrencyCode) -> Option<&str> {
        let own = self.tenders.get(kind.as_str()).and_then(|tender| tender.in_currency(currency));
        let fallback =
            || (*kind == TransactionType::RefundToPaymentMethod).then_some(self.refund_method_code.as_str());
        own.or_else(fallback)
    }

    /// Returns the configured warehouse for a return method, if any.
    pub fn warehouse_for(&self, return_method: Option<&str>) -> Option<WarehouseId> {
        let own = return_method.and_then(|name| self.warehouses.get(name));
        own.or_else(|| self.warehouses.get("default")).copied()
    }

    /// Returns which steps the host application may still do itself while this connection is active.
    pub fn capabilities(&self) -> Capabilities {
        Capabilities {
            item_validation: Capability {
                enabled: false,
                reason: "Goods-in notes in Brightpearl determine which units were received. Results that ReturnGO \
                         reports itself are shown, but have no effect.",
            },
            restocking: Capability {
                enabled: false,
                reason: "Brightpearl manages the stock. A goods-in note or a quarantine release restocks units, so \
                         restocking them in ReturnGO as well would count them twice.",
            },
        }
    }
}

/// The event that creates the credit. An RMA with nothing to ship only needs its approval.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// The RMA is approved.
    #[default]
    Approved,
    /// ReturnGO reports that the parcel arrived.
    Received,
    /// ReturnGO reports that the items were inspected.
    Validated,
}

/// How refunds are recorded.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundRecording {
    /// As a payment on the credit.
    #[default]
    Record,
    /// As a note. Staff record the payment.
    Note,
}

/// The source of the prices on the credit.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PriceSource {
    /// The original order row, pro rata.
    #[default]
    Brightpearl,
    /// The paid price according to the RMA.
    Returngo,
}

/// A field of Brightpearl's orders that may contain the shop's order name or id.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderLookup {
    /// The customer reference.
    CustomerRef,
    /// The external reference.
    ExternalRef,
}

fn default_lookup() -> Vec<OrderLookup> {
    vec![OrderLookup::CustomerRef, OrderLookup::ExternalRef]
}

/// When a credit is closed.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CloseCredit {
    /// Credits are closed manually.
    #[default]
    Never,
    /// The payments reach its total.
    WhenRefunded,
    /// No more units are expected.
    WhenReceived,
    /// Both conditions are met.
    WhenBoth,
}

/// What to do if another program created a credit for the same order.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExistingCredit {
    /// Add a review.
    #[default]
    Review,
    /// Use it as the RMA's credit if its products are exactly the RMA's units. Otherwise, add a review.
    Adopt,
    /// Create another credit.
    Create,
}

/// What happens to the order's discounts: rows with negative amounts.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderDiscounts {
    /// Spread them over the goods if the credit then agrees with the price that was paid. Otherwise, add a review.
    #[default]
    Auto,
    /// Spread them over the goods.
    Spread,
    /// Add a review.
    Ask,
    /// Leave them out.
    Ignore,
}

/// The account and tax code that a row is posted to.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Posting {
    /// The nominal code in the chart of accounts.
    #[cfg_attr(feature = "schema", schemars(with = "schema::CodeForm"))]
    pub nominal_code: NominalCode,
    /// The tax code. Its rate splits the gross amount into net and tax.
    #[cfg_attr(feature = "schema", schemars(with = "schema::CodeForm"))]
    pub tax_code: TaxCode,
}

impl Posting {
    /// Reads codes that a person typed in: `codes:4905:T20`.
    pub(crate) fn typed_in(choice: &str, account: &AccountFacts) -> Result<Self, String> {
        let codes = choice.strip_prefix("codes:").and_then(|codes| codes.split_once(':'));
        let (nominal, tax) = codes.ok_or("write the nominal code and the tax code as codes:4905:T20")?;
        let (nominal, tax) = (nominal.trim(), tax.trim());
        let posting = Self { nominal_code: nominal.to_owned().into(), tax_code: tax.to_owned().into() };
        let is_known = account.nominal_codes.iter().any(|account| account.code == posting.nominal_code);
        if !is_known && !account.nominal_codes.is_empty() {
            return Err(format!("the account has no nominal code {nominal}"));
        }
        match account.tax_code(&posting.tax_code) {
            Some(_) => Ok(posting),
            None => Err(format!("the account has no tax code {tax}")),
        }
    }
}

/// The accounts and tax codes for fees. A credit with a fee that has no entry needs review.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct FeeSettings {
    /// Restocking fees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restocking: Option<Posting>,
    /// Return fees.
    #[serde(rename = "return", skip_serializing_if = "Option::is_none")]
    pub returning: Option<Posting>,
    /// Return shipment fees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipment: Option<Posting>,
}

/// The return methods that are not synchronized.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct ReturnMethodSettings {
    /// The names of these methods.
    pub skip: Vec<String>,
}

/// The steps that the host application may still do itself while a connection is active.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Capabilities {
    /// Validation of received items.
    pub item_validation: Capability,
    /// Restocking.
    pub restocking: Capability,
}

/// Whether the host application may do a step, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Capability {
    /// Whether it may.
    pub enabled: bool,
    /// The reason.
    pub reason: &'static str,
}
