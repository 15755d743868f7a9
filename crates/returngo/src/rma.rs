//! The RMA: who returns what, why, and what they get for it (docs/evidence/returngo.md#rma-model).

use std::collections::BTreeMap;

use api_client_core::{OffsetDateTime, open_enum, wire};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use crate::{
    Comment, Event, EventName, ExchangeItem, ExchangeOrder, Item, Shipment, Transaction, answer,
    ids::{RmaId, ShopLineItemId, ShopOrderId},
    page::{Cursor, Listable, Page, Parameters},
    request::{Endpoint, Idempotency, Method, Request},
};

pub use crate::comment::COMMENT_FIELD;

const LIST: Endpoint = Endpoint::new(Method::Get, "/rmas", Idempotency::Read);
const GET: Endpoint = Endpoint::new(Method::Get, "/rma/{id}", Idempotency::Read);
const COMMENT: Endpoint = Endpoint::new(Method::Post, "/rma/{id}/comment", Idempotency::UnkeyedWrite);
const SET_STATUS: Endpoint = Endpoint::new(Method::Put, "/rma/{id}/status", Idempotency::RepeatableWrite);

open_enum! {
    /// The status of an RMA. It can go backwards: cancelled RMAs are reopened.
    pub enum RmaStatus {
        /// Submitted.
        Pending = "Pending",
        /// Approved; the parcel may be on its way.
        Approved = "Approved",
        /// The parcel arrived.
        Received = "Received",
        /// Every item was inspected.
        Validated = "Validated",
        /// Finished.
        Done = "Done",
        /// Rejected by the merchant.
        Rejected = "Rejected",
        /// Cancelled.
        Canceled = "Canceled",
    }
}

impl RmaStatus {
    /// Whether nothing more will be returned: the RMA is rejected or cancelled.
    pub fn is_cancelled_or_rejected(&self) -> bool {
        matches!(self, Self::Rejected | Self::Canceled)
    }

    /// Returns the position on the way from submitted to finished; none for rejected, cancelled and unknown
    /// statuses.
    pub fn progress(&self) -> Option<u8> {
        match self {
            Self::Pending => Some(0),
            Self::Approved => Some(1),
            Self::Received => Some(2),
            Self::Validated => Some(3),
            Self::Done => Some(4),
            Self::Rejected | Self::Canceled | Self::Other(_) => None,
        }
    }
}

/// A complete RMA, as `GET /rma/{id}` returns it.
///
/// It has no customer, currency or totals: those belong to the original order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rma {
    /// Number, status, order, events.
    pub rma_summary: RmaSummary,
    /// The original order.
    #[serde(default, with = "wire::null_is_default")]
    pub order_details: OrderDetails,
    /// Its parcels; none when nothing is shipped.
    #[serde(default, with = "wire::null_is_default")]
    pub shipments: Vec<Shipment>,
    /// The units that come back, one entry each.
    #[serde(default, with = "wire::null_is_default")]
    pub items: Vec<Item>,
    /// The timeline, newest first. Its texts are for people and have no fixed form.
    #[serde(default, with = "wire::informational_list")]
    pub comments: Vec<Comment>,
    /// Orders that were made for it.
    #[serde(default, with = "wire::informational_list")]
    pub exchange_orders: Vec<ExchangeOrder>,
    /// Exchange items of the RMA as a whole.
    #[serde(default, with = "wire::informational_list")]
    pub exchange_items: Vec<ExchangeItem>,
    /// The fee for cancelling an order.
    #[serde(default, with = "wire::decimal_number_or_zero")]
    pub cancellation_fee: Decimal,
    /// The transactions.
    #[serde(default, with = "wire::null_is_default")]
    pub transactions: Vec<Transaction>,
    /// When it was submitted.
    #[serde(default, with = "wire::optional", skip_serializing_if = "Option::is_none")]
    pub created_at: Option<OffsetDateTime>,
    /// When it was last submitted, approved or reopened. Parcels and refunds do not change it
    /// (docs/evidence/returngo.md#polling-and-lastupdated): never poll by it alone.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub last_updated: Option<OffsetDateTime>,
    /// Whether it was outside the merchant's policy. 0 or 1 on the wire.
    #[serde(default, with = "wire::informational")]
    pub is_out_of_policy: bool,
}

impl Rma {
    /// Returns the RMA's number.
    pub fn id(&self) -> &RmaId {
        &self.rma_summary.rma_id
    }

    /// Returns the status.
    pub fn status(&self) -> &RmaStatus {
        &self.rma_summary.status
    }

    /// When it was first approved; none if it never was. A reopened RMA may be pending and still have an
    /// approval: the status decides.
    pub fn approved_at(&self) -> Option<OffsetDateTime> {
        let approvals =
            self.rma_summary.events.iter().filter(|event| event.event_name == EventName::Approved);
        approvals.filter_map(|event| event.event_date).min()
    }

    /// Returns the parcels that come from the shopper.
    pub fn return_leg(&self) -> impl Iterator<Item = &Shipment> {
        self.shipments.iter().filter(|shipment| !shipment.is_outbound)
    }

    /// Returns the number of units that are returned of each order line. The wire has no quantity: the units
    /// are counted.
    pub fn units_by_line(&self) -> BTreeMap<&ShopLineItemId, usize> {
        let mut units = BTreeMap::new();
        for line in self.items.iter().filter_map(|item| item.shop_line_item_id.as_ref()) {
            *units.entry(line).or_insert(0) += 1;
        }
        units
    }
}

/// A summary of an RMA, as lists return it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RmaSummary {
    /// The number.
    pub rma_id: RmaId,
    /// The status.
    pub status: RmaStatus,
    /// The order's number as the shopper knows it.
    #[serde(rename = "order_name", default, with = "wire::empty_is_none")]
    pub order_name: Option<String>,
    /// The events; in practice creation and approval.
    #[serde(default, deserialize_with = "dated_approvals")]
    pub events: Vec<Event>,
}

/// Reads events. An approval needs its date: a return counts from then on.
fn dated_approvals<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Event>, D::Error> {
    let events: Vec<Event> = wire::null_is_default::deserialize(deserializer)?;
    let is_undated = |event: &Event| event.event_name == EventName::Approved && event.event_date.is_none();
    if events.iter().any(is_undated) {
        return Err(D::Error::custom("an RMA_APPROVED event has no eventDate"));
    }
    Ok(events)
}

/// The original order of an RMA.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OrderDetails {
    /// The platform's internal id.
    #[serde(with = "wire::empty_is_none")]
    pub order_id: Option<ShopOrderId>,
    /// The order's number as the shopper knows it.
    #[serde(rename = "order_name", with = "wire::empty_is_none")]
    pub order_name: Option<String>,
}

/// A filter and an order for a list of RMAs. All RMAs, the newest first, by default.
///
/// ```
/// use returngo::{RmaStatus, rma::{self, RmaFilter}};
///
/// let open = RmaFilter::new().statuses([RmaStatus::Approved, RmaStatus::Received]);
/// let request = rma::list(&open, None);
/// assert_eq!(request.to_string(), "GET /rmas?pagesize=500&sort_by=-rma_created_at&status=Approved,Received");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RmaFilter {
    order: RmaOrder,
    parameters: Parameters,
}

/// The order of a list of RMAs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RmaOrder {
    /// By creation, the newest first.
    #[default]
    NewestFirst,
    /// By creation, the oldest first.
    OldestFirst,
    /// By `lastUpdated`, the newest first.
    LastUpdatedFirst,
    /// By `lastUpdated`, the oldest first.
    LastUpdatedLast,
}

impl RmaOrder {
    const fn sort_by(self) -> &'static str {
        match self {
            Self::NewestFirst => "-rma_created_at",
            Self::OldestFirst => "+rma_created_at",
            Self::LastUpdatedFirst => "-rma_updated_at",
            Self::LastUpdatedLast => "+rma_updated_at",
        }
    }
}

impl RmaFilter {
    /// All RMAs.
    pub fn new() -> Self {
        Self::default()
    }

    /// In this order.
    #[must_use]
    pub const fn order(mut self, order: RmaOrder) -> Self {
        self.order = order;
        self
    }

    /// In one of these statuses.
    #[must_use]
    pub fn statuses(mut self, statuses: impl IntoIterator<Item = RmaStatus>) -> Self {
        self.parameters.add_list("status", statuses);
        self
    }

    /// For one of these orders, by the number that the shopper knows.
    #[must_use]
    pub fn order_names<T: std::fmt::Display>(mut self, names: impl IntoIterator<Item = T>) -> Self {
        self.parameters.add_list("order_name", names);
        self
    }

    /// By one of these customers of the shop's platform.
    #[must_use]
    pub fn customer_ids<T: std::fmt::Display>(mut self, ids: impl IntoIterator<Item = T>) -> Self {
        self.parameters.add_list("customer_ids", ids);
        self
    }

    /// With one of these tracking numbers.
    #[must_use]
    pub fn tracking_numbers<T: std::fmt::Display>(mut self, numbers: impl IntoIterator<Item = T>) -> Self {
        self.parameters.add_list("tracking_numbers", numbers);
        self
    }

    /// Created at this time or later. Whether two bounds of one time both hold is unconfirmed: check the
    /// events' dates as well.
    #[must_use]
    pub fn created_since(mut self, time: Timestamp) -> Self {
        self.parameters.add_bound("rma_created_at", "gte", time);
        self
    }

    /// Created before this time.
    #[must_use]
    pub fn created_before(mut self, time: Timestamp) -> Self {
        self.parameters.add_bound("rma_created_at", "lt", time);
        self
    }

    /// Submitted, approved or reopened at this time or later. Parcels, refunds and inspections do not count
    /// (docs/evidence/returngo.md#polling-and-lastupdated): never poll by this alone.
    #[must_use]
    pub fn updated_since(mut self, time: Timestamp) -> Self {
        self.parameters.add_bound("rma_updated_at", "gte", time);
        self
    }
}

impl Listable for RmaFilter {
    type Row = RmaSummary;

    fn page(&self, cursor: Option<&Cursor>) -> Request<Page<RmaSummary>> {
        list(self, cursor)
    }
}

/// Requests a page of RMAs as summaries, without items, money and parcels.
#[inline]
pub fn list(filter: &RmaFilter, cursor: Option<&Cursor>) -> Request<Page<RmaSummary>> {
    filter.parameters.page(LIST, Some(filter.order.sort_by()), cursor)
}

/// Requests a complete RMA, without the photos and videos of its answers.
#[inline]
pub fn get(id: &RmaId) -> Request<Rma> {
    Request::new(GET, &[id], answer::body)
}

/// Requests a complete RMA, with photos and videos.
#[inline]
pub fn get_with_media(id: &RmaId) -> Request<Rma> {
    get(id).query("includeMedia", "true")
}

/// Adds a comment to the timeline. The text is HTML: escape plain text. There is no key: read the comments
/// before sending one again.
///
/// The body is unconfirmed (docs/evidence/returngo.md#comments-on-an-rma): [`comment_as`] sends the text under
/// another name.
#[inline]
pub fn comment(id: &RmaId, html: &str) -> Request<()> {
    comment_as(COMMENT_FIELD, id, html)
}

/// [`comment`], with the text under this name.
#[inline]
pub fn comment_as(field: &str, id: &RmaId, html: &str) -> Request<()> {
    let body = BTreeMap::from([(field, html)]);
    Request::new(COMMENT, &[id], answer::nothing)
        .body(&body)
        .with_verification_hint("read the RMA's comments")
}

/// Sets an RMA's status. Body, answer and allowed transitions are unconfirmed
/// (docs/evidence/returngo.md#setting-a-status): read it back. `rma::set_status(…).body(&other)` sends another
/// body.
#[inline]
pub fn set_status(id: &RmaId, status: &RmaStatus) -> Request<()> {
    let body = BTreeMap::from([("status", status)]);
    Request::new(SET_STATUS, &[id], answer::nothing).body(&body)
}

/// The RMAs of a shop: [`Client::rmas`](crate::Client::rmas).
#[cfg(feature = "client")]
#[derive(Debug, Clone, Copy)]
pub struct Rmas<'c>(pub(crate) &'c crate::Client);

#[cfg(feature = "client")]
impl Rmas<'_> {
    /// Lists the RMAs that match the filter, page by page, as summaries.
    pub fn list(&self, filter: RmaFilter) -> crate::client::Pages<RmaFilter> {
        crate::client::Pages::new(self.0, filter)
    }

    /// An RMA in full, without photos and videos.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn get(&self, id: &RmaId) -> Result<Rma, crate::Error> {
        self.0.send(&get(id)).await
    }

    /// Requests a complete RMA, with photos and videos.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn get_with_media(&self, id: &RmaId) -> Result<Rma, crate::Error> {
        self.0.send(&get_with_media(id)).await
    }

    /// Adds a comment to the timeline; the text is HTML. Unconfirmed, see [`comment`].
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind); [`Ambiguous`](crate::ErrorKind::Ambiguous) when the comment may
    /// have been added.
    pub async fn comment(&self, id: &RmaId, html: &str) -> Result<(), crate::Error> {
        self.0.send(&comment_as(self.0.comment_field(), id, html)).await
    }

    /// Sets the status. Unconfirmed, see [`set_status`].
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn set_status(&self, id: &RmaId, status: &RmaStatus) -> Result<(), crate::Error> {
        self.0.send(&set_status(id, status)).await
    }
}
