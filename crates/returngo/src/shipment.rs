//! Shipments: the parcels of an RMA (returngo.md §3.5, §2.6).

use std::fmt;

use api_client_core::{open_enum, wire};
use serde::{Deserialize, Serialize};

use crate::ids::ShipmentId;

open_enum! {
    /// How far a parcel is.
    pub enum ShipmentStatus {
        /// Nothing yet.
        Pending = "Pending",
        /// It has a label.
        LabelCreated = "LabelCreated",
        /// It is on its way.
        Shipped = "Shipped",
        /// It arrived.
        Received = "Received",
        /// It will not come.
        Canceled = "Canceled",
        /// Its items were inspected.
        Validated = "Validated",
    }
}

/// A parcel. Tracking and label lead to the shopper's address and never print.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Shipment {
    /// The parcel.
    pub shipment_id: ShipmentId,
    /// How far it is.
    pub status: ShipmentStatus,
    /// The carrier.
    #[serde(default)]
    pub carrier_name: Option<String>,
    /// The service that was asked for.
    #[serde(default)]
    pub requested_service_level: Option<String>,
    /// The service that was used.
    #[serde(default)]
    pub actual_service_level: Option<String>,
    /// The tracking number.
    #[serde(default)]
    pub tracking_number: Option<String>,
    /// Where to track it.
    #[serde(rename = "trackingURL", default)]
    pub tracking_url: Option<String>,
    /// Where its label is.
    #[serde(rename = "labelURL", default)]
    pub label_url: Option<String>,
    /// The shopper's address.
    #[serde(default)]
    pub customer_address: Option<Address>,
    /// The warehouse's address. Its e-mail may be the shopper's.
    #[serde(default)]
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
    /// Whether ReturnGO lets the parcel move to this status. Staying where it is counts as no move.
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
        match (&self.status, status) {
            (Pending, LabelCreated | Shipped | Received | Canceled | Validated)
            | (LabelCreated, Shipped | Received | Canceled | Validated)
            | (Shipped, Received | Canceled | Validated)
            | (Canceled, Received | Validated)
            | (Received, Validated) => true,
            _ => false,
        }
    }
}

/// What to change about a parcel; what is none stays.
///
/// Every update adds a line to the RMA's timeline, even one that changes nothing (returngo.md §2.6): skip
/// those.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ShipmentUpdate {
    /// How far it is.
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
    /// Moves the parcel to this status and changes nothing else.
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

/// A postal address. Never prints: it is a shopper's.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Address {
    pub name: String,
    pub street1: String,
    pub street2: String,
    pub city: String,
    pub state: String,
    pub zip: String,
    /// Two letters.
    pub country: String,
    pub phone: String,
    pub email: String,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address(hidden, country {})", self.country)
    }
}
