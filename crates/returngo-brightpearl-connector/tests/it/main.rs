//! Behaviour of the connector, through its public interface.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "what was skipped, and figures, are told")]

mod abandoned;
mod apply;
mod backlog;
mod calls;
mod convergence;
mod crash;
mod doubt;
mod drain;
mod heartbeat;
mod meeting;
mod not_yet;
mod private_file;
#[allow(dead_code, reason = "the program's tests use the rest")]
mod raw_http;
mod refreshing;
mod server;
mod service;
mod skipped;
mod store;
mod support;
mod sweep_ends;
mod sweeps;
mod taken_away;
mod tasks;
mod unreadable;
mod vault;
mod whole_connection;
