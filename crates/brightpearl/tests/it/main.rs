//! The client's behaviour through its public interface: over a scripted transport where single answers
//! matter, over the mock's real HTTP where the account does.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod answers;
mod endpoints;
mod keyed_writes;
mod models;
mod script;
mod secrets;
