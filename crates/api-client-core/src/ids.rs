use std::{cmp::Ordering, fmt, hash::Hash};

/// An id that is a positive integer on the wire; [`numeric_id!`](crate::numeric_id) implements it. A `u64` stands for
/// an id whose kind is not known.
pub trait NumericId: Copy + Ord + Hash + fmt::Debug + fmt::Display + Send + Sync + 'static {
    /// Returns the id with this number.
    fn from_number(number: u64) -> Self;

    /// Returns the number of the id.
    fn number(self) -> u64;
}

impl NumericId for u64 {
    fn from_number(number: u64) -> Self {
        number
    }

    fn number(self) -> u64 {
        self
    }
}

/// Defines an id that is a positive integer on the wire.
///
/// It is read from a JSON number or a numeric string (map keys and some endpoints send strings), written as a
/// number, and never mixed with another kind of id.
///
/// ```
/// api_client_core::numeric_id! {
///     /// An order.
///     pub struct OrderId;
/// }
/// let id: OrderId = "300871".parse()?;
/// assert_eq!(id, OrderId::new(300871));
/// assert_eq!(format!("{id:?}"), "OrderId(300871)");
/// # Ok::<(), std::num::ParseIntError>(())
/// ```
#[macro_export]
macro_rules! numeric_id {
    ($( $(#[$meta:meta])* $vis:vis struct $name:ident; )+) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis struct $name(u64);

        impl $name {
            /// Creates the id with this number.
            $vis const fn new(number: u64) -> Self {
                Self(number)
            }

            /// The number.
            $vis const fn get(self) -> u64 {
                self.0
            }
        }

        impl $crate::NumericId for $name {
            fn from_number(number: u64) -> Self {
                Self(number)
            }

            fn number(self) -> u64 {
                self.0
            }
        }

        impl From<$name> for u64 {
            fn from(id: $name) -> u64 {
                id.0
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::fmt::Display::fmt(&self.0, f)
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = ::std::num::ParseIntError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.trim().parse().map(Self)
            }
        }

        impl $crate::__private::serde::Serialize for $name {
            fn serialize<S: $crate::__private::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_u64(self.0)
            }
        }

        impl<'de> $crate::__private::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::__private::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::wire::unsigned::deserialize(deserializer).map(Self)
            }
        }
    )+};
}

/// Defines an id or code that is text on the wire, read from a string or a number. An empty text and one of
/// more than 500 bytes are invalid: ids are keys of databases, whose keys have limits.
///
/// Ids of digits are ordered as numbers.
///
/// ```
/// api_client_core::text_id! {
///     /// One returned unit.
///     pub struct ReturnedItemId;
/// }
/// assert!(ReturnedItemId::new("99") < ReturnedItemId::new("100"));
/// ```
#[macro_export]
macro_rules! text_id {
    ($( $(#[$meta:meta])* $vis:vis struct $name:ident; )+) => {$(
        $crate::opaque_text! {
            $(#[$meta])*
            $vis struct $name;
        }

        impl<'de> $crate::__private::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::__private::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::wire::id::deserialize(deserializer).map(Self)
            }
        }
    )+};
}

/// Defines a type for an opaque text, without a deserializer: see [`text_id!`](crate::text_id).
#[macro_export]
macro_rules! opaque_text {
    ($( $(#[$meta:meta])* $vis:vis struct $name:ident; )+) => {$(
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq, Hash)]
        $vis struct $name(String);

        impl $name {
            /// Creates the id with this text.
            $vis fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text.
            $vis fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(&self.0)
            }
        }

        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<::std::cmp::Ordering> {
                Some(self.cmp(other))
            }
        }

        impl Ord for $name {
            fn cmp(&self, other: &Self) -> ::std::cmp::Ordering {
                $crate::compare_ids(&self.0, &other.0)
            }
        }

        impl $crate::__private::serde::Serialize for $name {
            fn serialize<S: $crate::__private::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }
    )+};
}

/// Orders ids: digits as numbers, then everything else as text. A total order, whatever the length.
pub fn compare_ids(left: &str, right: &str) -> Ordering {
    fn key(id: &str) -> (bool, usize, &str) {
        let digits = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
        let significant = if digits { id.trim_start_matches('0') } else { id };
        (!digits, if digits { significant.len() } else { 0 }, significant)
    }
    key(left).cmp(&key(right)).then_with(|| left.cmp(right))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_order_as_numbers_and_text_follows() {
        let mut ids = ["100", "b", "99", "a", "099", ""];
        ids.sort_by(|left, right| compare_ids(left, right));
        assert_eq!(ids, ["099", "99", "100", "", "a", "b"]);
    }
}
