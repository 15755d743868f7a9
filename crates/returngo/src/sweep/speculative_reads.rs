use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The number of RMAs that were read speculatively.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct SpeculativeReads {
    /// The hour, counted from 1970.
    hour: i64,
    made: u32,
}

impl SpeculativeReads {
    pub(super) fn in_hour_of(self, now: Timestamp) -> u32 {
        if self.hour == hour(now) { self.made } else { 0 }
    }

    pub(super) fn count(&mut self, now: Timestamp) {
        *self = Self { hour: hour(now), made: self.in_hour_of(now) + 1 };
    }
}

/// Returns the hour of a time, counted from 1970.
pub(super) fn hour(time: Timestamp) -> i64 {
    time.as_second().div_euclid(60 * 60)
}
