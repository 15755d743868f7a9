//! `warehouse-service`: goods-in notes, quarantine, stock corrections, movements, availability.
#![allow(clippy::module_inception, reason = "the folder is Brightpearl's service, the file its resource")]

pub(crate) mod fulfilment_status;
pub(crate) mod goods_in_correction;
pub(crate) mod goods_in_note;
pub(crate) mod goods_in_search;
pub(crate) mod goods_movement;
pub(crate) mod location;
pub(crate) mod product_availability;
pub(crate) mod quarantine;
pub(crate) mod stock_correction;
pub(crate) mod warehouse;

use crate::gateway::{Problem, placeholder_codes};

/// The error for an invalid field of a goods-in note, release or correction.
fn refused(message: impl Into<String>) -> Problem {
    Problem::client(placeholder_codes::GOODS, message)
}
