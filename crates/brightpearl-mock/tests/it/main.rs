//! Tests of the mock over plain HTTP, without the client.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod accounting;
mod builder;
mod contacts;
mod discounts;
mod fidelity;
mod fixtures;
mod goods;
mod http;
mod journals;
mod large;
mod multi_message;
mod oauth;
mod options;
mod order_changes;
mod orders;
mod platform;
mod reads;
mod receipts;
mod sales_credits;
mod searches;
mod seeds;
mod server;
mod shop_connector;
mod strict;
mod switches;
mod user_actions;
mod webhooks;
