//! Shipments: the parcels of an RMA (docs/evidence/returngo.md#shipments, docs/evidence/returngo.md#shipment-updates).

use std::fmt;

use api_client_core::{open_enum, wire};
use serde::{Deserialize, Serialize};

use crate::{
    answer,
    ids::ShipmentId,
    request::{Endpoint, Idempotency, Method, Request},
};

const UPDATE: Endpoint = Endpoint::new(Method::Put, "/shipment/{id}", Idempotency::RepeatableWrite);
const DELETE: Endpoint = Endpoint::new(Method::Delete, "/shipment/{id}", Idempotency::RepeatableWrite);
const TRACK: Endpoint = Endpoint::new(Method::Post, "/shipment-tracker", Idempotency::UnkeyedWrite);

open_enum! {
    /// The status of a parcel.
    pub enum ShipmentStatus {
        /// Created.
        Pending = "Pending",
        /// It has a label.
        LabelCreated = "LabelCreated",
        /// It is on its way.
        Shipped = "Shipped",
        /// It arrived.
        Received = "Received",
        /// Cancelled: it will not arrive.
        Canceled = "Canceled",
        /// Its items were inspected.
        Validated = "Validated",
    }
}

/// A parcel. Tracking and label lead to the shopper's address and are never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Shipment {
    /// The parcel.
    pub shipment_id: ShipmentId,
    /// The status.
    pub status: ShipmentStatus,
    /// The carrier.
    #[serde(default, with = "wire::informational")]
    pub carrier_name: Option<String>,
    /// The requested service.
    #[serde(default, with = "wire::informational")]
    pub requested_service_level: Option<String>,
    /// The service used.
    #[serde(default, with = "wire::informational")]
    pub actual_service_level: Option<String>,
    /// The tracking number.
    #[serde(default, with = "wire::informational")]
    pub tracking_number: Option<String>,
    /// Where to track it.
    #[serde(rename = "trackingURL", default, with = "wire::informational")]
    pub tracking_url: Option<String>,
    /// Where its label is.
    #[serde(rename = "labelURL", default, with = "wire::informational")]
    pub label_url: Option<String>,
    /// The shopper's address.
    #[serde(default, with = "wire::informational")]
    pub customer_address: Option<Address>,
    /// The warehouse's address. Its e-mail may be the shopper's.
    #[serde(default, with = "wire::informational")]
    pub return_address: Option<Address>,
    /// Whether it goes to the shopper.
    #[serde(default, with = "wire::boolean")]
    pub is_outbound: bool,
}

impl fmt::Debug for Shipment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shipment")
            .field("shipment_id", &self.shipment_id)
            .field("status", &self.status)
            .field("carrier_name", &self.carrier_name)
            .field("is_outbound", &self.is_outbound)
            .finish_non_exhaustive()
    }
}

impl Shipment {
    /// Whether ReturnGO accepts this status for the parcel. The present status counts as no change and is not
    /// accepted.
    ///
    /// ```
    /// # use returngo::{Shipment, ShipmentStatus};
    /// let shipment: Shipment = serde_json::from_str(r#"{"shipmentId":"9100200","status":"Shipped"}"#)?;
    /// assert!(shipment.may_become(&ShipmentStatus::Received));
    /// assert!(!shipment.may_become(&ShipmentStatus::LabelCreated));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn may_become(&self, status: &ShipmentStatus) -> bool {
        use ShipmentStatus::*;
        matches!(
            (&self.status, status),
            (Pending, LabelCreated | Shipped | Received | Canceled | Validated)
                | (LabelCreated, Shipped | Received | Canceled | Validated)
                | (Shipped, Received | Canceled | Validated)
                | (Canceled, Received | Validated)
                | (Received, Validated)
        )
    }
}

/// Changes to a parcel; what is none stays.
///
/// Every update adds a line to the RMA's timeline, even one that changes nothing
/// (docs/evidence/returngo.md#shipment-updates): skip those.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ShipmentUpdate {
    /// The status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<ShipmentStatus>,
    /// The carrier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub carrier_name: Option<String>,
    /// The tracking number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tracking_number: Option<String>,
    /// Where to track it.
    #[serde(rename = "trackingURL", skip_serializing_if = "Option::is_none")]
    pub tracking_url: Option<String>,
    /// Where its label is.
    #[serde(rename = "labelURL", skip_serializing_if = "Option::is_none")]
    pub label_url: Option<String>,
}

impl ShipmentUpdate {
    /// Creates an update that changes only the status.
    pub fn to_status(status: ShipmentStatus) -> Self {
        Self { status: Some(status), ..Self::default() }
    }
}

impl fmt::Debug for ShipmentUpdate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShipmentUpdate")
            .field("status", &self.status)
            .field("carrier_name", &self.carrier_name)
            .finish_non_exhaustive()
    }
}

/// A tracking number to register. It leads to the shopper's address and is never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ShipmentTracker {
    /// The parcel.
    pub shipment_id: ShipmentId,
    /// The carrier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier_name: Option<String>,
    /// The tracking number.
    pub tracking_number: String,
}

impl ShipmentTracker {
    /// Creates a tracker of this parcel's number, with any carrier.
    pub fn new(shipment_id: ShipmentId, tracking_number: impl Into<String>) -> Self {
        Self { shipment_id, carrier_name: None, tracking_number: tracking_number.into() }
    }
}

impl fmt::Debug for ShipmentTracker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ShipmentTracker({})", self.shipment_id)
    }
}

/// A postal address of a shopper. Never printed.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Address {
    #[serde(with = "wire::informational")]
    pub name: String,
    #[serde(with = "wire::informational")]
    pub street1: String,
    #[serde(with = "wire::informational")]
    pub street2: String,
    #[serde(with = "wire::informational")]
    pub city: String,
    #[serde(with = "wire::informational")]
    pub state: String,
    #[serde(with = "wire::informational")]
    pub zip: String,
    /// Two letters.
    #[serde(with = "wire::informational")]
    pub country: String,
    #[serde(with = "wire::informational")]
    pub phone: String,
    #[serde(with = "wire::informational")]
    pub email: String,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address(hidden, country {})", self.country)
    }
}

/// Changes a parcel and returns it. Each call adds a line to the RMA's timeline, so leave out updates that
/// change nothing. A status that [`Shipment::may_become`] denies is rejected.
#[inline]
pub fn update(id: &ShipmentId, update: &ShipmentUpdate) -> Request<Shipment> {
    Request::new(UPDATE, &[id], answer::body).body(update)
}

/// Deletes a parcel. The response is unconfirmed.
#[inline]
pub fn delete(id: &ShipmentId) -> Request<()> {
    Request::new(DELETE, &[id], answer::nothing)
}

/// Registers a tracking number, which ReturnGO then follows; webhooks
/// ([`ShipmentTrackerStatusUpdated`](crate::WebhookEvent::ShipmentTrackerStatusUpdated)) report the parcel's
/// movements.
///
/// Only the path is known (docs/evidence/returngo.md#endpoints): the body is a guess from the names of
/// [`ShipmentUpdate`]. `shipment::track(&tracker).body(&other)` sends another one.
#[inline]
pub fn track(tracker: &ShipmentTracker) -> Request<()> {
    Request::new(TRACK, &[], answer::nothing)
        .body(tracker)
        .with_verification_hint("read the RMA's shipments and comments")
}

/// The parcels of a shop's RMAs: [`Client::shipments`](crate::Client::shipments).
#[cfg(feature = "client")]
#[derive(Debug, Clone, Copy)]
pub struct Shipments<'c>(pub(crate) &'c crate::Client);

#[cfg(feature = "client")]
impl Shipments<'_> {
    /// Changes a parcel; see [`update`].
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind); [`Refused`](crate::ErrorKind::Refused) for a status that it may not
    /// move to.
    pub async fn update(&self, id: &ShipmentId, changes: &ShipmentUpdate) -> Result<Shipment, crate::Error> {
        self.0.send(&update(id, changes)).await
    }

    /// Deletes a parcel; see [`delete`]. A parcel that is not found on a retry counts as deleted.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn delete(&self, id: &ShipmentId) -> Result<(), crate::Error> {
        match self.0.send(&delete(id)).await {
            Err(error) if error.kind() == crate::ErrorKind::NotFound && error.attempts() > 1 => Ok(()),
            deleted => deleted,
        }
    }

    /// Registers a tracking number. Unconfirmed, see [`track`].
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind); [`Ambiguous`](crate::ErrorKind::Ambiguous) when it may have been
    /// registered.
    pub async fn track(&self, tracker: &ShipmentTracker) -> Result<(), crate::Error> {
        self.0.send(&track(tracker)).await
    }
}
