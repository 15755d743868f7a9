use std::time::Duration;

use api_client_core::client::{Clock, SkippingClock};
use async_trait::async_trait;
use jiff::Timestamp;

/// Time that jumps instead of passing. Every wait moves it, also one of nothing: who waits for the very next
/// moment would wait for ever otherwise.
#[derive(Debug, Clone)]
pub(super) struct JumpingClock(SkippingClock);

impl JumpingClock {
    pub(super) fn at(now: Timestamp) -> Self {
        Self(SkippingClock::at(now))
    }
}

#[async_trait]
impl Clock for JumpingClock {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    async fn sleep(&self, duration: Duration) {
        self.0.sleep(duration.max(Duration::from_millis(1))).await;
    }
}
