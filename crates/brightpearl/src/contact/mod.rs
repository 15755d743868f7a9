//! `contact-service`: customers, suppliers, staff, and their postal addresses.
//!
//! Names, e-mail addresses, telephone numbers, addresses and tax numbers are never printed, in any `Debug`.
#![allow(clippy::module_inception, reason = "the folder is Brightpearl's service, the file its resource")]

/// Implements `Debug` with the type's name only, for personal data.
macro_rules! never_prints {
    ($($name:ident),+ $(,)?) => {$(
        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(hidden)"))
            }
        }
    )+};
}

pub mod contact;
pub mod contact_search;
pub mod postal_address;

pub use contact::{
    Contact, ContactAssignment, ContactCommunication, ContactEmail, ContactFinancialDetails, ContactStatus,
    CurrentContactAssignment, MarketingDetails, NewContact, Organisation, RelationshipToAccount,
};
pub use contact_search::{ContactColumn, ContactSearch, ContactSummary};
pub use postal_address::{AddressType, NewPostalAddress, PostalAddress};
