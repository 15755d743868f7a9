//! The RMA: who sends back what, why, and what they get for it (returngo.md §3).

use std::collections::BTreeMap;

use api_client_core::{OffsetDateTime, open_enum, wire};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    Comment, Event, EventName, ExchangeItem, ExchangeOrder, Item, Shipment, Transaction,
    ids::{RmaId, ShopLineItemId, ShopOrderId},
};

open_enum! {
    /// How far an RMA is. It can go backwards: cancelled RMAs are reopened.
    pub enum RmaStatus {
        /// Asked for.
        Pending = "Pending",
        /// Approved; the parcel may be on its way.
        Approved = "Approved",
        /// The parcel arrived.
        Received = "Received",
        /// Every item was inspected.
        Validated = "Validated",
        /// Finished.
        Done = "Done",
        /// Refused.
        Rejected = "Rejected",
        /// Withdrawn.
        Canceled = "Canceled",
    }
}

impl RmaStatus {
    /// Whether nothing more will come back: refused or withdrawn.
    pub fn is_off(&self) -> bool {
        matches!(self, Self::Rejected | Self::Canceled)
    }

    /// How far along the way from asked-for to finished; none off that way.
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

/// An RMA in full, as `GET /rma/{id}` gives it.
///
/// It has no customer, no currency and no totals: those belong to the order it is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rma {
    /// Number, status, order, events.
    pub rma_summary: RmaSummary,
    /// The order it is for.
    #[serde(default)]
    pub order_details: OrderDetails,
    /// Its parcels; none when nothing is shipped.
    #[serde(default, with = "wire::null_is_default")]
    pub shipments: Vec<Shipment>,
    /// The units that come back, one entry each.
    #[serde(default, with = "wire::null_is_default")]
    pub items: Vec<Item>,
    /// The timeline, newest first. For people: its texts are no contract.
    #[serde(default, with = "wire::null_is_default")]
    pub comments: Vec<Comment>,
    /// Orders that were made for it.
    #[serde(default, with = "wire::null_is_default")]
    pub exchange_orders: Vec<ExchangeOrder>,
    /// Exchange items of the RMA as a whole.
    #[serde(default, with = "wire::null_is_default")]
    pub exchange_items: Vec<ExchangeItem>,
    /// Taken for cancelling an order.
    #[serde(default, with = "rust_decimal::serde::float")]
    pub cancellation_fee: Decimal,
    /// The money that moved.
    #[serde(default, with = "wire::null_is_default")]
    pub transactions: Vec<Transaction>,
    /// When it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<OffsetDateTime>,
    /// When it was submitted, approved or reopened last. Does not move with parcels and refunds
    /// (returngo.md §6.5): never poll by it alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_updated: Option<OffsetDateTime>,
    /// Whether it was outside the merchant's policy. 0 or 1 on the wire.
    #[serde(default, with = "wire::boolean")]
    pub is_out_of_policy: bool,
}

impl Rma {
    /// The RMA's number.
    pub fn id(&self) -> &RmaId {
        &self.rma_summary.rma_id
    }

    /// How far it is.
    pub fn status(&self) -> &RmaStatus {
        &self.rma_summary.status
    }

    /// When it was approved first; none while it never was. An RMA that was reopened may be pending and
    /// still have been approved once: the status wins.
    pub fn approved_at(&self) -> Option<OffsetDateTime> {
        let approvals = self.rma_summary.events.iter().filter(|event| event.event_name == EventName::Approved);
        approvals.map(|event| event.event_date).min()
    }

    /// The parcels that come from the shopper.
    pub fn return_leg(&self) -> impl Iterator<Item = &Shipment> {
        self.shipments.iter().filter(|shipment| !shipment.is_outbound)
    }

    /// How many units come back of each order line. The wire has no quantity: units are counted.
    pub fn units_by_line(&self) -> BTreeMap<&ShopLineItemId, usize> {
        let mut units = BTreeMap::new();
        for line in self.items.iter().filter_map(|item| item.shop_line_item_id.as_ref()) {
            *units.entry(line).or_insert(0) += 1;
        }
        units
    }
}

/// An RMA as lists show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RmaSummary {
    /// The number.
    pub rma_id: RmaId,
    /// How far it is.
    pub status: RmaStatus,
    /// The order's number as the shopper knows it.
    #[serde(rename = "order_name", default, with = "wire::empty_is_none")]
    pub order_name: Option<String>,
    /// What happened; in practice creation and approval.
    #[serde(default, with = "wire::null_is_default")]
    pub events: Vec<Event>,
}

/// The order that an RMA is for.
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
