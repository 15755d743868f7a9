//! Exchanges: what the shopper gets instead, and the orders made for it (docs/evidence/returngo.md#exchanges).

use api_client_core::{open_enum, wire};
use serde::{Deserialize, Serialize};

use crate::Money;

open_enum! {
    /// Which price an exchange goes by.
    pub enum ItemPriceMethod {
        /// What was paid for the returned unit.
        PaidPrice = "PaidPrice",
        /// The catalogue price.
        CatalogPrice = "CatalogPrice",
    }
}

open_enum! {
    /// The purpose of an order that was made for an RMA.
    pub enum ExchangeOrderType {
        /// The new unit.
        Exchange = "Exchange",
        /// A fee that the shopper pays.
        Fee = "Fee",
    }
}

/// A product that the shopper gets in exchange.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExchangeItem {
    /// The platform's product.
    #[serde(default, with = "wire::informational_text", skip_serializing_if = "Option::is_none")]
    pub product_id: Option<String>,
    /// The platform's variant.
    #[serde(default, with = "wire::informational_text", skip_serializing_if = "Option::is_none")]
    pub variant_id: Option<String>,
    /// How many.
    #[serde(default = "one", with = "wire::unsigned")]
    pub quantity: u64,
    /// The SKU.
    #[serde(default, with = "wire::informational_text", skip_serializing_if = "Option::is_none")]
    pub sku: Option<String>,
    /// Which price it goes by.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub item_price_method: Option<ItemPriceMethod>,
    /// The prices within which the exchange is free, `{min, max}`, unchanged: the form of the bounds is not
    /// known.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub free_exchange_price_range: Option<serde_json::Value>,
    /// The catalogue price.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub catalog_price: Option<Money>,
    /// The value that it counts for; may be above or below the price of the returned unit.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub effective_price: Option<Money>,
}

const fn one() -> u64 {
    1
}

/// An order that was made for an RMA.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExchangeOrder {
    /// The draft.
    #[serde(default, with = "wire::informational_text")]
    pub draft_order_id: Option<String>,
    /// The order; none while it is a draft (`""` on the wire).
    #[serde(default, with = "wire::informational_text")]
    pub order_id: Option<String>,
    /// Its name; the draft's (`#D123`) while it is one.
    #[serde(default, with = "wire::informational")]
    pub order_name: String,
    /// The purpose.
    #[serde(rename = "type", default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub kind: Option<ExchangeOrderType>,
}
