use std::time::Duration;

use api_client_core::client::{Clock, SkippingClock};
use async_trait::async_trait;
use jiff::Timestamp;

/// A clock that advances with each wait and not by itself. A wait advances it by at least a millisecond, because a loop that
/// waits for a time in the current millisecond would never end otherwise.
#[derive(Debug, Clone)]
pub(super) struct AutoAdvancingClock(SkippingClock);

impl AutoAdvancingClock {
    pub(super) fn at(now: Timestamp) -> Self {
        Self(SkippingClock::at(now))
    }
}

#[async_trait]
impl Clock for AutoAdvancingClock {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    async fn sleep(&self, duration: Duration) {
        self.0.sleep(duration.max(Duration::from_millis(1))).await;
    }
}
