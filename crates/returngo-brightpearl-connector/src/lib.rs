//! The whole integration of ReturnGO and Brightpearl as one program that loses nothing.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod apply;
pub mod connection;
pub mod engine;
pub mod ledger;
pub mod probe;
pub mod world;
