//! Behaviour of the mapping, through its public interface.
//!
//! `worlds/*.json` hold what both systems say. A world leaves out what `worlds/defaults.json` has: the account,
//! its products, and order 300871. The plans are snapshots; every figure in them was checked by hand.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod adopting;
mod approval;
mod cases;
mod changes;
mod checking;
mod citations;
mod committed;
mod deciding;
mod documented;
mod explaining;
mod field_map;
mod goods;
mod limits;
mod manual_payments;
mod model;
mod odd_values;
mod outdated_decisions;
mod ownership;
mod properties;
mod reading;
mod reconciling;
mod recorded;
mod refunds;
mod reviewed;
mod schema;
mod settled;
mod several_returns;
mod shares;
mod tenders;
mod worlds;
