use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use api_client_core::{Headers, client::Clock};
use jiff::{SignedDuration, Timestamp};

/// The request budget of an account: so many a wall-clock minute of UTC (brightpearl-platform.md §5).
///
/// Counting here keeps concurrent calls from overrunning the cap between two answers; what the answers say
/// overrides it, since other apps of the account draw on the same pool.
#[derive(Debug)]
pub(super) struct Budget(Mutex<Window>);

#[derive(Debug, Clone, Copy)]
struct Window {
    remaining: u32,
    ends: Timestamp,
}

/// The documented cap; the headers correct it from the first answer on.
const CAP: u32 = 200;

/// The pool refills at the minute by the server's clock, which may be behind ours.
const AFTER_THE_MINUTE: Duration = Duration::from_millis(500);

impl Budget {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Window { remaining: CAP, ends: Timestamp::MIN }))
    }

    /// Returns once a request may go, and counts it.
    pub(super) async fn take(&self, clock: &dyn Clock) {
        while let Some(wait) = self.take_or_wait(clock.now()) {
            tracing::info!(
                wait_ms = wait.as_millis() as u64,
                "the request budget is spent: waiting for the next minute"
            );
            clock.sleep(wait).await;
        }
    }

    fn take_or_wait(&self, now: Timestamp) -> Option<Duration> {
        let mut window = self.window();
        if now >= window.ends {
            *window = Window { remaining: CAP, ends: next_minute(now) };
        }
        match window.remaining.checked_sub(1) {
            Some(remaining) => {
                window.remaining = remaining;
                None
            }
            None => Some(window.ends.duration_since(now).unsigned_abs() + AFTER_THE_MINUTE),
        }
    }

    /// Takes over what an answer says about the pool.
    pub(super) fn learn(&self, headers: &Headers, now: Timestamp) {
        let Some(remaining) = number(headers, "brightpearl-requests-remaining") else { return };
        let ends = match period(headers) {
            Some(period) => now.saturating_add(period).unwrap_or(Timestamp::MAX),
            None => next_minute(now),
        };
        let mut window = self.window();
        let same_minute = ends.duration_since(window.ends).abs() < SignedDuration::from_secs(30);
        *window =
            Window { remaining: if same_minute { window.remaining.min(remaining) } else { remaining }, ends };
    }

    fn window(&self) -> MutexGuard<'_, Window> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long a throttled caller is to wait: until the pool refills by the answer, else by the clock. Whether
/// a throttle refusal carries the headers is not confirmed.
pub(super) fn wait_after_refusal(headers: &Headers, now: Timestamp) -> Duration {
    let period = period(headers).unwrap_or_else(|| next_minute(now).duration_since(now).unsigned_abs());
    period + AFTER_THE_MINUTE
}

fn period(headers: &Headers) -> Option<Duration> {
    number(headers, "brightpearl-next-throttle-period")
        .map(|milliseconds| Duration::from_millis(milliseconds.into()))
}

fn number(headers: &Headers, name: &str) -> Option<u32> {
    headers.get(name)?.trim().parse().ok()
}

fn next_minute(now: Timestamp) -> Timestamp {
    let into_minute = now.as_millisecond().rem_euclid(60_000);
    let rest = SignedDuration::from_millis(60_000 - into_minute);
    now.saturating_add(rest).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use api_client_core::client::SkippingClock;

    fn headers(remaining: &str, period: &str) -> Headers {
        let mut headers = Headers::default();
        headers.insert("Brightpearl-Requests-Remaining", remaining);
        headers.insert("Brightpearl-Next-Throttle-Period", period);
        headers
    }

    #[tokio::test]
    async fn the_201st_request_waits_for_the_next_minute() {
        let clock = SkippingClock::at("2026-05-04T10:15:20Z".parse().unwrap());
        let budget = Budget::new();
        for _ in 0..200 {
            budget.take(&clock).await;
        }
        assert!(clock.waits().is_empty());
        budget.take(&clock).await;
        assert_eq!(clock.waits(), [Duration::from_millis(40_500)]);
    }

    #[tokio::test]
    async fn what_the_server_says_overrides_our_count() {
        let clock = SkippingClock::at("2026-05-04T10:15:20Z".parse().unwrap());
        let budget = Budget::new();
        budget.take(&clock).await;
        budget.learn(&headers("0", "12000"), clock.now());
        budget.take(&clock).await;
        assert_eq!(clock.waits(), [Duration::from_millis(12_500)]);
    }

    #[tokio::test]
    async fn an_answer_that_was_overtaken_gives_nothing_back() {
        let clock = SkippingClock::at("2026-05-04T10:15:20Z".parse().unwrap());
        let budget = Budget::new();
        budget.learn(&headers("1", "40000"), clock.now());
        budget.learn(&headers("7", "40000"), clock.now());
        budget.take(&clock).await;
        assert!(clock.waits().is_empty());
        budget.take(&clock).await;
        assert_eq!(clock.waits().len(), 1);
    }

    #[test]
    fn strange_headers_change_nothing() {
        let now = "2026-05-04T10:15:20Z".parse().unwrap();
        let budget = Budget::new();
        budget.learn(&headers("many", "soon"), now);
        assert_eq!(budget.take_or_wait(now), None);
        assert_eq!(wait_after_refusal(&headers("0", "soon"), now), Duration::from_millis(40_500));
    }
}
