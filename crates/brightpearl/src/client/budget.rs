use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use api_client_core::{
    Headers,
    client::{WaitTooLong, Waits},
    lock,
    time::later,
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex as Queue, MutexGuard as FirstInLine, Notify};

/// The priority of calls in the request budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Priority {
    /// A user waits for the response. Never waits behind background calls.
    #[default]
    Interactive,
    /// Sweeps, backfills. Leaves a reserve of the budget to interactive calls, and spreads over the minute, so
    /// that the calls of other applications do not use up the reserve.
    Background,
}

impl Priority {
    /// Returns how much of the pool these calls leave when it refills after this many milliseconds.
    const fn leaves(self, rest: u64) -> u32 {
        match self {
            Self::Interactive => 0,
            Self::Background => RESERVE + (FOR_OTHERS as u64 * rest / MINUTE) as u32,
        }
    }
}

/// The request budget of an account, for clients that share it: Brightpearl counts all their requests together.
///
/// ```
/// use brightpearl::{Client, Credentials, client::RequestBudget};
///
/// let budget = RequestBudget::default();
/// let client = |app: &str| {
///     Client::builder("acmeoutdoors")
///         .datacenter("euw1")
///         .credentials(Credentials::private_app(app, "a-token"))
///         .budget(budget.clone())
///         .build()
/// };
/// let (returns, reports) = (client("acmeoutdoors_returns")?, client("acmeoutdoors_reports")?);
/// # Ok::<(), brightpearl::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct RequestBudget(pub(super) Arc<Budget>);

impl Default for RequestBudget {
    fn default() -> Self {
        Self(Arc::new(Budget::new()))
    }
}

/// The calls that the request budget of an account has left in this minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CallsLeft {
    /// Calls, without those in progress: the documented 200 until a response states how many are left. Other
    /// applications of the account draw on them as well.
    pub calls: u32,
    /// When the minute ends and the budget resets.
    pub until: Timestamp,
}

/// The request budget of an account: a number of requests per minute of UTC
/// (docs/evidence/brightpearl-platform.md#request-budget).
///
/// Local counting keeps concurrent calls within the limit between two responses. The responses override it,
/// since other apps of the account draw on the same pool. Calls of one priority are sent in order.
#[derive(Debug)]
pub(super) struct Budget {
    pool: Mutex<Pool>,
    /// Wakes calls that wait for a permit to be released.
    answered: Notify,
    interactive: Queue<()>,
    background: Queue<()>,
}

#[derive(Debug, Clone, Copy)]
struct Pool {
    /// The lowest remaining number that a response of this minute stated, or the limit until one does.
    left: u32,
    /// Whether a response of this minute stated it. The limit can be higher by agreement.
    confirmed: bool,
    /// Calls in progress, which the responses so far may not include.
    in_flight: u32,
    /// When the pool refills.
    refills: Timestamp,
}

impl Pool {
    /// Starts a new minute after the last one. It ends a multiple of a minute later, so that the server's
    /// clock, as the responses stated it, is kept.
    fn refill(&mut self, now: Timestamp) {
        // More than a minute away: the clock was set back.
        if milliseconds(now, self.refills) > 2 * MINUTE {
            *self = Self { left: CAP, confirmed: false, refills: later(now, to_the_minute(now)), ..*self };
        }
        if now < self.refilled() {
            return;
        }
        self.left = CAP;
        self.confirmed = false;
        let since = now.as_millisecond() - self.refills.as_millisecond();
        self.refills = later(now, Duration::from_millis(to_full_minute(since)));
    }

    /// Returns the calls that can be sent until the pool refills.
    const fn free(&self) -> u32 {
        self.left.saturating_sub(self.in_flight)
    }

    /// Returns when the pool has certainly refilled.
    fn refilled(&self) -> Timestamp {
        later(self.refills, CLOCK_SKEW_MARGIN)
    }

    /// Whether a call of this priority can be sent now; if not, how long to wait.
    fn permits(&self, priority: Priority, now: Timestamp) -> Result<(), Duration> {
        let free = self.free();
        let rest = milliseconds(now, self.refills);
        if free > priority.leaves(rest.min(MINUTE)) {
            return Ok(());
        }
        // Background calls may be sent earlier, because the part for other applications shrinks.
        let shrunk = u64::from(free.saturating_sub(RESERVE)) * MINUTE / u64::from(FOR_OTHERS);
        let wait = match priority {
            Priority::Background if shrunk > 0 => rest.saturating_sub(shrunk) + 1,
            _ => milliseconds(now, self.refilled()),
        };
        // Not longer than to the next minute, because the clock may be set meanwhile.
        let wait = wait.min(MINUTE + 1_000);
        // At least 1 millisecond, because time must pass.
        Err(Duration::from_millis(wait.max(1)))
    }
}

/// The documented limit; response headers correct it.
const CAP: u32 = 200;

/// The part of the limit that background calls leave; integrators keep 10 to 25 per cent
/// (docs/evidence/brightpearl-platform.md#request-budget).
const RESERVE: u32 = 20;

/// The requests per minute that background calls leave to other applications.
const FOR_OTHERS: u32 = CAP / 3;

const MINUTE: u64 = 60_000;

/// The pool refills at the minute by the server's clock, which may be behind ours.
const CLOCK_SKEW_MARGIN: Duration = Duration::from_millis(500);

/// A permit for one call, released on drop.
#[derive(Debug)]
pub(super) struct BudgetPermit<'b>(&'b Budget);

impl Drop for BudgetPermit<'_> {
    fn drop(&mut self) {
        let mut pool = self.0.pool();
        pool.in_flight = pool.in_flight.saturating_sub(1);
        drop(pool);
        self.0.answered.notify_waiters();
    }
}

impl Budget {
    pub(super) fn new() -> Self {
        Self {
            pool: Mutex::new(Pool {
                left: CAP,
                confirmed: false,
                in_flight: 0,
                refills: Timestamp::UNIX_EPOCH,
            }),
            answered: Notify::new(),
            interactive: Queue::default(),
            background: Queue::default(),
        }
    }

    /// Waits until a call is permitted. Dropped meanwhile, it leaves the queue and takes nothing.
    ///
    /// # Errors
    /// When the call may not wait that long.
    pub(super) async fn take(
        &self,
        priority: Priority,
        waits: &mut Waits<'_>,
    ) -> Result<BudgetPermit<'_>, WaitTooLong> {
        let clock = waits.clock();
        let _first_in_line = self.first_in_line(priority, waits).await?;
        let mut logged = false;
        loop {
            let answered = self.answered.notified();
            let Some(wait) = self.take_or_wait(priority, clock.now()) else { return Ok(BudgetPermit(self)) };
            waits.check(wait)?;
            if !logged {
                tracing::info!(
                    wait_ms = wait.as_millis() as u64,
                    ?priority,
                    "waiting for the request budget"
                );
                logged = true;
            }
            let since = clock.uptime();
            tokio::select! {
                () = clock.sleep(wait) => {}
                () = answered => {}
            }
            waits.record(clock.uptime().saturating_sub(since));
        }
    }

    /// Waits for the earlier calls of the same priority.
    async fn first_in_line(
        &self,
        priority: Priority,
        waits: &mut Waits<'_>,
    ) -> Result<FirstInLine<'_, ()>, WaitTooLong> {
        let queue = match priority {
            Priority::Interactive => &self.interactive,
            Priority::Background => &self.background,
        };
        let clock = waits.clock();
        let Some(left) = waits.left() else { return Ok(queue.lock().await) };
        // The pool is known to be empty until then: the call fails at once.
        if let Err(wait) = self.pool_at(clock.now()).permits(priority, clock.now()) {
            waits.check(wait)?;
        }
        let since = clock.uptime();
        let first = tokio::select! {
            biased;
            first = queue.lock() => first,
            () = clock.sleep(left) => {
                return Err(WaitTooLong { try_again_at: self.pool_at(clock.now()).refilled() });
            }
        };
        waits.record(clock.uptime().saturating_sub(since));
        Ok(first)
    }

    fn take_or_wait(&self, priority: Priority, now: Timestamp) -> Option<Duration> {
        let mut pool = self.pool_at(now);
        let wait = pool.permits(priority, now).err();
        pool.in_flight += u32::from(wait.is_none());
        wait
    }

    /// Adopts what a response states about the pool. Within a minute the lowest number is the newest.
    pub(super) fn learn(&self, headers: &Headers, now: Timestamp) {
        let Some(left) = number(headers, "brightpearl-requests-remaining") else { return };
        let refills = later(now, period(headers).unwrap_or_else(|| to_the_minute(now)));
        let mut pool = self.pool_at(now);
        let same_minute = refills.duration_since(pool.refills).abs() < SignedDuration::from_secs(30);
        let overtaken = !same_minute && refills < pool.refills;
        if !overtaken {
            pool.left = if same_minute && pool.confirmed { pool.left.min(left) } else { left };
            pool.confirmed = true;
            pool.refills = refills;
        }
    }

    /// Records a rejection by the rate limit: nothing is left until the pool refills. Whether such a response
    /// carries the headers is not confirmed.
    pub(super) fn refused(&self, now: Timestamp) {
        let mut pool = self.pool_at(now);
        pool.left = 0;
        pool.confirmed = true;
    }

    /// Returns what is left until the pool refills, without calls in progress.
    pub(super) fn left(&self) -> u32 {
        self.pool().left
    }

    /// Returns the calls that can be sent until the pool refills.
    pub(super) fn calls_left(&self, now: Timestamp) -> CallsLeft {
        let pool = self.pool_at(now);
        CallsLeft { calls: pool.free(), until: pool.refills }
    }

    fn pool_at(&self, now: Timestamp) -> MutexGuard<'_, Pool> {
        let mut pool = self.pool();
        pool.refill(now);
        pool
    }

    fn pool(&self) -> MutexGuard<'_, Pool> {
        lock(&self.pool)
    }
}

/// Returns how long to wait after a rejection by the rate limit: until the pool refills by the response, or
/// else by the clock. Whether such a response carries the headers is not confirmed.
pub(super) fn wait_after_refusal(headers: &Headers, now: Timestamp) -> Duration {
    period(headers).unwrap_or_else(|| to_the_minute(now)) + CLOCK_SKEW_MARGIN
}

fn period(headers: &Headers) -> Option<Duration> {
    number(headers, "brightpearl-next-throttle-period")
        .map(|milliseconds| Duration::from_millis(milliseconds.into()))
}

fn number(headers: &Headers, name: &str) -> Option<u32> {
    headers.get(name)?.trim().parse().ok()
}

fn to_the_minute(now: Timestamp) -> Duration {
    Duration::from_millis(to_full_minute(now.as_millisecond()))
}

/// Returns the milliseconds to the next multiple of a minute.
fn to_full_minute(milliseconds: i64) -> u64 {
    MINUTE - milliseconds.rem_euclid(MINUTE as i64).unsigned_abs()
}

/// Returns the milliseconds from one time to a later one; 0 when it is over.
fn milliseconds(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.as_millisecond() - from.as_millisecond()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use api_client_core::client::{Clock as _, SkippingClock};

    fn headers(left: &str, period: &str) -> Headers {
        let mut headers = Headers::default();
        headers.insert("Brightpearl-Requests-Remaining", left);
        headers.insert("Brightpearl-Next-Throttle-Period", period);
        headers
    }

    fn clock() -> SkippingClock {
        SkippingClock::at("2026-05-04T10:15:20Z".parse().unwrap())
    }

    async fn take<'b>(budget: &'b Budget, priority: Priority, clock: &SkippingClock) -> BudgetPermit<'b> {
        budget.take(priority, &mut Waits::new(clock, None)).await.unwrap()
    }

    /// A call that is answered at once: what a server with `left` calls would say.
    async fn call(budget: &Budget, priority: Priority, clock: &SkippingClock, left: u32) {
        let _place = take(budget, priority, clock).await;
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
        take(&budget, Priority::Interactive, &clock).await;
        assert_eq!(clock.waits(), [Duration::from_millis(40_500)]);
    }

    async fn futures<'b>(budget: &'b Budget, clock: &SkippingClock, calls: usize) -> Vec<BudgetPermit<'b>> {
        let mut places = Vec::new();
        for _ in 0..calls {
            places.push(take(budget, Priority::Interactive, clock).await);
        }
        places
    }

    #[tokio::test]
    async fn what_the_server_says_overrides_our_count() {
        let (budget, clock) = (Budget::new(), clock());
        budget.learn(&headers("0", "12000"), clock.now());
        take(&budget, Priority::Interactive, &clock).await;
        assert_eq!(clock.waits(), [Duration::from_millis(12_500)]);
    }

    #[tokio::test]
    async fn an_answer_that_was_overtaken_gives_nothing_back() {
        let (budget, clock) = (Budget::new(), clock());
        budget.learn(&headers("1", "40000"), clock.now());
        budget.learn(&headers("7", "40000"), clock.now());
        let _place = take(&budget, Priority::Interactive, &clock).await;
        assert!(clock.waits().is_empty());
        take(&budget, Priority::Interactive, &clock).await;
        assert_eq!(clock.waits().len(), 1);
    }

    #[tokio::test]
    async fn background_calls_leave_a_reserve_to_interactive_ones() {
        let budget = Budget::new();
        let clock = SkippingClock::at("2026-05-04T10:15:59.700Z".parse().unwrap());
        for left in (RESERVE..CAP).rev() {
            call(&budget, Priority::Background, &clock, left).await;
        }
        assert!(clock.waits().is_empty());
        for left in (0..RESERVE).rev() {
            call(&budget, Priority::Interactive, &clock, left).await;
        }
        assert!(clock.waits().is_empty());
        call(&budget, Priority::Background, &clock, 199).await;
        assert_eq!(clock.waits(), [Duration::from_millis(800)]);
    }

    #[tokio::test]
    async fn background_calls_spread_over_the_minute() {
        let (budget, clock) = (Budget::new(), clock());
        budget.learn(&headers("50", "40000"), clock.now());
        call(&budget, Priority::Interactive, &clock, 50).await;
        assert!(clock.waits().is_empty());
        call(&budget, Priority::Background, &clock, 49).await;
        assert_eq!(clock.waits(), [Duration::from_millis(12_729)]);
    }

    #[tokio::test]
    async fn a_refusal_without_headers_empties_the_pool() {
        let (budget, clock) = (Budget::new(), clock());
        budget.refused(clock.now());
        take(&budget, Priority::Interactive, &clock).await;
        assert_eq!(clock.waits(), [Duration::from_millis(40_500)]);
    }

    #[tokio::test]
    async fn a_higher_cap_is_used_once_an_answer_tells_of_it() {
        let (budget, clock) = (Budget::new(), clock());
        call(&budget, Priority::Interactive, &clock, 599).await;
        let places = futures(&budget, &clock, 599).await;
        assert_eq!((places.len(), clock.waits().len()), (599, 0));
    }

    #[tokio::test]
    async fn a_clock_that_is_ahead_of_the_servers_is_put_right_by_the_answers() {
        let (budget, clock) = (Budget::new(), clock());
        // Our minute ends in 40 s, the server's in 55 s.
        budget.learn(&headers("0", "55000"), clock.now());
        take(&budget, Priority::Interactive, &clock).await;
        assert_eq!(clock.waits(), [Duration::from_millis(55_500)]);
        assert_eq!(budget.pool().refills.to_string(), "2026-05-04T10:17:15Z");
    }

    #[tokio::test]
    async fn a_call_that_was_given_up_gives_its_place_back() {
        let (budget, clock) = (Budget::new(), clock());
        budget.learn(&headers("1", "40000"), clock.now());
        drop(take(&budget, Priority::Interactive, &clock).await);
        take(&budget, Priority::Interactive, &clock).await;
        assert!(clock.waits().is_empty());
    }

    #[test]
    fn strange_headers_change_nothing() {
        let now = clock().now();
        let budget = Budget::new();
        budget.learn(&headers("many", "soon"), now);
        assert_eq!(budget.take_or_wait(Priority::Interactive, now), None);
        assert_eq!(wait_after_refusal(&headers("0", "soon"), now), Duration::from_millis(40_500));
    }
}
