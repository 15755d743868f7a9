//! `order-note-search` (docs/evidence/brightpearl-orders.md#order-notes).

use brightpearl::{OrderId, order::OrderNote};
use serde_json::json;

use crate::{
    gateway::{Answer, Call, Problem},
    search::{Column, Kind, Table, no_names},
    state::Account,
};

/// A note with the order that it is on.
struct Row {
    order: OrderId,
    note: OrderNote,
}

const NOTES: Table<Row> = Table {
    columns: &[
        Column::new("orderId", Kind::IdSet, |row| json!(row.order)),
        Column::new("noteId", Kind::IdSet, |row| json!(row.note.note_id)),
        Column::new("contactId", Kind::IdSet, |row| json!(row.note.contact_id)),
        Column::new("noteText", Kind::SearchText, |row| json!(row.note.text)),
        Column::new("isPublic", Kind::Boolean, |row| json!(row.note.is_public)),
        Column::new("dateAdded", Kind::Period, |row| json!(row.note.added_on)),
        Column::new("addedBy", Kind::IdSet, |row| json!(row.note.added_by)),
        Column::new("orderStatusId", Kind::IdSet, |row| json!(row.note.order_status_id)),
    ],
    sort: "noteId",
};

/// `GET /order-note-search`.
pub(crate) fn search(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let wanted = call.filtered_ids("orderId");
    let notes = account.order_notes.iter();
    let rows: Vec<Row> = notes
        .filter(|(order, _)| wanted.as_ref().is_none_or(|wanted| wanted.contains(**order)))
        .flat_map(|(order, notes)| notes.iter().map(|note| Row { order: *order, note: note.clone() }))
        .collect();
    NOTES.search(rows.iter().filter(|row| call.is_indexed(row.note.added_on)), call, &no_names)
}
