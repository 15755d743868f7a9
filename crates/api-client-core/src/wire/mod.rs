//! Serde helpers for what the two systems really send, where that differs from what one would expect.
//!
//! Each module is used as `#[serde(with = "…")]`. Decimals need none: [`Decimal`](rust_decimal::Decimal)
//! itself reads a JSON number or a numeric string exactly at money sizes, and writes a string.

mod flags;
mod informational_values;
mod optional_values;
mod scalars;
#[cfg(test)]
mod tests;

pub use flags::{boolean, optional_boolean, stated_boolean};
pub use informational_values::{
    informational, informational_id, informational_list, informational_text, unreadable_values,
};
pub use optional_values::{empty_is_none, map, null_is_default, optional, zero_is_none};
pub use scalars::{Text, id, integer, name, possibly_empty, stated, text, text_or_empty, unsigned};
