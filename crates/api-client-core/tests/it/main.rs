//! The transports over real HTTP on this computer.
#![cfg(feature = "client")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

#[cfg(feature = "reqwest")]
mod own_client;
mod server;
mod settings;
#[cfg(feature = "tower")]
mod tower_services;
