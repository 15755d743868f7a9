use std::{
    fmt,
    sync::{Arc, LazyLock, Mutex, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use jiff::Timestamp;

/// Time as a client sees it: what it is, and waiting for it to pass.
#[async_trait]
pub trait Clock: fmt::Debug + Send + Sync {
    /// The time now.
    fn now(&self) -> Timestamp;
    /// Returns when `duration` has passed.
    async fn sleep(&self, duration: Duration);
    /// Time since some fixed moment, for measuring how long something took: unlike [`now`](Self::now) it should
    /// never jump, also when the machine's clock is set.
    fn uptime(&self) -> Duration {
        self.now().duration_since(Timestamp::UNIX_EPOCH).unsigned_abs()
    }
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

/// When this process first asked for its [uptime](Clock::uptime).
#[allow(clippy::disallowed_methods, reason = "this is the clock that everything else is given")]
static STARTED: LazyLock<Instant> = LazyLock::new(Instant::now);

#[async_trait]
impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "this is the clock that everything else is given")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    #[allow(clippy::disallowed_methods, reason = "this is the clock that everything else is given")]
    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    fn uptime(&self) -> Duration {
        STARTED.elapsed()
    }
}

/// A clock for tests: sleeping returns at once and moves its time on, and every wait is kept for asserting.
///
/// ```
/// # use api_client_core::client::{Clock, SkippingClock};
/// # use std::time::Duration;
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let clock = SkippingClock::at("2026-05-04T10:15:20Z".parse().unwrap());
/// clock.sleep(Duration::from_secs(40)).await;
/// assert_eq!(clock.now().to_string(), "2026-05-04T10:16:00Z");
/// assert_eq!(clock.waits(), [Duration::from_secs(40)]);
/// # });
/// ```
#[derive(Debug, Clone)]
pub struct SkippingClock(Arc<Mutex<Skipped>>);

#[derive(Debug)]
struct Skipped {
    now: Timestamp,
    waits: Vec<Duration>,
}

impl SkippingClock {
    /// A clock that shows this time.
    pub fn at(now: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(Skipped { now, waits: Vec::new() })))
    }

    /// Every wait so far, in order.
    pub fn waits(&self) -> Vec<Duration> {
        self.state().waits.clone()
    }

    fn state(&self) -> std::sync::MutexGuard<'_, Skipped> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Clock for SkippingClock {
    fn now(&self) -> Timestamp {
        self.state().now
    }

    async fn sleep(&self, duration: Duration) {
        let mut state = self.state();
        state.now = state.now.saturating_add(duration).unwrap_or(Timestamp::MAX);
        state.waits.push(duration);
    }
}
