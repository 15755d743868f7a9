//! What a stateful mock of an HTTP API needs, whichever API it is.
//!
//! An API to mock implements [`MockedApi`]: it answers one plain [`Request`] at a time over its own state.
//! [`MockCore`] puts around it what every mock shares:
//!
//! * [`Faults`]: lose the answer after the commit, cut the connection, delay, refuse, and duplicate, reorder or
//!   lose webhooks; so many times, or by chance with a seed;
//! * a log of requests to assert on ([`RequestCounts`]);
//! * a [`Clock`] that is real until a test fixes it;
//! * webhooks that really travel over HTTP ([`Delivery`]), and a way to wait for them without sleeping
//!   ([`MockCore::deliveries_settled`]);
//! * the control routes under `/_mock/`, for people and other languages.
//!
//! Two faces show the same core: [`WiremockAdapter`] inside a test, [`Server`] as a program of its own.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod api;
mod clock;
mod control;
mod faults;
mod http;
mod mock_core;
pub mod odd_values;
mod request_log;
mod server;
mod state;
mod webhooks;
mod wiremock_adapter;

pub use api::{Context, MockedApi, Part, Refusal};
pub use clock::Clock;
pub use faults::{Fault, FaultKind, Faults, UnknownFault};
pub use http::{Request, Response};
pub use mock_core::{MockCore, Reply};
pub use request_log::RequestCounts;
pub use server::{Server, run_until_ctrl_c};
pub use webhooks::{Attempt, Delivery, RetryRule};
pub use wiremock_adapter::WiremockAdapter;
