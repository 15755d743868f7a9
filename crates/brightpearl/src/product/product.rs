//! Products, as far as returns need them (brightpearl-orders.md §9.4).

use std::collections::BTreeMap;

use api_client_core::{Endpoint, Idempotency, Method, wire};
use serde::{Deserialize, Serialize};

use crate::{
    IdSet, answer,
    ids::{LocationId, NominalCode, ProductId, WarehouseId},
    request::Request,
};

const GET: Endpoint = Endpoint::new(Method::Get, "/product-service/product/{productIds}", Idempotency::Read);

/// A product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Product {
    /// The product.
    pub id: ProductId,
    /// Its codes.
    #[serde(default)]
    pub identity: Identity,
    /// Its stock.
    #[serde(default)]
    pub stock: Stock,
    /// Whether it is a bundle.
    #[serde(default)]
    pub composition: ProductComposition,
    /// Its places in the warehouses.
    #[serde(default, with = "wire::null_is_default")]
    pub warehouses: BTreeMap<WarehouseId, ProductWarehouse>,
    /// Where its sales are posted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nominal_code_sales: Option<NominalCode>,
    /// Such as `LIVE`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
}

/// The codes of a product.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs, reason = "the names of the trade")]
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
pub struct Stock {
    /// Whether its stock is counted. Bundles never are; what is not counted is never received.
    pub stock_tracked: bool,
}

/// Whether a product is a bundle, and of what.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
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
pub struct BundleComponent {
    /// The product.
    pub product_id: ProductId,
    /// How many go into one bundle.
    #[serde(with = "wire::unsigned")]
    pub product_quantity: u64,
}

/// A product's place in a warehouse.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProductWarehouse {
    /// Where it is put unless somebody says otherwise.
    #[serde(with = "wire::zero_is_none")]
    pub default_location_id: Option<LocationId>,
}

/// Products by id; those that do not exist are left out.
pub fn get(ids: &IdSet) -> Request<Vec<Product>> {
    Request::new(GET, &[ids], answer::payload).empty_when_absent()
}

/// The products of an account: [`Client::products`](crate::Client::products).
#[cfg(feature = "client")]
#[derive(Debug, Clone, Copy)]
pub struct Products<'c>(pub(crate) &'c crate::Client);

#[cfg(feature = "client")]
impl Products<'_> {
    /// Products by id; those that do not exist are left out.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn get(&self, ids: &IdSet) -> Result<Vec<Product>, crate::Error> {
        self.0.in_chunks(ids, get).await
    }
}
