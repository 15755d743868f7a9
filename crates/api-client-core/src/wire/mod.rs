//! Serde helpers for what the two systems really send, where that differs from what one would expect.
//!
//! Each module is used as `#[serde(with = "…")]`. Decimals need one too: [`decimal`] and its variants state the form
//! on the wire, which must not depend on the features of the build.

mod decimals;
mod flags;
mod informational_values;
mod optional_values;
mod scalars;
#[cfg(test)]
mod tests;

pub use decimals::{
    Number, decimal, decimal_number, decimal_number_or_zero, informational_decimal, optional_decimal,
    optional_decimal_number,
};
pub use flags::{boolean, optional_boolean, stated_boolean};
pub use informational_values::{
    informational, informational_id, informational_list, informational_text, unreadable_values,
};
pub use optional_values::{empty_is_none, map, null_is_default, optional, zero_is_none};
pub use scalars::{Text, id, integer, name, possibly_empty, stated, text, text_or_empty, unsigned};
