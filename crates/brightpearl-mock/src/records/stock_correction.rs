use brightpearl::{LocationId, OffsetDateTime, OrderId, ProductId, WarehouseId};

use crate::stock::BatchStock;

/// A stock correction.
pub(crate) struct StoredCorrection {
    pub(crate) warehouse: WarehouseId,
    pub(crate) order: Option<OrderId>,
    pub(crate) reason: String,
    pub(crate) product: ProductId,
    pub(crate) location: LocationId,
    /// The signed quantities by batch.
    pub(crate) moved: Vec<BatchStock>,
    pub(crate) created_on: OffsetDateTime,
}
