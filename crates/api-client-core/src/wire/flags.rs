//! Flags, however they are written.

use serde::{Deserialize, Deserializer, Serializer, de};

use super::Text;

/// A boolean that comes as `true`, `1`, `"1"` or `"true"`; null and `""` are false. Written as a boolean.
pub mod boolean {
    use super::*;

    /// Reads it.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
        Ok(optional_boolean::deserialize(deserializer)?.unwrap_or_default())
    }

    /// Writes it as a boolean.
    pub fn serialize<S: Serializer>(value: &bool, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(*value)
    }
}

/// A boolean as [`boolean`] reads it, but that is stated where it is there: null and `""` are rejected.
pub mod stated_boolean {
    use super::*;

    /// Reads it. Pair with `#[serde(default)]` for the absent key.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
        let flag = optional_boolean::deserialize(deserializer)?;
        flag.ok_or_else(|| de::Error::invalid_type(de::Unexpected::Unit, &"a boolean, 0 or 1"))
    }

    pub use super::boolean::serialize;
}

/// A boolean as [`boolean`] reads it, of which null, `""` and absent say nothing.
pub mod optional_boolean {
    use super::*;

    /// Reads it. Pair with `#[serde(default)]` for the absent key.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
        match Option::<Text>::deserialize(deserializer)?.as_ref().map_or("", |Text(text)| text) {
            "true" | "1" => Ok(Some(true)),
            "false" | "0" => Ok(Some(false)),
            "" => Ok(None),
            other => Err(de::Error::invalid_value(de::Unexpected::Str(other), &"a boolean, 0 or 1")),
        }
    }

    pub use crate::wire::optional::serialize;
}
