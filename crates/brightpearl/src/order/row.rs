//! Rows of orders (docs/evidence/brightpearl-orders.md#reading-orders, docs/evidence/brightpearl-orders.md#order-rows).
//!
//! ```
//! use brightpearl::{OrderId, OrderRowId, Patch, order::row};
//!
//! // Both, or Brightpearl recomputes the tax.
//! let changes =
//!     Patch::new().replace("/rowValue/rowNet/value", "41.67").replace("/rowValue/rowTax/value", "8.33");
//! let request = row::patch(OrderId::new(300955), OrderRowId::new(884120), &changes);
//! assert_eq!(request.to_string(), "PATCH /order-service/order/300955/row/884120");
//! ```

use std::collections::BTreeMap;

use api_client_core::{CurrencyCode, Endpoint, Idempotency, Method, wire};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::TaxCalculator;
use crate::{
    Patch, answer,
    ids::{NominalCode, OrderId, OrderRowId, ProductId, TaxCode},
    request::Request,
};

const CREATE: Endpoint =
    Endpoint::new(Method::Post, "/order-service/order/{orderId}/row", Idempotency::UnkeyedWrite);
const PATCH: Endpoint =
    Endpoint::new(Method::Patch, "/order-service/order/{orderId}/row/{rowId}", Idempotency::RepeatableWrite);
const DELETE: Endpoint =
    Endpoint::new(Method::Delete, "/order-service/order/{orderId}/row/{rowId}", Idempotency::RepeatableWrite);

/// A row of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderRow {
    /// The place of the row, in steps of ten.
    #[serde(default, with = "wire::null_is_default")]
    pub order_row_sequence: Sequence,
    /// The product; [`ProductId::FREE_TEXT`] on a free-text row.
    #[serde(default = "free_text")]
    pub product_id: ProductId,
    /// The name on the row.
    #[serde(default, with = "wire::text_or_empty")]
    pub product_name: String,
    /// The SKU when the row was made; absent on free text.
    #[serde(default, with = "wire::empty_is_none", skip_serializing_if = "Option::is_none")]
    pub product_sku: Option<String>,
    /// How many.
    pub quantity: Quantity,
    /// The cost of one.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub item_cost: Option<CurrencyValue>,
    /// The list price of one.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub product_price: Option<CurrencyValue>,
    /// Per cent off the list price.
    #[serde(default, with = "wire::informational_decimal", skip_serializing_if = "Option::is_none")]
    pub discount_percentage: Option<Decimal>,
    /// The money of the whole row.
    pub row_value: RowValue,
    /// The nominal code.
    #[serde(default, with = "wire::optional", skip_serializing_if = "Option::is_none")]
    pub nominal_code: Option<NominalCode>,
    /// The variant's options by name.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub product_options: Option<BTreeMap<String, String>>,
    /// Its place in a bundle.
    #[serde(default, with = "wire::null_is_default")]
    pub composition: Composition,
    /// The creator's reference of the row.
    #[serde(default, with = "wire::empty_is_none", skip_serializing_if = "Option::is_none")]
    pub external_ref: Option<String>,
    /// The row it was cloned from.
    #[serde(default, with = "wire::informational_id")]
    pub cloned_from_id: Option<OrderRowId>,
}

const fn free_text() -> ProductId {
    ProductId::FREE_TEXT
}

impl OrderRow {
    /// Returns the product, unless the row is free text or has a hidden product.
    pub fn product(&self) -> Option<ProductId> {
        (!self.product_id.is_hidden()).then_some(self.product_id)
    }
}

/// The place of a row, a numeric string on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Sequence(u64);

impl Sequence {
    /// The place with this number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The row's place as a number.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl<'de> Deserialize<'de> for Sequence {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        wire::unsigned::deserialize(deserializer).map(Self)
    }
}

impl Serialize for Sequence {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// How many.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quantity {
    /// The number, four decimals.
    #[serde(with = "wire::decimal")]
    pub magnitude: Decimal,
}

/// An amount as rows write it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CurrencyValue {
    /// The currency; ignored on input.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub currency_code: Option<CurrencyCode>,
    /// The amount.
    #[serde(with = "wire::decimal")]
    pub value: Decimal,
}

/// The money of a whole row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RowValue {
    /// The tax rate in per cent.
    #[serde(default, with = "wire::informational_decimal", skip_serializing_if = "Option::is_none")]
    pub tax_rate: Option<Decimal>,
    /// The tax code.
    #[serde(default, with = "wire::optional", skip_serializing_if = "Option::is_none")]
    pub tax_code: Option<TaxCode>,
    /// Who computes the tax.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub tax_calculator: Option<TaxCalculator>,
    /// Without tax; four decimals are stored.
    pub row_net: CurrencyValue,
    /// The tax; two decimals are stored.
    pub row_tax: CurrencyValue,
    /// The tax code's internal id.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub tax_class_id: Option<u64>,
}

impl RowValue {
    /// With tax.
    pub fn gross(&self) -> Decimal {
        self.row_net.value.saturating_add(self.row_tax.value)
    }
}

/// The place of a row in a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Composition {
    /// The row is a bundle; its components follow as rows.
    #[serde(default, with = "wire::boolean")]
    pub bundle_parent: bool,
    /// The row is a component.
    #[serde(default, with = "wire::stated_boolean")]
    pub bundle_child: bool,
    /// The bundle's row, for a component.
    #[serde(with = "wire::zero_is_none")]
    pub parent_order_row_id: Option<OrderRowId>,
}

/// A row to add to an order. Rejected once the order is invoiced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewOrderRow {
    /// The product; none for a free-text row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_id: Option<ProductId>,
    /// The name; needed on a free-text row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_name: Option<String>,
    /// How many; whole for stock-tracked products.
    pub quantity: Quantity,
    /// The money of the whole row.
    pub row_value: NewRowValue,
    /// The nominal code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nominal_code: Option<NominalCode>,
}

impl NewOrderRow {
    /// Creates a row for a product: net and tax of the whole row, in the order's currency.
    pub fn product(
        product: ProductId,
        quantity: Decimal,
        tax_code: impl Into<TaxCode>,
        net: Decimal,
        tax: Decimal,
    ) -> Self {
        Self { product_id: Some(product), ..Self::bare(quantity, tax_code.into(), net, tax) }
    }

    /// Creates a row of one unit without a product: net and tax in the order's currency.
    pub fn free_text(
        name: impl Into<String>,
        tax_code: impl Into<TaxCode>,
        net: Decimal,
        tax: Decimal,
    ) -> Self {
        Self { product_name: Some(name.into()), ..Self::bare(Decimal::ONE, tax_code.into(), net, tax) }
    }

    fn bare(magnitude: Decimal, tax_code: TaxCode, net: Decimal, tax: Decimal) -> Self {
        let value = |value| CurrencyValue { currency_code: None, value };
        Self {
            product_id: None,
            product_name: None,
            quantity: Quantity { magnitude },
            row_value: NewRowValue { tax_code, row_net: value(net), row_tax: value(tax) },
            nominal_code: None,
        }
    }
}

/// The money of a row to add; at most two decimals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewRowValue {
    /// The tax code.
    pub tax_code: TaxCode,
    /// Without tax.
    pub row_net: CurrencyValue,
    /// The tax.
    pub row_tax: CurrencyValue,
}

/// Adds a row to an order. There is no key: look at the rows before sending one again.
///
/// A bundle brings the rows of its components along; only its own id is answered. Rejected with `ORDC-003` for an
/// unknown order, `ORDC-026` without product and name, `ORDC-024` for a wrong quantity, `ORDC-023` for a bundle
/// on a purchase.
#[inline]
pub fn create(order: OrderId, row: &NewOrderRow) -> Request<OrderRowId> {
    Request::new(CREATE, &[&order], answer::payload).body(row).with_verification_hint("read the order's rows")
}

/// Changes single fields of a row, and returns the row. Not once the order is invoiced.
///
/// | path | rule |
/// |---|---|
/// | `/quantity/magnitude` | at most 4 decimals; not below what is reserved or fulfilled |
/// | `/rowValue/rowNet/value`, `/rowValue/rowTax/value` | at most 4 decimals |
/// | `/rowValue/taxCalculator` | replace only: `brightpearl`, `manual`, `avalara` |
/// | `/nominalCode`, `/orderRowSequence` | |
///
/// If the calculator is `brightpearl`, changing the net alone makes Brightpearl **recompute the tax**: to keep
/// an amount, change both.
#[inline]
pub fn patch(order: OrderId, row: OrderRowId, changes: &Patch) -> Request<OrderRow> {
    Request::new(PATCH, &[&order, &row], answer::payload)
        .body(changes)
        .with_verification_hint("read the order's rows")
}

/// Deletes a row of an order. Rejected once the order is invoiced.
#[inline]
pub fn delete(order: OrderId, row: OrderRowId) -> Request<()> {
    Request::new(DELETE, &[&order, &row], answer::nothing)
}

/// The rows of orders: [`Client::order_rows`](crate::Client::order_rows).
#[cfg(feature = "client")]
#[derive(Debug, Clone, Copy)]
pub struct OrderRows<'c>(pub(crate) &'c crate::Client);

#[cfg(feature = "client")]
impl OrderRows<'_> {
    /// Adds a row to an order.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn create(&self, order: OrderId, row: &NewOrderRow) -> Result<OrderRowId, crate::Error> {
        self.0.send(&create(order, row)).await
    }

    /// Changes single fields of a row; see [`patch`].
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn patch(
        &self,
        order: OrderId,
        row: OrderRowId,
        changes: &Patch,
    ) -> Result<OrderRow, crate::Error> {
        self.0.send(&patch(order, row, changes)).await
    }

    /// Deletes a row of an order.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn delete(&self, order: OrderId, row: OrderRowId) -> Result<(), crate::Error> {
        self.0.send(&delete(order, row)).await
    }
}
