//! The client's behaviour through its public interface: over a scripted transport where single answers
//! matter, over the mock's real HTTP where the account does.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod answers;
mod budget;
mod bulk;
mod cancelling;
mod changed_orders;
mod connecting;
mod credentials;
mod endpoints;
mod fuzzed;
mod keyed_writes;
mod models;
mod multi_messages;
mod observing;
mod public_api;
mod refreshing;
mod resources;
mod retry_rules;
mod script;
mod searches;
mod secrets;
mod waiting;
mod webhooks;
