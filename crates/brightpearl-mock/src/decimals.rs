//! Amounts and rates in the scales of Brightpearl.

use rust_decimal::{Decimal, RoundingStrategy::MidpointAwayFromZero};

/// Rounds an amount, halves away from zero.
pub(crate) fn two_decimals(amount: Decimal) -> Decimal {
    let mut rounded = amount.round_dp_with_strategy(2, MidpointAwayFromZero);
    rounded.rescale(2);
    rounded
}

/// Shows a rate with six decimals.
pub(crate) fn six_decimals(mut rate: Decimal) -> Decimal {
    rate.rescale(6);
    rate
}
