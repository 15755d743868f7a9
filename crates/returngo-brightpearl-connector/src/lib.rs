//! A durable connector that keeps ReturnGO returns and Brightpearl sales credits in sync.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod call_quota;
pub mod configuration;
pub mod connection;
pub mod engine;
pub mod failpoints;
mod failure;
pub mod heartbeat;
mod in_progress;
pub mod inbox;
pub mod metrics;
pub mod notifier;
mod object_reads;
pub mod operations;
pub mod private_files;
pub mod receiver;
pub mod registry;
pub mod repeated_error;
pub mod retention;
pub mod server;
pub mod service;
pub mod skipped;
pub mod store;
pub mod subscriptions;
pub mod sweep;
pub mod tasks;
mod token_store;
pub mod vault;

pub use failure::Failure;
pub use returngo_brightpearl_sync::with_causes;
