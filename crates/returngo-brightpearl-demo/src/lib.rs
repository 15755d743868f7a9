//! Sample returns on mocks of ReturnGO and Brightpearl.
//!
//! [`Scenario`] starts both mocks with orders and RMAs, and does the work of a shop's staff. [`Demo`] runs the connector
//! on a scenario and counts its writes.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod figures;
mod run;
mod scenario;

pub use figures::Figures;
pub use run::{Demo, DemoError};
pub use scenario::{RmaSnapshot, Scenario, ScenarioError};
