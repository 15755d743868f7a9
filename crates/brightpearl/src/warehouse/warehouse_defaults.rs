//! The default locations of products in a warehouse
//! (docs/evidence/brightpearl-warehouse.md#warehouses-and-locations).
//!
//! ```
//! use brightpearl::{ProductId, WarehouseId, warehouse::warehouse_defaults};
//!
//! let request = warehouse_defaults::get(WarehouseId::new(2), &ProductId::new(1523).into());
//! assert_eq!(request.to_string(), "GET /warehouse-service/warehouse/2/product/1523");
//! ```

use api_client_core::{Endpoint, Idempotency, Method, wire};
use serde::{Deserialize, Serialize};

use crate::{
    IdSet, answer,
    ids::{LocationId, ProductId, WarehouseId},
    request::Request,
};

const GET: Endpoint = Endpoint::new(
    Method::Get,
    "/warehouse-service/warehouse/{warehouseId}/product/{productIds}",
    Idempotency::Read,
);

/// A product's place in a warehouse, and when to order more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct WarehouseDefaults {
    /// The product.
    pub product_id: ProductId,
    /// The default location: the best place to restock a return. None means the warehouse's own default
    /// location.
    #[serde(default, with = "wire::zero_is_none")]
    pub default_location_id: Option<LocationId>,
    /// The overflow location.
    #[serde(default, with = "wire::zero_is_none")]
    pub overflow_location_id: Option<LocationId>,
    /// At how many units more are ordered.
    #[serde(default)]
    pub reorder_level: i64,
    /// How many are ordered then.
    #[serde(default)]
    pub reorder_quantity: i64,
}

/// Requests the places of these products in a warehouse; products without one are left out.
#[inline]
pub fn get(warehouse: WarehouseId, products: &IdSet<ProductId>) -> Request<Vec<WarehouseDefaults>> {
    Request::new(GET, &[&warehouse, products], answer::payload).empty_when_absent()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_is_no_place() {
        let wire = r#"{"productId":1523,"defaultLocationId":55,"overflowLocationId":0,"reorderLevel":5,"reorderQuantity":25}"#;
        let defaults: WarehouseDefaults = serde_json::from_str(wire).unwrap();
        assert_eq!(defaults.default_location_id, Some(LocationId::new(55)));
        assert_eq!(defaults.overflow_location_id, None);
        assert_eq!(serde_json::to_string(&defaults).unwrap(), wire);
        let request = get(WarehouseId::new(2), &"1523-1525".parse().unwrap());
        assert_eq!(request.to_string(), "GET /warehouse-service/warehouse/2/product/1523-1525");
    }
}
