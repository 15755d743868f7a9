//! The client's error type.

use std::{borrow::Cow, error::Error as StdError, fmt, sync::Arc, time::Duration};

use jiff::Timestamp;

use crate::{ApiError, error_body::ErrorBody, search::UndecodableRow};
use api_client_core::{
    Endpoint, HttpResponse, Method,
    client::{CallReport, ErrorText, Failure, FailureClass, NotRetried, root_cause, signature},
    decode::DecodeError,
};

/// A call that failed.
///
/// [`Error::kind`] says what failed, [`Error::is_retryable`] whether a later retry may succeed, and
/// [`Error::may_have_been_applied`] whether Brightpearl may have applied the call. `Display` is one line for a
/// log, without tokens and personal data.
#[derive(Clone)]
pub struct Error(Box<ErrorInner>);

#[derive(Clone)]
struct ErrorInner {
    kind: ErrorKind,
    /// The message, without the call and the source.
    message: String,
    report: Option<CallReport>,
    status: Option<u16>,
    api_errors: Vec<ApiError>,
    request_id: Option<String>,
    body_excerpt: Option<String>,
    try_again_at: Option<Timestamp>,
    verification_hint: Option<&'static str>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

/// The kind of an error, and what to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A setting is missing or invalid. Correct the setting that the message names.
    Configuration,
    /// The request is invalid and was not sent. Correct it.
    InvalidRequest,
    /// The token has expired. Refresh it, or get a new one.
    TokenExpired,
    /// Brightpearl does not know the token. Check it, the app reference and the account, or authorise the app
    /// again.
    TokenInvalid,
    /// Brightpearl rejected the credentials for another reason. Check the account's API access.
    Unauthorized,
    /// No access token: none is stored, the store failed, or Brightpearl issued none. The message says which,
    /// and what to do; [`Error::has_code`] knows `invalid_client` and `invalid_grant`.
    NoAccessToken,
    /// The object or the address does not exist.
    NotFound,
    /// Brightpearl rejected the request. [`Error::api_errors`] say why; correct it.
    Refused,
    /// The rate limit remained exceeded, or the wait for it is longer than
    /// [`ClientBuilder::max_wait`](crate::ClientBuilder::max_wait). Try again at [`Error::try_again_at`], or send
    /// less.
    Throttled,
    /// A read or a repeatable write failed on Brightpearl's side. Try again later.
    ServerFailed,
    /// The request was not sent. Try again later.
    NotSent,
    /// A read got no complete response. Try again.
    AnswerLost,
    /// A write may have been applied, and sending it again could apply it twice. Check first; the message says
    /// where.
    Ambiguous,
    /// The response has a form that this crate does not support. Keep the request id and report it.
    Undecodable,
}

impl ErrorKind {
    /// What failed and what to do; none if the error has a message of its own.
    const fn summary(self) -> Option<&'static str> {
        Some(match self {
            Self::Configuration | Self::InvalidRequest | Self::NoAccessToken | Self::Undecodable => {
                return None;
            }
            Self::TokenExpired => "the access token has expired; refresh it or get a new one",
            Self::TokenInvalid => {
                "the token is invalid: Brightpearl does not know it for this account and app; check all three, or authorise the app again"
            }
            Self::Unauthorized => {
                "Brightpearl rejected the credentials; check that the account has API access"
            }
            Self::NotFound => "not found",
            Self::Refused => "rejected",
            Self::Throttled => "rate limit exceeded; try again later, or send less",
            Self::ServerFailed => "server error at Brightpearl; try again later",
            Self::NotSent => "request not sent; try again later",
            Self::AnswerLost => "no complete response; try again",
            Self::Ambiguous => "no conclusive response: the write may have been applied",
        })
    }
}

impl Error {
    /// Returns the kind of the error.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns the HTTP status of the last response, if there was one.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// Returns the errors that Brightpearl reported.
    pub fn api_errors(&self) -> &[ApiError] {
        &self.0.api_errors
    }

    /// Whether Brightpearl reported this error code.
    pub fn has_code(&self, code: &str) -> bool {
        self.0.api_errors.iter().any(|error| error.code == code)
    }

    /// Returns Brightpearl's id of the request (`Ruid`), which its support asks for.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// Returns the beginning of a response of an unknown form, such as an HTML page.
    pub fn body_excerpt(&self) -> Option<&str> {
        self.0.body_excerpt.as_deref()
    }

    /// Returns when to make the call again: for [`ErrorKind::Throttled`] when the rate limit resets, and for a call
    /// that was given up because of its next wait when that wait would have ended.
    pub fn try_again_at(&self) -> Option<Timestamp> {
        self.0.try_again_at
    }

    /// Returns the method of the call, if there was one.
    pub fn method(&self) -> Option<Method> {
        self.0.report.as_ref().map(CallReport::method)
    }

    /// Returns the path of the call with its placeholders, if there was one.
    pub fn path_template(&self) -> Option<&'static str> {
        self.0.report.as_ref().map(CallReport::path_template)
    }

    /// Returns the number of attempts.
    pub fn attempts(&self) -> u32 {
        self.0.report.as_ref().map_or(0, CallReport::attempts)
    }

    /// Returns the time from the first attempt to the last failure, including waits.
    pub fn elapsed(&self) -> Duration {
        self.0.report.as_ref().map(CallReport::elapsed).unwrap_or_default()
    }

    /// Returns why the call was not retried.
    pub fn not_retried(&self) -> Option<NotRetried> {
        self.0.report.as_ref().and_then(CallReport::not_retried)
    }

    /// Whether the same call may succeed later.
    pub fn is_retryable(&self) -> bool {
        use ErrorKind::*;
        matches!(self.kind(), Throttled | ServerFailed | NotSent | AnswerLost)
            && self.not_retried() != Some(NotRetried::Pointless)
    }

    /// Whether Brightpearl may have applied the call although it failed.
    pub fn may_have_been_applied(&self) -> bool {
        self.0.report.as_ref().is_some_and(CallReport::may_have_been_applied)
    }

    /// Whether the same call may be made again without being applied twice. False only for a write without a key
    /// that may have been applied: check first. For a keyed write, create the object again under the same key:
    /// the client looks it up, and returns the existing one.
    pub fn safe_to_repeat(&self) -> bool {
        self.0.report.as_ref().is_none_or(CallReport::safe_to_repeat)
    }

    /// Returns a text that is equal for two calls that failed for the same reason: the kind, the call with its placeholders,
    /// the status, and the codes and messages of Brightpearl. It contains no id of a request, no attempts and no times. Compare
    /// it, but do not parse it.
    pub fn signature(&self) -> String {
        let inner = &*self.0;
        let cause = root_cause(self).filter(|_| inner.kind == ErrorKind::Undecodable);
        let codes = inner.api_errors.iter().flat_map(|error| [error.code.as_str(), error.message.as_str()]);
        let details = codes.chain([inner.message.as_str()]).chain(cause.as_deref());
        signature(inner.kind, inner.report.as_ref(), inner.status, details)
    }

    pub(crate) fn configuration(message: impl Into<String>) -> Self {
        Self::of(ErrorKind::Configuration, message, None)
    }

    pub(crate) fn invalid_request(endpoint: Endpoint, message: impl Into<String>) -> Self {
        Self::of(ErrorKind::InvalidRequest, message, Some(CallReport::unsent(endpoint)))
    }

    pub(crate) fn undecodable(report: CallReport, response: &HttpResponse, source: DecodeError) -> Self {
        let mut error = Self::of(ErrorKind::Undecodable, "the response cannot be decoded", Some(report));
        error.0.take(response);
        error.0.source = Some(Arc::new(source));
        error
    }

    /// Adds what else a response that cannot be decoded contains: errors, or the beginning of a page that is
    /// not JSON. JSON is left out, because it contains personal data.
    pub(crate) fn with_strange_body(
        mut self,
        response: &HttpResponse,
        hide: &dyn Fn(&str) -> String,
    ) -> Self {
        match ErrorBody::read(&response.body) {
            ErrorBody::Gateway(_) => {}
            ErrorBody::Other(text) if text.trim_start().starts_with(['{', '[']) => {}
            body => self.0.describe(Some(body), hide),
        }
        self
    }

    /// Returns the path at which a response could not be decoded.
    pub(crate) fn undecodable_path(&self) -> Option<&str> {
        self.0.source.as_ref()?.downcast_ref::<DecodeError>().map(DecodeError::path)
    }

    pub(crate) fn undecodable_row(source: UndecodableRow) -> Self {
        let mut error = Self::of(ErrorKind::Undecodable, "a row cannot be decoded", None);
        error.0.source = Some(Arc::new(source));
        error
    }

    /// Creates the error of a keyed write that is not sent yet, because an earlier one may be in transit until then.
    pub(crate) fn not_sent_before(endpoint: Endpoint, at: Timestamp) -> Self {
        let what = "an earlier attempt under the same key may still arrive";
        Self::of(ErrorKind::NotSent, what, Some(CallReport::unsent(endpoint))).with_try_again_at(at)
    }

    pub(crate) fn with_try_again_at(mut self, at: Timestamp) -> Self {
        self.0.try_again_at = Some(at);
        self
    }

    /// Creates the error for a missing access token; the message says why and what to do.
    pub(crate) fn no_access_token(message: impl Into<String>) -> Self {
        Self::of(ErrorKind::NoAccessToken, message, None)
    }

    /// Creates the error of a rejection by the token endpoint.
    pub(crate) fn token_refused(failure: Failure, advice: String, said: ApiError) -> Self {
        let mut error = Self::of(ErrorKind::NoAccessToken, advice, Some(failure.report));
        if let Some(response) = &failure.response {
            error.0.take(response);
        }
        error.0.api_errors = vec![said];
        error
    }

    pub(crate) fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(Arc::from(source.into()));
        self
    }

    /// Creates the error of a call that was not sent, because no access token was available.
    fn without_token(report: CallReport, cause: Box<dyn StdError + Send + Sync>) -> Self {
        let kind = match cause.downcast_ref::<Self>().map(Self::kind) {
            Some(kind @ (ErrorKind::NoAccessToken | ErrorKind::Configuration | ErrorKind::Undecodable)) => {
                kind
            }
            // The token endpoint failed or could not be reached: this call was not sent.
            _ => ErrorKind::NotSent,
        };
        Self::of(kind, "no access token", Some(report)).because(cause)
    }

    /// Creates the error of a call that failed in the pipeline. `hide` removes secrets from a text.
    pub(crate) fn failed(
        failure: Failure,
        verification_hint: Option<&'static str>,
        hide: &dyn Fn(&str) -> String,
    ) -> Self {
        let Failure { report, response, transport, prepare_error, class, try_again_at } = failure;
        if let Some(cause) = prepare_error {
            return Self::without_token(report, cause);
        }
        let body = response.as_ref().map(|response| ErrorBody::read(&response.body));
        let kind = kind(&report, response.as_ref(), body.as_ref(), class);
        let mut error = Self::of(kind, "", Some(report));
        if let Some(response) = &response {
            error.0.take(response);
        }
        error.0.describe(body, hide);
        error.0.try_again_at = try_again_at;
        error.0.verification_hint = verification_hint.filter(|_| kind == ErrorKind::Ambiguous);
        error.0.source = transport.map(|error| Arc::new(error) as Arc<_>);
        error
    }

    fn of(kind: ErrorKind, message: impl Into<String>, report: Option<CallReport>) -> Self {
        Self(Box::new(ErrorInner {
            kind,
            message: message.into(),
            report,
            status: None,
            api_errors: Vec::new(),
            request_id: None,
            body_excerpt: None,
            try_again_at: None,
            verification_hint: None,
            source: None,
        }))
    }
}

impl ErrorInner {
    fn take(&mut self, response: &HttpResponse) {
        self.status = Some(response.status);
        self.request_id = response.headers.get("ruid").map(str::to_owned);
    }

    fn describe(&mut self, body: Option<ErrorBody>, hide: &dyn Fn(&str) -> String) {
        match body {
            Some(ErrorBody::Errors(errors)) => {
                self.api_errors = errors
                    .into_iter()
                    .map(|error| ApiError { code: error.code, message: hide(&error.message) })
                    .collect();
            }
            // A 401 repeats the token (docs/evidence/brightpearl-platform.md#error-codes): its text is not
            // kept.
            Some(ErrorBody::Gateway(_)) if self.status == Some(401) => {}
            Some(ErrorBody::Gateway(text)) => self.message = hide(&text),
            Some(ErrorBody::Other(text)) if !text.is_empty() => {
                // Secrets are removed before the text is cut, so that no part of a token stays at the end.
                self.body_excerpt = Some(hide(&text).chars().take(EXCERPT_CHARS).collect());
            }
            Some(ErrorBody::Other(_)) | None => {}
        }
    }
}

/// The length that is kept of an unknown body.
const EXCERPT_CHARS: usize = 200;

fn kind(
    report: &CallReport,
    response: Option<&HttpResponse>,
    body: Option<&ErrorBody>,
    class: FailureClass,
) -> ErrorKind {
    match class {
        _ if class.is_ambiguous_for(report.idempotency()) => ErrorKind::Ambiguous,
        FailureClass::NeverSent => ErrorKind::NotSent,
        FailureClass::Throttled => ErrorKind::Throttled,
        FailureClass::AnswerLost => ErrorKind::AnswerLost,
        FailureClass::ServerFailed | FailureClass::ServerFailedPermanently => ErrorKind::ServerFailed,
        FailureClass::CredentialsExpired => ErrorKind::TokenExpired,
        FailureClass::Refused => match (response.map(|response| response.status), body) {
            (Some(401), Some(body)) if body.says_expired() => ErrorKind::TokenExpired,
            (Some(401), Some(ErrorBody::Gateway(_))) => ErrorKind::TokenInvalid,
            (Some(401 | 403), _) => ErrorKind::Unauthorized,
            (Some(404), _) => ErrorKind::NotFound,
            _ => ErrorKind::Refused,
        },
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        let mut details: Vec<Cow<'_, str>> = inner.api_errors.iter().map(code_and_message).collect();
        let summary = match inner.kind.summary() {
            _ if inner.kind == ErrorKind::Ambiguous && self.safe_to_repeat() => {
                "no conclusive response: the write may have been applied; create it again under the same key"
            }
            Some(summary) => {
                details.push(inner.message.as_str().into());
                summary
            }
            None => inner.message.as_str(),
        };
        if let Some(time) = inner.try_again_at {
            details.push(format!("try again at {time}").into());
        }
        let text = ErrorText {
            report: inner.report.as_ref(),
            summary: summary.into(),
            verification_hint: inner.verification_hint,
            status: inner.status.filter(|status| *status != 401),
            details,
            request_id: inner.request_id.as_deref(),
        };
        text.fmt(f)
    }
}

fn code_and_message(ApiError { code, message }: &ApiError) -> Cow<'_, str> {
    match (code.is_empty(), message.is_empty()) {
        (false, false) => format!("{code} {message}").into(),
        (true, _) => message.as_str().into(),
        (_, true) => code.as_str().into(),
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("says", &self.to_string())
            .field("may_have_been_applied", &self.may_have_been_applied())
            .field("not_retried", &self.not_retried())
            .field("source", &self.0.source)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}
