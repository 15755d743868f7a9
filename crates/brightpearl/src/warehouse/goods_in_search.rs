//! Finding what was received, batch by batch (docs/evidence/brightpearl-warehouse.md#goods-in-search).
//!
//! ```
//! use brightpearl::{OrderId, warehouse::{GoodsInSearch, goods_in_search}};
//!
//! let request = goods_in_search::search(&GoodsInSearch::new().orders(&OrderId::new(418820).into()));
//! assert_eq!(request.to_string(), "GET /warehouse-service/goods-in-search?purchaseOrderId=418820");
//! ```

use api_client_core::{CurrencyCode, Endpoint, Idempotency, Method, OffsetDateTime, wire};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    IdSet,
    ids::{GoodsInNoteId, LocationId, OrderId, ProductId, WarehouseId},
    request::Request,
    search::{Page, Period, SearchQuery, searchable},
};

/// Directly below the service: there is no `goods-note/goods-in-search`.
const SEARCH: Endpoint = Endpoint::new(Method::Get, "/warehouse-service/goods-in-search", Idempotency::Read);

/// A product of one batch in one location.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ReceivedGoods {
    /// The order it was received for. That sales credits are named here too is plausible, not documented.
    pub purchase_order_id: Option<OrderId>,
    /// The batch: the goods-in note.
    pub batch_id: Option<GoodsInNoteId>,
    /// The note's unique reference.
    pub user_batch_ref: Option<String>,
    /// The product.
    pub product_id: Option<ProductId>,
    /// The location.
    pub location_id: Option<LocationId>,
    /// The location's aisle; `QUARANTINE` for the quarantine location.
    pub grouping_a: Option<String>,
    /// Its bay.
    pub grouping_b: Option<String>,
    /// Its shelf.
    pub grouping_c: Option<String>,
    /// Its bin.
    pub grouping_d: Option<String>,
    /// The cost of one.
    #[serde(default, with = "wire::optional_decimal")]
    pub price: Option<Decimal>,
    /// Costs of getting it here.
    #[serde(default, with = "wire::optional_decimal")]
    pub landed_costs: Option<Decimal>,
    /// The currency of both.
    pub curr_code: Option<CurrencyCode>,
    /// How many came.
    pub received_quantity: Option<i64>,
    /// How many of them are still there and free.
    pub on_hand: Option<i64>,
    /// When the note was made.
    pub created_date: Option<OffsetDateTime>,
    /// When the goods came.
    pub received_date: Option<OffsetDateTime>,
    /// The warehouse.
    pub warehouse_id: Option<WarehouseId>,
}

searchable! {
    /// Finds received goods.
    pub struct GoodsInSearch for ReceivedGoods, at SEARCH {
        /// Received for these orders.
        orders(IdSet<OrderId>) = "purchaseOrderId",
        /// Of these batches: goods-in notes.
        batches(IdSet<GoodsInNoteId>) = "batchId",
        /// Of the note with this reference.
        user_batch_ref(str) = "userBatchRef",
        /// Of this product.
        product(ProductId) = "productId",
        /// In this location.
        location(LocationId) = "locationId",
        /// In this warehouse.
        warehouse(WarehouseId) = "warehouseId",
        /// Received in this period.
        received(Period) = "receivedDate",
    }

    /// The columns of a search of received goods, as [`GoodsInSearch::columns`] takes them.
    pub enum GoodsInColumn {
        PurchaseOrderId = "purchaseOrderId",
        BatchId = "batchId",
        UserBatchRef = "userBatchRef",
        ProductId = "productId",
        LocationId = "locationId",
        GroupingA = "groupingA",
        GroupingB = "groupingB",
        GroupingC = "groupingC",
        GroupingD = "groupingD",
        Price = "price",
        LandedCosts = "landedCosts",
        CurrCode = "currCode",
        ReceivedQuantity = "receivedQuantity",
        OnHand = "onHand",
        CreatedDate = "createdDate",
        ReceivedDate = "receivedDate",
        WarehouseId = "warehouseId",
    }
}

/// Requests one page of received goods.
#[inline]
pub fn search(search: &GoodsInSearch) -> Request<Page<ReceivedGoods>> {
    search.request()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sweep_of_receipts_reads_as_a_period() {
        let since = Period::from("2026-05-01T00:00:00Z".parse::<OffsetDateTime>().unwrap());
        let search = GoodsInSearch::new().received(&since).sort("batchId.ASC");
        assert_eq!(
            super::search(&search).to_string(),
            "GET /warehouse-service/goods-in-search?receivedDate=2026-05-01T00:00:00.000Z/&sort=batchId.ASC"
        );
    }
}
