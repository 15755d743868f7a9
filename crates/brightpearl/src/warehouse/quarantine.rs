//! The quarantine of a warehouse (docs/evidence/brightpearl-warehouse.md#quarantine).
//!
//! ```
//! use brightpearl::{LocationId, ProductId, WarehouseId, warehouse::{Release, quarantine}};
//!
//! let two = Release { product_id: ProductId::new(1788), quantity: 2, to_location_id: LocationId::new(2) };
//! let request = quarantine::release(WarehouseId::new(2), two);
//! assert_eq!(request.json(), Some(r#"{"productId":1788,"quantity":2,"toLocationId":2}"#));
//! ```

use api_client_core::{Endpoint, Idempotency, Method};
use serde::Serialize;

use crate::{
    answer,
    ids::{LocationId, ProductId, WarehouseId},
    request::Request,
};

const LOCATION: Endpoint = Endpoint::new(
    Method::Get,
    "/warehouse-service/warehouse/{warehouseId}/location/quarantine",
    Idempotency::Read,
);
const RELEASE: Endpoint = Endpoint::new(
    Method::Post,
    "/warehouse-service/warehouse/{warehouseId}/quarantine/release",
    Idempotency::UnkeyedWrite,
);

/// Units to release from quarantine. No order or note can be named: the oldest batch presumably goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Release {
    /// The product.
    pub product_id: ProductId,
    /// How many.
    pub quantity: u32,
    /// Where they go.
    pub to_location_id: LocationId,
}

impl Release {
    /// Creates a release of units of a product to a location.
    pub const fn new(product: ProductId, quantity: u32, to: LocationId) -> Self {
        Self { product_id: product, quantity, to_location_id: to }
    }
}

/// Requests the quarantine location of a warehouse.
#[inline]
pub fn location(warehouse: WarehouseId) -> Request<LocationId> {
    Request::new(LOCATION, &[&warehouse], answer::payload)
}

/// Releases units from quarantine. Returns no id and has no key: read the goods movements before sending it
/// again. `WHSB-023` reports that none are in it.
#[inline]
pub fn release(warehouse: WarehouseId, release: Release) -> Request<()> {
    Request::new(RELEASE, &[&warehouse], answer::nothing)
        .body(&release)
        .with_verification_hint("search the product's goods movements")
}
