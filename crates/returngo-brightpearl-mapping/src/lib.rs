//! The mapping between ReturnGO returns and Brightpearl sales credits.
//!
#![doc = include_str!("../README.md")]
//!
//! # Public dependencies
//!
//! Snapshots and plans consist of the types of [`brightpearl`] and [`returngo`], with amounts of [`rust_decimal`] and times
//! of [`jiff`]. They are exported again so that a program uses the same versions.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod amounts;
mod changes;
pub mod check;
mod claims;
pub mod credit;
mod credit_rows;
mod decisions;
mod existing_credits;
pub mod explain;
mod fees;
#[cfg(feature = "field-map")]
pub mod field_map;
#[cfg(not(feature = "field-map"))]
#[path = "field_map/disabled.rs"]
pub mod field_map;
mod findings;
mod finish;
mod goods;
mod in_flight;
pub mod keys;
mod matching;
mod original_order;
pub mod plan;
mod planner;
pub mod reconcile;
pub mod refund;
mod review;
mod rma_facts;
pub mod settings;
pub mod tender;
mod unique;
pub mod updates;
pub mod world;

pub use brightpearl;
pub use credit::{CreditInput, sales_credit_for};
pub use decisions::Decision;
pub use explain::{Explanation, explain};
pub use in_flight::{InFlight, InFlightRow};
pub use original_order::{chosen_order, original_order};
pub use plan::{
    Choice, CreditState, Effect, Plan, RefundState, RefundStatus, ReturnState, Review, ReviewCode, UnitState,
    UnitStatus, Warning, WarningCode,
};
pub use planner::plan;
pub use refund::payment_for;
pub use settings::{AccountCode, ConnectionSettings, SettingsError};
pub use updates::rma_updates_for;
pub use world::{AccountFacts, CreditClaim, World};
pub use {jiff, returngo, rust_decimal};
