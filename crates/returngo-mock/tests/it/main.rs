//! Tests of the mock over plain HTTP.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod access;
mod builders;
mod carriers;
mod controls;
mod fidelity;
mod inspections;
mod lists;
mod rmas;
mod shop;
mod transactions;
mod webhooks;
