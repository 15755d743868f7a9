//! Code that the `brightpearl` and `returngo` clients share.
//!
//! Three parts:
//!
//! * for models, always included: [`open_enum!`], [`numeric_id!`] and [`text_id!`] define enums and ids of a
//!   wire format; [`wire`] has lenient deserializers; [`OffsetDateTime`] keeps the zone of a time;
//!   [`CurrencyCode`] knows its minor unit; [`Endpoint`], [`Idempotency`] and [`Request`] describe a request
//!   before it is sent;
//! * with the feature `secrets`: [`secrets_match`], the constant-time check of a webhook's secret;
//! * with the feature `client`: [`client::Pipeline`], which sends every request of both clients, over a
//!   [`client::Transport`] and a [`client::Clock`] that tests can replace.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod backoff;
#[cfg(feature = "client")]
pub mod client;
mod currency;
pub mod decode;
mod endpoint;
mod fingerprint;
mod http;
mod ids;
pub mod json_text;
mod lock;
mod offset_date_time;
mod open_enum;
mod request;
#[cfg(feature = "secrets")]
mod secret;
pub mod time;
pub mod wire;

pub use backoff::Backoff;
pub use currency::CurrencyCode;
pub use endpoint::{Endpoint, Idempotency, Placeholder, query_string};
pub use fingerprint::fingerprint;
pub use http::{Header, Headers, HttpRequest, HttpResponse, Method};
pub use ids::{NumericId, compare_ids};
pub use lock::lock;
pub use offset_date_time::{InvalidDateTime, OffsetDateTime};
pub use request::{ReadAnswer, Request};
#[cfg(feature = "secrets")]
pub use secret::secrets_match;

#[doc(hidden)]
pub mod __private {
    pub use serde;
}
