use std::{
    fmt,
    sync::LazyLock,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use jiff::Timestamp;

/// The time, and waiting, for a client.
#[async_trait]
pub trait Clock: fmt::Debug + Send + Sync {
    /// Gets the time now.
    fn now(&self) -> Timestamp;
    /// Waits for `duration`.
    async fn sleep(&self, duration: Duration);
    /// Returns the time since a fixed moment, for measuring durations. Unlike [`now`](Self::now) it must not
    /// jump when the machine's clock is set.
    fn uptime(&self) -> Duration {
        self.now().duration_since(Timestamp::UNIX_EPOCH).unsigned_abs()
    }
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

/// When this process first read its [uptime](Clock::uptime).
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
