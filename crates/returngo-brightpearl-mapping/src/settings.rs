//! The settings of a connection between a ReturnGO shop and a Brightpearl account.
//!
//! The first five carry the names of ReturnGO's own set-up form
//! (docs/evidence/returngo.md#integration-with-brightpearl), so that their values can be copied over.

mod error;
#[cfg(feature = "schema")]
mod schema;
mod values;

use std::collections::BTreeMap;

use brightpearl::{ChannelId, CurrencyCode, NominalCode, OrderStatusId, TaxCode, WarehouseId};
use returngo::TransactionType;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

pub use crate::field_map::FieldMap;
pub use brightpearl::{AccountCode, InvalidAccountCode};
pub use error::SettingsError;
#[cfg(feature = "field-map")]
pub(crate) use error::nearest;
pub use values::TenderSetting;

/// The settings of a connection. In JSON, names that are not settings are refused.
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
pub struct ConnectionSettings {
    /// The Brightpearl account's code, such as `acmeoutdoors`.
    #[cfg_attr(feature = "schema", schemars(with = "schema::AccountForm"))]
    pub account_id: AccountCode,
    /// Where refunds are paid from: the four digits of a bank account, or a payment method's code.
    #[cfg_attr(feature = "schema", schemars(with = "schema::CodeForm"))]
    #[serde(deserialize_with = "values::method_code")]
    pub refund_method_code: String,
    /// The status of new credits; the account's default when none.
    #[cfg_attr(feature = "schema", schemars(with = "schema::IdForm"))]
    #[serde(default, deserialize_with = "values::blank_is_none", skip_serializing_if = "Option::is_none")]
    pub sales_credit_status_id: Option<OrderStatusId>,
    /// The channel of new credits; the order's when none.
    #[cfg_attr(feature = "schema", schemars(with = "schema::IdForm"))]
    #[serde(default, deserialize_with = "values::blank_is_none", skip_serializing_if = "Option::is_none")]
    pub sales_credit_channel_id: Option<ChannelId>,
    /// Goes before the RMA's number in the credit's reference.
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
    /// Payment method codes by kind of refund, where they are not [`ConnectionSettings::refund_method_code`].
    #[cfg_attr(feature = "schema", schemars(with = "schema::TendersForm"))]
    #[serde(default, deserialize_with = "values::tenders", skip_serializing_if = "BTreeMap::is_empty")]
    pub tenders: BTreeMap<String, TenderSetting>,
    /// What becomes of a refund.
    #[serde(default)]
    pub refunds: RefundRecording,
    /// Where the part of a refund that is above the credit is posted to; none: a person is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adjustments: Option<Posting>,
    /// Where fees are posted to.
    #[serde(default)]
    pub fees: FeeSettings,
    /// Warehouses by the name of the return method; `default` stands for all others.
    #[cfg_attr(feature = "schema", schemars(with = "BTreeMap<String, schema::RequiredIdForm>"))]
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub warehouses: BTreeMap<String, WarehouseId>,
    /// Which return methods are synchronised.
    #[serde(default)]
    pub return_methods: ReturnMethodSettings,
    /// Whose prices go on the credit.
    #[serde(default)]
    pub price_source: PriceSource,
    /// How far the price of a unit may differ between the two systems before a warning is raised, in the
    /// order's currency; one minor unit when none.
    #[cfg_attr(feature = "schema", schemars(with = "schema::AmountForm"))]
    #[serde(default, deserialize_with = "values::tolerance", skip_serializing_if = "Option::is_none")]
    pub price_tolerance: Option<Decimal>,
    /// Which fields of Brightpearl's orders hold the shop's order name or id, tried in this order.
    #[serde(default = "default_lookup")]
    pub order_lookup: Vec<OrderLookup>,
    /// When a credit is closed.
    #[serde(default)]
    pub close_credit: CloseCredit,
    /// The status of a finished credit.
    #[cfg_attr(feature = "schema", schemars(with = "schema::IdForm"))]
    #[serde(default, deserialize_with = "values::blank_is_none", skip_serializing_if = "Option::is_none")]
    pub complete_status_id: Option<OrderStatusId>,
    /// The status of a credit whose RMA was cancelled or rejected; none: a person is asked.
    #[cfg_attr(feature = "schema", schemars(with = "schema::IdForm"))]
    #[serde(default, deserialize_with = "values::blank_is_none", skip_serializing_if = "Option::is_none")]
    pub cancelled_status_id: Option<OrderStatusId>,
    /// What to do when somebody else made a credit for the same order.
    #[serde(default)]
    pub existing_credit: ExistingCredit,
    /// Values for further fields of the credit, by the fields' names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field_map: Option<FieldMap>,
}

impl ConnectionSettings {
    /// The least settings: everything else is its default.
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
            field_map: None,
        }
    }

    /// Reads settings.
    ///
    /// # Errors
    /// When a name is not a setting (with the nearest one that is), a value is missing or of the wrong form,
    /// or the account's code cannot be one.
    #[inline]
    pub fn from_json(text: &str) -> Result<Self, SettingsError> {
        api_client_core::decode::json(text.as_bytes()).map_err(SettingsError::from_decoding)
    }

    /// Reads settings that are written as TOML.
    ///
    /// # Errors
    /// As [`ConnectionSettings::from_json`], and when the text is no TOML.
    #[cfg(feature = "toml")]
    #[inline]
    pub fn from_toml(text: &str) -> Result<Self, SettingsError> {
        let document: serde_json::Value = toml::from_str(text).map_err(SettingsError::not_toml)?;
        Self::from_json(&document.to_string())
    }

    /// The code that refunds of this kind are paid under in this currency; none for store credit that has no
    /// entry of its own.
    pub fn tender(&self, kind: &TransactionType, currency: &CurrencyCode) -> Option<&str> {
        let own = self.tenders.get(kind.as_str()).and_then(|tender| tender.in_currency(currency));
        let fallback =
            || (*kind != TransactionType::RefundToStoreCredit).then_some(self.refund_method_code.as_str());
        own.or_else(fallback)
    }

    /// Where parcels of this return method go, if the settings say so.
    pub fn warehouse_for(&self, return_method: Option<&str>) -> Option<WarehouseId> {
        let own = return_method.and_then(|name| self.warehouses.get(name));
        own.or_else(|| self.warehouses.get("default")).copied()
    }

    /// What the host application may still do itself while this connection is on.
    pub fn capabilities(&self) -> Capabilities {
        Capabilities {
            item_validation: Capability {
                enabled: false,
                reason: "Brightpearl says what came back: goods-in notes set what is received, and results that \
                         ReturnGO reports itself are shown but not acted on.",
            },
            restocking: Capability {
                enabled: false,
                reason: "Brightpearl keeps the stock: units are restocked by a goods-in note or a quarantine \
                         release there, and restocking them in ReturnGO as well would count them twice.",
            },
        }
    }
}

/// When a credit is created. An RMA with nothing to ship does not wait beyond its approval.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// Once the RMA is approved.
    #[default]
    Approved,
    /// Once ReturnGO says that the parcel arrived.
    Received,
    /// Once ReturnGO says that the items were inspected.
    Validated,
}

/// What becomes of a refund.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundRecording {
    /// It is recorded as a payment on the credit.
    #[default]
    Record,
    /// It is written down in a note; people record it.
    Note,
}

/// Whose prices go on the credit.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PriceSource {
    /// The original order's row, pro rata.
    #[default]
    Brightpearl,
    /// What the RMA says was paid.
    Returngo,
}

/// A field of Brightpearl's orders that may hold the shop's order name or id.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderLookup {
    /// The customer reference.
    CustomerRef,
    /// The creator's unique reference.
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
    /// People close it.
    #[default]
    Never,
    /// Once the payments reach its total.
    WhenRefunded,
    /// Once no unit is expected any more.
    WhenReceived,
    /// Once both are so.
    WhenBoth,
}

/// What to do when somebody else made a credit for the same order.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExistingCredit {
    /// Ask a person.
    #[default]
    Review,
    /// Take it as the RMA's credit if its products are exactly the RMA's units; else ask.
    Adopt,
    /// Make ours beside it.
    Create,
}

/// The account and tax code that a row is posted to.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Posting {
    /// The account of the chart of accounts.
    #[cfg_attr(feature = "schema", schemars(with = "schema::CodeForm"))]
    pub nominal_code: NominalCode,
    /// The tax code; its rate splits the gross amount.
    #[cfg_attr(feature = "schema", schemars(with = "schema::CodeForm"))]
    pub tax_code: TaxCode,
}

/// Where fees are posted to. A fee without an entry makes the credit wait.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FeeSettings {
    /// Fees for restocking.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restocking: Option<Posting>,
    /// Fees for the return as such.
    #[serde(rename = "return", skip_serializing_if = "Option::is_none")]
    pub returning: Option<Posting>,
    /// Fees for the label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipment: Option<Posting>,
}

/// Which return methods are synchronised.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReturnMethodSettings {
    /// Names of the methods that are not.
    pub skip: Vec<String>,
}

/// What the host application may still do itself while a connection is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Capabilities {
    /// Saying which items came and in what state.
    pub item_validation: Capability,
    /// Putting items back into stock.
    pub restocking: Capability,
}

/// Whether something is left to the host application, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Capability {
    /// Whether it is.
    pub enabled: bool,
    /// Why.
    pub reason: &'static str,
}
