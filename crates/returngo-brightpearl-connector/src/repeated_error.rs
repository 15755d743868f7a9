//! Logs an error that persists once, and once more when it has cleared: a log that repeats one line every second hides the rest
//! and fills the disk.

use std::{
    error::Error,
    sync::{Mutex, PoisonError},
};

use tracing::field::{DisplayValue, display};

use crate::{store::ConnectionId, with_causes};

/// An operation that may fail repeatedly for the same reason.
#[derive(Debug)]
pub struct RepeatedError {
    message: &'static str,
    connection: Option<ConnectionId>,
    current: Mutex<Option<Current>>,
}

#[derive(Debug)]
struct Current {
    reason: String,
    times: u64,
}

impl RepeatedError {
    /// An operation that has not failed yet, with the message to log, such as "cannot store webhooks".
    pub const fn new(message: &'static str) -> Self {
        Self { message, connection: None, current: Mutex::new(None) }
    }

    /// The same for this connection, which the log names.
    #[must_use]
    pub fn of(self, connection: ConnectionId) -> Self {
        Self { connection: Some(connection), ..self }
    }

    /// Records a failure. It is logged unless it is the same as the last one.
    pub fn occurred(&self, error: &dyn Error) {
        let reason = with_causes(error);
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *current {
            Some(known) if known.reason == reason => known.times += 1,
            _ => {
                tracing::error!(connection = self.connection(), "{}: {reason}", self.message);
                *current = Some(Current { reason, times: 1 });
            }
        }
    }

    /// Records a success. It is logged if the operation had failed.
    pub fn cleared(&self) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Current { times, .. }) = current.take() {
            tracing::info!(connection = self.connection(), times, "recovered: {}", self.message);
        }
    }

    fn connection(&self) -> Option<DisplayValue<&ConnectionId>> {
        self.connection.as_ref().map(display)
    }
}
