//! Finding contacts (docs/evidence/brightpearl-orders.md#contact-search).
//!
//! ```
//! use brightpearl::contact::{ContactSearch, contact_search};
//!
//! let search = ContactSearch::new().primary_email_contains("ada@example.test").customer(&true);
//! let request = contact_search::search(&search);
//! assert_eq!(
//!     request.to_string(),
//!     "GET /contact-service/contact-search?primaryEmail=ada%40example.test&isCustomer=true"
//! );
//! ```

use std::fmt;

use api_client_core::{Endpoint, Idempotency, Method, OffsetDateTime};
use serde::{Deserialize, Serialize};

use crate::{
    IdSet,
    ids::ContactId,
    request::Request,
    search::{Page, Period, SearchQuery, searchable},
};

const SEARCH: Endpoint = Endpoint::new(Method::Get, "/contact-service/contact-search", Idempotency::Read);

/// A contact as `contact-search` lists it.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ContactSummary {
    /// The contact.
    pub contact_id: Option<ContactId>,
    /// The first e-mail address.
    pub primary_email: Option<String>,
    /// The second.
    pub secondary_email: Option<String>,
    /// The third.
    pub tertiary_email: Option<String>,
    /// The first name.
    pub first_name: Option<String>,
    /// The last name.
    pub last_name: Option<String>,
    /// Whether it is a supplier.
    pub is_supplier: Option<bool>,
    /// The company's name.
    pub company_name: Option<String>,
    /// Whether it is a member of staff.
    pub is_staff: Option<bool>,
    /// Whether it is a customer.
    pub is_customer: Option<bool>,
    /// When it was created.
    pub created_on: Option<OffsetDateTime>,
    /// When it changed. Null for some contacts although [`get`](super::contact::get) has a time.
    pub updated_on: Option<OffsetDateTime>,
    /// The time of the last contact.
    pub last_contacted_on: Option<OffsetDateTime>,
    /// When it last ordered.
    pub last_ordered_on: Option<OffsetDateTime>,
    /// Where sales to it are posted, as a number: leading zeroes are lost, 0 is the account's own choice.
    pub nominal_code: Option<u64>,
    /// Whether it is the first contact of its organisation.
    pub is_primary: Option<bool>,
    /// The first telephone number.
    pub pri: Option<String>,
    /// The second.
    pub sec: Option<String>,
    /// The mobile one.
    pub mob: Option<String>,
    /// The company's name again, for exact filters.
    pub exact_company_name: Option<String>,
    /// Such as `Mr.`.
    pub title: Option<String>,
}

impl ContactSummary {
    /// Whether this is one of its e-mail addresses, ignoring case.
    pub fn has_email(&self, address: &str) -> bool {
        let address = address.trim();
        let own = [&self.primary_email, &self.secondary_email, &self.tertiary_email];
        !address.is_empty()
            && own.into_iter().flatten().any(|email| email.trim().eq_ignore_ascii_case(address))
    }
}

impl fmt::Debug for ContactSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.contact_id {
            Some(id) => write!(f, "ContactSummary({id}, hidden)"),
            None => f.write_str("ContactSummary(hidden)"),
        }
    }
}

searchable! {
    /// Finds contacts. Filters named `…_contains` match parts, ignoring case: compare exactly afterwards.
    pub struct ContactSearch for ContactSummary, at SEARCH {
        /// These contacts.
        ids(IdSet<ContactId>) = "contactId",
        /// With this text in the first e-mail address.
        primary_email_contains(str) = "primaryEmail",
        /// With this text in any e-mail address.
        any_email_contains(str) = "allEmail",
        /// With this text in the first name.
        first_name_contains(str) = "firstName",
        /// With this text in the last name.
        last_name_contains(str) = "lastName",
        /// With this text in the company's name.
        company_name_contains(str) = "companyName",
        /// Of the company with this name, exactly.
        company_name(str) = "exactCompanyName",
        /// Customers, or not.
        customer(bool) = "isCustomer",
        /// Suppliers, or not.
        supplier(bool) = "isSupplier",
        /// Staff, or not.
        staff(bool) = "isStaff",
        /// First contacts of their organisations, or not.
        primary(bool) = "isPrimary",
        /// Created in this period.
        created_on(Period) = "createdOn",
        /// Changed in this period.
        updated_on(Period) = "updatedOn",
        /// Having ordered last in this period.
        last_ordered_on(Period) = "lastOrderedOn",
        /// Last contacted in this period.
        last_contacted_on(Period) = "lastContactedOn",
    }

    /// The columns of a contact search, as [`ContactSearch::columns`] takes them.
    pub enum ContactColumn {
        ContactId = "contactId",
        PrimaryEmail = "primaryEmail",
        SecondaryEmail = "secondaryEmail",
        TertiaryEmail = "tertiaryEmail",
        FirstName = "firstName",
        LastName = "lastName",
        IsSupplier = "isSupplier",
        CompanyName = "companyName",
        IsStaff = "isStaff",
        IsCustomer = "isCustomer",
        CreatedOn = "createdOn",
        UpdatedOn = "updatedOn",
        LastContactedOn = "lastContactedOn",
        LastOrderedOn = "lastOrderedOn",
        NominalCode = "nominalCode",
        IsPrimary = "isPrimary",
        Pri = "pri",
        Sec = "sec",
        Mob = "mob",
        ExactCompanyName = "exactCompanyName",
        Title = "title",
    }

    key "contactId" in contact_id: ContactId;
}

/// Requests one page of a search.
#[inline]
pub fn search(search: &ContactSearch) -> Request<Page<ContactSummary>> {
    search.request()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_counts_whole_and_whatever_its_case() {
        let contact =
            ContactSummary { secondary_email: Some("Ada@Example.test".into()), ..Default::default() };
        assert!(contact.has_email(" ada@example.test"));
        assert!(!contact.has_email("example.test") && !contact.has_email(""));
    }

    #[test]
    fn nobody_prints_neither_in_rows_nor_in_searches() {
        let contact: ContactSummary = serde_json::from_str(
            r#"{"contactId":5012,"primaryEmail":"ada@example.test","pri":"0113 555 0101"}"#,
        )
        .unwrap();
        assert_eq!(format!("{contact:?}"), "ContactSummary(5012, hidden)");
        let search = ContactSearch::new().primary_email_contains("ada@example.test").customer(&true);
        assert!(!format!("{search:?}").contains("ada@"), "{search:?}");
        assert_eq!(
            super::search(&search).to_string(),
            "GET /contact-service/contact-search?primaryEmail=ada%40example.test&isCustomer=true"
        );
    }
}
