#![doc = include_str!("../README.md")]
//!
//! # Public dependencies
//!
//! Shops consist of the types of [`returngo`], with amounts of [`rust_decimal`] and times of [`jiff`]; the mock is a
//! [`wiremock`] server. They are exported again so that tests use the same versions.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod builder;
mod gateway;
mod mock;
mod paging;
mod quota;
mod routes;
mod seed;
mod shop;
mod switches;
mod wire;

pub use api_mock_core::wiremock;
pub use api_mock_core::{
    Attempt, Clock, Context, Fault, FaultKind, Faults, MockCore, RequestCounts, odd_values, run_until_ctrl_c,
};
pub use builder::{ItemBuilder, RmaBuilder};
pub use gateway::Rejection;
pub use mock::MockReturngo;
pub use quota::Quota;
pub use seed::{InvalidSeed, SEED, Seed};
pub use shop::{Inspection, Refund, Shop};
pub use switches::Switches;
pub use {jiff, returngo, rust_decimal};
