//! Customers, suppliers and staff (docs/evidence/brightpearl-orders.md#contacts,
//! docs/evidence/brightpearl-orders.md#creating-contacts).
//!
//! A return does not need contacts: the order itself names its customer and holds the addresses.

use std::{collections::BTreeMap, fmt};

use api_client_core::{Endpoint, Idempotency, Method, OffsetDateTime, open_enum, wire};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::AddressType;
#[cfg(feature = "client")]
use super::{ContactSearch, ContactSummary};
use crate::{
    IdSet, Patch, answer, get_uris,
    ids::{
        ChannelId, ContactGroupId, ContactId, CurrencyId, LeadSourceId, NominalCode, PostalAddressId,
        PriceListId, TaxCodeId,
    },
    order::CustomFields,
    request::Request,
};

const GET: Endpoint = Endpoint::new(Method::Get, "/contact-service/contact/{contactIds}", Idempotency::Read);
const OPTIONS: Endpoint =
    Endpoint::new(Method::Options, "/contact-service/contact/{contactIds}", Idempotency::Read);
const CREATE: Endpoint = Endpoint::new(Method::Post, "/contact-service/contact/", Idempotency::UnkeyedWrite);
const PATCH: Endpoint =
    Endpoint::new(Method::Patch, "/contact-service/contact/{contactId}", Idempotency::RepeatableWrite);
const CUSTOM_FIELDS: Endpoint =
    Endpoint::new(Method::Get, "/contact-service/contact/{contactId}/custom-field", Idempotency::Read);
const PATCH_CUSTOM_FIELDS: Endpoint = Endpoint::new(
    Method::Patch,
    "/contact-service/contact/{contactId}/custom-field",
    Idempotency::RepeatableWrite,
);

/// A contact: exactly one of customer, supplier and member of staff.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Contact {
    /// The contact.
    pub contact_id: ContactId,
    /// Whether it is the first contact of its organisation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_primary_contact: Option<bool>,
    /// Such as `Mr.`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub salutation: Option<String>,
    /// The first name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// The last name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// The addresses by what they are for.
    #[serde(default)]
    pub post_address_ids: BTreeMap<AddressType, PostalAddressId>,
    /// E-mails, telephones, websites.
    #[serde(default)]
    pub communication: ContactCommunication,
    /// The stage of the relationship.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact_status: Option<ContactStatus>,
    /// The role of the contact.
    #[serde(default)]
    pub relationship_to_account: RelationshipToAccount,
    /// What may be sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marketing_details: Option<MarketingDetails>,
    /// Prices, credit and tax.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub financial_details: Option<ContactFinancialDetails>,
    /// The assignment of the contact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignment: Option<ContactAssignment>,
    /// The company.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<Organisation>,
    /// Such as `UNKNOWN`; other values are not documented.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trade_status: Option<String>,
    /// Who created it; 0 if unknown. The wire spells it `createdByid`.
    #[serde(rename = "createdByid", default, skip_serializing_if = "Option::is_none")]
    pub created_by_id: Option<ContactId>,
    /// When it was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_on: Option<OffsetDateTime>,
    /// When it changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_on: Option<OffsetDateTime>,
    /// The tags' ids, in one text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact_tags: Option<String>,
    /// Names in other systems, unchanged: the form is not documented.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aliases: Option<Value>,
    /// The company; 0 for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company_id: Option<u64>,
    /// Custom fields that are set; only when asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_fields: Option<CustomFields>,
    /// The addresses themselves, unchanged; only when asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postal_addresses: Option<Value>,
}

impl Contact {
    /// Whether this is a customer: neither supplier nor staff.
    pub fn is_customer(&self) -> bool {
        !self.relationship_to_account.is_supplier && !self.relationship_to_account.is_staff
    }

    /// Returns the first e-mail address.
    pub fn primary_email(&self) -> Option<&str> {
        self.communication.emails.get(&CommunicationSlot::Primary)?.email.as_deref()
    }
}

impl fmt::Debug for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Contact({}, hidden)", self.contact_id)
    }
}

/// How a contact is reached; only slots that are filled are there.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ContactCommunication {
    /// E-mail addresses: primary, secondary, tertiary.
    pub emails: BTreeMap<CommunicationSlot, ContactEmail>,
    /// Telephone numbers: primary, secondary, mobile, fax.
    pub telephones: BTreeMap<CommunicationSlot, String>,
    /// Messengers, such as `SKP`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub messaging_voips: Option<BTreeMap<CommunicationSlot, String>>,
    /// Websites.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub websites: Option<BTreeMap<CommunicationSlot, String>>,
}

/// An e-mail address.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ContactEmail {
    /// The address; none in a slot that is there and empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

never_prints!(ContactCommunication, ContactEmail);

open_enum! {
    /// Which of several addresses or numbers.
    pub enum CommunicationSlot {
        /// The first.
        Primary = "PRI",
        /// The second.
        Secondary = "SEC",
        /// The third; of e-mails only.
        Tertiary = "TER",
        /// A mobile telephone.
        Mobile = "MOB",
        /// A fax.
        Fax = "FAX",
        /// Skype.
        Skype = "SKP",
    }
}

/// The stage of the relationship with a contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ContactStatus {
    /// Now.
    pub current: ContactStatusLabel,
    /// Before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<Vec<ContactStatusChange>>,
}

/// A status of the account's own list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ContactStatusLabel {
    /// The status; 0 for none.
    pub contact_status_id: u64,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact_status_name: Option<String>,
}

/// When a contact got a status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ContactStatusChange {
    /// The status.
    #[serde(flatten)]
    pub status: ContactStatusLabel,
    /// When. The wire spells it `occuredOn`.
    #[serde(rename = "occuredOn", default, skip_serializing_if = "Option::is_none")]
    pub occurred_on: Option<OffsetDateTime>,
    /// Who gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staff_contact_id: Option<ContactId>,
}

/// The role of a contact. A customer is neither supplier nor staff.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct RelationshipToAccount {
    /// A supplier.
    pub is_supplier: bool,
    /// A member of staff.
    pub is_staff: bool,
}

/// What a contact may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct MarketingDetails {
    /// The newsletter.
    pub is_receive_email_newsletter: bool,
}

/// Prices, credit and tax of a contact.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ContactFinancialDetails {
    /// The price list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price_list_id: Option<PriceListId>,
    /// Where sales to it are posted; `0` for the account's own choice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nominal_code: Option<NominalCode>,
    /// How much credit it has, in its currency.
    #[serde(skip_serializing_if = "Option::is_none", with = "wire::optional_decimal_number")]
    pub credit_limit: Option<Decimal>,
    /// After how many days it pays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credit_term_days: Option<i64>,
    /// How those days count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credit_term_type_id: Option<u64>,
    /// The currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency_id: Option<CurrencyId>,
    /// Per cent off.
    #[serde(skip_serializing_if = "Option::is_none", with = "wire::optional_decimal_number")]
    pub discount_percentage: Option<Decimal>,
    /// The tax code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax_code_id: Option<TaxCodeId>,
    /// The tax number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax_number: Option<String>,
}

/// The assignment of the contact.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ContactAssignment {
    /// The assignment now.
    #[serde(default)]
    pub current: CurrentContactAssignment,
}

/// The present assignment.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct CurrentContactAssignment {
    /// The member of staff who looks after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub staff_owner_contact_id: Option<ContactId>,
    /// Where it came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead_source_id: Option<LeadSourceId>,
    /// Its reference in the accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_reference: Option<String>,
    /// The sales channel, under its old name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department_id: Option<ChannelId>,
    /// The group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact_group_id: Option<ContactGroupId>,
}

/// The company of a contact.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Organisation {
    /// The company; none to make one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organisation_id: Option<u64>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// A contact to create. Its addresses are made first, by [`postal_address::create`](super::postal_address::create).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewContact {
    /// Such as `Mr.`, at most 32 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub salutation: Option<String>,
    /// The first name, at most 32 characters.
    pub first_name: String,
    /// The last name, at most 32 characters.
    pub last_name: String,
    /// The addresses; the default one is required.
    pub post_address_ids: BTreeMap<AddressType, PostalAddressId>,
    /// E-mails and telephones.
    #[serde(default)]
    pub communication: ContactCommunication,
    /// What the contact is to the account; a customer by default.
    #[serde(default)]
    pub relationship_to_account: RelationshipToAccount,
    /// What may be sent; nothing by default.
    #[serde(default)]
    pub marketing_details: MarketingDetails,
    /// Prices, credit and tax.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub financial_details: Option<ContactFinancialDetails>,
    /// The assignment of the contact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignment: Option<ContactAssignment>,
    /// The company.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<Organisation>,
}

never_prints!(ContactFinancialDetails, CurrentContactAssignment, Organisation, NewContact);

impl NewContact {
    /// A customer with this name and default address.
    ///
    /// ```
    /// use brightpearl::{PostalAddressId, contact::{NewContact, contact}};
    ///
    /// let customer = NewContact::customer("Ada", "Example", PostalAddressId::new(7101)).email("ada@example.test");
    /// assert_eq!(contact::create(&customer).to_string(), "POST /contact-service/contact/");
    /// ```
    pub fn customer(
        first_name: impl Into<String>,
        last_name: impl Into<String>,
        default_address: PostalAddressId,
    ) -> Self {
        Self {
            salutation: None,
            first_name: first_name.into(),
            last_name: last_name.into(),
            post_address_ids: BTreeMap::from([(AddressType::Default, default_address)]),
            communication: ContactCommunication::default(),
            relationship_to_account: RelationshipToAccount::default(),
            marketing_details: MarketingDetails::default(),
            financial_details: None,
            assignment: None,
            organisation: None,
        }
    }

    /// With this first e-mail address.
    #[must_use]
    pub fn email(mut self, address: impl Into<String>) -> Self {
        let email = ContactEmail { email: Some(address.into()) };
        self.communication.emails.insert(CommunicationSlot::Primary, email);
        self
    }
}

/// Requests contacts by id; those that do not exist are left out.
#[inline]
pub fn get(ids: &IdSet<ContactId>) -> Request<Vec<Contact>> {
    Request::new(GET, &[ids], answer::payload).empty_when_absent()
}

/// As [`get`], with the custom fields that are set and the addresses themselves.
#[inline]
pub fn get_with_details(ids: &IdSet<ContactId>) -> Request<Vec<Contact>> {
    get(ids).query("includeOptional", "customFields,postalAddresses")
}

/// Requests which of these contacts exist, in sets that one GET takes each; of all contacts when the set is empty.
#[inline]
pub fn options(ids: &IdSet<ContactId>) -> Request<Vec<IdSet<ContactId>>> {
    Request::new(OPTIONS, &[ids], get_uris::id_sets)
}

/// Creates a contact. There is no key, and two contacts may share an e-mail address: search for it before
/// sending one again.
#[inline]
pub fn create(contact: &NewContact) -> Request<ContactId> {
    Request::new(CREATE, &[], answer::payload)
        .body(contact)
        .with_verification_hint("search the contacts for its e-mail address")
}

/// Changes plain fields of a contact, such as `replace` at `/firstName`, and returns the whole contact.
#[inline]
pub fn patch(contact: ContactId, changes: &Patch) -> Request<Contact> {
    Request::new(PATCH, &[&contact], answer::payload).body(changes).with_verification_hint("read the contact")
}

/// Requests the custom fields of a contact that are set.
#[inline]
pub fn custom_fields(contact: ContactId) -> Request<CustomFields> {
    Request::new(CUSTOM_FIELDS, &[&contact], answer::payload)
}

/// Sets and clears custom fields of a contact, as [`order::custom_field::patch`](crate::order::custom_field::patch)
/// does of an order.
#[inline]
pub fn patch_custom_fields(contact: ContactId, changes: &Patch) -> Request<CustomFields> {
    Request::new(PATCH_CUSTOM_FIELDS, &[&contact], answer::payload)
        .body(changes)
        .with_verification_hint("read the contact's custom fields")
}

/// The contacts of an account: [`Client::contacts`](crate::Client::contacts).
#[cfg(feature = "client")]
#[derive(Debug, Clone, Copy)]
pub struct Contacts<'c>(pub(crate) &'c crate::Client);

#[cfg(feature = "client")]
impl Contacts<'_> {
    /// Gets contacts by id; those that do not exist are left out.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn get(&self, ids: &IdSet<ContactId>) -> Result<Vec<Contact>, crate::Error> {
        self.0.in_chunks(ids, get).await
    }

    /// As [`Contacts::get`], with the custom fields that are set and the addresses themselves.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn get_with_details(&self, ids: &IdSet<ContactId>) -> Result<Vec<Contact>, crate::Error> {
        self.0.in_chunks(ids, get_with_details).await
    }

    /// Lists which of these exist; see [`options`].
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn options(&self, ids: &IdSet<ContactId>) -> Result<Vec<IdSet<ContactId>>, crate::Error> {
        self.0.send(&options(ids)).await
    }

    /// Searches for contacts.
    pub fn search(&self, search: ContactSearch) -> crate::client::Results<ContactSearch> {
        crate::client::Results::new(self.0, search)
    }

    /// Lists every contact with this e-mail address, ignoring case, in any slot: Brightpearl itself matches
    /// parts of addresses, and contacts may share one.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn with_email(&self, address: &str) -> Result<Vec<ContactSummary>, crate::Error> {
        let mut found = self.search(ContactSearch::new().any_email_contains(address)).all().await?;
        found.retain(|contact| contact.has_email(address));
        Ok(found)
    }

    /// Creates a contact.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn create(&self, contact: &NewContact) -> Result<ContactId, crate::Error> {
        self.0.send(&create(contact)).await
    }

    /// Changes plain fields of a contact; see [`patch`].
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn patch(&self, contact: ContactId, changes: &Patch) -> Result<Contact, crate::Error> {
        self.0.send(&patch(contact, changes)).await
    }

    /// Gets the custom fields of a contact that are set.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn custom_fields(&self, contact: ContactId) -> Result<CustomFields, crate::Error> {
        self.0.send(&custom_fields(contact)).await
    }

    /// Sets and clears custom fields of a contact; see [`patch_custom_fields`].
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn patch_custom_fields(
        &self,
        contact: ContactId,
        changes: &Patch,
    ) -> Result<CustomFields, crate::Error> {
        self.0.send(&patch_custom_fields(contact, changes)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_customer_is_no_supplier_and_gets_no_newsletter() {
        let customer =
            NewContact::customer("Ada", "Example", PostalAddressId::new(7101)).email("ada@example.test");
        assert_eq!(
            create(&customer).json(),
            Some(concat!(
                r#"{"firstName":"Ada","lastName":"Example","postAddressIds":{"DEF":7101},"#,
                r#""communication":{"emails":{"PRI":{"email":"ada@example.test"}},"telephones":{}},"#,
                r#""relationshipToAccount":{"isSupplier":false,"isStaff":false},"#,
                r#""marketingDetails":{"isReceiveEmailNewsletter":false}}"#
            ))
        );
    }

    #[test]
    fn nobody_prints() {
        let contact: Contact = serde_json::from_str(
            r#"{"contactId":5012,"firstName":"Ada","lastName":"Example","postAddressIds":{"DEF":7101},
                "communication":{"emails":{"PRI":{"email":"ada@example.test"}},"telephones":{"MOB":"07700 900123"}},
                "financialDetails":{"taxNumber":"GB123456789"},"organisation":{"name":"Example Ltd"},
                "assignment":{"current":{"accountReference":"EXAMPLE01"}}}"#,
        )
        .unwrap();
        assert!(contact.is_customer());
        assert_eq!(contact.primary_email(), Some("ada@example.test"));
        let shown = format!(
            "{contact:?} {:?} {:?} {:?} {:?} {:?}",
            contact.communication,
            contact.communication.emails,
            contact.financial_details,
            contact.organisation,
            contact.assignment
        );
        for planted in ["Ada", "Example", "example.test", "07700", "GB123", "EXAMPLE01"] {
            assert!(!shown.contains(planted), "{planted} in {shown}");
        }
    }
}
