//! The products of a seed and their opening stock.

use std::collections::BTreeMap;

use api_client_core::wire;
use brightpearl::{LocationId, NominalCode, ProductId, WarehouseId};
use rust_decimal::Decimal;
use serde::Deserialize;

/// A product, or a bundle if it has components. The cost is that of one unit, in base currency.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs, reason = "as Brightpearl names them")]
pub struct SeedProduct {
    pub id: ProductId,
    pub name: String,
    pub sku: Option<String>,
    #[serde(default)]
    pub stock_tracked: bool,
    #[serde(default, with = "wire::decimal")]
    pub cost: Decimal,
    #[serde(default)]
    pub components: Vec<SeedComponent>,
    pub nominal_code_sales: Option<NominalCode>,
    #[serde(default)]
    pub default_location_ids: BTreeMap<WarehouseId, LocationId>,
}

impl SeedProduct {
    /// Creates a product without stock, such as a service.
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

    /// Creates a product with stock.
    pub fn tracked(id: u64, sku: &str, name: &str) -> Self {
        Self { stock_tracked: true, ..Self::untracked(id, sku, name) }
    }

    /// Creates a bundle of other products, each with its quantity.
    pub fn bundle(id: u64, sku: &str, name: &str, components: impl IntoIterator<Item = (u64, u64)>) -> Self {
        let component =
            |(id, product_quantity)| SeedComponent { product_id: ProductId::new(id), product_quantity };
        Self { components: components.into_iter().map(component).collect(), ..Self::untracked(id, sku, name) }
    }

    /// Sets the cost of one unit, in base currency.
    #[must_use]
    pub fn cost(self, cost: impl Into<Decimal>) -> Self {
        Self { cost: cost.into(), ..self }
    }

    /// Sets the default location in a warehouse.
    #[must_use]
    pub fn default_location(mut self, warehouse: u64, location: u64) -> Self {
        self.default_location_ids.insert(WarehouseId::new(warehouse), LocationId::new(location));
        self
    }
}

/// A component of a bundle, with its quantity.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs, reason = "as Brightpearl names them")]
pub struct SeedComponent {
    pub product_id: ProductId,
    pub product_quantity: u64,
}

/// Opening stock of a product in a warehouse, at the product's cost.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs, reason = "as Brightpearl names them")]
pub struct SeedStock {
    pub product_id: ProductId,
    pub warehouse_id: WarehouseId,
    /// By default the warehouse's default location.
    pub location_id: Option<LocationId>,
    pub quantity: u32,
}

impl SeedStock {
    /// Creates opening stock in the warehouse's default location.
    pub const fn new(product: u64, warehouse: u64, quantity: u32) -> Self {
        Self {
            product_id: ProductId::new(product),
            warehouse_id: WarehouseId::new(warehouse),
            location_id: None,
            quantity,
        }
    }

    /// Sets another location, such as the quarantine.
    #[must_use]
    pub const fn at(mut self, location: u64) -> Self {
        self.location_id = Some(LocationId::new(location));
        self
    }
}
