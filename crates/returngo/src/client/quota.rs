use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use api_client_core::{
    client::{Clock, PrepareError},
    lock,
    time::later,
};
use async_trait::async_trait;
use jiff::{Timestamp, ToSpan, civil::Date, tz::Offset};
use serde::{Deserialize, Serialize};

use crate::request::Method;

/// How many calls the key may make (docs/evidence/returngo.md#access-and-quota). ReturnGO's support raises it
/// on request: say so here then.
///
/// Calls are counted by this client and its clones alone, unless a [`CallCounter`] counts them for several; what other
/// programs make with the same key shows only when ReturnGO refuses.
/// [`ClientBuilder::calls_made`](crate::ClientBuilder::calls_made) carries the count over a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Calls a second; more wait for the next one. None is unlimited.
    pub per_second: Option<u32>,
    /// Calls a day. None is unlimited.
    pub per_day: Option<u32>,
    /// So many of the day's calls are left to writes; those that were made count.
    pub reserved_for_writes: u32,
}

impl Default for Quota {
    /// What every key has: 100 a second, 2,000 a day; a fifth of them for writes.
    fn default() -> Self {
        Self { per_second: Some(100), per_day: Some(2000), reserved_for_writes: 400 }
    }
}

/// The calls of a day so far. Days are taken to be those of UTC, as the gateway's are; ReturnGO does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallsMade {
    /// The day.
    pub day: Date,
    /// Calls that read.
    pub reads: u32,
    /// Calls that write.
    pub writes: u32,
}

/// Counts the calls of a day for several clients, such as those of processes that use the same key. It knows how many
/// the day has: [`Quota::per_day`] is only what [`CallsLeft`] is reckoned from then.
#[async_trait]
pub trait CallCounter: fmt::Debug + Send + Sync {
    /// Counts a call that is about to be made. False when the day has none left for it, and it is not made.
    async fn count(&self, day: Date, is_write: bool) -> Result<bool, CallCounterError>;

    /// The calls of this day so far, all that are counted together, as far as it is known here.
    fn calls_made(&self, day: Date) -> CallsMade;
}

/// Why a call cannot be counted: it is not made.
pub type CallCounterError = Box<dyn std::error::Error + Send + Sync>;

/// What a day has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallsLeft {
    /// Calls that read; none is unlimited.
    pub reads: Option<u32>,
    /// Calls that write; none is unlimited.
    pub writes: Option<u32>,
    /// When the day ends and the quota begins anew.
    pub until: Timestamp,
}

/// The day's calls are used up.
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
    /// ReturnGO said that the day's calls are spent.
    quota_spent: bool,
}

impl Budget {
    pub(super) fn new(quota: Quota, spent: Option<CallsMade>, counter: Option<Arc<dyn CallCounter>>) -> Self {
        let spent = spent.unwrap_or(CallsMade { day: Date::MIN, reads: 0, writes: 0 });
        let usage = Usage { second: i64::MIN, in_second: 0, spent, quota_spent: false };
        Self { quota, usage: Mutex::new(usage), counter }
    }

    /// The calls of this day so far.
    pub(super) fn calls_made(&self, now: Timestamp) -> CallsMade {
        self.usage_on(now).spent
    }

    /// What this day has left.
    pub(super) fn left(&self, now: Timestamp) -> CallsLeft {
        let usage = self.usage_on(now);
        CallsLeft { reads: self.reads_left(&usage), writes: self.calls_left(&usage), until: end_of_day(now) }
    }

    /// Returns once a call may go in this second, and counts it.
    ///
    /// # Errors
    /// When the day has no call left for it, or it cannot be counted.
    pub(super) async fn take(&self, method: Method, clock: &dyn Clock) -> Result<(), PrepareError> {
        while let Some(wait) = self.take_or_wait(method, clock.now())? {
            clock.sleep(wait).await;
        }
        match &self.counter {
            Some(counter) if !counter.count(day_of(clock.now()), method != Method::Get).await? => {
                Err(Box::new(DailyQuotaSpent))
            }
            _ => Ok(()),
        }
    }

    fn take_or_wait(&self, method: Method, now: Timestamp) -> Result<Option<Duration>, DailyQuotaSpent> {
        let mut usage = self.usage_on(now);
        let is_read = method == Method::Get;
        let left = if is_read { self.reads_left(&usage) } else { self.calls_left(&usage) };
        // A counter says so itself: what it is known to have spent may have been given back since.
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

    /// Notes that ReturnGO says so; gives the end of the day.
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
    use api_client_core::client::SkippingClock;

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
            budget.take(Method::Get, &clock).await.unwrap();
        }
        assert_eq!(clock.waits(), [Duration::from_millis(750)]);
    }

    #[tokio::test]
    async fn the_days_last_calls_are_for_writes() {
        let clock = SkippingClock::at(at("2026-05-04T10:15:20Z"));
        let budget = budget(5, 2);
        for _ in 0..3 {
            budget.take(Method::Get, &clock).await.unwrap();
        }
        assert!(budget.take(Method::Get, &clock).await.is_err());
        budget.take(Method::Post, &clock).await.unwrap();
        assert!(budget.take(Method::Get, &clock).await.is_err(), "one more write is kept for");
        let midnight = at("2026-05-05T00:00:00Z");
        assert_eq!(budget.left(clock.now()), CallsLeft { reads: Some(0), writes: Some(1), until: midnight });
        assert_eq!(budget.left(midnight).reads, Some(3), "a new day");
    }

    #[tokio::test]
    async fn writes_that_were_made_are_kept_for_no_longer() {
        let clock = SkippingClock::at(at("2026-05-04T10:15:20Z"));
        let budget = budget(5, 2);
        for _ in 0..2 {
            budget.take(Method::Put, &clock).await.unwrap();
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
