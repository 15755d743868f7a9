//! Decimals, with a form on the wire that is stated here and nowhere else.
//!
//! `Decimal`'s own serde implementation depends on features of `rust_decimal` and `serde_json` that any crate of a
//! build can turn on: with them it writes floats, or cannot read numbers. Nothing here uses it.

use std::fmt;

use rust_decimal::Decimal;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, value::MapAccessDeserializer},
};

use super::{informational, optional};

/// A decimal that comes as a number or as a numeric string; written as a string.
///
/// A JSON number is exact up to 15 significant digits, which every amount of money has.
pub mod decimal {
    use super::*;

    /// Reads it.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
        deserializer.deserialize_any(Lenient)
    }

    /// Writes it as a string, with the decimals that it has.
    pub fn serialize<S: Serializer>(value: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }
}

/// A decimal as [`decimal`] reads it; written as a number.
pub mod decimal_number {
    use super::*;

    pub use super::decimal::deserialize;

    /// Writes it as a number. A decimal that no JSON number holds exactly is written as a string instead.
    pub fn serialize<S: Serializer>(value: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
        let number: Option<f64> = value.to_string().parse().ok();
        let exact = |number: &f64| number.to_string().parse::<Decimal>().is_ok_and(|read| read == *value);
        match number.filter(exact) {
            Some(number) => serializer.serialize_f64(number),
            None => decimal::serialize(value, serializer),
        }
    }
}

/// An optional decimal that is null, `""` or absent when there is none; written as a string or null.
pub mod optional_decimal {
    use super::*;

    /// Reads it. Pair with `#[serde(default)]` for the absent key.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Decimal>, D::Error> {
        let read: Option<Number> = optional::deserialize(deserializer)?;
        Ok(read.map(|Number(value)| value))
    }

    /// Writes it as a string or null.
    pub fn serialize<S: Serializer>(value: &Option<Decimal>, serializer: S) -> Result<S::Ok, S::Error> {
        value.map(Number).serialize(serializer)
    }
}

/// An optional decimal as [`optional_decimal`] reads it; written as a number or null.
pub mod optional_decimal_number {
    use super::*;

    pub use super::optional_decimal::deserialize;

    /// Writes it as a number or null.
    pub fn serialize<S: Serializer>(value: &Option<Decimal>, serializer: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => decimal_number::serialize(value, serializer),
            None => serializer.serialize_none(),
        }
    }
}

/// An [`informational`] decimal; written as a string or null.
pub mod informational_decimal {
    use super::*;

    /// Reads it. Pair with `#[serde(default)]` for the absent key.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Decimal>, D::Error> {
        let read: Option<Number> = informational::deserialize(deserializer)?;
        Ok(read.map(|Number(value)| value))
    }

    pub use super::optional_decimal::serialize;
}

/// A decimal that is zero when it is null, `""` or absent; written as a number.
pub mod decimal_number_or_zero {
    use super::*;

    /// Reads it. Pair with `#[serde(default)]` for the absent key.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
        Ok(optional_decimal::deserialize(deserializer)?.unwrap_or_default())
    }

    pub use super::decimal_number::serialize;
}

/// A decimal as [`decimal`] reads and writes it, for places where no `with` fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number(pub Decimal);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        decimal::deserialize(deserializer).map(Self)
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        decimal::serialize(&self.0, serializer)
    }
}

/// Reads a decimal through the text that it was written as.
struct Lenient;

/// Returns the decimal of a text such as `12.50` or `1.25e1`.
fn parsed(text: &str) -> Option<Decimal> {
    text.parse().or_else(|_| Decimal::from_scientific(text)).ok()
}

impl<'de> de::Visitor<'de> for Lenient {
    type Value = Decimal;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a decimal number or a numeric string")
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Decimal, E> {
        Ok(number.into())
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Decimal, E> {
        Ok(number.into())
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Decimal, E> {
        // The shortest text that means this number: what was written, at money sizes.
        let read = parsed(&number.to_string());
        read.ok_or_else(|| E::invalid_value(de::Unexpected::Float(number), &self))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Decimal, E> {
        parsed(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
    }

    /// A number, where `serde_json/arbitrary_precision` is on: its zeros at the end are left out, as without.
    fn visit_map<A: de::MapAccess<'de>>(self, entries: A) -> Result<Decimal, A::Error> {
        let number = serde_json::Number::deserialize(MapAccessDeserializer::new(entries))?;
        let read = parsed(&number.to_string()).map(|value| value.normalize());
        read.ok_or_else(|| de::Error::invalid_type(de::Unexpected::Other("number"), &self))
    }
}
