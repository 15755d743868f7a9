//! What the crate promises, through its public interface.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

#[cfg(feature = "client")]
mod client;
mod endpoints;
mod fixtures;
#[cfg(all(feature = "client", feature = "webhooks"))]
mod fuzzed;
mod model;
mod notification;
mod odd_values;
mod properties;
#[cfg(feature = "webhooks")]
mod receiving;
mod redaction;
#[cfg(feature = "client")]
mod sweep;

fn rma(text: &str) -> returngo::Rma {
    serde_json::from_str(text).unwrap()
}
