//! What an account stores and the client has no type for. The topics read and change these records.

mod accounting_period;
mod contact;
mod event;
mod exchange_rate;
mod former_invoice;
mod journal;
mod pending_close;
mod postal_address;
mod product;
mod stock_correction;
mod warehouse;

pub(crate) use accounting_period::StoredPeriod;
pub(crate) use contact::Contact;
pub(crate) use event::Event;
pub(crate) use exchange_rate::StoredRate;
pub(crate) use former_invoice::FormerInvoice;
pub(crate) use journal::{Journal, Line, Posting};
pub(crate) use pending_close::PendingClose;
pub(crate) use postal_address::StoredAddress;
pub(crate) use product::{Component, StoredProduct};
pub(crate) use stock_correction::StoredCorrection;
pub(crate) use warehouse::StoredWarehouse;
