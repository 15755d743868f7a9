//! Reads both systems into what the mapping between them looks at.
//!
#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod account;
mod connection;
mod error;
mod journal;
mod refunds;
mod world;

pub use account::account_facts;
pub use connection::{Receivers, read_connection};
pub use error::ReadError;
pub use journal::{IntendedCredit, Journal, JournalError, NoJournal};
pub use refunds::Refunded;
pub use world::Reader;
