//! The contacts of a seed.

use brightpearl::ContactId;
use serde::Deserialize;

/// A customer or supplier.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs, reason = "as Brightpearl names them")]
pub struct SeedContact {
    pub id: ContactId,
    pub first_name: String,
    pub last_name: String,
    pub email: String,
    #[serde(default)]
    pub is_supplier: bool,
    #[serde(default)]
    pub address: SeedAddress,
}

impl std::fmt::Debug for SeedContact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SeedContact({}, hidden)", self.id)
    }
}

impl SeedContact {
    /// Creates a customer without an address.
    pub fn customer(id: u64, first_name: &str, last_name: &str, email: &str) -> Self {
        Self {
            id: ContactId::new(id),
            first_name: first_name.to_owned(),
            last_name: last_name.to_owned(),
            email: email.to_owned(),
            is_supplier: false,
            address: SeedAddress::default(),
        }
    }

    /// Creates a supplier without an address.
    pub fn supplier(id: u64, first_name: &str, last_name: &str, email: &str) -> Self {
        Self { is_supplier: true, ..Self::customer(id, first_name, last_name, email) }
    }

    /// Sets the address.
    #[must_use]
    pub fn address(self, address: SeedAddress) -> Self {
        Self { address, ..self }
    }
}

/// A postal address: street, suburb, city, state.
#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[allow(missing_docs, reason = "as Brightpearl names them")]
pub struct SeedAddress {
    pub address_line1: String,
    pub address_line2: Option<String>,
    pub address_line3: Option<String>,
    pub address_line4: Option<String>,
    pub postal_code: String,
    pub country_iso_code: String,
}

impl std::fmt::Debug for SeedAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SeedAddress(hidden, country {})", self.country_iso_code)
    }
}
