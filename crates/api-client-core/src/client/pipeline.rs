use std::{error::Error, sync::Arc, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;
use tracing::{Instrument, Span, debug, info, info_span};

use super::{
    CallReport, Clock, FailureClass, FinishedAttempt, NotRetried, Observer, RetryPolicy, Transport,
    TransportError, WaitTooLong, Waits,
    retry::{AttemptCounts, RetryDecision},
};
use crate::{Endpoint, HttpRequest, HttpResponse, Idempotency, time::later};

/// What one API adds to the pipeline: its rate limit and credentials before a request, and the classification
/// of its response.
#[async_trait]
pub trait ApiPolicy: Send + Sync {
    /// Waits for the rate limit and adds credentials. Called before every attempt; the permit is held until the
    /// response is classified.
    ///
    /// # Errors
    /// When something that the request needs, such as an access token, is unavailable, or [`WaitTooLong`]: the
    /// request is not sent.
    async fn prepare<'a>(
        &'a self,
        request: &mut HttpRequest,
        waits: &mut Waits<'_>,
    ) -> Result<Permit<'a>, PrepareError>;

    /// Classifies a response. Called for every response, whatever its status.
    fn classify(&self, response: &HttpResponse, now: Timestamp) -> Disposition;

    /// Returns the request's id in the response, for logs and for the API's support.
    fn request_id<'a>(&self, response: &'a HttpResponse) -> Option<&'a str>;

    /// How many requests the rate limit still allows, if known.
    fn budget_left(&self) -> Option<u32> {
        None
    }
}

/// Why a request could not be prepared.
pub type PrepareError = Box<dyn Error + Send + Sync>;

/// A rate-limit permit, released on drop.
pub type Permit<'a> = Box<dyn Send + Sync + 'a>;

/// The classification of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    /// The request succeeded.
    Accepted,
    /// The request was rejected; sending it again changes nothing.
    Refused,
    /// The rate limit rejected the request; the server may say how long to wait.
    Throttled {
        /// The wait that the server asks for.
        wait: Option<Duration>,
    },
    /// The credentials have expired, and the next [`ApiPolicy::prepare`] gets new ones: the request is retried
    /// once.
    CredentialsExpired,
    /// The server failed and may have applied the request.
    ServerFailed,
    /// As `ServerFailed`, and perhaps because of the request's body: a retry of a write would fail as well.
    ServerFailedPermanently,
}

/// A call that failed, after all permitted retries.
#[derive(Debug)]
pub struct Failure {
    /// The call, its attempts and duration, and why it was not retried.
    pub report: CallReport,
    /// The last response, if there was one.
    pub response: Option<HttpResponse>,
    /// Why there was no response.
    pub transport: Option<TransportError>,
    /// Why the last attempt could not be prepared.
    pub prepare_error: Option<PrepareError>,
    /// The failure of the last attempt.
    pub class: FailureClass,
    /// When the next attempt would have been made, if the call did not wait for it or the rate limit rejected it.
    pub try_again_at: Option<Timestamp>,
}

/// Sends requests: prepare, send, classify, retry.
#[derive(Debug, Clone)]
pub struct Pipeline {
    /// Sends the requests.
    pub transport: Arc<dyn Transport>,
    /// The time, and waiting.
    pub clock: Arc<dyn Clock>,
    /// When a request is retried.
    pub retry: RetryPolicy,
    /// Called after every attempt, if set.
    pub observer: Option<Arc<dyn Observer>>,
    /// The longest time that a call waits in all, for the rate limit and between attempts; none is unlimited.
    pub max_wait: Option<Duration>,
    /// The API's name in spans and log lines.
    pub api: &'static str,
}

impl Pipeline {
    /// Sends a request until it succeeds or must not be retried. Dropping the call gives its permit back;
    /// whether a request that was already sent is applied is then unknown.
    ///
    /// # Errors
    /// A [`Failure`] with the last response and a report.
    pub async fn send(
        &self,
        policy: &dyn ApiPolicy,
        endpoint: Endpoint,
        request: &HttpRequest,
    ) -> Result<HttpResponse, Box<Failure>> {
        let span = info_span!(
            "call",
            api = self.api,
            method = endpoint.method.as_str(),
            path = endpoint.template,
            attempt = tracing::field::Empty,
            status = tracing::field::Empty,
            request_id = tracing::field::Empty,
            budget_left = tracing::field::Empty,
        );
        self.attempt_all(policy, endpoint, request).instrument(span).await
    }

    async fn attempt_all(
        &self,
        policy: &dyn ApiPolicy,
        endpoint: Endpoint,
        request: &HttpRequest,
    ) -> Result<HttpResponse, Box<Failure>> {
        let started = self.clock.now();
        let mut waits = Waits::new(&*self.clock, self.max_wait);
        let mut counts = AttemptCounts::default();
        let mut may_have_been_applied = false;
        let mut waited = Duration::ZERO;
        loop {
            counts.attempts += 1;
            Span::current().record("attempt", counts.attempts);
            let mut end =
                match self.attempt(policy, endpoint, request, &mut waits, (counts.attempts, waited)).await {
                    Ok(response) => return Ok(response),
                    Err(end) => end,
                };
            counts.record(end.class);
            may_have_been_applied |= end.class.leaves_doubt() && endpoint.idempotency != Idempotency::Read;
            let reason = match self.next(endpoint, &end, counts) {
                RetryDecision::GiveUp(reason) => reason,
                RetryDecision::Retry { after } => {
                    info!(failure = ?end.class, wait_ms = after.as_millis() as u64, "retrying the request");
                    match waits.sleep(after).await {
                        Ok(()) => {
                            waited = after;
                            continue;
                        }
                        Err(WaitTooLong { try_again_at }) => {
                            end.try_again_at = Some(try_again_at);
                            NotRetried::WaitTooLong
                        }
                    }
                }
            };
            if end.is_unsent() {
                counts.attempts -= 1;
            }
            let report = self.report(endpoint, counts, started, reason, may_have_been_applied);
            debug!(failure = ?end.class, %reason, attempts = report.attempts, "giving up on the request");
            let unasked = self.retry.backoff.longest;
            return Err(Box::new(end.into_failure(report, self.clock.now(), unasked)));
        }
    }

    fn next(&self, endpoint: Endpoint, end: &FailedAttempt, counts: AttemptCounts) -> RetryDecision {
        if end.prepare_error.is_some() {
            RetryDecision::GiveUp(NotRetried::NotPrepared)
        } else if end.is_unsent() {
            RetryDecision::GiveUp(NotRetried::WaitTooLong)
        } else {
            self.retry.next(endpoint.idempotency, end.class, counts, end.wait)
        }
    }

    async fn attempt(
        &self,
        policy: &dyn ApiPolicy,
        endpoint: Endpoint,
        request: &HttpRequest,
        waits: &mut Waits<'_>,
        (attempt, waited): (u32, Duration),
    ) -> Result<HttpResponse, Box<FailedAttempt>> {
        let mut request = request.clone();
        let asked = self.clock.now();
        let _permit = policy.prepare(&mut request, waits).await.map_err(FailedAttempt::unprepared)?;
        let sent = self.clock.now();
        let answer = self.transport.send(request).await;
        let answered = self.clock.now();
        let status = answer.as_ref().ok().map(|response| response.status);
        let ended = match answer {
            Ok(response) => {
                let disposition = policy.classify(&response, answered);
                record(policy, &response);
                FailedAttempt::of(disposition, response)
            }
            Err(error) => Err(FailedAttempt::unanswered(error)),
        };
        if let Some(observer) = &self.observer {
            observer.attempt_finished(&FinishedAttempt {
                api: self.api,
                method: endpoint.method,
                path_template: endpoint.template,
                status,
                attempt,
                waited: waited + sent.duration_since(asked).unsigned_abs(),
                duration: answered.duration_since(sent).unsigned_abs(),
            });
        }
        ended
    }

    fn report(
        &self,
        endpoint: Endpoint,
        counts: AttemptCounts,
        started: Timestamp,
        reason: NotRetried,
        may_have_been_applied: bool,
    ) -> CallReport {
        CallReport {
            endpoint,
            attempts: counts.attempts,
            elapsed: self.clock.now().duration_since(started).unsigned_abs(),
            not_retried: Some(reason),
            may_have_been_applied,
        }
    }
}

/// Adds the response to the call's span.
fn record(policy: &dyn ApiPolicy, response: &HttpResponse) {
    let span = Span::current();
    span.record("status", response.status);
    if let Some(id) = policy.request_id(response) {
        span.record("request_id", id);
    }
    if let Some(left) = policy.budget_left() {
        span.record("budget_left", left);
    }
}

/// An attempt that failed.
struct FailedAttempt {
    class: FailureClass,
    /// The wait that the server asks for.
    wait: Option<Duration>,
    response: Option<HttpResponse>,
    transport: Option<TransportError>,
    prepare_error: Option<PrepareError>,
    /// When the rate limit would have permitted it.
    try_again_at: Option<Timestamp>,
}

impl FailedAttempt {
    const fn new(class: FailureClass) -> Self {
        Self { class, wait: None, response: None, transport: None, prepare_error: None, try_again_at: None }
    }

    fn unprepared(error: PrepareError) -> Box<Self> {
        Box::new(match error.downcast::<WaitTooLong>() {
            Ok(too_long) => {
                Self { try_again_at: Some(too_long.try_again_at), ..Self::new(FailureClass::Throttled) }
            }
            Err(error) => Self { prepare_error: Some(error), ..Self::new(FailureClass::NeverSent) },
        })
    }

    /// Whether it was given up before it was sent, because of the rate limit.
    const fn is_unsent(&self) -> bool {
        matches!(self.class, FailureClass::Throttled) && self.response.is_none()
    }

    /// `unasked` is the wait after a rejection by the rate limit that asks for none.
    fn into_failure(self, report: CallReport, now: Timestamp, unasked: Duration) -> Failure {
        let Self { class, wait, response, transport, prepare_error, try_again_at } = self;
        let rejected = (class == FailureClass::Throttled).then(|| later(now, wait.unwrap_or(unasked)));
        let try_again_at = try_again_at.or(rejected);
        Failure { report, response, transport, prepare_error, class, try_again_at }
    }

    fn unanswered(error: TransportError) -> Box<Self> {
        let class = if error.may_have_arrived() { FailureClass::AnswerLost } else { FailureClass::NeverSent };
        Box::new(Self { transport: Some(error), ..Self::new(class) })
    }

    fn of(disposition: Disposition, response: HttpResponse) -> Result<HttpResponse, Box<Self>> {
        let (class, wait) = match disposition {
            Disposition::Accepted => return Ok(response),
            Disposition::Refused => (FailureClass::Refused, None),
            Disposition::Throttled { wait } => (FailureClass::Throttled, wait),
            Disposition::CredentialsExpired => (FailureClass::CredentialsExpired, None),
            Disposition::ServerFailed => (FailureClass::ServerFailed, None),
            Disposition::ServerFailedPermanently => (FailureClass::ServerFailedPermanently, None),
        };
        Err(Box::new(Self { wait, response: Some(response), ..Self::new(class) }))
    }
}
