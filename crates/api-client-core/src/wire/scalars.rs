//! Numbers and texts, however they are written.

use std::{fmt, str::FromStr};

use serde::{
    Deserialize, Deserializer, Serializer,
    de::{self, value::MapAccessDeserializer},
};

/// An integer that comes as a number or as a numeric string; written as a number.
pub mod unsigned {
    use super::*;

    /// Reads it.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        let Whole(number) = deserializer
            .deserialize_any(Lenient("a positive integer or a string of digits", |number| {
                Some(Whole(number))
            }))?;
        Ok(number)
    }

    /// Writes it as a number.
    pub fn serialize<S: Serializer>(value: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(*value)
    }
}

/// An integer that comes as a number or as a numeric string, and may be below zero; written as a number.
pub mod integer {
    use super::*;

    /// Reads it.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
        let Whole(number) = deserializer
            .deserialize_any(Lenient("an integer or a string of digits", |number| {
                i64::try_from(number).ok().map(Whole)
            }))?;
        Ok(number)
    }

    /// Writes it as a number.
    pub fn serialize<S: Serializer>(value: &i64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(*value)
    }
}

/// A whole number, however many zeros it has behind its point.
struct Whole<T>(T);

impl<T: FromStr> FromStr for Whole<T> {
    type Err = T::Err;

    fn from_str(text: &str) -> Result<Self, T::Err> {
        let whole = text.split_once('.').filter(|(_, zeros)| zeros.bytes().all(|byte| byte == b'0'));
        whole.map_or(text, |(whole, _)| whole).parse().map(Self)
    }
}

/// A text that comes as a string or as a number; written as a string.
pub mod text {
    use super::*;

    /// Reads it.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_any(Lenient("a string or a number", as_written))
    }

    /// Writes it as a string.
    pub fn serialize<S: Serializer>(value: &str, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(value)
    }
}

/// A text that names something, and so is not empty.
pub mod name {
    use super::*;

    /// Reads it.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
        let text = text::deserialize(deserializer)?;
        let empty = || de::Error::invalid_value(de::Unexpected::Str(""), &"a text that is not empty");
        if text.is_empty() { Err(empty()) } else { Ok(text) }
    }

    pub use super::text::serialize;
}

/// A name that something is known by for ever, and so is not as long as any text may be.
pub mod id {
    use super::*;

    /// The most bytes. Keys of databases have limits: PostgreSQL's hold 2,700.
    pub const LONGEST: usize = 500;

    /// Reads it.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
        let text = name::deserialize(deserializer)?;
        if text.len() <= LONGEST {
            return Ok(text);
        }
        Err(de::Error::custom(format_args!("an id of {} bytes, expected at most {LONGEST}", text.len())))
    }

    pub use super::text::serialize;
}

/// A text that comes as a string or as a number, for places where no `with` fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text(pub String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text::deserialize(deserializer).map(Self)
    }
}

/// A code that is not empty, of a type that takes any text.
pub mod stated {
    use super::*;

    /// Reads it.
    pub fn deserialize<'de, D: Deserializer<'de>, T: From<String>>(deserializer: D) -> Result<T, D::Error> {
        name::deserialize(deserializer).map(T::from)
    }
}

/// An id or code that may be empty, unchanged.
pub mod possibly_empty {
    use super::*;

    /// Reads it.
    pub fn deserialize<'de, D: Deserializer<'de>, T: From<String>>(deserializer: D) -> Result<T, D::Error> {
        text::deserialize(deserializer).map(T::from)
    }
}

/// A text that comes as a string or as a number; null and absent are `""`. Written as a string.
pub mod text_or_empty {
    use super::*;

    /// Reads it. Pair with `#[serde(default)]` for the absent key.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
        let text = Option::<Text>::deserialize(deserializer)?;
        Ok(text.map(|Text(text)| text).unwrap_or_default())
    }

    pub use super::text::serialize;
}

/// Reads any scalar through the text it was written as: what was expected, and the short way for a number,
/// which most of them are.
struct Lenient<T>(&'static str, fn(u64) -> Option<T>);

fn as_written(number: u64) -> Option<String> {
    Some(number.to_string())
}

impl<'de, T: FromStr> de::Visitor<'de> for Lenient<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        // Text stays unchanged; numbers may have spaces around them.
        let read = text.parse().or_else(|_| text.trim().parse());
        read.map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self.0))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<T, E> {
        (self.1)(number).ok_or_else(|| E::invalid_value(de::Unexpected::Unsigned(number), &self.0))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<T, E> {
        number.to_string().parse().map_err(|_| E::invalid_value(de::Unexpected::Signed(number), &self.0))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<T, E> {
        // Beyond that, it is not the number that was written.
        let exact = number.abs() < 9_007_199_254_740_992.0;
        let read = if exact { number.to_string().parse().ok() } else { None };
        read.ok_or_else(|| E::invalid_value(de::Unexpected::Float(number), &self.0))
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<T, E> {
        value.to_string().parse().map_err(|_| E::invalid_value(de::Unexpected::Bool(value), &self.0))
    }

    /// A number with a point, where `serde_json/arbitrary_precision` is on.
    fn visit_map<A: de::MapAccess<'de>>(self, entries: A) -> Result<T, A::Error> {
        let number = serde_json::Number::deserialize(MapAccessDeserializer::new(entries))?;
        match number.as_f64() {
            Some(number) => self.visit_f64(number),
            None => Err(de::Error::invalid_type(de::Unexpected::Other("number"), &self.0)),
        }
    }
}
