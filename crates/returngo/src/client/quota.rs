use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use api_client_core::{
    client::{PrepareError, Waits},
    lock,
    time::later,
};
use async_trait::async_trait;
use jiff::{Timestamp, ToSpan, civil::Date, tz::Offset};
use serde::{Deserialize, Serialize};

use crate::request::Method;

/// The calls that a key may make (docs/evidence/returngo.md#access-and-quota). Set it if ReturnGO's support has
/// raised the quota.
///
/// Counts only the calls of this client and its clones, unless a [`CallCounter`] counts for several. Calls that
/// other programs make with the same key show only when ReturnGO rejects a call.
/// [`ClientBuilder::calls_made`](crate::ClientBuilder::calls_made) carries the count across a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Calls per second; further calls wait for the next second. None is unlimited.
    pub per_second: Option<u32>,
    /// Calls per day. None is unlimited.
    pub per_day: Option<u32>,
    /// The calls of the day that are reserved for writes; writes that were made count towards it.
    pub reserved_for_writes: u32,
}

impl Default for Quota {
    /// The quota of every key: 100 calls per second and 2,000 per day, a fifth of them reserved for writes.
    fn default() -> Self {
        Self { per_second: Some(100), per_day: Some(2000), reserved_for_writes: 400 }
    }
}

/// The calls of a day so far. Days are taken to be those of UTC, as the gateway's are; ReturnGO does not
/// document it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallsMade {
    /// The day.
    pub day: Date,
    /// Calls that read.
    pub reads: u32,
    /// Calls that write.
    pub writes: u32,
}

/// A counter of the calls of a day that several clients share, such as processes with the same key. The counter
/// knows the quota: [`Quota::per_day`] then serves only to compute [`CallsLeft`].
#[async_trait]
pub trait CallCounter: fmt::Debug + Send + Sync {
    /// Counts a call before it is made. False if the day has none left for it; the call is then not made.
    async fn count(&self, day: Date, is_write: bool) -> Result<bool, CallCounterError>;

    /// Returns the calls of this day so far by all clients that share the counter, as far as known.
    fn calls_made(&self, day: Date) -> CallsMade;
}

/// Why a call cannot be counted. The call is not made.
pub type CallCounterError = Box<dyn std::error::Error + Send + Sync>;

/// The calls that a day has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallsLeft {
    /// Calls that read; none is unlimited.
    pub reads: Option<u32>,
    /// Calls that write; none is unlimited.
    pub writes: Option<u32>,
    /// When the day ends and the quota resets.
    pub until: Timestamp,
}

/// The error for a day without calls left.
#[derive(Debug)]
pub(crate) struct DailyQuotaSpent;

impl fmt::Display for DailyQuotaSpent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the daily quota is used up")
    }
}

impl std::error::Error for DailyQuotaSpent {}

/// Counts calls against a quota.
#[derive(Debug)]
pub(super) struct Budget {
    quota: Quota,
    usage: Mutex<Usage>,
    counter: Option<Arc<dyn CallCounter>>,
}

#[derive(Debug)]
struct Usage {
    second: i64,
    in_second: u32,
    spent: CallsMade,
    /// ReturnGO reported that the day's calls are used up.
    quota_spent: bool,
}

impl Budget {
    pub(super) fn new(quota: Quota, spent: Option<CallsMade>, counter: Option<Arc<dyn CallCounter>>) -> Self {
        let spent = spent.unwrap_or(CallsMade { day: Date::MIN, reads: 0, writes: 0 });
        let usage = Usage { second: i64::MIN, in_second: 0, spent, quota_spent: false };
        Self { quota, usage: Mutex::new(usage), counter }
    }

    /// Returns the calls of this day so far.
    pub(super) fn calls_made(&self, now: Timestamp) -> CallsMade {
        self.usage_on(now).spent
    }

    /// Returns the calls that this day has left.
    pub(super) fn left(&self, now: Timestamp) -> CallsLeft {
        let usage = self.usage_on(now);
        CallsLeft { reads: self.reads_left(&usage), writes: self.calls_left(&usage), until: end_of_day(now) }
    }

    /// Waits until the second allows a call, and counts it. Dropped meanwhile, it has counted nothing, unless a
    /// [`CallCounter`] has.
    ///
    /// # Errors
    /// When the day has no call left for it, it cannot be counted, or it may not wait that long.
    pub(super) async fn take(&self, method: Method, waits: &mut Waits<'_>) -> Result<(), PrepareError> {
        while let Some(wait) = self.take_or_wait(method, waits.clock().now())? {
            waits.sleep(wait).await?;
        }
        match &self.counter {
            Some(counter) if !counter.count(day_of(waits.clock().now()), method != Method::Get).await? => {
                Err(Box::new(DailyQuotaSpent))
            }
            _ => Ok(()),
        }
    }

    fn take_or_wait(&self, method: Method, now: Timestamp) -> Result<Option<Duration>, DailyQuotaSpent> {
        let mut usage = self.usage_on(now);
        let is_read = method == Method::Get;
        let left = if is_read { self.reads_left(&usage) } else { self.calls_left(&usage) };
        // A shared counter decides by itself: calls that it knew of may have been given back.
        if left == Some(0) && (self.counter.is_none() || usage.quota_spent) {
            return Err(DailyQuotaSpent);
        }
        if usage.second != now.as_second() {
            (usage.second, usage.in_second) = (now.as_second(), 0);
        }
        if self.quota.per_second.is_some_and(|limit| usage.in_second >= limit) {
            let into_second = now.as_millisecond().rem_euclid(1000).unsigned_abs();
            return Ok(Some(Duration::from_millis(1000 - into_second)));
        }
        usage.in_second += 1;
        if self.counter.is_some() {
            return Ok(None);
        }
        let counted = if is_read { &mut usage.spent.reads } else { &mut usage.spent.writes };
        *counted = counted.saturating_add(1);
        Ok(None)
    }

    fn calls_left(&self, usage: &Usage) -> Option<u32> {
        if usage.quota_spent {
            return Some(0);
        }
        let made = usage.spent.reads.saturating_add(usage.spent.writes);
        self.quota.per_day.map(|limit| limit.saturating_sub(made))
    }

    fn reads_left(&self, usage: &Usage) -> Option<u32> {
        let kept = self.quota.reserved_for_writes.saturating_sub(usage.spent.writes);
        self.calls_left(usage).map(|left| left.saturating_sub(kept))
    }

    /// Records that ReturnGO reported the daily quota as used up; returns the end of the day.
    pub(super) fn mark_quota_spent(&self, now: Timestamp) -> Timestamp {
        self.usage_on(now).quota_spent = true;
        end_of_day(now)
    }

    fn usage_on(&self, now: Timestamp) -> MutexGuard<'_, Usage> {
        let mut usage = lock(&self.usage);
        let today = day_of(now);
        if usage.spent.day != today {
            usage.spent = CallsMade { day: today, reads: 0, writes: 0 };
            usage.quota_spent = false;
        }
        if let Some(counter) = &self.counter {
            usage.spent = counter.calls_made(today);
        }
        usage
    }
}

fn day_of(now: Timestamp) -> Date {
    Offset::UTC.to_datetime(now).date()
}

pub(super) fn end_of_day(now: Timestamp) -> Timestamp {
    let tomorrow = day_of(now).saturating_add(1.day());
    let midnight = tomorrow.at(0, 0, 0, 0);
    Offset::UTC.to_timestamp(midnight).unwrap_or_else(|_| later(now, Duration::from_secs(24 * 60 * 60)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use api_client_core::client::{Clock as _, SkippingClock};

    fn at(time: &str) -> Timestamp {
        time.parse().unwrap()
    }

    fn budget(per_day: u32, reserved_for_writes: u32) -> Budget {
        Budget::new(Quota { per_second: None, per_day: Some(per_day), reserved_for_writes }, None, None)
    }

    #[tokio::test]
    async fn calls_wait_for_the_next_second() {
        let clock = SkippingClock::at(at("2026-05-04T10:15:20.250Z"));
        let budget = Budget::new(Quota { per_second: Some(2), ..Quota::default() }, None, None);
        for _ in 0..3 {
            budget.take(Method::Get, &mut Waits::new(&clock, None)).await.unwrap();
        }
        assert_eq!(clock.waits(), [Duration::from_millis(750)]);
    }

    #[tokio::test]
    async fn the_days_last_calls_are_for_writes() {
        let clock = SkippingClock::at(at("2026-05-04T10:15:20Z"));
        let budget = budget(5, 2);
        for _ in 0..3 {
            budget.take(Method::Get, &mut Waits::new(&clock, None)).await.unwrap();
        }
        assert!(budget.take(Method::Get, &mut Waits::new(&clock, None)).await.is_err());
        budget.take(Method::Post, &mut Waits::new(&clock, None)).await.unwrap();
        assert!(
            budget.take(Method::Get, &mut Waits::new(&clock, None)).await.is_err(),
            "one more write is kept for"
        );
        let midnight = at("2026-05-05T00:00:00Z");
        assert_eq!(budget.left(clock.now()), CallsLeft { reads: Some(0), writes: Some(1), until: midnight });
        assert_eq!(budget.left(midnight).reads, Some(3), "a new day");
    }

    #[tokio::test]
    async fn writes_that_were_made_are_kept_for_no_longer() {
        let clock = SkippingClock::at(at("2026-05-04T10:15:20Z"));
        let budget = budget(5, 2);
        for _ in 0..2 {
            budget.take(Method::Put, &mut Waits::new(&clock, None)).await.unwrap();
        }
        assert_eq!(budget.left(clock.now()).reads, Some(3));
    }

    #[test]
    fn what_was_spent_before_a_restart_counts_on_its_day_only() {
        let spent = CallsMade { day: "2026-05-04".parse().unwrap(), reads: 1500, writes: 10 };
        let budget = Budget::new(Quota::default(), Some(spent), None);
        assert_eq!(budget.left(at("2026-05-04T10:15:20Z")).reads, Some(100));
        assert_eq!(budget.left(at("2026-05-05T10:15:20Z")).reads, Some(1600));
    }

    #[test]
    fn a_day_that_returngo_calls_spent_is_spent_for_everything() {
        let budget = Budget::new(Quota { per_day: None, ..Quota::default() }, None, None);
        let now = at("2026-05-04T10:15:20Z");
        assert_eq!(budget.mark_quota_spent(now), at("2026-05-05T00:00:00Z"));
        assert_eq!(budget.left(now).writes, Some(0));
        assert_eq!(budget.left(at("2026-05-05T00:00:01Z")).writes, None);
    }
}
