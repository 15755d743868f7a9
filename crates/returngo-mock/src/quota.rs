//! The request quota of an API key (docs/evidence/returngo.md#access-and-quota).

use jiff::{Timestamp, civil::Date, tz::Offset};
use serde::{Deserialize, Serialize};

use crate::Rejection;

/// The request quota of an API key, by default 100 a second and 2,000 a day. None is unlimited.
///
/// Seconds and days follow the mock's clock: while it is stopped, no second ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Quota {
    /// Requests per second.
    pub per_second: Option<u32>,
    /// Requests per day in UTC. When ReturnGO's day begins is not known.
    pub per_day: Option<u32>,
}

impl Quota {
    /// No limits.
    pub const UNLIMITED: Self = Self { per_second: None, per_day: None };
}

impl Default for Quota {
    fn default() -> Self {
        Self { per_second: Some(100), per_day: Some(2000) }
    }
}

/// The used part of a quota.
#[derive(Debug, Default)]
pub(crate) struct Usage {
    second: Window<i64>,
    day: Window<Date>,
}

#[derive(Debug)]
struct Window<T> {
    /// None before the first call.
    current: Option<T>,
    used: u32,
}

impl<T> Default for Window<T> {
    fn default() -> Self {
        Self { current: None, used: 0 }
    }
}

impl<T: PartialEq> Window<T> {
    fn allows_one_more(&mut self, now: T, limit: Option<u32>) -> bool {
        if self.current.as_ref() != Some(&now) {
            *self = Self { current: Some(now), used: 0 };
        }
        limit.is_none_or(|limit| self.used < limit)
    }
}

impl Usage {
    /// Counts a request, or rejects it. A rejected request is not counted. The messages are those of an API gateway.
    pub(crate) fn take(&mut self, quota: Quota, now: Timestamp) -> Result<(), Rejection> {
        let today = Offset::UTC.to_datetime(now).date();
        if !self.day.allows_one_more(today, quota.per_day) {
            return Err(Rejection::new(429, "Limit Exceeded"));
        }
        if !self.second.allows_one_more(now.as_second(), quota.per_second) {
            return Err(Rejection::new(429, "Too Many Requests"));
        }
        self.day.used += 1;
        self.second.used += 1;
        Ok(())
    }
}
