//! Values that no rule depends on.

use std::{
    fmt,
    marker::PhantomData,
    str::FromStr,
    sync::atomic::{AtomicU64, Ordering},
};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{
        self, DeserializeOwned,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
};
use serde_json::Value;

/// A value that informs people and that no rule depends on: what cannot be read as such is taken as absent, and
/// [counted](unreadable_values). It never makes an object unreadable.
///
/// Texts may come as numbers, and numbers as texts.
pub mod informational {
    use super::*;

    /// Reads it. Pair with `#[serde(default)]` for the absent key.
    pub fn deserialize<'de, D, T>(deserializer: D) -> Result<T, D::Error>
    where
        D: Deserializer<'de>,
        T: DeserializeOwned + Default,
    {
        let read = deserializer.deserialize_any(Any(PhantomData))?;
        Ok(read.unwrap_or_else(|| {
            UNREADABLE.fetch_add(1, Ordering::Relaxed);
            T::default()
        }))
    }

    /// Writes it.
    pub fn serialize<S: Serializer, T: Serialize>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        value.serialize(serializer)
    }
}

/// An [informational] text that is `""`, null or absent when there is none; none is written as `""`.
pub mod informational_text {
    use super::*;

    /// Reads it. Pair with `#[serde(default)]` for the absent key.
    pub fn deserialize<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
    where
        D: Deserializer<'de>,
        T: From<String>,
    {
        let text: Option<String> = informational::deserialize(deserializer)?;
        Ok(text.filter(|text| !text.is_empty()).map(T::from))
    }

    pub use crate::wire::empty_is_none::serialize;
}

/// A list of [informational] values: those that cannot be read are left out, and [counted](unreadable_values).
pub mod informational_list {
    use super::*;

    /// Reads it. Pair with `#[serde(default)]` for the absent key.
    pub fn deserialize<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
    where
        D: Deserializer<'de>,
        T: DeserializeOwned,
    {
        let values: Vec<Entry<T>> = informational::deserialize(deserializer)?;
        Ok(values.into_iter().filter_map(|Entry(value)| value).collect())
    }

    pub use super::informational::serialize;

    struct Entry<T>(Option<T>);

    impl<'de, T: DeserializeOwned> Deserialize<'de> for Entry<T> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            informational::deserialize(deserializer).map(Self)
        }
    }
}

/// An [informational] id that is `0`, null or absent when there is none; none is written as `0`.
pub mod informational_id {
    use super::*;

    /// Reads it. Pair with `#[serde(default)]` for the absent key.
    pub fn deserialize<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
    where
        D: Deserializer<'de>,
        T: DeserializeOwned + PartialEq + FromStr,
    {
        let zero = T::from_str("0").ok();
        let id: Option<T> = informational::deserialize(deserializer)?;
        Ok(id.filter(|id| Some(id) != zero.as_ref()))
    }

    pub use crate::wire::zero_is_none::serialize;
}

static UNREADABLE: AtomicU64 = AtomicU64::new(0);

/// How many [informational] values this process could not read and took as absent.
pub fn unreadable_values() -> u64 {
    UNREADABLE.load(Ordering::Relaxed)
}

/// Reads a value in the form in which it came, else in the others that it may have; none when it has none of them.
struct Any<T>(PhantomData<T>);

impl<T: DeserializeOwned + Default> Any<T> {
    fn read(value: Value) -> Option<T> {
        if value.is_null() {
            return Some(T::default());
        }
        if let Ok(read) = T::deserialize(&value) {
            return Some(read);
        }
        let (text, number, flag) = match &value {
            Value::String(text) if text.is_empty() => return Some(T::default()),
            Value::String(text) => (None, text.trim().parse().ok().map(Value::Number), text.parse().ok()),
            Value::Number(number) => {
                let flag = number.as_u64().filter(|number| *number < 2).map(|number| number == 1);
                (Some(Value::String(number.to_string())), None, flag)
            }
            Value::Bool(flag) => (Some(Value::String(flag.to_string())), None, None),
            _ => (None, None, None),
        };
        [text, number, flag.map(Value::Bool)].into_iter().flatten().find_map(|form| T::deserialize(form).ok())
    }
}

impl<'de, T: DeserializeOwned + Default> de::Visitor<'de> for Any<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Option<T>, E> {
        Ok(Some(T::default()))
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Option<T>, E> {
        Ok(Self::read(value.into()))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Option<T>, E> {
        Ok(Self::read(value.into()))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Option<T>, E> {
        Ok(Self::read(value.into()))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Option<T>, E> {
        Ok(Self::read(value.into()))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Option<T>, E> {
        Ok(Self::read(text.into()))
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, items: A) -> Result<Option<T>, A::Error> {
        Value::deserialize(SeqAccessDeserializer::new(items)).map(Self::read)
    }

    fn visit_map<A: de::MapAccess<'de>>(self, entries: A) -> Result<Option<T>, A::Error> {
        Value::deserialize(MapAccessDeserializer::new(entries)).map(Self::read)
    }

    /// For readers of types, not of values.
    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<Option<T>, D::Error> {
        T::deserialize(inner).map(Some)
    }
}
