//! Notes on orders (brightpearl-orders.md §6).

use api_client_core::{Endpoint, Idempotency, Method, OffsetDateTime};
use serde::{Deserialize, Serialize};

use crate::{
    answer,
    ids::{ContactId, OrderId, OrderNoteId, OrderStatusId},
    request::Request,
};

const LIST: Endpoint = Endpoint::new(Method::Get, "/order-service/order/{orderId}/note", Idempotency::Read);
const CREATE: Endpoint =
    Endpoint::new(Method::Post, "/order-service/order/{orderId}/note", Idempotency::UnkeyedWrite);

/// A note on an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderNote {
    /// The note.
    pub note_id: OrderNoteId,
    /// The order; not on the wire, where the path names it, but in collected facts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<OrderId>,
    /// The order's contact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact_id: Option<ContactId>,
    /// The text; may hold HTML.
    #[serde(default)]
    pub text: String,
    /// Whether the customer may see it.
    #[serde(default)]
    pub is_public: bool,
    /// When it was added.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub added_on: Option<OffsetDateTime>,
    /// Who added it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub added_by: Option<ContactId>,
    /// The order's status then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_status_id: Option<OrderStatusId>,
    /// An attached file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_id: Option<u64>,
}

/// A note to add.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewOrderNote {
    /// The text.
    pub text: String,
    /// Whether the customer may see it.
    #[serde(default)]
    pub is_public: bool,
}

/// All notes of an order.
pub fn list(order: OrderId) -> Request<Vec<OrderNote>> {
    Request::new(LIST, &[&order], answer::payload).empty_when_absent()
}

/// Adds a note. There is no key: look at the notes before sending one again.
pub fn create(order: OrderId, note: &NewOrderNote) -> Request<OrderNoteId> {
    Request::new(CREATE, &[&order], answer::payload).body(note).find_out("read the order's notes")
}

/// The notes on orders: [`Client::order_notes`](crate::Client::order_notes).
#[cfg(feature = "client")]
#[derive(Debug, Clone, Copy)]
pub struct OrderNotes<'c>(pub(crate) &'c crate::Client);

#[cfg(feature = "client")]
impl OrderNotes<'_> {
    /// All notes of an order.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn list(&self, order: OrderId) -> Result<Vec<OrderNote>, crate::Error> {
        self.0.send(&list(order)).await
    }

    /// Adds a note.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn create(&self, order: OrderId, note: &NewOrderNote) -> Result<OrderNoteId, crate::Error> {
        self.0.send(&create(order, note)).await
    }
}
