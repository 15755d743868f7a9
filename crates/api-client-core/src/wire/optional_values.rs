//! Values that may be absent, and what stands for that.

use std::{fmt, marker::PhantomData, str::FromStr};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{
        self, IntoDeserializer,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
};

use super::Text;

/// An optional id that is `0`, `"0"`, `""`, null or absent when there is none; none is written as `0`.
pub mod zero_is_none {
    use super::*;

    /// Reads it. Pair with `#[serde(default)]` for the absent key.
    pub fn deserialize<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
    where
        D: Deserializer<'de>,
        T: Deserialize<'de> + PartialEq + FromStr,
    {
        let zero = T::from_str("0").ok();
        Ok(optional::deserialize(deserializer)?.filter(|id| Some(id) != zero.as_ref()))
    }

    /// Writes it.
    pub fn serialize<S: Serializer, T: Serialize>(
        value: &Option<T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(id) => id.serialize(serializer),
            None => serializer.serialize_u64(0),
        }
    }
}

/// An optional text that is `""`, null or absent when there is none; none is written as `""`.
pub mod empty_is_none {
    use super::*;

    /// Reads it. Pair with `#[serde(default)]` for the absent key.
    pub fn deserialize<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
    where
        D: Deserializer<'de>,
        T: From<String>,
    {
        let text = Option::<Text>::deserialize(deserializer)?.map(|Text(text)| text);
        Ok(text.filter(|text| !text.is_empty()).map(T::from))
    }

    /// Writes it.
    pub fn serialize<S: Serializer, T: Serialize>(
        value: &Option<T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(text) => text.serialize(serializer),
            None => serializer.serialize_str(""),
        }
    }
}

/// A value that is its default when it is null or `""`, as well as when it is absent.
pub mod null_is_default {
    use super::*;

    /// Reads it. Pair with `#[serde(default)]` for the absent key.
    pub fn deserialize<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
        deserializer: D,
    ) -> Result<T, D::Error> {
        Ok(deserializer.deserialize_any(Given(PhantomData))?.unwrap_or_default())
    }

    /// Writes it.
    pub fn serialize<S: Serializer, T: Serialize>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        value.serialize(serializer)
    }
}

/// An optional value that is null, `""` or absent when there is none; none is written as null.
pub mod optional {
    use super::*;

    /// Reads it. Pair with `#[serde(default)]` for the absent key.
    pub fn deserialize<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
        deserializer: D,
    ) -> Result<Option<T>, D::Error> {
        deserializer.deserialize_any(Given(PhantomData))
    }

    /// Writes it.
    pub fn serialize<S: Serializer, T: Serialize>(
        value: &Option<T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        value.serialize(serializer)
    }
}

/// A map that is null, `""`, `[]` or absent when it is empty: PHP writes an empty map as a list.
pub mod map {
    use super::*;

    /// Reads it. Pair with `#[serde(default)]` for the absent key.
    pub fn deserialize<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
        deserializer: D,
    ) -> Result<T, D::Error> {
        Ok(deserializer.deserialize_any(GivenMap(PhantomData))?.unwrap_or_default())
    }

    /// Writes it.
    pub fn serialize<S: Serializer, T: Serialize>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        value.serialize(serializer)
    }
}

/// Reads a value unless it is null or `""`.
struct Given<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> de::Visitor<'de> for Given<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Option<T>, E> {
        T::deserialize(value.into_deserializer()).map(Some)
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Option<T>, E> {
        T::deserialize(value.into_deserializer()).map(Some)
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Option<T>, E> {
        T::deserialize(value.into_deserializer()).map(Some)
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Option<T>, E> {
        T::deserialize(value.into_deserializer()).map(Some)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Option<T>, E> {
        if text.is_empty() { Ok(None) } else { T::deserialize(text.into_deserializer()).map(Some) }
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, items: A) -> Result<Option<T>, A::Error> {
        T::deserialize(SeqAccessDeserializer::new(items)).map(Some)
    }

    fn visit_map<A: de::MapAccess<'de>>(self, entries: A) -> Result<Option<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(entries)).map(Some)
    }

    /// For readers of types, not of values.
    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<Option<T>, D::Error> {
        T::deserialize(inner).map(Some)
    }
}

/// Reads a map unless it is null, `""` or an empty list.
struct GivenMap<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> de::Visitor<'de> for GivenMap<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Option<T>, E> {
        if text.is_empty() { Ok(None) } else { Err(E::invalid_type(de::Unexpected::Str(text), &self)) }
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut items: A) -> Result<Option<T>, A::Error> {
        match items.next_element::<de::IgnoredAny>()? {
            None => Ok(None),
            Some(_) => Err(de::Error::invalid_type(de::Unexpected::Seq, &self)),
        }
    }

    fn visit_map<A: de::MapAccess<'de>>(self, entries: A) -> Result<Option<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(entries)).map(Some)
    }

    /// For readers of types, not of values.
    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<Option<T>, D::Error> {
        T::deserialize(inner).map(Some)
    }
}
