use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

/// The mock's clock: real time until a test stops it. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Clock(Arc<Mutex<Option<Timestamp>>>);

impl Clock {
    /// Returns the current time.
    #[allow(clippy::disallowed_methods, reason = "all other code reads this clock")]
    pub fn now(&self) -> Timestamp {
        self.fixed().unwrap_or_else(Timestamp::now)
    }

    /// Stops the clock at this time. None returns to real time.
    pub fn set(&self, now: Option<Timestamp>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }

    fn fixed(&self) -> Option<Timestamp> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
