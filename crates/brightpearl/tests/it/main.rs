//! The client's behaviour through its public interface: over a scripted transport where single answers
//! matter, over the mock's real HTTP where the account does.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod answers;
mod budget;
mod bulk;
mod changed_orders;
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
mod script;
mod searches;
mod secrets;
mod webhooks;
