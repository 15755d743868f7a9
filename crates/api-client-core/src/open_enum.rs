/// Defines an enum of strings on the wire that keeps unknown strings.
///
/// The enum is read and written as exactly the same string; an unknown one is kept in `Other`. An empty string
/// is invalid: where one may come, make the field optional.
///
/// ```
/// api_client_core::open_enum! {
///     /// How far a parcel is.
///     pub enum ParcelStatus {
///         /// On its way.
///         Shipped = "Shipped",
///         /// At the warehouse.
///         Received = "Received",
///     }
/// }
/// assert_eq!(ParcelStatus::from("Received"), ParcelStatus::Received);
/// assert_eq!(ParcelStatus::from("Lost").as_str(), "Lost");
/// ```
#[macro_export]
macro_rules! open_enum {
    (
        $(#[$meta:meta])*
        $vis:vis enum $name:ident {
            $( $(#[$variant_meta:meta])* $variant:ident = $text:literal ),+ $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        $vis enum $name {
            $( $(#[$variant_meta])* $variant, )+
            /// A value that this crate does not know, unchanged.
            Other(String),
        }

        impl $name {
            /// Every value that this crate knows.
            $vis const KNOWN: &'static [Self] = &[$(Self::$variant),+];

            /// The text on the wire.
            $vis fn as_str(&self) -> &str {
                match self {
                    $( Self::$variant => $text, )+
                    Self::Other(text) => text,
                }
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                match text {
                    $( $text => Self::$variant, )+
                    other => Self::Other(other.to_owned()),
                }
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self::from(text.as_str())
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl $crate::__private::serde::Serialize for $name {
            fn serialize<S: $crate::__private::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> $crate::__private::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::__private::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Text;
                impl $crate::__private::serde::de::Visitor<'_> for Text {
                    type Value = $name;
                    fn expecting(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                        f.write_str(concat!("a string (", stringify!($name), ")"))
                    }
                    fn visit_str<E: $crate::__private::serde::de::Error>(self, text: &str) -> Result<$name, E> {
                        if text.is_empty() {
                            return Err(E::invalid_value($crate::__private::serde::de::Unexpected::Str(text), &self));
                        }
                        Ok($name::from(text))
                    }
                }
                deserializer.deserialize_str(Text)
            }
        }
    };
}
