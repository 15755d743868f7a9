//! Serde helpers for what the two systems really send, where that differs from what one would expect.
//!
//! Each module is used as `#[serde(with = "…")]`. Decimals need none: [`Decimal`](rust_decimal::Decimal)
//! itself reads a JSON number or a numeric string exactly at money sizes, and writes a string.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// An integer that comes as a number or as a numeric string; written as a number.
pub mod unsigned {
    use super::*;

    /// Reads it.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        deserializer.deserialize_any(Lenient("a positive integer or a string of digits", Some))
    }

    /// Writes it as a number.
    pub fn serialize<S: Serializer>(value: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(*value)
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

/// A text that comes as a string or as a number, for places where no `with` fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text(pub String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text::deserialize(deserializer).map(Self)
    }
}

/// An optional id that is `0`, `"0"`, null or absent when there is none; none is written as `0`.
pub mod zero_is_none {
    use super::*;

    /// Reads it. Pair with `#[serde(default)]` for the absent key.
    pub fn deserialize<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
    where
        D: Deserializer<'de>,
        T: Deserialize<'de> + PartialEq + FromStr,
    {
        let zero = T::from_str("0").ok();
        Ok(Option::<T>::deserialize(deserializer)?.filter(|id| Some(id) != zero.as_ref()))
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

/// A boolean that comes as `true`, `1`, `"1"` or `"true"`; written as a boolean.
pub mod boolean {
    use super::*;

    /// Reads it.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
        let text: String = deserializer.deserialize_any(Lenient("a boolean, 0 or 1", as_written))?;
        match text.as_str() {
            "true" | "1" => Ok(true),
            "false" | "0" | "" => Ok(false),
            other => Err(de::Error::invalid_value(de::Unexpected::Str(other), &"a boolean, 0 or 1")),
        }
    }

    /// Writes it as a boolean.
    pub fn serialize<S: Serializer>(value: &bool, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(*value)
    }
}

/// A value that the reader takes as its default when it is null, as well as when it is absent.
pub mod null_is_default {
    use super::*;

    /// Reads it. Pair with `#[serde(default)]` for the absent key.
    pub fn deserialize<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
        deserializer: D,
    ) -> Result<T, D::Error> {
        Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
    }

    /// Writes it.
    pub fn serialize<S: Serializer, T: Serialize>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        value.serialize(serializer)
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
        number.to_string().parse().map_err(|_| E::invalid_value(de::Unexpected::Float(number), &self.0))
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
