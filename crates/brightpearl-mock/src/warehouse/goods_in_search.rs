//! `goods-in-search`: one row for each batch, product and location
//! (docs/evidence/brightpearl-warehouse.md#goods-in-search).

use std::collections::BTreeMap;

use brightpearl::{
    GoodsInNoteId, LocationId, OffsetDateTime, ProductId,
    warehouse::{GoodsInLine, GoodsInNote, ProductValue},
};
use serde_json::{Value, json};

use crate::{
    gateway::{Answer, Call, Problem},
    index::MovementKey,
    search::{Column, Kind, Table, no_names},
    state::Account,
    text,
};

struct Row {
    batch: GoodsInNoteId,
    note: GoodsInNote,
    line: GoodsInLine,
    received: i64,
    on_hand: i64,
    groupings: [Option<String>; 4],
    /// When the note was created.
    created: Value,
}

type BatchColumn = Column<Row>;

/// The columns in Brightpearl's order. That a sales credit is in `purchaseOrderId` is an assumption.
const BATCHES: Table<Row> = Table {
    columns: &[
        BatchColumn::new("purchaseOrderId", Kind::IdSet, |row| json!(row.note.order_id)),
        BatchColumn::new("batchId", Kind::IdSet, |row| json!(row.batch)),
        BatchColumn::new("userBatchRef", Kind::Text, |row| json!(row.note.user_batch_reference)),
        BatchColumn::new("productId", Kind::IdSet, |row| json!(row.line.product_id)),
        BatchColumn::new("locationId", Kind::IdSet, |row| json!(row.line.destination_location_id)),
        BatchColumn::new("groupingA", Kind::Text, |row| grouping(row, 0)),
        BatchColumn::new("groupingB", Kind::Text, |row| grouping(row, 1)),
        BatchColumn::new("groupingC", Kind::Text, |row| grouping(row, 2)),
        BatchColumn::new("groupingD", Kind::Text, |row| grouping(row, 3)),
        BatchColumn::new("price", Kind::Text, |row| text(value(row).map(|value| value.value))),
        BatchColumn::new("landedCosts", Kind::Text, |_| json!("0.0000")),
        BatchColumn::new("currCode", Kind::Text, |row| json!(value(row).map(|value| &value.currency))),
        BatchColumn::new("receivedQuantity", Kind::Integer, |row| json!(row.received)),
        BatchColumn::new("onHand", Kind::Integer, |row| json!(row.on_hand)),
        BatchColumn::new("createdDate", Kind::Period, |row| row.created.clone()),
        BatchColumn::new("receivedDate", Kind::Period, |row| json!(row.note.received_on)),
        BatchColumn::new("warehouseId", Kind::IdSet, |row| json!(row.line.warehouse_id)),
    ],
    sort: "batchId",
};

const fn value(row: &Row) -> Option<&ProductValue> {
    row.line.product_value.as_ref()
}

fn grouping(row: &Row, place: usize) -> Value {
    json!(row.groupings.get(place))
}

/// `GET /goods-in-search`.
pub(crate) fn search(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let indexed = |(id, _): &(&GoodsInNoteId, &GoodsInNote)| call.is_indexed(made(account, **id));
    let notes = account.goods_in_notes.iter().filter(indexed);
    let rows: Vec<Row> = notes.flat_map(|(id, note)| rows(account, *id, note)).collect();
    BATCHES.search(rows.iter(), call, &no_names)
}

fn rows(account: &Account, batch: GoodsInNoteId, note: &GoodsInNote) -> Vec<Row> {
    let mut rows: BTreeMap<(ProductId, Option<LocationId>), Row> = BTreeMap::new();
    for line in &note.goods_moved {
        let place = (line.product_id, line.destination_location_id);
        let row = rows.entry(place).or_insert_with(|| row(account, batch, note, line));
        row.received += line.quantity;
    }
    rows.into_values().collect()
}

/// Returns when a note was created, which is the time of its first movement.
fn made(account: &Account, note: GoodsInNoteId) -> Option<OffsetDateTime> {
    let first = account.index.movements(MovementKey::Note, note.get()).next()?;
    account.movements.get(*first)?.updated_on
}

fn row(account: &Account, batch: GoodsInNoteId, note: &GoodsInNote, line: &GoodsInLine) -> Row {
    let location = line.destination_location_id;
    let stock =
        location.map(|location| account.stock.batches_in(location, line.product_id)).unwrap_or_default();
    let stored = line.warehouse_id.and_then(|warehouse| account.warehouse(warehouse));
    let groupings = location.zip(stored).map(|(location, stored)| stored.groupings(location));
    Row {
        batch,
        note: note.clone(),
        line: line.clone(),
        received: 0,
        on_hand: stock.iter().filter(|stock| stock.batch == batch).map(|stock| stock.quantity).sum(),
        groupings: groupings.unwrap_or_default(),
        created: json!(made(account, batch)),
    }
}
