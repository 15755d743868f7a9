use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use api_client_core::{Headers, client::Clock};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Mutex as Queue, Notify};

/// Whose calls may use the last of the request budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Priority {
    /// Somebody waits for the answer. Never waits behind background calls.
    #[default]
    Interactive,
    /// Nobody waits: sweeps, backfills. Leaves a reserve of the budget to interactive calls.
    Background,
}

/// The request budget of an account: so many a wall-clock minute of UTC (brightpearl-platform.md §5).
///
/// Counting here keeps concurrent calls from overrunning the cap between two answers; what the answers say
/// overrides it, since other apps of the account draw on the same pool. Calls of one priority go in the order
/// in which they came.
#[derive(Debug)]
pub(super) struct Budget {
    pool: Mutex<Pool>,
    /// Wakes those who wait for an answer to free a place.
    answered: Notify,
    interactive: Queue<()>,
    background: Queue<()>,
}

#[derive(Debug, Clone, Copy)]
struct Pool {
    /// The least that an answer of this minute said is left, or the cap until one says so.
    left: u32,
    /// Calls under way, of which the answers so far need not have known.
    under_way: u32,
    /// When the pool refills.
    refills: Timestamp,
}

/// The documented cap; the headers correct it from the first answer on.
const CAP: u32 = 200;

/// What background calls leave of the cap; integrators keep 10 to 25 per cent (brightpearl-platform.md §5).
const RESERVE: u32 = 20;

/// The pool refills at the minute by the server's clock, which may be behind ours.
const AFTER_THE_MINUTE: Duration = Duration::from_millis(500);

/// A place in the budget, held while a call is under way.
#[derive(Debug)]
pub(super) struct UnderWay<'b>(&'b Budget);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let mut pool = self.0.pool();
        pool.under_way = pool.under_way.saturating_sub(1);
        drop(pool);
        self.0.answered.notify_waiters();
    }
}

impl Budget {
    pub(super) fn new() -> Self {
        Self {
            pool: Mutex::new(Pool { left: CAP, under_way: 0, refills: Timestamp::MIN }),
            answered: Notify::new(),
            interactive: Queue::default(),
            background: Queue::default(),
        }
    }

    /// Returns once a call may go.
    pub(super) async fn take(&self, priority: Priority, clock: &dyn Clock) -> UnderWay<'_> {
        let (queue, reserve) = match priority {
            Priority::Interactive => (&self.interactive, 0),
            Priority::Background => (&self.background, RESERVE),
        };
        let _first_in_line = queue.lock().await;
        loop {
            let answered = self.answered.notified();
            let Some(wait) = self.take_or_wait(reserve, clock.now()) else { return UnderWay(self) };
            tracing::info!(
                wait_ms = wait.as_millis() as u64,
                ?priority,
                "the request budget is spent: waiting"
            );
            tokio::select! {
                () = clock.sleep(wait) => {}
                () = answered => {}
            }
        }
    }

    fn take_or_wait(&self, reserve: u32, now: Timestamp) -> Option<Duration> {
        let mut pool = self.pool();
        if now >= pool.refills {
            pool.left = CAP;
            pool.refills = next_minute(now);
        }
        if pool.left.saturating_sub(pool.under_way) > reserve {
            pool.under_way += 1;
            return None;
        }
        Some(pool.refills.duration_since(now).unsigned_abs() + AFTER_THE_MINUTE)
    }

    /// Takes over what an answer says about the pool. Within a minute the least that was said is the newest.
    pub(super) fn learn(&self, headers: &Headers, now: Timestamp) {
        let Some(left) = number(headers, "brightpearl-requests-remaining") else { return };
        let refills = match period(headers) {
            Some(period) => now.saturating_add(period).unwrap_or(Timestamp::MAX),
            None => next_minute(now),
        };
        let mut pool = self.pool();
        let same_minute = refills.duration_since(pool.refills).abs() < SignedDuration::from_secs(30);
        let overtaken = !same_minute && refills < pool.refills;
        if !overtaken {
            pool.left = if same_minute { pool.left.min(left) } else { left };
            pool.refills = refills;
        }
    }

    fn pool(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
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

    fn headers(left: &str, period: &str) -> Headers {
        let mut headers = Headers::default();
        headers.insert("Brightpearl-Requests-Remaining", left);
        headers.insert("Brightpearl-Next-Throttle-Period", period);
        headers
    }

    fn clock() -> SkippingClock {
        SkippingClock::at("2026-05-04T10:15:20Z".parse().unwrap())
    }

    /// A call that is answered at once: what a server with `left` calls would say.
    async fn call(budget: &Budget, priority: Priority, clock: &SkippingClock, left: u32) {
        let _place = budget.take(priority, clock).await;
        let to_the_minute = 60_000 - clock.now().as_millisecond().rem_euclid(60_000);
        budget.learn(&headers(&left.to_string(), &to_the_minute.to_string()), clock.now());
    }

    #[tokio::test]
    async fn the_201st_call_waits_for_the_next_minute() {
        let (budget, clock) = (Budget::new(), clock());
        let places: Vec<_> = futures(&budget, &clock, 200).await;
        assert_eq!(places.len(), 200);
        assert!(clock.waits().is_empty());
        for (answered, place) in places.into_iter().enumerate() {
            budget.learn(&headers(&(199 - answered).to_string(), "40000"), clock.now());
            drop(place);
        }
        budget.take(Priority::Interactive, &clock).await;
        assert_eq!(clock.waits(), [Duration::from_millis(40_500)]);
    }

    async fn futures<'b>(budget: &'b Budget, clock: &SkippingClock, calls: usize) -> Vec<UnderWay<'b>> {
        let mut places = Vec::new();
        for _ in 0..calls {
            places.push(budget.take(Priority::Interactive, clock).await);
        }
        places
    }

    #[tokio::test]
    async fn what_the_server_says_overrides_our_count() {
        let (budget, clock) = (Budget::new(), clock());
        budget.learn(&headers("0", "12000"), clock.now());
        budget.take(Priority::Interactive, &clock).await;
        assert_eq!(clock.waits(), [Duration::from_millis(12_500)]);
    }

    #[tokio::test]
    async fn an_answer_that_was_overtaken_gives_nothing_back() {
        let (budget, clock) = (Budget::new(), clock());
        budget.learn(&headers("1", "40000"), clock.now());
        budget.learn(&headers("7", "40000"), clock.now());
        let _place = budget.take(Priority::Interactive, &clock).await;
        assert!(clock.waits().is_empty());
        budget.take(Priority::Interactive, &clock).await;
        assert_eq!(clock.waits().len(), 1);
    }

    #[tokio::test]
    async fn background_calls_leave_a_reserve_to_interactive_ones() {
        let (budget, clock) = (Budget::new(), clock());
        for left in (RESERVE..CAP).rev() {
            call(&budget, Priority::Background, &clock, left).await;
        }
        assert!(clock.waits().is_empty());
        for left in (0..RESERVE).rev() {
            call(&budget, Priority::Interactive, &clock, left).await;
        }
        assert!(clock.waits().is_empty());
        call(&budget, Priority::Background, &clock, 199).await;
        assert_eq!(clock.waits(), [Duration::from_millis(40_500)]);
    }

    #[tokio::test]
    async fn a_call_that_was_given_up_gives_its_place_back() {
        let (budget, clock) = (Budget::new(), clock());
        budget.learn(&headers("1", "40000"), clock.now());
        drop(budget.take(Priority::Interactive, &clock).await);
        budget.take(Priority::Interactive, &clock).await;
        assert!(clock.waits().is_empty());
    }

    #[test]
    fn strange_headers_change_nothing() {
        let now = clock().now();
        let budget = Budget::new();
        budget.learn(&headers("many", "soon"), now);
        assert_eq!(budget.take_or_wait(0, now), None);
        assert_eq!(wait_after_refusal(&headers("0", "soon"), now), Duration::from_millis(40_500));
    }
}
