use std::{error::Error, fmt, time::Duration};

use jiff::Timestamp;

use super::Clock;
use crate::time::later;

/// The waits of one call, for the rate limit and between attempts, and how long they may be together.
#[derive(Debug)]
pub struct Waits<'c> {
    clock: &'c dyn Clock,
    left: Option<Duration>,
}

/// The next wait of a call is longer than allowed. The call was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitTooLong {
    /// When the wait would have ended.
    pub try_again_at: Timestamp,
}

impl fmt::Display for WaitTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the wait until {} is longer than allowed", self.try_again_at)
    }
}

impl Error for WaitTooLong {}

impl<'c> Waits<'c> {
    /// Allows a call to wait this long in all; without a limit if none.
    pub const fn new(clock: &'c dyn Clock, longest: Option<Duration>) -> Self {
        Self { clock, left: longest }
    }

    /// Returns the clock by which the call waits.
    pub const fn clock(&self) -> &'c dyn Clock {
        self.clock
    }

    /// Returns how much longer the call may wait; none is unlimited.
    pub const fn left(&self) -> Option<Duration> {
        self.left
    }

    /// Checks whether the call may wait this long.
    ///
    /// # Errors
    /// When it may not.
    pub fn check(&self, wait: Duration) -> Result<(), WaitTooLong> {
        match self.left {
            Some(left) if wait > left => Err(WaitTooLong { try_again_at: later(self.clock.now(), wait) }),
            _ => Ok(()),
        }
    }

    /// Records a wait.
    pub fn record(&mut self, waited: Duration) {
        self.left = self.left.map(|left| left.saturating_sub(waited));
    }

    /// Waits and records the wait.
    ///
    /// # Errors
    /// When the call may not wait this long. It then does not wait at all.
    pub async fn sleep(&mut self, wait: Duration) -> Result<(), WaitTooLong> {
        self.check(wait)?;
        self.clock.sleep(wait).await;
        self.record(wait);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::SkippingClock;

    #[tokio::test]
    async fn waits_are_added_up_and_one_too_long_is_not_begun() {
        let clock = SkippingClock::at("2026-05-04T10:15:20Z".parse().unwrap());
        let mut waits = Waits::new(&clock, Some(Duration::from_secs(10)));
        waits.sleep(Duration::from_secs(6)).await.unwrap();
        let too_long = waits.sleep(Duration::from_secs(5)).await.unwrap_err();
        assert_eq!(too_long.try_again_at.to_string(), "2026-05-04T10:15:31Z");
        waits.sleep(Duration::from_secs(4)).await.unwrap();
        assert_eq!(clock.waits(), [6, 4].map(Duration::from_secs));
    }
}
