//! Arithmetic with times that stops at the first and the last representable time.

use std::time::Duration;

use jiff::Timestamp;

/// The time this much later; [`Timestamp::MAX`] at most.
///
/// ```
/// use std::time::Duration;
/// use api_client_core::time::later;
/// use jiff::Timestamp;
///
/// assert_eq!(later(Timestamp::UNIX_EPOCH, Duration::from_secs(60)).to_string(), "1970-01-01T00:01:00Z");
/// assert_eq!(later(Timestamp::UNIX_EPOCH, Duration::MAX), Timestamp::MAX);
/// ```
pub fn later(time: Timestamp, by: Duration) -> Timestamp {
    time.saturating_add(by).unwrap_or(Timestamp::MAX)
}

/// The time this much earlier; [`Timestamp::MIN`] at least.
pub fn earlier(time: Timestamp, by: Duration) -> Timestamp {
    time.saturating_sub(by).unwrap_or(Timestamp::MIN)
}
