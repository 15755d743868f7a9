use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use api_client_core::client::Clock;
use jiff::{SignedDuration, Timestamp, ToSpan, civil::Date, tz::Offset};

use crate::request::Idempotency;

/// How many calls the key may make (returngo.md §1). ReturnGO's support raises it on request: say so here then.
///
/// Calls are counted by this client and its clones alone; what other programs make with the same key shows only
/// when ReturnGO refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Calls a second; more wait for the next one. None is unlimited.
    pub per_second: Option<u32>,
    /// Calls a day. None is unlimited.
    pub per_day: Option<u32>,
    /// So many of the day's calls are left to writes.
    pub reserved_for_writes: u32,
}

impl Default for Quota {
    /// What every key has: 100 a second, 2,000 a day; a fifth of them for writes.
    fn default() -> Self {
        Self { per_second: Some(100), per_day: Some(2000), reserved_for_writes: 400 }
    }
}

/// What is left of a quota.
#[derive(Debug)]
pub(super) struct Budget {
    quota: Quota,
    used: Mutex<Used>,
}

#[derive(Debug)]
struct Used {
    second: i64,
    in_second: u32,
    day: Date,
    in_day: u32,
    /// ReturnGO said that the day's calls are spent.
    day_is_spent: bool,
}

impl Budget {
    pub(super) const fn new(quota: Quota) -> Self {
        let used = Used { second: i64::MIN, in_second: 0, day: Date::MIN, in_day: 0, day_is_spent: false };
        Self { quota, used: Mutex::new(used) }
    }

    /// Whether the day has calls left for this; otherwise when it ends.
    pub(super) fn check(&self, idempotency: Idempotency, now: Timestamp) -> Result<(), Timestamp> {
        let used = self.used_on(now);
        let kept = if idempotency == Idempotency::Read { self.quota.reserved_for_writes } else { 0 };
        let spent = self.quota.per_day.is_some_and(|limit| used.in_day >= limit.saturating_sub(kept));
        if used.day_is_spent || spent { Err(end_of_day(now)) } else { Ok(()) }
    }

    /// Returns once a call may go in this second, and counts it.
    pub(super) async fn take(&self, clock: &dyn Clock) {
        while let Some(wait) = self.take_or_wait(clock.now()) {
            clock.sleep(wait).await;
        }
    }

    fn take_or_wait(&self, now: Timestamp) -> Option<Duration> {
        let mut used = self.used_on(now);
        if used.second != now.as_second() {
            (used.second, used.in_second) = (now.as_second(), 0);
        }
        if self.quota.per_second.is_some_and(|limit| used.in_second >= limit) {
            let into_second = now.as_millisecond().rem_euclid(1000).unsigned_abs();
            return Some(Duration::from_millis(1000 - into_second));
        }
        used.in_second += 1;
        used.in_day = used.in_day.saturating_add(1);
        None
    }

    /// Notes that ReturnGO says so; gives the end of the day.
    pub(super) fn day_is_spent(&self, now: Timestamp) -> Timestamp {
        self.used_on(now).day_is_spent = true;
        end_of_day(now)
    }

    fn used_on(&self, now: Timestamp) -> MutexGuard<'_, Used> {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let today = Offset::UTC.to_datetime(now).date();
        if used.day != today {
            (used.day, used.in_day, used.day_is_spent) = (today, 0, false);
        }
        used
    }
}

/// Days are taken to be those of UTC, as the gateway's are; ReturnGO does not say.
fn end_of_day(now: Timestamp) -> Timestamp {
    let tomorrow = Offset::UTC.to_datetime(now).date().saturating_add(1.day());
    let midnight = tomorrow.at(0, 0, 0, 0);
    Offset::UTC
        .to_timestamp(midnight)
        .unwrap_or_else(|_| now.saturating_add(SignedDuration::from_hours(24)).unwrap_or(Timestamp::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use api_client_core::client::SkippingClock;

    fn at(time: &str) -> Timestamp {
        time.parse().unwrap()
    }

    #[tokio::test]
    async fn calls_wait_for_the_next_second() {
        let clock = SkippingClock::at(at("2026-05-04T10:15:20.250Z"));
        let budget = Budget::new(Quota { per_second: Some(2), ..Quota::default() });
        for _ in 0..3 {
            budget.take(&clock).await;
        }
        assert_eq!(clock.waits(), [Duration::from_millis(750)]);
    }

    #[tokio::test]
    async fn the_days_last_calls_are_for_writes() {
        let clock = SkippingClock::at(at("2026-05-04T10:15:20Z"));
        let budget = Budget::new(Quota { per_second: None, per_day: Some(5), reserved_for_writes: 2 });
        for _ in 0..3 {
            assert_eq!(budget.check(Idempotency::Read, clock.now()), Ok(()));
            budget.take(&clock).await;
        }
        let midnight = at("2026-05-05T00:00:00Z");
        assert_eq!(budget.check(Idempotency::Read, clock.now()), Err(midnight));
        assert_eq!(budget.check(Idempotency::UnkeyedWrite, clock.now()), Ok(()));
        assert_eq!(budget.check(Idempotency::Read, midnight), Ok(()), "a new day");
    }

    #[test]
    fn a_day_that_returngo_calls_spent_is_spent_for_everything() {
        let budget = Budget::new(Quota { per_day: None, ..Quota::default() });
        let now = at("2026-05-04T10:15:20Z");
        assert_eq!(budget.day_is_spent(now), at("2026-05-05T00:00:00Z"));
        assert!(budget.check(Idempotency::RepeatableWrite, now).is_err());
        assert!(budget.check(Idempotency::RepeatableWrite, at("2026-05-05T00:00:01Z")).is_ok());
    }
}
