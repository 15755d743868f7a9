//! `warehouse-service`: goods-in notes, quarantine, stock corrections, goods movements, availability, warehouses
//! and their locations.
#![allow(clippy::module_inception, reason = "the folder is Brightpearl's service, the file its resource")]

pub mod goods_in_note;
pub mod goods_in_search;
pub mod goods_movement;
pub mod location;
pub mod product_availability;
pub mod quarantine;
pub mod stock_correction;
pub mod warehouse;
pub mod warehouse_defaults;

pub use goods_in_note::{
    GoodsInCorrection, GoodsInLine, GoodsInNote, GoodsNoteStatus, NewGoodsInLine, NewGoodsInNote,
    NewProductValue, ProductValue,
};
pub use goods_in_search::{GoodsInColumn, GoodsInSearch, ReceivedGoods};
pub use goods_movement::{GoodsMovement, GoodsMovementColumn, GoodsMovementSearch, GoodsNoteTypeCode};
pub use location::{Location, LocationColumn, LocationRow, LocationSearch};
pub use product_availability::{AvailabilitySection, ProductAvailability, StockCounts};
pub use quarantine::Release;
pub use stock_correction::{NewStockCorrection, StockCorrection};
pub use warehouse::{Warehouse, WarehouseColumn, WarehouseRow, WarehouseSearch};
pub use warehouse_defaults::WarehouseDefaults;
