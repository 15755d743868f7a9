use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;
use tracing::{Instrument, Span, debug, info, info_span};

use super::{
    CallReport, Clock, NotRetried, RetryPolicy, Transport, TransportError, Trouble,
    retry::{Next, Tries},
};
use crate::{Endpoint, HttpRequest, HttpResponse, Idempotency};

/// What one API adds to the pipeline: its budget and credentials before a request, its reading of the answer after.
#[async_trait]
pub trait Rules: Send + Sync {
    /// Waits until the request may go, then adds what it needs. Called before every attempt; the place in the
    /// budget that it gives is held until the answer was judged.
    async fn prepare<'a>(&'a self, request: &mut HttpRequest, clock: &dyn Clock) -> Place<'a>;

    /// Reads an answer. Called for every answer, whatever its status.
    fn judge(&self, response: &HttpResponse, now: Timestamp) -> Verdict;

    /// The request's id in the answer, for logs and for the API's support.
    fn request_id<'a>(&self, response: &'a HttpResponse) -> Option<&'a str>;
}

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
        loop {
            tries.attempts += 1;
            Span::current().record("attempt", tries.attempts);
            let attempt = self.attempt(rules, request).await;
            let (response, transport, trouble, wait) = match attempt {
                Attempt::Accepted(response) => return Ok(response),
                Attempt::Answered(response, trouble, wait) => (Some(response), None, trouble, wait),
                Attempt::Unanswered(error, trouble) => (None, Some(error), trouble, None),
            };
            tries.throttled += u32::from(trouble == Trouble::Throttled);
            may_have_been_applied |= trouble.leaves_doubt() && endpoint.idempotency != Idempotency::Read;
            match self.retry.next(endpoint.idempotency, trouble, tries, wait) {
                Next::SendAgain { after } => {
                    info!(
                        ?trouble,
                        wait_ms = after.as_millis() as u64,
                        "sending {} {} again",
                        endpoint.method,
                        endpoint.template
                    );
                    self.clock.sleep(after).await;
                }
                Next::GiveUp(reason) => {
                    let report = self.report(endpoint, tries, started, reason, may_have_been_applied);
                    debug!(?trouble, "{report} failed: {reason}");
                    return Err(Box::new(Failure { report, response, transport, trouble }));
                }
            }
        }
    }

    async fn attempt(&self, rules: &dyn Rules, request: &HttpRequest) -> Attempt {
        let mut request = request.clone();
        let _place = rules.prepare(&mut request, &*self.clock).await;
        let response = match self.transport.send(request).await {
            Ok(response) => response,
            Err(error) if error.may_have_arrived() => return Attempt::Unanswered(error, Trouble::AnswerLost),
            Err(error) => return Attempt::Unanswered(error, Trouble::NeverSent),
        };
        Span::current().record("status", response.status);
        if let Some(id) = rules.request_id(&response) {
            Span::current().record("request_id", id);
        }
        match rules.judge(&response, self.clock.now()) {
            Verdict::Accepted => Attempt::Accepted(response),
            Verdict::Refused => Attempt::Answered(response, Trouble::Refused, None),
            Verdict::Throttled { wait } => Attempt::Answered(response, Trouble::Throttled, wait),
            Verdict::Failed => Attempt::Answered(response, Trouble::ServerFailed, None),
            Verdict::Broken => Attempt::Answered(response, Trouble::Broken, None),
        }
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

enum Attempt {
    Accepted(HttpResponse),
    Answered(HttpResponse, Trouble, Option<Duration>),
    Unanswered(TransportError, Trouble),
}
