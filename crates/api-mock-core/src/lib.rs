//! The common parts of stateful mocks of HTTP APIs.
//!
//! A mock implements [`MockedApi`]: it answers one plain [`Request`] at a time from its own state. [`MockCore`] adds:
//!
//! * [`Faults`] that lose answers, close connections, delay, return errors, and duplicate, reorder or lose webhooks:
//!   a number of times, or at random with a seed;
//! * a request log for assertions ([`RequestCounts`]);
//! * a [`Clock`] that tests can stop;
//! * webhook deliveries over HTTP ([`Delivery`]), and a way to wait for them without sleeping
//!   ([`MockCore::deliveries_settled`]);
//! * control routes under `/_mock/`, for manual tests and other languages.
//!
//! Two adapters run the same core: [`WiremockAdapter`] inside a test, and [`Server`] as a program. [`odd_values`]
//! helps to test how code reads unexpected JSON.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod api;
mod clock;
mod control;
mod faults;
mod http;
mod mock_core;
pub mod odd_values;
mod refusal;
mod request_log;
mod server;
mod state;
mod webhooks;
mod wiremock_adapter;

pub use api::{Context, MockedApi, Part};
pub use clock::Clock;
pub use faults::{Fault, FaultKind, Faults, UnknownFault};
pub use http::{Request, Response};
pub use mock_core::{MockCore, Reply};
pub use refusal::Refusal;
pub use request_log::RequestCounts;
pub use server::{Server, run_until_ctrl_c};
pub use webhooks::{Attempt, Delivery, RetryRule};
pub use wiremock;
pub use wiremock_adapter::WiremockAdapter;
