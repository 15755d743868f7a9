//! Goods movements: every change of stock (docs/evidence/brightpearl-warehouse.md#goods-movements). Readable by
//! search only.
//!
//! ```
//! use brightpearl::{GoodsInNoteId, warehouse::{GoodsMovementSearch, goods_movement}};
//!
//! let request = goods_movement::search(&GoodsMovementSearch::new().batch(&GoodsInNoteId::new(60431)));
//! assert_eq!(request.to_string(), "GET /warehouse-service/goods-movement-search?batchId=60431");
//! ```

use api_client_core::{CurrencyCode, Endpoint, Idempotency, Method, OffsetDateTime, open_enum, wire};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    IdSet,
    ids::{
        GoodsInNoteId, GoodsMovementId, GoodsNoteId, LocationId, OrderId, OrderRowId, ProductId, WarehouseId,
    },
    request::Request,
    search::{Page, Period, SearchQuery, searchable},
};

const SEARCH: Endpoint =
    Endpoint::new(Method::Get, "/warehouse-service/goods-movement-search", Idempotency::Read);

open_enum! {
    /// What kind of note moved the goods. Here `SC` is a stock correction, not a sales credit.
    pub enum GoodsNoteTypeCode {
        /// Goods out.
        GoodsOut = "GO",
        /// Goods in.
        GoodsIn = "GI",
        /// Internal transfer, which a quarantine release is too.
        InternalTransfer = "IT",
        /// Stock correction.
        StockCorrection = "SC",
    }
}

/// A movement of goods: negative where they leave, positive where they arrive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GoodsMovement {
    /// The movement.
    pub goods_movement_id: GoodsMovementId,
    /// The product.
    pub product_id: ProductId,
    /// The sale's row.
    #[serde(default, with = "wire::optional")]
    pub sales_order_row_id: Option<OrderRowId>,
    /// The purchase's or credit's row.
    #[serde(default, with = "wire::optional")]
    pub purchase_order_row_id: Option<OrderRowId>,
    /// How many.
    #[serde(with = "wire::integer")]
    pub quantity: i64,
    /// The location.
    #[serde(default, with = "wire::optional")]
    pub destination_location_id: Option<LocationId>,
    /// The warehouse.
    #[serde(default, with = "wire::optional")]
    pub warehouse_id: Option<WarehouseId>,
    /// The note that moved them.
    #[serde(default, with = "wire::optional")]
    pub goods_note_id: Option<GoodsNoteId>,
    /// The cost of one.
    #[serde(default, with = "wire::informational_decimal")]
    pub product_value: Option<Decimal>,
    /// The cost's currency.
    #[serde(default, with = "wire::informational")]
    pub currency_code: Option<CurrencyCode>,
    /// The order, where the movement names one.
    #[serde(default, with = "wire::optional")]
    pub order_id: Option<OrderId>,
    /// Whether the stock is cleared.
    #[serde(default, with = "wire::informational")]
    pub is_cleared: Option<bool>,
    /// Whether the location is the quarantine.
    #[serde(default, with = "wire::optional_boolean")]
    pub is_quarantine: Option<bool>,
    /// The batch: the goods-in note that brought the stock.
    #[serde(default, with = "wire::optional")]
    pub batch_id: Option<GoodsInNoteId>,
    /// The kind of note.
    #[serde(default, with = "wire::optional")]
    pub goods_note_type_code: Option<GoodsNoteTypeCode>,
    /// When.
    #[serde(default, with = "wire::optional")]
    pub updated_on: Option<OffsetDateTime>,
}

searchable! {
    /// Finds goods movements.
    pub struct GoodsMovementSearch for GoodsMovement, at SEARCH {
        /// These movements.
        ids(IdSet<GoodsMovementId>) = "goodsMovementId",
        /// Of this batch: one goods-in note.
        batch(GoodsInNoteId) = "batchId",
        /// Of this product.
        product(ProductId) = "productId",
        /// Naming this order.
        order(OrderId) = "orderId",
        /// Of these rows of sales.
        sales_order_rows(IdSet<OrderRowId>) = "salesOrderRowId",
        /// Of these rows of purchases and credits.
        purchase_order_rows(IdSet<OrderRowId>) = "purchaseOrderRowId",
        /// Made by this note.
        note(GoodsNoteId) = "goodsNoteId",
        /// Made by these notes.
        notes(IdSet<GoodsNoteId>) = "goodsNoteId",
        /// Into or out of this location.
        location(LocationId) = "destinationLocationId",
        /// In this warehouse.
        warehouse(WarehouseId) = "warehouseId",
        /// In the quarantine, or not.
        quarantine(bool) = "isQuarantine",
        /// Of cleared stock, or not.
        cleared(bool) = "isCleared",
        /// Of this kind.
        note_type(GoodsNoteTypeCode) = "goodsNoteTypeCode",
        /// In this period.
        updated_on(Period) = "updatedOn",
    }

    /// The columns of a search of goods movements, as [`GoodsMovementSearch::columns`] takes them.
    pub enum GoodsMovementColumn {
        GoodsMovementId = "goodsMovementId",
        ProductId = "productId",
        SalesOrderRowId = "salesOrderRowId",
        PurchaseOrderRowId = "purchaseOrderRowId",
        Quantity = "quantity",
        DestinationLocationId = "destinationLocationId",
        WarehouseId = "warehouseId",
        GoodsNoteId = "goodsNoteId",
        ProductValue = "productValue",
        CurrencyCode = "currencyCode",
        OrderId = "orderId",
        IsCleared = "isCleared",
        IsQuarantine = "isQuarantine",
        BatchId = "batchId",
        GoodsNoteTypeCode = "goodsNoteTypeCode",
        UpdatedOn = "updatedOn",
    }

    key "goodsMovementId" in goods_movement_id: GoodsMovementId;
    always "productId", "quantity";
}

/// Requests one page of movements.
#[inline]
pub fn search(search: &GoodsMovementSearch) -> Request<Page<GoodsMovement>> {
    search.request()
}

/// The goods movements of an account: [`Client::goods_movements`](crate::Client::goods_movements).
#[cfg(feature = "client")]
#[derive(Debug, Clone, Copy)]
pub struct GoodsMovements<'c>(pub(crate) &'c crate::Client);

#[cfg(feature = "client")]
impl GoodsMovements<'_> {
    /// Searches for movements.
    pub fn search(&self, search: GoodsMovementSearch) -> crate::client::Results<GoodsMovementSearch> {
        crate::client::Results::new(self.0, search)
    }
}
