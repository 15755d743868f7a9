use std::{fmt, time::Duration};

use crate::Method;

/// A hook for metrics that is called after every attempt. It runs on the task that makes the call, so it should
/// return quickly.
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use api_client_core::client::{FinishedAttempt, Observer};
///
/// #[derive(Debug, Default)]
/// struct Failures(AtomicU64);
///
/// impl Observer for Failures {
///     fn attempt_finished(&self, attempt: &FinishedAttempt) {
///         if attempt.status.is_none_or(|status| status >= 500) {
///             self.0.fetch_add(1, Ordering::Relaxed);
///         }
///     }
/// }
/// ```
pub trait Observer: fmt::Debug + Send + Sync {
    /// Called when an attempt has a response or has failed.
    fn attempt_finished(&self, attempt: &FinishedAttempt);
}

/// One attempt of a call. It contains no ids, queries or bodies.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FinishedAttempt {
    /// The API: `brightpearl` or `returngo`.
    pub api: &'static str,
    /// The method.
    pub method: Method,
    /// The path with its placeholders.
    pub path_template: &'static str,
    /// The response's status; none without a complete response.
    pub status: Option<u16>,
    /// The attempt's number within its call, from 1.
    pub attempt: u32,
    /// The wait before it was sent: after the previous attempt, for an access token and for the rate limit.
    pub waited: Duration,
    /// The time from sending the request to its response.
    pub duration: Duration,
}
