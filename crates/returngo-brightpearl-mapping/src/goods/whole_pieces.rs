use rust_decimal::{Decimal, prelude::ToPrimitive};

/// Returns a quantity as a number of whole pieces.
pub(super) fn whole_pieces(quantity: Decimal) -> i64 {
    let largest = if quantity.is_sign_negative() { i64::MIN } else { i64::MAX };
    quantity.trunc().to_i64().unwrap_or(largest)
}
