use std::{fmt, time::Duration};

use super::NotRetried;
use crate::{Endpoint, Idempotency, Method};

/// The facts of a failed call: which one, how many attempts, how long.
#[derive(Debug, Clone)]
pub struct CallReport {
    pub(super) endpoint: Endpoint,
    pub(super) attempts: u32,
    pub(super) elapsed: Duration,
    pub(super) not_retried: Option<NotRetried>,
    pub(super) may_have_been_applied: bool,
}

impl CallReport {
    /// Creates the report of a call that was not sent.
    pub const fn unsent(endpoint: Endpoint) -> Self {
        Self {
            endpoint,
            attempts: 0,
            elapsed: Duration::ZERO,
            not_retried: None,
            may_have_been_applied: false,
        }
    }

    /// Creates the report of a call that succeeded and whose response cannot be decoded. A write was applied.
    pub const fn answered(endpoint: Endpoint) -> Self {
        let write = !matches!(endpoint.idempotency, Idempotency::Read);
        Self {
            endpoint,
            attempts: 1,
            elapsed: Duration::ZERO,
            not_retried: None,
            may_have_been_applied: write,
        }
    }

    /// Creates the report of one part of a call with several parts, which failed.
    pub const fn part(endpoint: Endpoint, not_retried: NotRetried, may_have_been_applied: bool) -> Self {
        Self {
            endpoint,
            attempts: 1,
            elapsed: Duration::ZERO,
            not_retried: Some(not_retried),
            may_have_been_applied,
        }
    }

    /// Returns the effect of repeating the call.
    pub const fn idempotency(&self) -> Idempotency {
        self.endpoint.idempotency
    }

    /// Returns the HTTP method.
    pub const fn method(&self) -> Method {
        self.endpoint.method
    }

    /// Returns the path with its placeholders, never with ids or a query.
    pub const fn path_template(&self) -> &'static str {
        self.endpoint.template
    }

    /// Returns the number of attempts.
    pub const fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Returns the time from the first attempt to the last failure, including waits.
    pub const fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// Why the call was not retried.
    pub const fn not_retried(&self) -> Option<NotRetried> {
        self.not_retried
    }

    /// Whether the same call may be sent again without being applied twice: it has no effect, an effect that a
    /// repetition does not change or a key, or it was certainly not applied.
    pub const fn safe_to_repeat(&self) -> bool {
        !self.may_have_been_applied || !matches!(self.endpoint.idempotency, Idempotency::UnkeyedWrite)
    }

    /// Whether the server may have applied the call although it failed. Always false for reads.
    pub const fn may_have_been_applied(&self) -> bool {
        self.may_have_been_applied
    }
}

impl fmt::Display for CallReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method(), self.path_template())?;
        if self.attempts > 1 {
            write!(f, " ({} attempts in {:.1?})", self.attempts, self.elapsed)?;
        }
        Ok(())
    }
}
