//! The state of each returned unit, from the goods-in notes of the credit and the stock movements of their batches.
//!
//! States are never added up from events: each plan counts all notes and movements, so duplicate, lost and reordered
//! events make no difference. Notes are read by id, their lines in order, and the units of a row by lowest id
//! (docs/evidence/brightpearl-warehouse.md#goods-in-notes,
//! docs/evidence/brightpearl-warehouse.md#quarantine, docs/evidence/brightpearl-warehouse.md#stock-corrections,
//! docs/evidence/brightpearl-warehouse.md#goods-movements,
//! docs/evidence/brightpearl-warehouse.md#goods-of-a-return).

mod goods_in_notes;
mod movements;
mod receipts;
mod returned_goods;
mod row_progress;
mod stock_rows;
mod whole_pieces;

pub(crate) use returned_goods::{ReturnedGoods, expects_no_goods};
pub(crate) use stock_rows::StockRows;
