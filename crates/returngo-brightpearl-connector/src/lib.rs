//! The whole integration of ReturnGO and Brightpearl as one program that loses nothing.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod apply;
pub mod calls;
pub mod configuration;
pub mod connection;
pub mod engine;
pub mod error;
pub mod failpoints;
pub mod heartbeat;
pub mod inbox;
pub mod metrics;
pub mod notifier;
pub mod operations;
pub mod private;
pub mod receiver;
pub mod registry;
pub mod repeated_error;
pub mod retention;
pub mod server;
pub mod service;
pub mod skipped;
pub mod store;
pub mod subscriptions;
pub mod supervisor;
pub mod sweep;
mod token_store;
pub mod vault;
