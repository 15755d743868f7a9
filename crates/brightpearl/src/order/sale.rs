//! What sales orders and sales credits have in common as resources of their own
//! (docs/evidence/brightpearl-orders.md#reading-a-sales-credit,
//! docs/evidence/brightpearl-orders.md#sales-orders).

use api_client_core::{CurrencyCode, OffsetDateTime, wire};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Address, TaxCalculator, row::Sequence};
use crate::ids::{ContactId, NominalCode, OrderRowId, ProductId, ShippingMethodId, TaxCode, TaxCodeId};

/// The customer of a sale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SaleCustomer {
    /// The contact.
    pub id: ContactId,
    /// The address; the contact's own when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
}

/// A billing contact and address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SaleBilling {
    /// The contact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact_id: Option<ContactId>,
    /// The address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
}

/// The currency of a sale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SaleCurrency {
    /// The currency.
    pub code: CurrencyCode,
    /// Whether the rate stays as it is when the sale is invoiced.
    #[serde(default)]
    pub fixed_exchange_rate: bool,
    /// Units of this currency for one of base currency; sent only when it is fixed.
    #[serde(default, with = "wire::optional_decimal", skip_serializing_if = "Option::is_none")]
    pub exchange_rate: Option<Decimal>,
}

/// Where and how a sale is delivered.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SaleDelivery {
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<OffsetDateTime>,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// How.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipping_method_id: Option<ShippingMethodId>,
}

/// A row of a sale, as it reads. What stands below `external_ref` cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SaleRow {
    /// The row; receiving names it as `purchaseOrderRowId`.
    pub id: OrderRowId,
    /// The product; none or [`ProductId::FREE_TEXT`] on a free-text row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_id: Option<ProductId>,
    /// The name on the row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How many.
    #[serde(with = "wire::decimal")]
    pub quantity: Decimal,
    /// The tax code.
    pub tax_code: TaxCode,
    /// The whole row without tax.
    #[serde(with = "wire::decimal")]
    pub net: Decimal,
    /// The whole row's tax.
    #[serde(with = "wire::decimal")]
    pub tax: Decimal,
    /// The nominal code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nominal_code: Option<NominalCode>,
    /// The creator's reference of the row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_ref: Option<String>,
    /// The SKU when the row was made; absent on free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku: Option<String>,
    /// The row is a bundle; its components follow as rows.
    #[serde(default)]
    pub bundle_parent: bool,
    /// The row is a component.
    #[serde(default)]
    pub bundle_child: bool,
    /// The bundle's row, for a component.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_row_id: Option<OrderRowId>,
    /// The list price of one.
    #[serde(default, with = "wire::optional_decimal", skip_serializing_if = "Option::is_none")]
    pub product_price: Option<Decimal>,
    /// Per cent off the list price.
    #[serde(default, with = "wire::optional_decimal", skip_serializing_if = "Option::is_none")]
    pub discount_percentage: Option<Decimal>,
    /// The place of the row, in steps of ten.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<Sequence>,
    /// The tax code's internal id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_class_id: Option<TaxCodeId>,
    /// Who computes the tax.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_calculator: Option<TaxCalculator>,
    /// The row it was cloned from; 0 when none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cloned_from_id: Option<OrderRowId>,
    /// What it costs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row_cost: Option<RowCost>,
}

/// What a row of a sale costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RowCost {
    /// Of the units that are not shipped yet.
    #[serde(default, with = "wire::optional_decimal", skip_serializing_if = "Option::is_none")]
    pub unshipped_cost: Option<Decimal>,
}

/// The totals of a sale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SaleTotal {
    /// Without tax.
    #[serde(with = "wire::decimal")]
    pub net: Decimal,
    /// The tax.
    #[serde(with = "wire::decimal")]
    pub tax: Decimal,
    /// With tax.
    #[serde(with = "wire::decimal")]
    pub gross: Decimal,
    /// Without tax, in base currency.
    #[serde(default, with = "wire::optional_decimal", skip_serializing_if = "Option::is_none")]
    pub base_net: Option<Decimal>,
    /// The tax, in base currency.
    #[serde(default, with = "wire::optional_decimal", skip_serializing_if = "Option::is_none")]
    pub base_tax: Option<Decimal>,
    /// With tax, in base currency.
    #[serde(default, with = "wire::optional_decimal", skip_serializing_if = "Option::is_none")]
    pub base_gross: Option<Decimal>,
}
