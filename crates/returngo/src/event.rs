//! Events of an RMA. In practice only creation and approval appear; later stages have to be polled
//! (docs/evidence/returngo.md#events).

use std::fmt;

use api_client_core::{OffsetDateTime, open_enum, wire};
use serde::{Deserialize, Deserializer, Serialize};

open_enum! {
    /// The kind of an event.
    pub enum EventName {
        /// The request was submitted.
        Created = "RMA_CREATED",
        /// The request was approved.
        Approved = "RMA_APPROVED",
    }
}

open_enum! {
    /// Where an event was triggered.
    pub enum TriggeredVia {
        /// By the shopper.
        ReturnPortal = "Return Portal",
        /// By staff.
        Dashboard = "Dashboard",
    }
}

/// Something that happened to an RMA.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// What.
    #[serde(deserialize_with = "any_name")]
    pub event_name: EventName,
    /// When.
    #[serde(default, with = "wire::optional", skip_serializing_if = "Option::is_none")]
    pub event_date: Option<OffsetDateTime>,
    /// Where an event was triggered.
    #[serde(default, with = "wire::informational_text")]
    pub triggered_via: Option<TriggeredVia>,
    /// `online`, or a shop's location.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub store_location_id: Option<String>,
    /// The member of staff.
    #[serde(default, with = "wire::informational")]
    pub user_details: Option<UserDetails>,
}

/// Only two of the names matter.
fn any_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<EventName, D::Error> {
    wire::text_or_empty::deserialize(deserializer).map(EventName::from)
}

/// A member of staff. Never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
#[allow(missing_docs, reason = "the names say it")]
#[non_exhaustive]
pub struct UserDetails {
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub user_first_name: Option<String>,
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub user_last_name: Option<String>,
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub user_email_address: Option<String>,
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub user_role: Option<String>,
}

impl fmt::Debug for UserDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UserDetails(hidden)")
    }
}
