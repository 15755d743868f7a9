use std::{fmt, time::Duration};

use super::NotRetried;
use crate::{Endpoint, Idempotency, Method};

/// What a caller, and support, need to know about a call that failed: which one, how often, how long.
#[derive(Debug, Clone)]
pub struct CallReport {
    pub(super) endpoint: Endpoint,
    pub(super) attempts: u32,
    pub(super) elapsed: Duration,
    pub(super) not_retried: Option<NotRetried>,
    pub(super) may_have_been_applied: bool,
}

impl CallReport {
    /// A report of a call that was not sent at all.
    pub const fn unsent(endpoint: Endpoint) -> Self {
        Self {
            endpoint,
            attempts: 0,
            elapsed: Duration::ZERO,
            not_retried: None,
            may_have_been_applied: false,
        }
    }

    /// A report of a call that was answered with success, for an answer that then did not read. A write
    /// was applied.
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

    /// A report of a part of a call that carried several, and that came back without success.
    pub const fn part(endpoint: Endpoint, not_retried: NotRetried, may_have_been_applied: bool) -> Self {
        Self {
            endpoint,
            attempts: 1,
            elapsed: Duration::ZERO,
            not_retried: Some(not_retried),
            may_have_been_applied,
        }
    }

    /// What repeating the call would do.
    pub const fn idempotency(&self) -> Idempotency {
        self.endpoint.idempotency
    }

    /// The HTTP method.
    pub const fn method(&self) -> Method {
        self.endpoint.method
    }

    /// The path with its placeholders, never with ids or a query.
    pub const fn path_template(&self) -> &'static str {
        self.endpoint.template
    }

    /// How often it was sent.
    pub const fn attempts(&self) -> u32 {
        self.attempts
    }

    /// From the first attempt to giving up, waits included.
    pub const fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// Why it was not sent again.
    pub const fn not_retried(&self) -> Option<NotRetried> {
        self.not_retried
    }

    /// Whether the server may have acted on it although no success came back. Always false for reads.
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
