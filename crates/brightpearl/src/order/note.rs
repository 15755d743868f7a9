//! Notes on orders (docs/evidence/brightpearl-orders.md#order-notes).
//!
//! ```
//! use brightpearl::{OrderId, order::{NewOrderNote, note}};
//!
//! let text = NewOrderNote { text: "Parcel opened, all there".into(), is_public: false };
//! assert_eq!(note::create(OrderId::new(300955), &text).to_string(), "POST /order-service/order/300955/note");
//! ```

use api_client_core::{Endpoint, Idempotency, Method, OffsetDateTime, wire};
use serde::{Deserialize, Serialize};

use crate::{
    IdSet, answer,
    ids::{ContactId, OrderId, OrderNoteId, OrderStatusId},
    request::Request,
    search::{Page, Period, SearchQuery, searchable},
};

const LIST: Endpoint = Endpoint::new(Method::Get, "/order-service/order/{orderId}/note", Idempotency::Read);
const GET: Endpoint =
    Endpoint::new(Method::Get, "/order-service/order/{orderId}/note/{noteIds}", Idempotency::Read);
const SEARCH: Endpoint = Endpoint::new(Method::Get, "/order-service/order-note-search", Idempotency::Read);
const CREATE: Endpoint =
    Endpoint::new(Method::Post, "/order-service/order/{orderId}/note", Idempotency::UnkeyedWrite);

/// A note on an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderNote {
    /// The note.
    pub note_id: OrderNoteId,
    /// The order; not on the wire, where the path names it, but in what was read.
    #[serde(default, with = "wire::optional", skip_serializing_if = "Option::is_none")]
    pub order_id: Option<OrderId>,
    /// The order's contact.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub contact_id: Option<ContactId>,
    /// The text; may hold HTML.
    #[serde(default, with = "wire::text_or_empty")]
    pub text: String,
    /// Whether the customer may see it.
    #[serde(default, with = "wire::informational")]
    pub is_public: bool,
    /// When it was added.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub added_on: Option<OffsetDateTime>,
    /// Who added it.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub added_by: Option<ContactId>,
    /// The order's status then.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub order_status_id: Option<OrderStatusId>,
    /// An attached file.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub file_id: Option<u64>,
}

/// A note to add. Its time is that of its arrival, and it has no file: Brightpearl accepts an `addedOn` and a
/// `fileId` too, but its API cannot create a file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewOrderNote {
    /// The text; may hold HTML. How characters beyond the basic plane are handled is not known: leave emoji
    /// out.
    pub text: String,
    /// Whether the customer may see it.
    #[serde(default)]
    pub is_public: bool,
}

impl NewOrderNote {
    /// Creates a note that the customer does not see.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_public: false }
    }
}

/// A note as `order-note-search` lists it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct OrderNoteRow {
    /// The order.
    pub order_id: Option<OrderId>,
    /// The note.
    pub note_id: Option<OrderNoteId>,
    /// The order's contact.
    pub contact_id: Option<ContactId>,
    /// The text.
    pub note_text: Option<String>,
    /// Whether the customer may see it.
    pub is_public: Option<bool>,
    /// When it was added.
    pub date_added: Option<OffsetDateTime>,
    /// Who added it.
    pub added_by: Option<ContactId>,
    /// The order's status then.
    pub order_status_id: Option<OrderStatusId>,
}

searchable! {
    /// Finds notes on all orders.
    pub struct OrderNoteSearch for OrderNoteRow, at SEARCH {
        /// On these orders.
        orders(IdSet<OrderId>) = "orderId",
        /// These notes.
        ids(IdSet<OrderNoteId>) = "noteId",
        /// With this text in them.
        text_contains(str) = "noteText",
        /// That customers may see, or not.
        public(bool) = "isPublic",
        /// Added in this period.
        added(Period) = "dateAdded",
        /// Added by this person or program.
        added_by(ContactId) = "addedBy",
        /// Added while the order was in this status.
        status(OrderStatusId) = "orderStatusId",
    }

    /// The columns of a note search, as [`OrderNoteSearch::columns`] takes them.
    pub enum OrderNoteColumn {
        OrderId = "orderId",
        NoteId = "noteId",
        ContactId = "contactId",
        NoteText = "noteText",
        IsPublic = "isPublic",
        DateAdded = "dateAdded",
        AddedBy = "addedBy",
        OrderStatusId = "orderStatusId",
    }

    key "noteId" in note_id: OrderNoteId;
}

/// Requests all notes of an order.
#[inline]
pub fn list(order: OrderId) -> Request<Vec<OrderNote>> {
    Request::new(LIST, &[&order], answer::payload).empty_when_absent()
}

/// Requests these notes of an order.
#[inline]
pub fn get(order: OrderId, notes: &IdSet<OrderNoteId>) -> Request<Vec<OrderNote>> {
    Request::new(GET, &[&order, notes], answer::payload).empty_when_absent()
}

/// Requests one page of a search.
#[inline]
pub fn search(search: &OrderNoteSearch) -> Request<Page<OrderNoteRow>> {
    search.request()
}

/// Adds a note. There is no key: look at the notes before sending one again.
#[inline]
pub fn create(order: OrderId, note: &NewOrderNote) -> Request<OrderNoteId> {
    Request::new(CREATE, &[&order], answer::payload)
        .body(note)
        .with_verification_hint("read the order's notes")
}

/// The notes on orders: [`Client::order_notes`](crate::Client::order_notes).
#[cfg(feature = "client")]
#[derive(Debug, Clone, Copy)]
pub struct OrderNotes<'c>(pub(crate) &'c crate::Client);

#[cfg(feature = "client")]
impl OrderNotes<'_> {
    /// Lists all notes of an order.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn list(&self, order: OrderId) -> Result<Vec<OrderNote>, crate::Error> {
        self.0.send(&list(order)).await
    }

    /// Gets these notes of an order; those that do not exist are left out.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn get(
        &self,
        order: OrderId,
        notes: &IdSet<OrderNoteId>,
    ) -> Result<Vec<OrderNote>, crate::Error> {
        self.0.in_chunks(notes, |notes| get(order, notes)).await
    }

    /// Searches for notes.
    pub fn search(&self, search: OrderNoteSearch) -> crate::client::Results<OrderNoteSearch> {
        crate::client::Results::new(self.0, search)
    }

    /// Adds a note.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn create(&self, order: OrderId, note: &NewOrderNote) -> Result<OrderNoteId, crate::Error> {
        self.0.send(&create(order, note)).await
    }
}
