//! Receiving deliveries, behind any HTTP server.

use std::{fmt, str::FromStr};

use api_client_core::decode::DecodeError;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};

use super::{Notification, secrets_match};

/// The id of a delivery: the SHA-256 of its body, because ReturnGO gives deliveries no id.
///
/// Two deliveries with one id have the same body. Something may still have happened in between: an RMA that is
/// received, reopened and received again sends one body twice. Use the id to merge deliveries until the RMA is
/// read, then forget it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeliveryId([u8; 32]);

impl DeliveryId {
    /// Returns the id of a delivery with this body.
    ///
    /// ```
    /// use returngo::webhook::DeliveryId;
    ///
    /// let id = DeliveryId::of(br#"{"eventName":"RMA_CREATED","rmaId":"4410021"}"#);
    /// assert_eq!(id.to_string().parse(), Ok(id));
    /// ```
    pub fn of(body: &[u8]) -> Self {
        Self(Sha256::digest(body).into())
    }
}

impl fmt::Display for DeliveryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for DeliveryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeliveryId({self})")
    }
}

/// A text that is not a delivery id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidDeliveryId;

impl fmt::Display for InvalidDeliveryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("invalid delivery id: expected 64 hexadecimal digits")
    }
}

impl std::error::Error for InvalidDeliveryId {}

impl FromStr for DeliveryId {
    type Err = InvalidDeliveryId;

    fn from_str(text: &str) -> Result<Self, InvalidDeliveryId> {
        let digits = text.chars().map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok()));
        let digits: Vec<u8> = digits.collect::<Option<_>>().ok_or(InvalidDeliveryId)?;
        let bytes: Vec<u8> =
            digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect();
        let whole = digits.len() == 64;
        bytes.try_into().ok().filter(|_| whole).map(Self).ok_or(InvalidDeliveryId)
    }
}

impl Serialize for DeliveryId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DeliveryId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// An accepted delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The id.
    pub id: DeliveryId,
    /// The notification: what to read again.
    pub notification: Notification,
    /// The trace id of ReturnGO's gateway (`x-amzn-trace-id`), if there was one: its support asks for it.
    pub trace_id: Option<String>,
}

/// Receives deliveries behind any HTTP server: it takes headers and bytes.
///
/// ```
/// use returngo::webhook::{Receiver, Rejection};
///
/// // Registered as https://returns.example.test/returngo?k=f3a9…
/// let receiver = Receiver::new("f3a9…");
/// let headers = [("content-type", "application/json"), ("x-amzn-trace-id", "Root=1-67891233")];
/// let body = br#"{"eventName":"RMA_STATUS_UPDATED","rmaId":"4410021","status":"Received"}"#;
///
/// let delivery = receiver.receive("f3a9…", headers, body)?;
/// assert_eq!(delivery.notification.rma_id.unwrap().as_str(), "4410021");
/// assert_eq!(delivery.trace_id.as_deref(), Some("Root=1-67891233"));
/// assert_eq!(receiver.receive("a guess", headers, body), Err(Rejection::WrongSecret));
/// # Ok::<(), Rejection>(())
/// ```
///
/// The headers of `http`, and so of axum and hyper, are accepted unchanged: `receiver.receive(secret, &headers,
/// &body)`.
#[derive(Clone)]
pub struct Receiver {
    secret: String,
    largest_body: usize,
}

/// The longest accepted body. A notification has a few hundred bytes.
const LARGEST_BODY: usize = 64 * 1024;

impl Receiver {
    /// Creates a receiver that expects this secret, from the path or query of the registered URL. An empty
    /// secret accepts nothing.
    pub fn new(secret: impl Into<String>) -> Self {
        Self { secret: secret.into(), largest_body: LARGEST_BODY }
    }

    /// Sets the longest accepted body in bytes; 64 KiB by default.
    #[must_use]
    pub const fn largest_body(mut self, bytes: usize) -> Self {
        self.largest_body = bytes;
        self
    }

    /// Checks the secret in constant time and decodes the delivery. The content proves only that the sender
    /// knows the URL: read the RMA before acting on it.
    ///
    /// # Errors
    /// [`Rejection`], which has the status to respond with.
    pub fn receive(
        &self,
        secret: &str,
        headers: impl IntoIterator<Item = (impl AsRef<str>, impl AsRef<[u8]>)>,
        body: &[u8],
    ) -> Result<Delivery, Rejection> {
        if !secrets_match(&self.secret, secret) {
            return Err(Rejection::WrongSecret);
        }
        if body.len() > self.largest_body {
            return Err(Rejection::TooLarge { bytes: body.len() });
        }
        let notification = Notification::parse(body).map_err(Rejection::Unreadable)?;
        let mut headers = headers.into_iter();
        let trace = headers.find(|(name, _)| name.as_ref().eq_ignore_ascii_case("x-amzn-trace-id"));
        let trace_id = trace.map(|(_, value)| String::from_utf8_lossy(value.as_ref()).into_owned());
        Ok(Delivery { id: DeliveryId::of(body), notification, trace_id })
    }
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("largest_body", &self.largest_body).finish_non_exhaustive()
    }
}

/// Why a delivery is rejected.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rejection {
    /// The secret differs from the registered one: a delivery of another sender, or of a registration with an
    /// old secret, which [`Webhooks::ensure`](crate::webhook::Webhooks::ensure) replaces.
    WrongSecret,
    /// The body is longer than the limit.
    TooLarge {
        /// Its length in bytes.
        bytes: usize,
    },
    /// The body is not a JSON object. Keep it and read all open RMAs; ReturnGO may have changed its format.
    Unreadable(DecodeError),
}

impl Rejection {
    /// Returns the HTTP status to respond with. A wrong secret gets 404.
    pub const fn status(&self) -> u16 {
        match self {
            Self::WrongSecret => 404,
            Self::TooLarge { .. } => 413,
            Self::Unreadable(_) => 400,
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongSecret => f.write_str("the secret of the delivery differs from the registered one"),
            Self::TooLarge { bytes } => {
                write!(f, "a delivery of {bytes} bytes is longer than any notification")
            }
            Self::Unreadable(error) => write!(f, "invalid delivery: {error}"),
        }
    }
}

impl std::error::Error for Rejection {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unreadable(error) => Some(error),
            Self::WrongSecret | Self::TooLarge { .. } => None,
        }
    }
}
