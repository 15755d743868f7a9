//! Tests of the shared parts, with a mock of a tiny API.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod adapters;
mod faults;
mod tally;
mod webhooks;
