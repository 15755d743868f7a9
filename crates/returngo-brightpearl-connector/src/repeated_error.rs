//! Trouble that lasts is told once, and once more when it is over: a log that says the same thing every second
//! hides the rest and fills the disk.

use std::{
    error::Error,
    sync::{Mutex, PoisonError},
};

use tracing::field::{DisplayValue, display};

use crate::{error::with_causes, store::ConnectionId};

/// Something that may fail again and again for the same reason.
#[derive(Debug)]
pub struct RepeatedError {
    what: &'static str,
    connection: Option<ConnectionId>,
    lasting: Mutex<Option<Lasting>>,
}

#[derive(Debug)]
struct Lasting {
    reason: String,
    times: u64,
}

impl RepeatedError {
    /// Trouble in these words, such as "webhooks cannot be stored". There is none yet.
    pub const fn new(what: &'static str) -> Self {
        Self { what, connection: None, lasting: Mutex::new(None) }
    }

    /// Trouble of this connection.
    #[must_use]
    pub fn of(self, connection: ConnectionId) -> Self {
        Self { connection: Some(connection), ..self }
    }

    /// There is trouble: told unless it is known.
    pub fn met(&self, error: &dyn Error) {
        let reason = with_causes(error);
        let mut lasting = self.lasting.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *lasting {
            Some(known) if known.reason == reason => known.times += 1,
            _ => {
                tracing::error!(connection = self.connection(), "{}: {reason}", self.what);
                *lasting = Some(Lasting { reason, times: 1 });
            }
        }
    }

    /// There is no trouble: told if there was.
    pub fn over(&self) {
        let mut lasting = self.lasting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Lasting { times, .. }) = lasting.take() {
            tracing::info!(connection = self.connection(), times, "no longer: {}", self.what);
        }
    }

    fn connection(&self) -> Option<DisplayValue<&ConnectionId>> {
        self.connection.as_ref().map(display)
    }
}
