use std::{fmt, time::Duration};

use crate::Method;

/// Is told of every attempt as it ends: where metrics hook in. Called on the task that makes the call, so it
/// should be quick.
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
    /// An attempt was answered, or will not be.
    fn attempt_finished(&self, attempt: &FinishedAttempt);
}

/// One attempt of a call. Neither ids nor queries nor bodies are in it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FinishedAttempt {
    /// The API: `brightpearl` or `returngo`.
    pub api: &'static str,
    /// The method.
    pub method: Method,
    /// The path with its placeholders.
    pub path_template: &'static str,
    /// The status of the answer; none when no complete answer came.
    pub status: Option<u16>,
    /// Which attempt of its call it is, from 1.
    pub attempt: u32,
    /// What it waited before it was sent: after the attempt before it, for an access token and for the budget.
    pub waited: Duration,
    /// From sending it to having its answer.
    pub duration: Duration,
}
