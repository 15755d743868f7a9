//! Ids: strings of digits on the wire, one type for each kind.

api_client_core::text_id! {
    /// One returned unit: the key of an item.
    pub struct ReturnedItemId;
    /// A line of the shop's order. Repeats when several units of one line come back.
    pub struct ShopLineItemId;
    /// A parcel.
    pub struct ShipmentId;
    /// A transaction. An integer in some responses, a string in others.
    pub struct TransactionId;
    /// A webhook registration.
    pub struct WebhookId;
    /// The shop platform's internal id of an order.
    pub struct ShopOrderId;
}

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An RMA's number. The dashboard shows `RMA1234`, the API takes `1234`; both are read as the same id.
///
/// ```
/// use returngo::RmaId;
///
/// assert_eq!("RMA4410021".parse::<RmaId>()?, "4410021".parse()?);
/// # Ok::<(), returngo::InvalidRmaId>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RmaId(String);

/// A text that is not an RMA number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidRmaId(String);

impl fmt::Display for InvalidRmaId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text: String = self.0.chars().take(LONGEST_RMA_ID).collect();
        write!(f, "`{text}` is not an RMA number: expected digits, such as 4410021 or RMA4410021")
    }
}

impl std::error::Error for InvalidRmaId {}

/// The most digits: three times as many as numbers of 64 bits have. No database takes a key of any length.
const LONGEST_RMA_ID: usize = 60;

impl RmaId {
    /// Returns the digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<u64> for RmaId {
    fn from(number: u64) -> Self {
        Self(number.to_string())
    }
}

impl FromStr for RmaId {
    type Err = InvalidRmaId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let trimmed = text.trim();
        let prefixed = trimmed.get(..3).is_some_and(|prefix| prefix.eq_ignore_ascii_case("RMA"));
        let digits = if prefixed { &trimmed[3..] } else { trimmed };
        let valid =
            (1..=LONGEST_RMA_ID).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        if valid { Ok(Self(digits.to_owned())) } else { Err(InvalidRmaId(text.to_owned())) }
    }
}

impl fmt::Display for RmaId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for RmaId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RmaId({})", self.0)
    }
}

impl PartialOrd for RmaId {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for RmaId {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        api_client_core::compare_ids(&self.0, &other.0)
    }
}

impl Serialize for RmaId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for RmaId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = api_client_core::wire::text::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
