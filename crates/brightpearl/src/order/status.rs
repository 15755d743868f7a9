//! Order statuses: the account's own workflow labels (docs/evidence/brightpearl-orders.md#order-statuses).
//!
//! ```
//! use brightpearl::{OrderId, OrderStatusId, order::{StatusChange, status}};
//!
//! let change = StatusChange { order_status_id: OrderStatusId::new(27), order_note: None };
//! let request = status::set(OrderId::new(300955), &change);
//! assert_eq!(request.json(), Some(r#"{"orderStatusId":27}"#));
//! ```

use api_client_core::{Endpoint, Idempotency, Method, wire};
use serde::{Deserialize, Serialize};

use super::{NewOrderNote, OrderTypeCode};
use crate::{
    IdSet, answer,
    ids::{OrderId, OrderStatusId},
    request::Request,
};

const GET: Endpoint =
    Endpoint::new(Method::Get, "/order-service/order-status/{orderStatusIds}", Idempotency::Read);
const CREATE: Endpoint =
    Endpoint::new(Method::Post, "/order-service/order-status", Idempotency::UnkeyedWrite);
/// Not repeatable: every change adds a note and may send e-mails.
const UPDATE: Endpoint =
    Endpoint::new(Method::Put, "/order-service/order/{orderId}/status", Idempotency::UnkeyedWrite);

/// A status of the account's list. Each order type has its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderStatus {
    /// The status.
    pub status_id: OrderStatusId,
    /// Its name, unique among the statuses of its type.
    #[serde(default, with = "wire::informational")]
    pub name: String,
    /// The type of order it is for.
    pub order_type_code: OrderTypeCode,
    /// Its place in the list, in steps of ten.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub sort_order: Option<i64>,
    /// Whether it can no longer be used.
    #[serde(default, with = "wire::boolean")]
    pub disabled: bool,
    /// Whether customers see it.
    #[serde(default, with = "wire::informational")]
    pub visible: bool,
    /// Its colour.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
    /// After how many days Brightpearl reminds.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub remind_after_days: Option<u32>,
    /// Who gets an e-mail.
    #[serde(default, with = "wire::informational")]
    pub alert_emails: Vec<String>,
    /// The e-mail's text.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub email_content: Option<String>,
    /// Whether the end-of-day batch takes orders in it.
    #[serde(default, with = "wire::informational")]
    pub batch_process: bool,
    /// Such as `draft`; other values are not documented.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

/// A status to add to the account's list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewOrderStatus {
    /// Its name, at most 64 characters, unique among the statuses of its type.
    pub name: String,
    /// The type of order it is for.
    pub order_type_code: OrderTypeCode,
    /// Its colour, `#RGB` or `#RRGGBB`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
    /// After how many days Brightpearl reminds, at most 9999.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remind_after_days: Option<u32>,
    /// Who gets an e-mail, at most two addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alert_emails: Vec<String>,
    /// The e-mail's text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email_content: Option<String>,
    /// Whether the end-of-day batch takes orders in it; of sales and sales credits only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch_process: Option<bool>,
}

impl NewOrderStatus {
    /// A status with this name for orders of this type.
    pub fn new(name: impl Into<String>, order_type_code: OrderTypeCode) -> Self {
        Self {
            name: name.into(),
            order_type_code,
            color: None,
            remind_after_days: None,
            alert_emails: Vec::new(),
            email_content: None,
            batch_process: None,
        }
    }
}

/// A change of an order's status. A note is always added: Brightpearl's own text when none is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusChange {
    /// The new status; of the order's type and not disabled.
    pub order_status_id: OrderStatusId,
    /// The note.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_note: Option<NewOrderNote>,
}

impl StatusChange {
    /// Creates a change to this status, with Brightpearl's own note.
    pub const fn to(status: OrderStatusId) -> Self {
        Self { order_status_id: status, order_note: None }
    }

    /// Sets the note.
    #[must_use]
    pub fn with_note(mut self, note: NewOrderNote) -> Self {
        self.order_note = Some(note);
        self
    }
}

/// Requests all statuses of all order types.
#[inline]
pub fn list() -> Request<Vec<OrderStatus>> {
    Request::new(GET, &[], answer::payload).empty_when_absent()
}

/// Requests these statuses.
#[inline]
pub fn get(ids: &IdSet<OrderStatusId>) -> Request<Vec<OrderStatus>> {
    Request::new(GET, &[ids], answer::payload).empty_when_absent()
}

/// Adds a status to the account's list. There is no key, but names are unique: list before sending it again.
#[inline]
pub fn create(status: &NewOrderStatus) -> Request<OrderStatusId> {
    Request::new(CREATE, &[], answer::payload).body(status).with_verification_hint("list the order statuses")
}

/// Sets an order's status. On failure nothing changes and no note is added.
///
/// A sale goes to the account's cancelled status only without goods-out notes, not invoiced, and with payments
/// that add up to nothing; it then gives its reservations back.
#[inline]
pub fn set(order: OrderId, change: &StatusChange) -> Request<()> {
    Request::new(UPDATE, &[&order], answer::nothing)
        .body(change)
        .with_verification_hint("read the order's status")
}

/// The order statuses of an account: [`Client::order_statuses`](crate::Client::order_statuses).
#[cfg(feature = "client")]
#[derive(Debug, Clone, Copy)]
pub struct OrderStatuses<'c>(pub(crate) &'c crate::Client);

#[cfg(feature = "client")]
impl OrderStatuses<'_> {
    /// Lists all statuses of all order types.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn list(&self) -> Result<Vec<OrderStatus>, crate::Error> {
        self.0.send(&list()).await
    }

    /// Gets these statuses; those that do not exist are left out.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn get(&self, ids: &IdSet<OrderStatusId>) -> Result<Vec<OrderStatus>, crate::Error> {
        self.0.in_chunks(ids, get).await
    }

    /// Adds a status to the account's list.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn create(&self, status: &NewOrderStatus) -> Result<OrderStatusId, crate::Error> {
        self.0.send(&create(status)).await
    }

    /// Sets an order's status; see [`set`].
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn set(&self, order: OrderId, change: &StatusChange) -> Result<(), crate::Error> {
        self.0.send(&set(order, change)).await
    }
}
