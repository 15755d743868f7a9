//! `warehouse-service`: goods-in notes, quarantine, goods movements, warehouses.
#![allow(clippy::module_inception, reason = "the folder is Brightpearl's service, the file its resource")]

pub mod goods_in_note;
pub mod goods_movement;
pub mod quarantine;
pub mod warehouse;

pub use goods_in_note::{
    GoodsInLine, GoodsInNote, GoodsNoteStatus, NewGoodsInLine, NewGoodsInNote, NewProductValue, ProductValue,
};
pub use goods_movement::{GoodsMovement, GoodsMovementSearch, GoodsNoteTypeCode};
pub use quarantine::Release;
pub use warehouse::Warehouse;
