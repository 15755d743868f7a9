use std::collections::BTreeMap;

use brightpearl::{LocationId, NominalCode, OffsetDateTime, ProductId, WarehouseId};
use rust_decimal::Decimal;
use serde::Serialize;

/// A product of the account.
#[derive(Debug, Clone)]
pub(crate) struct StoredProduct {
    pub(crate) id: ProductId,
    pub(crate) name: String,
    pub(crate) sku: Option<String>,
    pub(crate) stock_tracked: bool,
    /// The cost of one unit, in base currency.
    pub(crate) cost: Decimal,
    /// The components of a bundle. Empty for other products.
    pub(crate) components: Vec<Component>,
    pub(crate) nominal_code_sales: Option<NominalCode>,
    pub(crate) default_locations: BTreeMap<WarehouseId, LocationId>,
    /// The mock never changes a product, so this is its last change too.
    pub(crate) created_on: OffsetDateTime,
}

/// A product in a bundle, with its quantity.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Component {
    pub(crate) product_id: ProductId,
    pub(crate) product_quantity: u64,
}

impl StoredProduct {
    pub(crate) fn is_bundle(&self) -> bool {
        !self.components.is_empty()
    }
}
