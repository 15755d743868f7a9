//! `contact-service`: customers, suppliers and staff, and their addresses
//! (docs/evidence/brightpearl-orders.md#contacts).
#![allow(clippy::module_inception, reason = "the folder is Brightpearl's service, the file its resource")]

pub(crate) mod contact;
pub(crate) mod contact_post;
pub(crate) mod contact_search;
mod country;
pub(crate) mod postal_address;

pub(crate) use country::with_country;
