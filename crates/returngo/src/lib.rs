//! ReturnGO returns, typed.
//!
#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod comment;
mod event;
mod exchange;
mod follow_up;
mod ids;
mod item;
mod money;
pub mod rma;
pub mod shipment;
pub mod transaction;
pub mod webhook;

pub use api_client_core::{CurrencyCode, InvalidDateTime, OffsetDateTime, decode::DecodeError};
pub use comment::{Comment, CommentType};
pub use event::{Event, EventName, TriggeredVia, UserDetails};
pub use exchange::{ExchangeItem, ExchangeOrder, ExchangeOrderType, ItemPriceMethod};
pub use follow_up::{FollowUpAnswer, FollowUpQuestion, FollowUpQuestionType, Media};
pub use ids::{
    InvalidRmaId, ReturnedItemId, RmaId, ShipmentId, ShopLineItemId, ShopOrderId, TransactionId, WebhookId,
};
pub use item::{Item, ResolutionType, ReturnMethod, ReturnMethodType, Validation, ValidationResponse};
pub use money::Money;
pub use rma::{OrderDetails, Rma, RmaStatus, RmaSummary};
pub use shipment::{Address, Shipment, ShipmentStatus, ShipmentUpdate};
pub use transaction::{
    BankAccountDetails, ExternalReferenceType, Processor, Transaction, TransactionStatus, TransactionType,
};
pub use webhook::{NewWebhook, Notification, Webhook, WebhookEvent};
