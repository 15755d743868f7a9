//! `contact-service`: customers, suppliers, staff, and their postal addresses.
//!
//! Nobody's name, e-mail, telephone, address or tax number prints, in no `Debug`.
#![allow(clippy::module_inception, reason = "the folder is Brightpearl's service, the file its resource")]

/// A type that holds a person prints its name only.
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
