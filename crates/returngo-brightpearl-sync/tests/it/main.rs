//! Reading both systems over real HTTP, against the mocks.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod account;
mod connection;
mod deciding;
mod readme;
mod refunds;
mod synchronizing;
mod systems;
#[allow(unreachable_pub, clippy::print_stdout, clippy::print_stderr, reason = "the README shows this file")]
mod webhooks;
mod world;
