//! The products of an account that starts, and how many of them are there.

use std::collections::BTreeMap;

use brightpearl::{LocationId, NominalCode, ProductId, WarehouseId};
use rust_decimal::Decimal;
use serde::Deserialize;

/// A product; a bundle when it has components. The cost is of one, in base currency.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs, reason = "as Brightpearl names them")]
pub struct SeedProduct {
    pub id: ProductId,
    pub name: String,
    pub sku: Option<String>,
    #[serde(default)]
    pub stock_tracked: bool,
    #[serde(default)]
    pub cost: Decimal,
    #[serde(default)]
    pub components: Vec<SeedComponent>,
    pub nominal_code_sales: Option<NominalCode>,
    #[serde(default)]
    pub default_location_ids: BTreeMap<WarehouseId, LocationId>,
}

impl SeedProduct {
    /// A product without stock, such as a service.
    pub fn untracked(id: u64, sku: &str, name: &str) -> Self {
        Self {
            id: ProductId::new(id),
            name: name.to_owned(),
            sku: Some(sku.to_owned()),
            stock_tracked: false,
            cost: Decimal::ZERO,
            components: Vec::new(),
            nominal_code_sales: None,
            default_location_ids: BTreeMap::new(),
        }
    }

    /// A product with stock.
    pub fn tracked(id: u64, sku: &str, name: &str) -> Self {
        Self { stock_tracked: true, ..Self::untracked(id, sku, name) }
    }

    /// A bundle of so many of other products.
    pub fn bundle(id: u64, sku: &str, name: &str, components: impl IntoIterator<Item = (u64, u64)>) -> Self {
        let component =
            |(id, product_quantity)| SeedComponent { product_id: ProductId::new(id), product_quantity };
        Self { components: components.into_iter().map(component).collect(), ..Self::untracked(id, sku, name) }
    }

    /// What one costs, in base currency.
    #[must_use]
    pub fn cost(self, cost: impl Into<Decimal>) -> Self {
        Self { cost: cost.into(), ..self }
    }

    /// Where it lies in a warehouse unless somebody says otherwise.
    #[must_use]
    pub fn default_location(mut self, warehouse: u64, location: u64) -> Self {
        self.default_location_ids.insert(WarehouseId::new(warehouse), LocationId::new(location));
        self
    }
}

/// So many of a product in a bundle.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs, reason = "as Brightpearl names them")]
pub struct SeedComponent {
    pub product_id: ProductId,
    pub product_quantity: u64,
}

/// So many of a product that are in a warehouse when the account starts, at the product's cost.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs, reason = "as Brightpearl names them")]
pub struct SeedStock {
    pub product_id: ProductId,
    pub warehouse_id: WarehouseId,
    /// The warehouse's default location when absent.
    pub location_id: Option<LocationId>,
    pub quantity: u32,
}

impl SeedStock {
    /// So many in the warehouse's default location.
    pub const fn new(product: u64, warehouse: u64, quantity: u32) -> Self {
        Self {
            product_id: ProductId::new(product),
            warehouse_id: WarehouseId::new(warehouse),
            location_id: None,
            quantity,
        }
    }

    /// In another location, such as the quarantine.
    #[must_use]
    pub const fn at(mut self, location: u64) -> Self {
        self.location_id = Some(LocationId::new(location));
        self
    }
}
