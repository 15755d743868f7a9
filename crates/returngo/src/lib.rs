//! ReturnGO returns, typed.
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
//!   a transport or an observer).
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod answer;
#[cfg(feature = "client")]
pub mod client;
mod comment;
#[cfg(feature = "client")]
mod error;
mod event;
mod exchange;
mod follow_up;
mod ids;
mod item;
mod money;
pub mod page;
pub mod request;
pub mod rma;
pub mod shipment;
#[cfg(feature = "client")]
pub mod sweep;
pub mod transaction;
pub mod webhook;

pub use api_client_core::{CurrencyCode, InvalidDateTime, OffsetDateTime, decode::DecodeError};
#[cfg(feature = "client")]
pub use client::{Client, ClientBuilder};
pub use comment::{Comment, CommentType};
#[cfg(feature = "client")]
pub use error::{Error, ErrorKind};
pub use event::{Event, EventName, TriggeredVia, UserDetails};
pub use exchange::{ExchangeItem, ExchangeOrder, ExchangeOrderType, ItemPriceMethod};
pub use follow_up::{FollowUpAnswer, FollowUpQuestion, FollowUpQuestionType, Media};
pub use ids::{
    InvalidRmaId, ReturnedItemId, RmaId, ShipmentId, ShopLineItemId, ShopOrderId, TransactionId, WebhookId,
};
pub use item::{Item, ResolutionType, ReturnMethod, ReturnMethodType, Validation, ValidationResponse};
pub use money::Money;
pub use page::{Cursor, Page, UndecodableRow};
pub use request::Request;
pub use rma::{OrderDetails, Rma, RmaFilter, RmaStatus, RmaSummary};
pub use shipment::{Address, Shipment, ShipmentStatus, ShipmentTracker, ShipmentUpdate};
pub use transaction::{
    BankAccountDetails, ExternalReferenceType, Processor, Transaction, TransactionFilter, TransactionOutcome,
    TransactionStatus, TransactionType,
};
pub use webhook::{NewWebhook, Notification, Webhook, WebhookEvent};

pub use jiff;
pub use rust_decimal;
pub use serde_json;
#[cfg(feature = "client")]
pub use {async_trait, futures_core, secrecy};

/// The guide's code is compiled, and where it can be run, with the documentation tests.
#[cfg(all(doctest, feature = "client", feature = "webhooks"))]
#[doc = include_str!("../../../docs/returngo.md")]
pub struct Guide;
