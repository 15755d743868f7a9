//! Behaviour of the connector, through its public interface.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "what was skipped, and figures, are told")]

mod abandoned;
mod apply;
mod backlog;
mod calls;
mod commands;
mod convergence;
mod crash;
mod disk;
mod doubt;
mod drain;
mod heartbeat;
mod ledger;
mod meeting;
mod not_yet;
mod operations;
mod parts;
mod refreshing;
mod server;
mod service;
mod skipped;
mod support;
mod sweep_ends;
mod sweeps;
mod taken_away;
mod unreadable;
mod vault;
mod whole_connection;
