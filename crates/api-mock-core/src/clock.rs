use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

/// The mock's time: the machine's until it is fixed. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Clock(Arc<Mutex<Option<Timestamp>>>);

impl Clock {
    /// The time now.
    #[allow(clippy::disallowed_methods, reason = "this is the clock that everything else is given")]
    pub fn now(&self) -> Timestamp {
        self.fixed().unwrap_or_else(Timestamp::now)
    }

    /// Stops the clock at this time; none lets it run in real time again.
    pub fn set(&self, now: Option<Timestamp>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }

    fn fixed(&self) -> Option<Timestamp> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
