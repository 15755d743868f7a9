//! A typed client for the Brightpearl API.
//!
#![doc = include_str!("../README.md")]
//!
//! # Public dependencies
//!
//! Types of these crates are part of the interface, and are exported again so that a program uses the same versions:
//!
//! * [`jiff`]: instants and calendar days;
//! * [`rust_decimal`]: amounts, quantities and rates;
//! * [`serde_json`]: values whose form is not known;
//! * with the feature `client`, `secrecy` (credentials), `futures_core` (streams) and `async_trait` (implementations of
//!   a transport, an observer or a token store).
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod account_code;
pub mod accounting;
mod answer;
mod api_error;
#[cfg(feature = "client")]
pub mod client;
pub mod contact;
#[cfg(feature = "client")]
mod error;
#[cfg(feature = "client")]
mod error_body;
mod get_uris;
mod id_set;
pub mod ids;
pub mod integration;
pub mod multi_message;
pub mod order;
pub mod patch;
pub mod product;
pub mod request;
pub mod search;
pub mod utilities;
pub mod warehouse;

pub use account_code::{AccountCode, InvalidAccountCode};
pub use answer::Created;
pub use api_client_core::{CurrencyCode, InvalidDateTime, NumericId, OffsetDateTime, decode::DecodeError};
pub use api_error::ApiError;
#[cfg(feature = "client")]
pub use client::{Client, ClientBuilder, Credentials};
#[cfg(feature = "client")]
pub use error::{Error, ErrorKind};
pub use id_set::{IdSet, InvalidIdSet, MAX_IDS_PER_GET};
pub use ids::*;
pub use multi_message::MultiMessage;
pub use patch::Patch;
pub use request::Request;

pub use jiff;
pub use rust_decimal;
pub use serde_json;
#[cfg(feature = "client")]
pub use {async_trait, futures_core, secrecy};

/// The guide's code is compiled, and where it can be run, with the documentation tests.
#[cfg(all(doctest, feature = "client"))]
#[doc = include_str!("../../../docs/brightpearl.md")]
pub struct Guide;

/// The guide of what both clients have in common.
#[cfg(all(doctest, feature = "client"))]
#[doc = include_str!("../../../docs/clients.md")]
pub struct ClientsGuide;
