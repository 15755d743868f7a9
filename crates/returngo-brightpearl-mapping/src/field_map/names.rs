//! The names of a document, as its type declares them. Misspelled names in a field map are found when the map is loaded.

use std::fmt;

use serde::{
    Deserializer,
    de::{self, DeserializeOwned, DeserializeSeed, MapAccess, Visitor, value::StrDeserializer},
    forward_to_deserialize_any,
};

/// A name in a path that the document does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct UnknownName {
    /// The position of the name in the path.
    pub(super) at: usize,
    /// The names that are valid there. Empty below a plain value or a list.
    pub(super) known: &'static [&'static str],
}

/// Returns the first name of a path that a document of this type cannot have. Types with open names accept every name.
pub(super) fn unknown_name<T: DeserializeOwned>(path: &[&str]) -> Option<UnknownName> {
    let mut found = None;
    // The reader ends with an error in any case. Its result is in `found`.
    let _ = T::deserialize(PathReader { path, at: 0, found: &mut found });
    found
}

/// Deserializes a type from a document that consists of one path.
struct PathReader<'p> {
    path: &'p [&'p str],
    at: usize,
    found: &'p mut Option<UnknownName>,
}

impl PathReader<'_> {
    fn expects_no_more_names<V>(self) -> Result<V, Stop> {
        self.refuses_the_next_of(&[])
    }

    fn refuses_the_next_of<V>(self, known: &'static [&'static str]) -> Result<V, Stop> {
        if self.at < self.path.len() {
            *self.found = Some(UnknownName { at: self.at, known });
        }
        Err(Stop)
    }
}

impl<'de> Deserializer<'de> for PathReader<'_> {
    type Error = Stop;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Stop> {
        match self.path.get(self.at).copied() {
            Some(name) if fields.contains(&name) => {
                let value = PathReader { path: self.path, at: self.at + 1, found: self.found };
                visitor.visit_map(OneField { name: Some(name), value: Some(value) })
            }
            _ => self.refuses_the_next_of(fields),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Stop> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Stop> {
        self.expects_no_more_names()
    }

    fn deserialize_str<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Stop> {
        self.expects_no_more_names()
    }

    fn deserialize_string<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Stop> {
        self.expects_no_more_names()
    }

    // Types that accept several forms pass on the form they read; other types reject it.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char bytes byte_buf unit unit_struct tuple
        tuple_struct map enum identifier ignored_any
    }
}

/// A map with one field.
struct OneField<'p> {
    name: Option<&'p str>,
    value: Option<PathReader<'p>>,
}

impl<'de> MapAccess<'de> for OneField<'_> {
    type Error = Stop;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Stop> {
        self.name.take().map(|name| seed.deserialize(StrDeserializer::new(name))).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Stop> {
        seed.deserialize(self.value.take().ok_or(Stop)?)
    }
}

/// Ends the deserialization.
#[derive(Debug)]
struct Stop;

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the end of the path")
    }
}

impl std::error::Error for Stop {}

impl de::Error for Stop {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

#[cfg(test)]
mod tests {
    use brightpearl::order::Order;
    use returngo::{Item, Rma};

    use super::*;

    #[test]
    fn names_are_those_of_the_types() {
        assert_eq!(unknown_name::<Rma>(&["rmaSummary", "order_name"]), None);
        assert_eq!(unknown_name::<Item>(&["returnMethod", "name"]), None);
        assert_eq!(unknown_name::<Order>(&["assignment", "current", "channelId"]), None);
        let misspelt = unknown_name::<Rma>(&["rmaSummary", "orderName"]).unwrap();
        assert!(misspelt.at == 1 && misspelt.known.contains(&"order_name"), "{misspelt:?}");
        let misspelt = unknown_name::<Item>(&["returnReson"]).unwrap();
        assert!(misspelt.at == 0 && misspelt.known.contains(&"returnReason"), "{misspelt:?}");
    }

    #[test]
    fn lists_have_no_names_and_open_documents_have_any() {
        assert_eq!(unknown_name::<Rma>(&["items", "sku"]), Some(UnknownName { at: 1, known: &[] }));
        assert_eq!(unknown_name::<Order>(&["customFields", "PCF_REASON"]), None);
        assert_eq!(unknown_name::<Order>(&["parties", "delivery", "countryIsoCode"]), None);
    }
}
