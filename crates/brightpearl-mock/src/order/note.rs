//! Notes on orders (docs/evidence/brightpearl-orders.md#order-notes).

use brightpearl::{OffsetDateTime, OrderId, OrderNoteId, order::OrderNote};
use serde::Deserialize;
use serde_json::json;

use crate::{
    gateway::{Answer, Call, Problem, placeholder_codes},
    search::{Column, Kind, Table, no_names},
    state::{API_USER, Account},
};

/// `GET /order/{id}/note[/{ids}]`.
pub(crate) fn list(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let order: OrderId = call.id(0)?;
    let ids = call.ids(1)?;
    let wanted = |note: &&OrderNote| ids.as_ref().is_none_or(|ids| ids.contains(note.note_id.get()));
    let found: Vec<OrderNote> =
        account.order_notes.get(&order).into_iter().flatten().filter(wanted).cloned().collect();
    Answer::non_empty(found, "No order notes found")
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NoteBody {
    text: Option<String>,
    #[serde(default)]
    is_public: bool,
    added_on: Option<OffsetDateTime>,
    file_id: Option<u64>,
}

/// `POST /order/{id}/note`.
pub(crate) fn create(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let body: NoteBody = call.body()?;
    let id: OrderId = call.id(0)?;
    account.order(id)?;
    let text = body
        .text
        .filter(|text| !text.is_empty())
        .ok_or_else(|| Problem::client(placeholder_codes::TEXT, "The note's text is required"))?;
    let added_on = account.local(body.added_on.map_or(call.now, OffsetDateTime::timestamp));
    let new = NewNote { text, is_public: body.is_public, file_id: body.file_id, added_on };
    Ok(Answer::of(add(account, id, new)))
}

/// A note to add.
pub(super) struct NewNote {
    pub(super) text: String,
    pub(super) is_public: bool,
    pub(super) file_id: Option<u64>,
    pub(super) added_on: OffsetDateTime,
}

/// Adds a note to an order.
pub(super) fn add(account: &mut Account, id: OrderId, new: NewNote) -> OrderNoteId {
    let note_id = OrderNoteId::new(account.next_ids.note.next());
    let order = account.orders.get(&id);
    let note = OrderNote {
        note_id,
        order_id: None,
        contact_id: order.and_then(|order| order.parties.customer.as_ref()?.contact_id),
        text: new.text,
        is_public: new.is_public,
        added_on: Some(new.added_on),
        added_by: Some(API_USER),
        order_status_id: order.map(|order| order.order_status.order_status_id),
        file_id: new.file_id,
    };
    account.order_notes.entry(id).or_default().push(note);
    note_id
}

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
