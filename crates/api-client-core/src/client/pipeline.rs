use std::{error::Error, sync::Arc, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;
use tracing::{Instrument, Span, debug, info, info_span};

use super::{
    CallReport, Clock, FinishedAttempt, NotRetried, Observer, RetryPolicy, Transport, TransportError,
    Trouble,
    retry::{Next, Tries},
};
use crate::{Endpoint, HttpRequest, HttpResponse, Idempotency};

/// What one API adds to the pipeline: its budget and credentials before a request, its reading of the answer after.
#[async_trait]
pub trait Rules: Send + Sync {
    /// Waits until the request may go, then adds what it needs. Called before every attempt; the place in the
    /// budget that it gives is held until the answer was judged.
    ///
    /// # Errors
    /// When what it needs, such as an access token, is not to be had: the request is given up, unsent.
    async fn prepare<'a>(
        &'a self,
        request: &mut HttpRequest,
        clock: &dyn Clock,
    ) -> Result<Place<'a>, Unprepared>;

    /// Reads an answer. Called for every answer, whatever its status.
    fn judge(&self, response: &HttpResponse, now: Timestamp) -> Verdict;

    /// The request's id in the answer, for logs and for the API's support.
    fn request_id<'a>(&self, response: &'a HttpResponse) -> Option<&'a str>;

    /// How many requests the budget has left, as far as is known.
    fn budget_left(&self) -> Option<u32> {
        None
    }
}

/// Why a request could not be made ready to go.
pub type Unprepared = Box<dyn Error + Send + Sync>;

/// A place in a budget; dropping it says that the request is no longer under way.
pub type Place<'a> = Box<dyn Send + Sync + 'a>;

/// How an answer is to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It succeeded.
    Accepted,
    /// It was refused; sending it again changes nothing.
    Refused,
    /// The rate limit turned it away; the server may say for how long.
    Throttled {
        /// The wait that the server asks for.
        wait: Option<Duration>,
    },
    /// Its credentials have run out, and the next [`Rules::prepare`] gets new ones: it is sent again, once.
    CredentialsExpired,
    /// The server failed and may have acted on it.
    Failed,
    /// As `Failed`, and repeating does not cure it.
    Broken,
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
    pub unprepared: Option<Unprepared>,
    /// What kind of trouble the last attempt met.
    pub trouble: Trouble,
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
        rules: &dyn Rules,
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
        self.attempt_all(rules, endpoint, request).instrument(span).await
    }

    async fn attempt_all(
        &self,
        rules: &dyn Rules,
        endpoint: Endpoint,
        request: &HttpRequest,
    ) -> Result<HttpResponse, Box<Failure>> {
        let started = self.clock.now();
        let mut tries = Tries::default();
        let mut may_have_been_applied = false;
        let mut waited = Duration::ZERO;
        loop {
            tries.attempts += 1;
            Span::current().record("attempt", tries.attempts);
            let end = match self.attempt(rules, endpoint, request, tries.attempts, waited).await {
                Ok(response) => return Ok(response),
                Err(end) => end,
            };
            tries.count(end.trouble);
            may_have_been_applied |= end.trouble.leaves_doubt() && endpoint.idempotency != Idempotency::Read;
            let next = match end.unprepared {
                Some(_) => Next::GiveUp(NotRetried::Unprepared),
                None => self.retry.next(endpoint.idempotency, end.trouble, tries, end.wait),
            };
            match next {
                Next::SendAgain { after } => {
                    info!(
                        trouble = ?end.trouble,
                        wait_ms = after.as_millis() as u64,
                        "sending {} {} again",
                        endpoint.method,
                        endpoint.template
                    );
                    self.clock.sleep(after).await;
                    waited = after;
                }
                Next::GiveUp(reason) => {
                    let report = self.report(endpoint, tries, started, reason, may_have_been_applied);
                    debug!(trouble = ?end.trouble, "{report} failed: {reason}");
                    let End { response, transport, unprepared, trouble, .. } = *end;
                    return Err(Box::new(Failure { report, response, transport, unprepared, trouble }));
                }
            }
        }
    }

    async fn attempt(
        &self,
        rules: &dyn Rules,
        endpoint: Endpoint,
        request: &HttpRequest,
        attempt: u32,
        waited: Duration,
    ) -> Result<HttpResponse, Box<End>> {
        let mut request = request.clone();
        let asked = self.clock.now();
        let _place = rules.prepare(&mut request, &*self.clock).await.map_err(End::unprepared)?;
        let sent = self.clock.now();
        let answer = self.transport.send(request).await;
        let answered = self.clock.now();
        let status = answer.as_ref().ok().map(|response| response.status);
        let ended = match answer {
            Ok(response) => {
                let verdict = rules.judge(&response, answered);
                record(rules, &response);
                End::of(verdict, response)
            }
            Err(error) => Err(End::unanswered(error)),
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
        tries: Tries,
        started: Timestamp,
        reason: NotRetried,
        may_have_been_applied: bool,
    ) -> CallReport {
        CallReport {
            endpoint,
            attempts: tries.attempts,
            elapsed: self.clock.now().duration_since(started).unsigned_abs(),
            not_retried: Some(reason),
            may_have_been_applied,
        }
    }
}

/// What the answer adds to the call's span.
fn record(rules: &dyn Rules, response: &HttpResponse) {
    let span = Span::current();
    span.record("status", response.status);
    if let Some(id) = rules.request_id(response) {
        span.record("request_id", id);
    }
    if let Some(left) = rules.budget_left() {
        span.record("budget_left", left);
    }
}

/// How an attempt ended that did not succeed.
struct End {
    trouble: Trouble,
    /// The wait that the server asks for.
    wait: Option<Duration>,
    response: Option<HttpResponse>,
    transport: Option<TransportError>,
    unprepared: Option<Unprepared>,
}

impl End {
    const fn new(trouble: Trouble) -> Self {
        Self { trouble, wait: None, response: None, transport: None, unprepared: None }
    }

    fn unprepared(error: Unprepared) -> Box<Self> {
        Box::new(Self { unprepared: Some(error), ..Self::new(Trouble::NeverSent) })
    }

    fn unanswered(error: TransportError) -> Box<Self> {
        let trouble = if error.may_have_arrived() { Trouble::AnswerLost } else { Trouble::NeverSent };
        Box::new(Self { transport: Some(error), ..Self::new(trouble) })
    }

    fn of(verdict: Verdict, response: HttpResponse) -> Result<HttpResponse, Box<Self>> {
        let (trouble, wait) = match verdict {
            Verdict::Accepted => return Ok(response),
            Verdict::Refused => (Trouble::Refused, None),
            Verdict::Throttled { wait } => (Trouble::Throttled, wait),
            Verdict::CredentialsExpired => (Trouble::CredentialsExpired, None),
            Verdict::Failed => (Trouble::ServerFailed, None),
            Verdict::Broken => (Trouble::Broken, None),
        };
        Err(Box::new(Self { wait, response: Some(response), ..Self::new(trouble) }))
    }
}
