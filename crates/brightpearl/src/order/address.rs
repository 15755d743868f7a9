use std::fmt;

use api_client_core::wire;
use serde::{Deserialize, Serialize};

/// A postal address (docs/evidence/brightpearl-orders.md#addresses). Fields never print: they are a shopper's.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Address {
    /// The person.
    #[serde(with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub address_full_name: Option<String>,
    /// The company.
    #[serde(with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub company_name: Option<String>,
    /// The street.
    #[serde(with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub address_line1: Option<String>,
    /// The suburb.
    #[serde(with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub address_line2: Option<String>,
    /// The city.
    #[serde(with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub address_line3: Option<String>,
    /// The state or county.
    #[serde(with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub address_line4: Option<String>,
    /// The postal code.
    #[serde(with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// The country's name.
    #[serde(with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// The country's number in Brightpearl; 0 when unknown.
    #[serde(with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub country_id: Option<u64>,
    /// The country, two letters; three are accepted too.
    #[serde(with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub country_iso_code: Option<String>,
    /// The country, three letters.
    #[serde(with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub country_iso_code3: Option<String>,
    /// A telephone number.
    #[serde(with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub telephone: Option<String>,
    /// A mobile telephone number.
    #[serde(with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub mobile_telephone: Option<String>,
    /// A fax number.
    #[serde(with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub fax: Option<String>,
    /// An e-mail address.
    #[serde(with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

impl Address {
    /// The same address without what only responses contain (country name, number, third code form).
    #[must_use]
    pub fn to_send(&self) -> Self {
        Self { country: None, country_id: None, country_iso_code3: None, ..self.clone() }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address(hidden, country {})", self.country_iso_code.as_deref().unwrap_or("unknown"))
    }
}
