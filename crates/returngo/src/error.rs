//! The client's error type.

use std::{error::Error as StdError, fmt, time::Duration};

use api_client_core::{
    Endpoint, HttpResponse, Method,
    client::{CallReport, ErrorText, Failure, FailureClass, NotRetried, root_cause, signature},
    decode::DecodeError,
};
use jiff::Timestamp;

use crate::{
    client::{
        policy::{excerpt, message, says_quota_spent},
        quota::DailyQuotaSpent,
    },
    page::UndecodableRow,
};

/// A call that failed.
///
/// [`Error::kind`] says what failed, [`Error::is_retryable`] whether a later retry may succeed, and
/// [`Error::may_have_been_applied`] whether ReturnGO may have applied the call. `Display` is one line for a
/// log, without keys and personal data.
pub struct Error(Box<ErrorInner>);

struct ErrorInner {
    kind: ErrorKind,
    /// The message, without the call and the source.
    message: String,
    report: Option<CallReport>,
    status: Option<u16>,
    body_excerpt: Option<String>,
    aws_ids: Vec<(&'static str, String)>,
    try_again_at: Option<Timestamp>,
    verification_hint: Option<&'static str>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The kind of an error, and what to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A setting is missing or invalid. Correct the setting that the message names.
    Configuration,
    /// The request is invalid and was not sent. Correct it.
    InvalidRequest,
    /// ReturnGO does not know the API key. Copy it again.
    WrongKey,
    /// The key may not use this shop. Copy the shop's domain again, or use a key of the shop's owner; the
    /// gateway is known to report a wrong key this way as well.
    WrongShop,
    /// The object does not exist, or belongs to another shop.
    NotFound,
    /// ReturnGO rejected the request; the message says why. Correct it.
    Refused,
    /// The rate limit per second remained exceeded, or the wait for it is longer than
    /// [`ClientBuilder::max_wait`](crate::ClientBuilder::max_wait). Try again at [`Error::try_again_at`], or send
    /// less.
    Throttled,
    /// The daily quota is used up. [`Error::try_again_at`] says when it resets; ReturnGO's support raises it.
    QuotaSpent,
    /// A read or a repeatable write failed on ReturnGO's side. Try again later.
    ServerFailed,
    /// The request was not sent. Try again later.
    NotSent,
    /// A read or a repeatable write got no complete response. Try again.
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
            Self::Configuration | Self::InvalidRequest | Self::Undecodable => return None,
            Self::WrongKey => "invalid API key; copy it again from Settings › Integrations › API",
            Self::WrongShop => {
                "the API key may not use this shop, or is invalid; copy both again from ReturnGO's dashboard"
            }
            Self::NotFound => "not found; check the id, and that it belongs to this shop",
            Self::Refused => "rejected; correct the request",
            Self::Throttled => "rate limit per second exceeded; try again later, or send less",
            Self::QuotaSpent => "the daily quota is used up",
            Self::ServerFailed => "server error at ReturnGO; try again later",
            Self::NotSent => "request not sent; try again later",
            Self::AnswerLost => "no complete response; try again",
            Self::Ambiguous => "no conclusive response: the write may have been applied",
        })
    }
}

/// The headers that ReturnGO's support asks for.
const AWS_IDS: [&str; 3] = ["x-amzn-requestid", "x-amz-apigw-id", "x-amzn-trace-id"];

impl Error {
    /// Returns the kind of the error.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns the HTTP status of the last response, if there was one.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// Returns ReturnGO's message, or the problem of the request or setting. Empty if there is none.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Returns the beginning of a response of an unknown form, such as an HTML page.
    pub fn body_excerpt(&self) -> Option<&str> {
        self.0.body_excerpt.as_deref()
    }

    /// Returns the gateway's id of the request (`x-amzn-requestid`).
    pub fn request_id(&self) -> Option<&str> {
        let (_, id) = self.0.aws_ids.iter().find(|(name, _)| *name == "x-amzn-requestid")?;
        Some(id)
    }

    /// Returns every id that ReturnGO's support asks for, by header.
    pub fn aws_ids(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.aws_ids.iter().map(|(name, id)| (*name, id.as_str()))
    }

    /// Returns when to make the call again: for [`ErrorKind::QuotaSpent`] and [`ErrorKind::Throttled`] when the quota
    /// resets, and for a call that was given up because of its next wait when that wait would have ended.
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
        matches!(self.kind(), Throttled | QuotaSpent | ServerFailed | NotSent | AnswerLost)
    }

    /// Whether ReturnGO may have applied the call although it failed.
    pub fn may_have_been_applied(&self) -> bool {
        self.0.report.as_ref().is_some_and(CallReport::may_have_been_applied)
    }

    /// Whether the same call may be made again without being applied twice. False only for a write that has its
    /// effect each time and may have been applied, such as a comment: check first.
    pub fn safe_to_repeat(&self) -> bool {
        self.0.report.as_ref().is_none_or(CallReport::safe_to_repeat)
    }

    /// Returns a text that is equal for two calls that failed for the same reason: the kind, the call with its placeholders,
    /// the status and the message of ReturnGO. It contains no id of a request, no attempts and no times. Compare it, but do not
    /// parse it.
    pub fn signature(&self) -> String {
        let inner = &*self.0;
        let cause = root_cause(self).filter(|_| inner.kind == ErrorKind::Undecodable);
        let details = [inner.message.as_str()].into_iter().chain(cause.as_deref());
        signature(inner.kind, inner.report.as_ref(), inner.status, details)
    }

    pub(crate) fn configuration(message: impl Into<String>) -> Self {
        Self::of(ErrorKind::Configuration, message, None)
    }

    pub(crate) fn invalid_request(endpoint: Endpoint, message: impl Into<String>) -> Self {
        Self::of(ErrorKind::InvalidRequest, message, Some(CallReport::unsent(endpoint)))
    }

    /// Creates the error of a successful response that cannot be decoded. `hide` removes secrets from a text.
    pub(crate) fn undecodable(
        report: CallReport,
        response: &HttpResponse,
        source: DecodeError,
        hide: &dyn Fn(&str) -> String,
    ) -> Self {
        let mut error = Self::of(ErrorKind::Undecodable, "the response cannot be decoded", Some(report));
        error.0.take(response);
        // JSON is left out, truncated or whole: it contains personal data.
        let strange = excerpt(&response.body).filter(|text| !text.starts_with(['{', '[']));
        error.0.body_excerpt = strange.map(|text| hide(&text));
        error.0.source = Some(Box::new(source.hiding(hide)));
        error
    }

    pub(crate) fn undecodable_row(row: UndecodableRow) -> Self {
        let mut error = Self::of(ErrorKind::Undecodable, "a row cannot be decoded", None);
        error.0.source = Some(Box::new(row));
        error
    }

    /// Creates the error of a call that failed in the pipeline. `hide` removes secrets from a text.
    pub(crate) fn failed(
        failure: Failure,
        endpoint: Endpoint,
        verification_hint: Option<&'static str>,
        day_ends: Timestamp,
        hide: &dyn Fn(&str) -> String,
    ) -> Self {
        let Failure { report, response, transport, prepare_error, class, try_again_at } = failure;
        // Here preparing a request means only to count a call of the day.
        let kind = match &prepare_error {
            Some(prepare_error) if prepare_error.is::<DailyQuotaSpent>() => ErrorKind::QuotaSpent,
            Some(_) => ErrorKind::NotSent,
            None => kind(&report, response.as_ref(), class),
        };
        let never_sent = prepare_error.is_some() && report.attempts() == 1;
        let report = if never_sent { CallReport::unsent(endpoint) } else { report };
        let mut error = Self::of(kind, "", Some(report));
        if let Some(response) = &response {
            error.0.take(response);
            error.0.message = message(&response.body).map(|text| hide(&text)).unwrap_or_default();
            error.0.body_excerpt = excerpt(&response.body).map(|text| hide(&text));
        }
        error.0.try_again_at = if kind == ErrorKind::QuotaSpent { Some(day_ends) } else { try_again_at };
        error.0.verification_hint = verification_hint.filter(|_| kind == ErrorKind::Ambiguous);
        if kind == ErrorKind::NotSent && prepare_error.is_some() {
            error.0.message = "the daily call count cannot be updated".to_owned();
        }
        error.0.source = prepare_error.or_else(|| transport.map(Into::into));
        error
    }

    fn of(kind: ErrorKind, message: impl Into<String>, report: Option<CallReport>) -> Self {
        Self(Box::new(ErrorInner {
            kind,
            message: message.into(),
            report,
            status: None,
            body_excerpt: None,
            aws_ids: Vec::new(),
            try_again_at: None,
            verification_hint: None,
            source: None,
        }))
    }
}

impl ErrorInner {
    fn take(&mut self, response: &HttpResponse) {
        self.status = Some(response.status);
        let ids = AWS_IDS.iter().filter_map(|&name| Some((name, response.headers.get(name)?.to_owned())));
        self.aws_ids = ids.collect();
    }
}

fn kind(report: &CallReport, response: Option<&HttpResponse>, class: FailureClass) -> ErrorKind {
    match class {
        _ if class.is_ambiguous_for(report.idempotency()) => ErrorKind::Ambiguous,
        FailureClass::NeverSent => ErrorKind::NotSent,
        FailureClass::Throttled if response.is_some_and(says_quota_spent) => ErrorKind::QuotaSpent,
        FailureClass::Throttled => ErrorKind::Throttled,
        FailureClass::AnswerLost => ErrorKind::AnswerLost,
        FailureClass::ServerFailed | FailureClass::ServerFailedPermanently => ErrorKind::ServerFailed,
        FailureClass::Refused | FailureClass::CredentialsExpired => {
            match response.map(|response| response.status) {
                Some(401) => ErrorKind::WrongKey,
                Some(403) => ErrorKind::WrongShop,
                Some(404) => ErrorKind::NotFound,
                _ => ErrorKind::Refused,
            }
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        let (summary, message) = match inner.kind.summary() {
            Some(summary) => (summary, inner.message.as_str()),
            None => (inner.message.as_str(), ""),
        };
        let (summary, advice) = match (inner.kind, inner.try_again_at) {
            (ErrorKind::QuotaSpent, Some(time)) => {
                (format!("{summary} until {time}; ReturnGO's support raises the quota").into(), "".into())
            }
            (ErrorKind::Undecodable, _) => (summary.into(), "report it".into()),
            (_, Some(time)) => (summary.into(), format!("try again at {time}").into()),
            (_, None) => (summary.into(), "".into()),
        };
        let text = ErrorText {
            report: inner.report.as_ref(),
            summary,
            verification_hint: inner.verification_hint,
            status: inner.status,
            details: vec![advice, message.into()],
            request_id: self.request_id(),
        };
        text.fmt(f)
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
