//! What the crate promises, through its public interface.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

#[cfg(feature = "client")]
mod client;
mod endpoints;
mod fixtures;
mod model;
mod notification;
mod redaction;

fn rma(text: &str) -> returngo::Rma {
    serde_json::from_str(text).unwrap()
}
