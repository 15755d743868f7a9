//! Postal addresses, and which of them are a contact's (docs/evidence/brightpearl-orders.md#postal-addresses).
//!
//! ```
//! use brightpearl::contact::{NewPostalAddress, postal_address};
//!
//! let address = NewPostalAddress {
//!     address_line1: "7 Loom Road".into(),
//!     address_line3: Some("Leeds".into()),
//!     country_iso_code: Some("GBR".into()),
//!     ..Default::default()
//! };
//! assert_eq!(postal_address::create(&address).to_string(), "POST /contact-service/postal-address/");
//! ```

use std::fmt;

use api_client_core::{Endpoint, Idempotency, Method, open_enum};
use serde::{Deserialize, Serialize};

use crate::{
    IdSet, answer,
    ids::{ContactId, PostalAddressId},
    request::Request,
};

const GET: Endpoint =
    Endpoint::new(Method::Get, "/contact-service/postal-address/{addressIds}", Idempotency::Read);
const CREATE: Endpoint =
    Endpoint::new(Method::Post, "/contact-service/postal-address/", Idempotency::UnkeyedWrite);
const UPDATE: Endpoint =
    Endpoint::new(Method::Put, "/contact-service/postal-address/{addressId}", Idempotency::RepeatableWrite);
const ASSIGN: Endpoint = Endpoint::new(
    Method::Put,
    "/contact-service/contact/{contactId}/postal-address",
    Idempotency::RepeatableWrite,
);

open_enum! {
    /// The use of a contact's address.
    pub enum AddressType {
        /// The default for uses without their own address; every contact has one.
        Default = "DEF",
        /// Billing.
        Billing = "BIL",
        /// Delivery.
        Delivery = "DEL",
    }
}

/// A postal address.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PostalAddress {
    /// The address.
    pub address_id: PostalAddressId,
    /// The contact it belongs to; one at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact_id: Option<ContactId>,
    /// The street.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address_line1: Option<String>,
    /// The suburb.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address_line2: Option<String>,
    /// The city.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address_line3: Option<String>,
    /// The state or county.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address_line4: Option<String>,
    /// The postal code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// The country, three letters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country_iso_code: Option<String>,
    /// The country, two letters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country_iso_code2: Option<String>,
    /// The country's number in Brightpearl.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country_id: Option<u64>,
}

impl fmt::Debug for PostalAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostalAddress({}, hidden)", self.address_id)
    }
}

/// The content of a postal address.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewPostalAddress {
    /// The street; the only thing that is required.
    pub address_line1: String,
    /// The suburb.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address_line2: Option<String>,
    /// The city.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address_line3: Option<String>,
    /// The state or county.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address_line4: Option<String>,
    /// The postal code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// The country, three letters; either this or its number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country_iso_code: Option<String>,
    /// The country's number in Brightpearl.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country_id: Option<u64>,
}

never_prints!(NewPostalAddress);

/// Requests postal addresses by id; those that do not exist are left out.
#[inline]
pub fn get(ids: &IdSet<PostalAddressId>) -> Request<Vec<PostalAddress>> {
    Request::new(GET, &[ids], answer::payload).empty_when_absent()
}

/// Creates a postal address without a contact. There is no key and no search: a lost response may leave an
/// unused address, which is harmless.
#[inline]
pub fn create(address: &NewPostalAddress) -> Request<PostalAddressId> {
    Request::new(CREATE, &[], answer::payload).body(address)
}

/// Replaces a postal address.
#[inline]
pub fn update(address: PostalAddressId, content: &NewPostalAddress) -> Request<()> {
    Request::new(UPDATE, &[&address], answer::nothing).body(content)
}

/// Assigns addresses to a contact. An address belongs to one contact only, and contacts that are not the first
/// of their organisation have no billing and no default address.
#[inline]
pub fn assign(contact: ContactId, addresses: &[(AddressType, PostalAddressId)]) -> Request<()> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Entry<'a> {
        postal_address_id: PostalAddressId,
        #[serde(rename = "type")]
        kind: &'a AddressType,
    }
    let entries: Vec<Entry<'_>> =
        addresses.iter().map(|(kind, id)| Entry { postal_address_id: *id, kind }).collect();
    Request::new(ASSIGN, &[&contact], answer::nothing).body(&entries)
}

/// The postal addresses of an account: [`Client::postal_addresses`](crate::Client::postal_addresses).
#[cfg(feature = "client")]
#[derive(Debug, Clone, Copy)]
pub struct PostalAddresses<'c>(pub(crate) &'c crate::Client);

#[cfg(feature = "client")]
impl PostalAddresses<'_> {
    /// Gets postal addresses by id; those that do not exist are left out.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn get(&self, ids: &IdSet<PostalAddressId>) -> Result<Vec<PostalAddress>, crate::Error> {
        self.0.in_chunks(ids, get).await
    }

    /// Creates a postal address without a contact.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn create(&self, address: &NewPostalAddress) -> Result<PostalAddressId, crate::Error> {
        self.0.send(&create(address)).await
    }

    /// Replaces a postal address.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn update(
        &self,
        address: PostalAddressId,
        content: &NewPostalAddress,
    ) -> Result<(), crate::Error> {
        self.0.send(&update(address, content)).await
    }

    /// Assigns addresses to a contact; see [`assign`].
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn assign(
        &self,
        contact: ContactId,
        addresses: &[(AddressType, PostalAddressId)],
    ) -> Result<(), crate::Error> {
        self.0.send(&assign(contact, addresses)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_does_not_print() {
        let wire = r#"{"addressId":7101,"contactId":5012,"addressLine1":"7 Loom Road","postalCode":"LS1 9ZZ","countryIsoCode":"GBR"}"#;
        let address: PostalAddress = serde_json::from_str(wire).unwrap();
        assert_eq!(format!("{address:?}"), "PostalAddress(7101, hidden)");
        assert_eq!(serde_json::to_string(&address).unwrap(), wire);
        let new = NewPostalAddress { address_line1: "7 Loom Road".into(), ..Default::default() };
        assert_eq!(format!("{new:?}"), "NewPostalAddress(hidden)");
    }

    #[test]
    fn addresses_are_given_by_type() {
        let request = assign(ContactId::new(5012), &[(AddressType::Delivery, PostalAddressId::new(7102))]);
        assert_eq!(request.to_string(), "PUT /contact-service/contact/5012/postal-address");
        assert_eq!(request.json(), Some(r#"[{"postalAddressId":7102,"type":"DEL"}]"#));
    }
}
