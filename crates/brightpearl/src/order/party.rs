use api_client_core::wire;
use serde::{Deserialize, Serialize};

use super::Address;
use crate::ids::ContactId;

/// The parties of an order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Parties {
    /// The customer of a sale or sales credit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<Party>,
    /// The supplier of a purchase.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub supplier: Option<Party>,
    /// Where it is delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<Party>,
    /// Who is billed.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub billing: Option<Party>,
}

/// A contact and an address on an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Party {
    /// The contact; delivery has none.
    #[serde(default, with = "wire::optional", skip_serializing_if = "Option::is_none")]
    pub contact_id: Option<ContactId>,
    /// The address.
    #[serde(flatten)]
    pub address: Address,
}
