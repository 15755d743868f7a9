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
        self, DeserializeOwned, IntoDeserializer,
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
        deserializer.deserialize_any(Entries(PhantomData))
    }

    pub use super::informational::serialize;

    struct Entry<T>(Option<T>);

    impl<'de, T: DeserializeOwned> Deserialize<'de> for Entry<T> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            informational::deserialize(deserializer).map(Self)
        }
    }

    struct Entries<T>(PhantomData<T>);

    impl<T> Entries<T> {
        fn none<E>() -> Result<Vec<T>, E> {
            UNREADABLE.fetch_add(1, Ordering::Relaxed);
            Ok(Vec::new())
        }
    }

    impl<'de, T: DeserializeOwned> de::Visitor<'de> for Entries<T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("any value")
        }

        fn visit_seq<A: de::SeqAccess<'de>>(self, mut entries: A) -> Result<Vec<T>, A::Error> {
            let mut read = Vec::new();
            while let Some(Entry(value)) = entries.next_element()? {
                read.extend(value);
            }
            Ok(read)
        }

        fn visit_unit<E: de::Error>(self) -> Result<Vec<T>, E> {
            Ok(Vec::new())
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<Vec<T>, E> {
            if text.is_empty() { Ok(Vec::new()) } else { Self::none() }
        }

        fn visit_bool<E: de::Error>(self, _: bool) -> Result<Vec<T>, E> {
            Self::none()
        }

        fn visit_u64<E: de::Error>(self, _: u64) -> Result<Vec<T>, E> {
            Self::none()
        }

        fn visit_i64<E: de::Error>(self, _: i64) -> Result<Vec<T>, E> {
            Self::none()
        }

        fn visit_f64<E: de::Error>(self, _: f64) -> Result<Vec<T>, E> {
            Self::none()
        }

        fn visit_map<A: de::MapAccess<'de>>(self, mut entries: A) -> Result<Vec<T>, A::Error> {
            while entries.next_entry::<de::IgnoredAny, de::IgnoredAny>()?.is_some() {}
            Self::none()
        }

        /// For readers of types, not of values.
        fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<Vec<T>, D::Error> {
            Vec::deserialize(inner)
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
    /// Nearly every value has the form that is wanted: it is read as it is, and only others are looked at again.
    fn read_scalar<'v, V>(value: V) -> Option<T>
    where
        V: IntoDeserializer<'v, Unfit> + Into<Value> + Copy,
    {
        T::deserialize(Scalar(value.into_deserializer())).ok().or_else(|| Self::read(value.into()))
    }

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
        Ok(Self::read_scalar(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Option<T>, E> {
        Ok(Self::read_scalar(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Option<T>, E> {
        Ok(Self::read_scalar(value))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Option<T>, E> {
        Ok(Self::read_scalar(value))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Option<T>, E> {
        Ok(Self::read_scalar(text))
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

/// A scalar that is there, also for a type that may be absent.
struct Scalar<D>(D);

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Scalar<D> {
    type Error = D::Error;

    fn deserialize_any<V: de::Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_any(visitor)
    }

    fn deserialize_option<V: de::Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: de::Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: de::Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_enum(name, variants, visitor)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

/// A value of another form; which one is not said, for it is looked at again.
#[derive(Debug)]
struct Unfit;

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value of another form")
    }
}

impl std::error::Error for Unfit {}

impl de::Error for Unfit {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}
