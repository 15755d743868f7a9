//! The mock over plain HTTP, without the client that it exists for.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod accounting;
mod goods;
mod http;
mod orders;
mod platform;
mod reads;
mod sales_credits;
mod searches;
mod seeds;
mod server;
mod webhooks;
