//! Products (docs/evidence/brightpearl-orders.md#products).
//!
//! For a return three things count: whether the stock is counted, whether it is a bundle, and where it lies in
//! a warehouse.
//!
//! ```
//! use brightpearl::product::{Product, product};
//!
//! assert_eq!(product::get(&"2044,2051".parse()?).to_string(), "GET /product-service/product/2044,2051");
//! let answer = r#"{"id":2044,"identity":{"sku":"LS-M"},"stock":{"stockTracked":true}}"#;
//! let shirt: Product = serde_json::from_str(answer)?;
//! assert!(shirt.stock.stock_tracked == Some(true) && !shirt.composition.bundle);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::collections::BTreeMap;

use api_client_core::{Endpoint, Idempotency, Method, OffsetDateTime, wire};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

#[cfg(feature = "client")]
use super::ProductSearch;
use crate::{
    IdSet, Patch, answer, get_uris,
    ids::{
        BrandId, CollectionId, ContactId, LocationId, NominalCode, ProductGroupId, ProductId, ProductTypeId,
        TaxCode, TaxCodeId, WarehouseId,
    },
    order::CustomFields,
    request::Request,
};

pub use super::product_status::ProductStatus;

const GET: Endpoint = Endpoint::new(Method::Get, "/product-service/product/{productIds}", Idempotency::Read);
const OPTIONS: Endpoint =
    Endpoint::new(Method::Options, "/product-service/product/{productIds}", Idempotency::Read);
const CUSTOM_FIELDS: Endpoint =
    Endpoint::new(Method::Get, "/product-service/product/{productId}/custom-field", Idempotency::Read);
const PATCH_CUSTOM_FIELDS: Endpoint = Endpoint::new(
    Method::Patch,
    "/product-service/product/{productId}/custom-field",
    Idempotency::RepeatableWrite,
);

/// A product. Its numbers are JSON numbers, unlike those of orders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Product {
    /// The product.
    pub id: ProductId,
    /// Its brand.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub brand_id: Option<BrandId>,
    /// Its collection within the brand.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub collection_id: Option<CollectionId>,
    /// Its type.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub product_type_id: Option<ProductTypeId>,
    /// Its codes.
    #[serde(default, with = "wire::informational")]
    pub identity: Identity,
    /// The group of variants it belongs to; 0 for none.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub product_group_id: Option<ProductGroupId>,
    /// Whether shops put it forward.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub featured: Option<bool>,
    /// Its stock.
    #[serde(default, with = "wire::null_is_default")]
    pub stock: Stock,
    /// Its tax.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub financial_details: Option<ProductFinancialDetails>,
    /// Its name and texts, channel by channel.
    #[serde(default, with = "wire::informational")]
    pub sales_channels: Vec<ProductSalesChannel>,
    /// Whether it is a bundle.
    #[serde(default, with = "wire::informational")]
    pub composition: ProductComposition,
    /// What makes it this variant of its group.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub variations: Option<Vec<Variation>>,
    /// Its places in the warehouses.
    #[serde(default, with = "wire::informational")]
    pub warehouses: BTreeMap<WarehouseId, ProductWarehouse>,
    /// Where its stock is posted.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub nominal_code_stock: Option<NominalCode>,
    /// Where its purchases are posted.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub nominal_code_purchases: Option<NominalCode>,
    /// Where its sales are posted.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub nominal_code_sales: Option<NominalCode>,
    /// Its seasons.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub season_ids: Option<Vec<u64>>,
    /// Its places in reports.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub reporting: Option<Reporting>,
    /// Whether it is sold.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub status: Option<ProductStatus>,
    /// Its supplier; only some accounts show it.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub primary_supplier_id: Option<ContactId>,
    /// When it was created.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub created_on: Option<OffsetDateTime>,
    /// When it changed; absent until it does.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub updated_on: Option<OffsetDateTime>,
    /// What staff are told when they sell it.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub sales_popup_message: Option<String>,
    /// What staff are told when they pick or receive it.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub warehouse_popup_message: Option<String>,
    /// When it changed, in milliseconds since 1970.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// Custom fields that are set; only when asked for.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub custom_fields: Option<CustomFields>,
}

impl Product {
    /// Its name in the account itself, or in the first channel there is.
    pub fn name(&self) -> Option<&str> {
        let own = |channel: &&ProductSalesChannel| channel.sales_channel_name == "Brightpearl";
        let channel = self.sales_channels.iter().find(own).or(self.sales_channels.first())?;
        Some(channel.product_name.as_str())
    }
}

/// The codes of a product.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs, reason = "the names of the trade")]
#[non_exhaustive]
pub struct Identity {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sku: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub barcode: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ean: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upc: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub isbn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mpn: Option<String>,
}

/// The stock keeping of a product.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Stock {
    /// Whether its stock is counted. Bundles never are; what is not counted is never received.
    #[serde(with = "wire::optional_boolean")]
    pub stock_tracked: Option<bool>,
    /// What one weighs, in the account's unit.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub weight: Option<Weight>,
    /// How large one is.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub dimensions: Option<Dimensions>,
}

/// A weight in the account's unit (`productWeightUnit` of its configuration).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Weight {
    /// The number.
    #[serde(with = "wire::decimal_number")]
    pub magnitude: Decimal,
}

/// A size.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Dimensions {
    /// From front to back.
    #[serde(with = "wire::decimal_number")]
    pub length: Decimal,
    /// From bottom to top.
    #[serde(with = "wire::decimal_number")]
    pub height: Decimal,
    /// From side to side.
    #[serde(with = "wire::decimal_number")]
    pub width: Decimal,
    /// All of it.
    #[serde(with = "wire::decimal_number")]
    pub volume: Decimal,
}

/// The tax of a product.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ProductFinancialDetails {
    /// Whether it is taxed; of accounts with sales tax.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taxable: Option<bool>,
    /// Its tax code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax_code: Option<ProductTaxCode>,
}

/// The tax code of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ProductTaxCode {
    /// The internal id.
    pub id: TaxCodeId,
    /// The code that rows carry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<TaxCode>,
}

/// A product as one channel shows it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ProductSalesChannel {
    /// The channel's name; `Brightpearl` for the account itself.
    pub sales_channel_name: String,
    /// The product's name there.
    pub product_name: String,
    /// Such as `new`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product_condition: Option<String>,
    /// Its categories there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub categories: Option<Vec<ProductCategory>>,
    /// What is said of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<ProductDescription>,
    /// The same in short.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub short_description: Option<ProductDescription>,
}

/// A category that a product is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ProductCategory {
    /// The category's number, as a text.
    #[serde(with = "wire::text")]
    pub category_code: String,
}

/// A text about a product.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ProductDescription {
    /// Such as `en`.
    pub language_code: String,
    /// The text.
    pub text: String,
    /// Such as `HTML_FRAGMENT`.
    pub format: String,
}

/// Whether a product is a bundle, and of what.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ProductComposition {
    /// Whether it is one.
    pub bundle: bool,
    /// Its components.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bundle_components: Vec<BundleComponent>,
}

/// A component of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct BundleComponent {
    /// The product.
    pub product_id: ProductId,
    /// How many go into one bundle.
    #[serde(with = "wire::unsigned")]
    pub product_quantity: u64,
    /// What it is made of, when it is a bundle itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub composition: Option<ProductComposition>,
}

/// What makes a product one variant of its group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Variation {
    /// In what variants differ.
    pub option_id: u64,
    /// The name of that, such as `Colour`.
    #[serde(default)]
    pub option_name: String,
    /// Which one this is.
    pub option_value_id: u64,
    /// The name of that, such as `Black`.
    #[serde(default)]
    pub option_value: String,
}

/// A product's place in a warehouse, and when to order more.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ProductWarehouse {
    /// The default location.
    #[serde(with = "wire::zero_is_none")]
    pub default_location_id: Option<LocationId>,
    /// The overflow location.
    #[serde(with = "wire::zero_is_none")]
    pub overflow_location_id: Option<LocationId>,
    /// At how many units more are ordered.
    pub reorder_level: i64,
    /// How many are ordered then.
    pub reorder_quantity: i64,
}

/// A product's places in reports.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Reporting {
    /// The category.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category_id: Option<u64>,
    /// The category below.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub_category_id: Option<u64>,
    /// The season.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub season_id: Option<u64>,
}

/// Requests products by id; those that do not exist are left out.
#[inline]
pub fn get(ids: &IdSet<ProductId>) -> Request<Vec<Product>> {
    Request::new(GET, &[ids], answer::payload).empty_when_absent()
}

/// As [`get`], with the custom fields that are set.
#[inline]
pub fn get_with_custom_fields(ids: &IdSet<ProductId>) -> Request<Vec<Product>> {
    get(ids).query("includeOptional", "customFields")
}

/// Requests which of these products exist, in sets that one GET takes each; of all products when the set is empty.
#[inline]
pub fn options(ids: &IdSet<ProductId>) -> Request<Vec<IdSet<ProductId>>> {
    Request::new(OPTIONS, &[ids], get_uris::id_sets)
}

/// Requests the custom fields of a product that are set.
#[inline]
pub fn custom_fields(product: ProductId) -> Request<CustomFields> {
    Request::new(CUSTOM_FIELDS, &[&product], answer::payload)
}

/// Sets and clears custom fields of a product, as
/// [`order::custom_field::patch`](crate::order::custom_field::patch) does of an order.
#[inline]
pub fn patch_custom_fields(product: ProductId, changes: &Patch) -> Request<CustomFields> {
    Request::new(PATCH_CUSTOM_FIELDS, &[&product], answer::payload)
        .body(changes)
        .with_verification_hint("read the product's custom fields")
}

/// The products of an account: [`Client::products`](crate::Client::products).
#[cfg(feature = "client")]
#[derive(Debug, Clone, Copy)]
pub struct Products<'c>(pub(crate) &'c crate::Client);

#[cfg(feature = "client")]
impl Products<'_> {
    /// Gets products by id; those that do not exist are left out.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn get(&self, ids: &IdSet<ProductId>) -> Result<Vec<Product>, crate::Error> {
        self.0.in_chunks(ids, get).await
    }

    /// As [`Products::get`], with the custom fields that are set.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn get_with_custom_fields(&self, ids: &IdSet<ProductId>) -> Result<Vec<Product>, crate::Error> {
        self.0.in_chunks(ids, get_with_custom_fields).await
    }

    /// Lists which of these exist; see [`options`].
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn options(&self, ids: &IdSet<ProductId>) -> Result<Vec<IdSet<ProductId>>, crate::Error> {
        self.0.send(&options(ids)).await
    }

    /// Searches for products.
    pub fn search(&self, search: ProductSearch) -> crate::client::Results<ProductSearch> {
        crate::client::Results::new(self.0, search)
    }

    /// Gets the custom fields of a product that are set.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn custom_fields(&self, product: ProductId) -> Result<CustomFields, crate::Error> {
        self.0.send(&custom_fields(product)).await
    }

    /// Sets and clears custom fields of a product; see [`patch_custom_fields`].
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn patch_custom_fields(
        &self,
        product: ProductId,
        changes: &Patch,
    ) -> Result<CustomFields, crate::Error> {
        self.0.send(&patch_custom_fields(product, changes)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_accounts_own_name_goes_before_a_channels() {
        let mut product: Product = serde_json::from_str(
            r#"{"id":2044,"salesChannels":[{"salesChannelName":"Web","productName":"Shirt"},
                {"salesChannelName":"Brightpearl","productName":"Linen shirt M"}]}"#,
        )
        .unwrap();
        assert_eq!(product.name(), Some("Linen shirt M"));
        product.sales_channels.pop();
        assert_eq!(product.name(), Some("Shirt"));
        product.sales_channels.clear();
        assert_eq!(product.name(), None);
    }
}
