//! The snapshot of both systems for one RMA.

use std::{collections::BTreeMap, fmt, sync::Arc};

use api_client_core::{
    decode::{self, DecodeError},
    open_enum, wire,
};
use brightpearl::{
    CurrencyCode, GoodsInNoteId, InstanceId, LocationId, OrderId, PaymentMethodCode, ProductId, WarehouseId,
    accounting::{Currency, CustomerPayment, NominalAccount, PaymentMethod, TaxRate},
    integration::AccountConfiguration,
    order::{Order, OrderNote, OrderStatus},
    product::Channel,
    warehouse::{GoodsInNote, GoodsMovement},
};
use jiff::{civil::Date, tz::TimeZone};
use returngo::{Rma, RmaId};
use serde::{Deserialize, Deserializer, Serialize};

use crate::{decisions::Decision, in_flight::InFlight};

/// A snapshot of both systems for one RMA: all facts that [`plan`](fn@crate::plan) uses.
///
/// The values have the format of the APIs, so captured responses can be used. Missing lists are empty.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct World {
    /// The RMA.
    #[cfg_attr(feature = "schema", schemars(with = "serde_json::Map<String, serde_json::Value>"))]
    pub rma: Rma,
    /// Its sales order. `None` if it was not found.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "Option<serde_json::Map<String, serde_json::Value>>"))]
    pub order: Option<Order>,
    /// The orders that match the RMA, if there are several.
    #[serde(default, with = "wire::null_is_default", skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<serde_json::Map<String, serde_json::Value>>"))]
    pub orders: Vec<Order>,
    /// The sales credits of that order, and all orders with the RMA's key.
    #[serde(default, with = "wire::null_is_default")]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<serde_json::Map<String, serde_json::Value>>"))]
    pub credits: Vec<Order>,
    /// The payments on the RMA's credit and on its sales order. Each names its order.
    #[serde(default, with = "wire::null_is_default")]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<serde_json::Map<String, serde_json::Value>>"))]
    pub payments: Vec<CustomerPayment>,
    /// The goods-in notes of the credit, by id.
    #[serde(default, with = "wire::map")]
    #[cfg_attr(feature = "schema", schemars(with = "std::collections::BTreeMap<String, serde_json::Value>"))]
    pub goods_in_notes: BTreeMap<GoodsInNoteId, GoodsInNote>,
    /// The stock movements of the batches of those notes, and stock corrections that name the credit.
    #[serde(default, with = "wire::null_is_default")]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<serde_json::Map<String, serde_json::Value>>"))]
    pub goods_movements: Vec<GoodsMovement>,
    /// The notes on the credit and on the order.
    #[serde(default, with = "wire::null_is_default")]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<serde_json::Map<String, serde_json::Value>>"))]
    pub order_notes: Vec<OrderNote>,
    /// Credits of other RMAs of the order that are about to be created. Searches may not show them yet.
    #[cfg_attr(feature = "schema", schemars(with = "Vec<InFlight>"))]
    #[serde(default, with = "wire::null_is_default", skip_serializing_if = "Vec::is_empty")]
    pub in_flight: Vec<InFlight>,
    /// The credits that RMAs adopted, according to the caller's store.
    #[cfg_attr(feature = "schema", schemars(with = "Vec<CreditClaim>"))]
    #[serde(default, with = "wire::null_is_default", skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<CreditClaim>,
    /// The decisions about reviews.
    #[cfg_attr(feature = "schema", schemars(with = "Vec<Decision>"))]
    #[serde(default, with = "wire::null_is_default", skip_serializing_if = "Vec::is_empty")]
    pub decisions: Vec<Decision>,
    /// Whether the RMA's credit was finished before, according to the caller's store: closed, or set to the complete status. A
    /// person who opened it again has a reason, so it is not finished again.
    #[cfg_attr(feature = "schema", schemars(with = "bool"))]
    #[serde(default, with = "wire::boolean", skip_serializing_if = "is_false")]
    pub finished: bool,
    /// Facts about products.
    #[serde(default, with = "wire::map")]
    #[cfg_attr(feature = "schema", schemars(with = "std::collections::BTreeMap<String, ProductFacts>"))]
    pub products: BTreeMap<ProductId, ProductFacts>,
    /// The account's configuration. It is large, so the worlds of an account share it.
    #[cfg_attr(feature = "schema", schemars(with = "AccountFacts"))]
    #[serde(default, with = "shared")]
    pub account: Arc<AccountFacts>,
}

impl World {
    /// Returns the JSON Schema of snapshots, which is committed as `schema/world.json`. The bodies of both systems are objects
    /// of any form in it.
    #[cfg(feature = "schema")]
    pub fn json_schema() -> serde_json::Value {
        schemars::schema_for!(Self).to_value()
    }

    /// Creates a snapshot with the RMA only.
    pub fn new(rma: Rma) -> Self {
        Self {
            rma,
            order: None,
            orders: Vec::new(),
            credits: Vec::new(),
            payments: Vec::new(),
            goods_in_notes: BTreeMap::new(),
            goods_movements: Vec::new(),
            order_notes: Vec::new(),
            in_flight: Vec::new(),
            claims: Vec::new(),
            decisions: Vec::new(),
            finished: false,
            products: BTreeMap::new(),
            account: Arc::default(),
        }
    }

    /// Reads a snapshot.
    ///
    /// # Errors
    /// If the text is not a snapshot. The error names the path in the document and the expected value.
    // Inline, as requests are (see `brightpearl::request`): a program that only plans does not need the JSON reader.
    #[inline]
    pub fn from_json(text: &str) -> Result<Self, DecodeError> {
        decode::json(text.as_bytes())
    }

    /// Whether a product is stock-tracked. A product without facts counts as tracked.
    pub fn is_stock_tracked(&self, product: ProductId) -> bool {
        self.products.get(&product).is_none_or(|facts| facts.stock_tracked)
    }
}

/// A value in an `Arc` has the format of the value.
mod shared {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<T: Serialize, S: Serializer>(
        value: &Arc<T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        (**value).serialize(serializer)
    }

    pub(super) fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Arc<T>, D::Error> {
        T::deserialize(deserializer).map(Arc::new)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

/// A credit that an RMA adopted, according to the caller's store.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreditClaim {
    /// The sales credit.
    #[cfg_attr(feature = "schema", schemars(with = "u64"))]
    pub credit_id: OrderId,
    /// The RMA that adopted it.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub rma_id: RmaId,
}

/// Facts about a product.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProductFacts {
    /// Whether the product is stock-tracked. Other products are never received.
    #[serde(default = "tracked", deserialize_with = "tracked_unless_told")]
    pub stock_tracked: bool,
}

const fn tracked() -> bool {
    true
}

fn tracked_unless_told<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(wire::optional_boolean::deserialize(deserializer)?.unwrap_or_else(tracked))
}

/// The configuration of a Brightpearl account, as far as returns need it.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AccountFacts {
    /// The integration instance of the app. `None` for a private app without an instance.
    #[cfg_attr(feature = "schema", schemars(with = "Option<u64>"))]
    pub instance_id: Option<InstanceId>,
    /// The IANA name of the time zone.
    pub time_zone: Option<String>,
    /// The base currency of the account.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub base_currency_code: Option<CurrencyCode>,
    /// The configuration in the format of the API.
    #[serde(with = "wire::map")]
    #[cfg_attr(feature = "schema", schemars(with = "std::collections::BTreeMap<String, serde_json::Value>"))]
    pub configuration: AccountConfiguration,
    /// The order statuses of all types.
    #[serde(with = "wire::null_is_default")]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<serde_json::Map<String, serde_json::Value>>"))]
    pub order_statuses: Vec<OrderStatus>,
    /// The sales channels.
    #[serde(with = "wire::null_is_default")]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<serde_json::Map<String, serde_json::Value>>"))]
    pub channels: Vec<Channel>,
    /// The payment methods.
    #[serde(with = "wire::null_is_default")]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<serde_json::Map<String, serde_json::Value>>"))]
    pub payment_methods: Vec<PaymentMethod>,
    /// The chart of accounts.
    #[serde(with = "wire::null_is_default")]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<serde_json::Map<String, serde_json::Value>>"))]
    pub nominal_codes: Vec<NominalAccount>,
    /// The tax codes.
    #[serde(with = "wire::null_is_default")]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<serde_json::Map<String, serde_json::Value>>"))]
    pub tax_codes: Vec<TaxRate>,
    /// The currencies.
    #[serde(with = "wire::null_is_default", skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<serde_json::Map<String, serde_json::Value>>"))]
    pub currencies: Vec<Currency>,
    /// The warehouses and their locations.
    #[cfg_attr(feature = "schema", schemars(with = "Vec<WarehouseFacts>"))]
    #[serde(with = "wire::null_is_default")]
    pub warehouses: Vec<WarehouseFacts>,
    /// The last day of the locked accounting period: Brightpearl posts nothing that is dated on or before it
    /// (docs/evidence/brightpearl-accounting.md#periods-rates-taxes-and-balances). `None` if there is no lock, or if the app
    /// may not read it.
    #[serde(with = "wire::optional", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub locked_until: Option<Date>,
    /// Entries that could not be decoded and are missing above. Where they may matter, a review is needed.
    #[cfg_attr(feature = "schema", schemars(with = "Vec<UnreadableEntry>"))]
    #[serde(with = "wire::null_is_default", skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<UnreadableEntry>,
}

/// An entry of one of the account's lists that could not be decoded.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UnreadableEntry {
    /// The list.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub list: AccountList,
    /// The entry: `row 3 (id 7)`.
    pub entry: String,
    /// Why it could not be decoded.
    pub reason: String,
}

impl fmt::Display for UnreadableEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} cannot be decoded: {}", self.list.in_words(), self.entry, self.reason)
    }
}

open_enum! {
    /// A list of a Brightpearl account.
    pub enum AccountList {
        /// The order statuses of all types.
        OrderStatuses = "orderStatuses",
        /// The sales channels.
        Channels = "channels",
        /// The payment methods.
        PaymentMethods = "paymentMethods",
        /// The chart of accounts.
        NominalCodes = "nominalCodes",
        /// The tax codes.
        TaxCodes = "taxCodes",
        /// The currencies.
        Currencies = "currencies",
        /// The warehouses and their locations.
        Warehouses = "warehouses",
        /// The accounting period lock, which is one object.
        AccountingPeriodLock = "accountingPeriodLock",
    }
}

impl AccountList {
    /// Returns its name in words: `payment methods`.
    pub fn in_words(&self) -> &str {
        match self {
            Self::OrderStatuses => "order statuses",
            Self::PaymentMethods => "payment methods",
            Self::NominalCodes => "nominal codes",
            Self::TaxCodes => "tax codes",
            Self::AccountingPeriodLock => "accounting period lock",
            Self::Channels | Self::Currencies | Self::Warehouses | Self::Other(_) => self.as_str(),
        }
    }
}

impl AccountFacts {
    /// Returns the first entry of this list that could not be decoded.
    pub fn unreadable(&self, list: &AccountList) -> Option<&UnreadableEntry> {
        self.unreadable.iter().find(|entry| entry.list == *list)
    }

    /// Returns the payment method with this code.
    pub(crate) fn payment_method(&self, code: &PaymentMethodCode) -> Option<&PaymentMethod> {
        self.payment_methods.iter().find(|method| method.code.is(code))
    }

    /// Returns the account's time zone. `None` if it is unknown or not in the IANA database.
    pub fn time_zone(&self) -> Option<TimeZone> {
        TimeZone::get(self.time_zone_name()?).ok()
    }

    /// Returns the name of the account's time zone.
    pub fn time_zone_name(&self) -> Option<&str> {
        self.time_zone.as_deref().or_else(|| self.configuration.time_zone())
    }

    /// Returns the base currency of the account.
    pub fn base_currency(&self) -> Option<CurrencyCode> {
        self.base_currency_code.clone().or_else(|| self.configuration.base_currency())
    }

    /// Returns the warehouse, if it is known.
    pub fn warehouse(&self, id: WarehouseId) -> Option<&WarehouseFacts> {
        self.warehouses.iter().find(|warehouse| warehouse.id == id)
    }

    /// Whether a location is the quarantine of its warehouse. `None` if the warehouse's quarantine is unknown.
    pub(crate) fn is_quarantine(
        &self,
        warehouse: Option<WarehouseId>,
        location: Option<LocationId>,
    ) -> Option<bool> {
        let quarantine = self.warehouse(warehouse?)?.quarantine_location_id?;
        Some(location? == quarantine)
    }

    /// Returns the tax code with its rate, if it is known.
    pub fn tax_code(&self, code: &brightpearl::TaxCode) -> Option<&TaxRate> {
        self.tax_codes.iter().find(|rate| rate.code == *code)
    }
}

/// A warehouse with its locations for returned goods.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WarehouseFacts {
    /// The warehouse.
    #[cfg_attr(feature = "schema", schemars(with = "u64"))]
    pub id: WarehouseId,
    /// The default location for received goods.
    #[serde(default, with = "wire::optional", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<u64>"))]
    pub default_location_id: Option<LocationId>,
    /// The location of goods until they are inspected.
    #[serde(default, with = "wire::optional", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<u64>"))]
    pub quarantine_location_id: Option<LocationId>,
}
