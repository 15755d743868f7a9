//! A typed client for the Brightpearl API.
//!
#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod account_code;
pub mod accounting;
mod answer;
#[cfg(feature = "client")]
pub mod client;
#[cfg(feature = "client")]
mod error;
mod id_set;
pub mod ids;
pub mod integration;
pub mod order;
pub mod product;
pub mod request;
pub mod search;
pub mod warehouse;

pub use account_code::{AccountCode, InvalidAccountCode};
pub use answer::Created;
pub use api_client_core::{CurrencyCode, InvalidDateTime, OffsetDateTime, decode::DecodeError};
#[cfg(feature = "client")]
pub use client::{Client, ClientBuilder, Credentials};
#[cfg(feature = "client")]
pub use error::{ApiError, Error, ErrorKind};
pub use id_set::{IdSet, InvalidIdSet, MAX_IDS_PER_GET};
pub use ids::*;
pub use request::Request;
