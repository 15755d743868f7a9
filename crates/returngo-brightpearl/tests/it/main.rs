//! Behaviour of the program, through its commands and what it serves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "skipped tests and figures are printed")]

mod commands;
#[allow(dead_code, reason = "the connector's tests use the rest")]
#[path = "../../../returngo-brightpearl-connector/tests/it/store/databases.rs"]
mod databases;
mod disk;
mod operations;
#[path = "../../../returngo-brightpearl-connector/tests/it/store/postgres.rs"]
mod postgres;
#[path = "../../../returngo-brightpearl-connector/tests/it/private_file.rs"]
mod private_file;
#[path = "../../../returngo-brightpearl-connector/tests/it/raw_http.rs"]
mod raw_http;
