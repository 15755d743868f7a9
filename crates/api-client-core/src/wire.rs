//! Serde helpers for what the two systems really send, where that differs from what one would expect.
//!
//! Each module is used as `#[serde(with = "…")]`. Decimals need none: [`Decimal`](rust_decimal::Decimal)
//! itself reads a JSON number or a numeric string exactly at money sizes, and writes a string.

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

/// An id or code that may be empty, as it came.
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

/// A boolean as [`boolean`] reads it, but that is stated where it is there: null and `""` are refused.
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

    pub use super::optional::serialize;
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

    pub use super::empty_is_none::serialize;
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

    pub use super::zero_is_none::serialize;
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

/// Reads any scalar through the text it was written as: what was expected, and the short way for a number,
/// which most of them are.
struct Lenient<T>(&'static str, fn(u64) -> Option<T>);

fn as_written(number: u64) -> Option<String> {
    Some(number.to_string())
}

impl<T: FromStr> de::Visitor<'_> for Lenient<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        // Text stays as it came; numbers may have spaces around them.
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::Decimal;

    crate::numeric_id! {
        /// A channel.
        struct ChannelId;
    }

    #[derive(Debug, PartialEq, Deserialize, Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Sample {
        #[serde(default, with = "zero_is_none")]
        channel_id: Option<ChannelId>,
        #[serde(default, with = "empty_is_none")]
        reference: Option<String>,
        #[serde(with = "boolean")]
        enabled: bool,
        amount: Decimal,
    }

    #[test]
    fn none_flags_and_amounts_read_in_every_form() {
        for json in [
            r#"{"channelId":0,"reference":"","enabled":1,"amount":15.65}"#,
            r#"{"channelId":"0","reference":null,"enabled":"1","amount":"15.65"}"#,
            r#"{"enabled":true,"amount":15.65}"#,
        ] {
            let sample: Sample = serde_json::from_str(json).unwrap();
            assert_eq!(
                sample,
                Sample { channel_id: None, reference: None, enabled: true, amount: Decimal::new(1565, 2) },
                "{json}"
            );
        }
        let some: Sample = serde_json::from_str(r#"{"channelId":"9","enabled":"true","amount":0}"#).unwrap();
        assert_eq!((some.channel_id.map(ChannelId::get), some.enabled), (Some(9), true));
        let written = serde_json::to_string(&Sample {
            channel_id: Some(ChannelId::new(9)),
            reference: Some("a".into()),
            enabled: false,
            amount: Decimal::new(120, 0),
        });
        assert_eq!(written.unwrap(), r#"{"channelId":9,"reference":"a","enabled":false,"amount":"120"}"#);
    }

    #[derive(Debug, Default, PartialEq, Deserialize, Serialize)]
    #[serde(rename_all = "camelCase", default)]
    struct Odd {
        #[serde(with = "unsigned")]
        quantity: u64,
        #[serde(with = "boolean")]
        flag: bool,
        #[serde(with = "null_is_default")]
        fee: Decimal,
        #[serde(with = "optional")]
        rate: Option<Decimal>,
        #[serde(with = "map")]
        rows: std::collections::BTreeMap<ChannelId, u8>,
        #[serde(with = "informational")]
        barcode: Option<String>,
        #[serde(with = "informational")]
        weight: Option<u64>,
        #[serde(with = "informational_list")]
        sizes: Vec<u64>,
    }

    fn odd(json: &str) -> Result<Odd, crate::decode::DecodeError> {
        crate::decode::json(json.as_bytes())
    }

    #[test]
    fn what_means_nothing_is_nothing() {
        let nothing =
            r#"{"quantity":"0.0","flag":null,"fee":"","rate":"","rows":[],"barcode":null,"weight":""}"#;
        assert_eq!(odd(nothing), Ok(Odd::default()));
        let rest = r#"{"quantity":0,"flag":"","fee":null,"rate":null,"rows":null,"weight":null}"#;
        assert_eq!(odd(rest), Ok(Odd::default()));
        assert_eq!(odd(r#"{"barcode":""}"#).unwrap().barcode.as_deref(), Some(""), "as it came");
    }

    #[test]
    fn an_informational_value_is_read_or_absent_and_never_an_error() {
        let read = odd(r#"{"barcode":5000000000017,"weight":"12"}"#).unwrap();
        assert_eq!((read.barcode.as_deref(), read.weight), (Some("5000000000017"), Some(12)));
        let before = unreadable_values();
        for value in ["[]", "{}", "true", "-1.5e300", "\"\\ud83d\"", "184467440737095516170"] {
            assert_eq!(odd(&format!(r#"{{"weight":{value}}}"#)), Ok(Odd::default()), "{value}");
        }
        assert_eq!(unreadable_values() - before, 6);
    }

    #[test]
    fn an_entry_of_an_informational_list_that_cannot_be_read_leaves_the_others() {
        assert_eq!(odd(r#"{"sizes":[1,"two",{},[3],null,"4"]}"#).unwrap().sizes, [1, 4]);
        for list in ["null", "{}", "7", r#""""#] {
            assert_eq!(odd(&format!(r#"{{"sizes":{list}}}"#)), Ok(Odd::default()), "{list}");
        }
    }

    #[test]
    fn a_value_that_rules_depend_on_is_refused_by_name() {
        for (json, path) in [
            (r#"{"quantity":1.5}"#, "quantity"),
            (r#"{"quantity":null}"#, "quantity"),
            (r#"{"quantity":184467440737095516170}"#, "quantity"),
            (r#"{"quantity":1e19}"#, "quantity"),
            (r#"{"flag":"maybe"}"#, "flag"),
            (r#"{"fee":"a lot"}"#, "fee"),
            (r#"{"rate":{}}"#, "rate"),
            (r#"{"rows":[1]}"#, "rows"),
            (r#"{"rows":{"1":300}}"#, "rows.1"),
        ] {
            let error = odd(json).unwrap_err();
            assert_eq!(
                error.path(),
                if cfg!(feature = "decode-path") { path } else { "." },
                "{json}: {error}"
            );
        }
    }

    #[test]
    fn text_stays_as_it_came() {
        let json = r#"{"reference":" A 1 ","enabled":1,"amount":1}"#;
        assert_eq!(serde_json::from_str::<Sample>(json).unwrap().reference.as_deref(), Some(" A 1 "));
        assert_eq!(serde_json::from_str::<ChannelId>("\" 9 \"").unwrap(), ChannelId::new(9));
    }

    #[test]
    fn a_wrong_type_says_what_was_expected() {
        let error = serde_json::from_str::<ChannelId>("\"nine\"").unwrap_err();
        assert!(error.to_string().contains("expected a positive integer or a string of digits"), "{error}");
    }

    proptest::proptest! {
        #[test]
        fn json_numbers_are_exact_at_money_sizes(cents in -9_999_999_999_999i64..9_999_999_999_999, scale in 0u32..=4) {
            let amount = Decimal::new(cents, scale);
            let read: Decimal = serde_json::from_str(&amount.to_string()).unwrap();
            proptest::prop_assert_eq!(read, amount);
        }
    }
}
