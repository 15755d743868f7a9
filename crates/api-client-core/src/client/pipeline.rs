use std::{error::Error, sync::Arc, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;
use tracing::{Instrument, Span, debug, info, info_span};

use super::{
    CallReport, Clock, FailureClass, FinishedAttempt, NotRetried, Observer, RetryPolicy, Transport,
    TransportError,
    retry::{AttemptCounts, RetryDecision},
};
use crate::{Endpoint, HttpRequest, HttpResponse, Idempotency};

/// What one API adds to the pipeline: its budget and credentials before a request, its reading of the answer after.
#[async_trait]
pub trait ApiPolicy: Send + Sync {
    /// Waits until the request may go, then adds what it needs. Called before every attempt; the place in the
    /// budget that it gives is held until the answer was judged.
    ///
    /// # Errors
    /// When what it needs, such as an access token, is not to be had: the request is given up, unsent.
    async fn prepare<'a>(
        &'a self,
        request: &mut HttpRequest,
        clock: &dyn Clock,
    ) -> Result<Permit<'a>, PrepareError>;

    /// Reads an answer. Called for every answer, whatever its status.
    fn classify(&self, response: &HttpResponse, now: Timestamp) -> Disposition;

    /// The request's id in the answer, for logs and for the API's support.
    fn request_id<'a>(&self, response: &'a HttpResponse) -> Option<&'a str>;

    /// How many requests the budget has left, as far as is known.
    fn budget_left(&self) -> Option<u32> {
        None
    }
}

/// Why a request could not be made ready to go.
pub type PrepareError = Box<dyn Error + Send + Sync>;

/// A place in a budget; dropping it says that the request is no longer under way.
pub type Permit<'a> = Box<dyn Send + Sync + 'a>;

/// How an answer is to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    /// It succeeded.
    Accepted,
    /// It was refused; sending it again changes nothing.
    Refused,
    /// The rate limit turned it away; the server may say for how long.
    Throttled {
        /// The wait that the server asks for.
        wait: Option<Duration>,
    },
    /// Its credentials have run out, and the next [`ApiPolicy::prepare`] gets new ones: it is sent again, once.
    CredentialsExpired,
    /// The server failed and may have acted on it.
    ServerFailed,
    /// As `Failed`, and repeating does not cure it.
    ServerFailedPermanently,
}

/// A call that did not succeed, after everything that may be tried was tried.
#[derive(Debug)]
pub struct Failure {
    /// Which call, how often, how long, why not again.
    pub report: CallReport,
    /// The last answer, if one came.
    pub response: Option<HttpResponse>,
    /// Why no answer came, if none did.
    pub transport: Option<TransportError>,
    /// Why the last attempt could not be made ready, if that was it.
    pub prepare_error: Option<PrepareError>,
    /// What kind of class the last attempt met.
    pub class: FailureClass,
}

/// Sends requests: prepare → transport → judge → maybe again.
#[derive(Debug, Clone)]
pub struct Pipeline {
    /// Where requests go out.
    pub transport: Arc<dyn Transport>,
    /// What time it is, and waiting.
    pub clock: Arc<dyn Clock>,
    /// How often, and after what wait, a request is sent again.
    pub retry: RetryPolicy,
    /// Who is told of every attempt, if anybody.
    pub observer: Option<Arc<dyn Observer>>,
    /// The API's name in spans and log lines.
    pub api: &'static str,
}

impl Pipeline {
    /// Sends a request until it succeeds or must not be sent again.
    ///
    /// # Errors
    /// A [`Failure`] with the last answer and a report.
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
        let mut counts = AttemptCounts::default();
        let mut may_have_been_applied = false;
        let mut waited = Duration::ZERO;
        loop {
            counts.attempts += 1;
            Span::current().record("attempt", counts.attempts);
            let end = match self.attempt(policy, endpoint, request, counts.attempts, waited).await {
                Ok(response) => return Ok(response),
                Err(end) => end,
            };
            counts.record(end.class);
            may_have_been_applied |= end.class.leaves_doubt() && endpoint.idempotency != Idempotency::Read;
            let next = match end.prepare_error {
                Some(_) => RetryDecision::GiveUp(NotRetried::NotPrepared),
                None => self.retry.next(endpoint.idempotency, end.class, counts, end.wait),
            };
            match next {
                RetryDecision::Retry { after } => {
                    info!(
                                            failure = ?end.class,
                                            wait_ms = after.as_millis() as u64,
                                            "retrying the request"
                    );
                    self.clock.sleep(after).await;
                    waited = after;
                }
                RetryDecision::GiveUp(reason) => {
                    let report = self.report(endpoint, counts, started, reason, may_have_been_applied);
                    debug!(failure = ?end.class, %reason, attempts = report.attempts, "giving up on the request");
                    let FailedAttempt { response, transport, prepare_error, class, .. } = *end;
                    return Err(Box::new(Failure { report, response, transport, prepare_error, class }));
                }
            }
        }
    }

    async fn attempt(
        &self,
        policy: &dyn ApiPolicy,
        endpoint: Endpoint,
        request: &HttpRequest,
        attempt: u32,
        waited: Duration,
    ) -> Result<HttpResponse, Box<FailedAttempt>> {
        let mut request = request.clone();
        let asked = self.clock.now();
        let _permit =
            policy.prepare(&mut request, &*self.clock).await.map_err(FailedAttempt::prepare_error)?;
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

/// What the answer adds to the call's span.
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

/// How an attempt ended that did not succeed.
struct FailedAttempt {
    class: FailureClass,
    /// The wait that the server asks for.
    wait: Option<Duration>,
    response: Option<HttpResponse>,
    transport: Option<TransportError>,
    prepare_error: Option<PrepareError>,
}

impl FailedAttempt {
    const fn new(class: FailureClass) -> Self {
        Self { class, wait: None, response: None, transport: None, prepare_error: None }
    }

    fn prepare_error(error: PrepareError) -> Box<Self> {
        Box::new(Self { prepare_error: Some(error), ..Self::new(FailureClass::NeverSent) })
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
