//! A request is a value: what is sent, what repeating it would do, and how its answer reads.

use std::{borrow::Cow, fmt};

pub use api_client_core::{Endpoint, Idempotency, Method, Placeholder};
use api_client_core::{HttpResponse, decode::DecodeError, query_string};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

/// How an answer reads.
pub(crate) type ReadAnswer<T> = fn(&HttpResponse) -> Result<T, DecodeError>;

/// One request to Brightpearl that answers with a `T`.
///
/// Each resource module has functions that build them, such as
/// [`order::sales_credit::create`](crate::order::sales_credit::create). Send one with
/// [`Client::send`](crate::Client::send), print it as a dry run, or look at its parts.
///
/// ```
/// use brightpearl::{OrderId, order};
///
/// let request = order::get(&OrderId::new(300871).into());
/// assert_eq!(request.to_string(), "GET /order-service/order/300871");
/// ```
#[must_use = "a request does nothing until it is sent"]
pub struct Request<T> {
    pub(crate) endpoint: Endpoint,
    path: String,
    query: Vec<(Cow<'static, str>, String)>,
    body: Option<Box<RawValue>>,
    pub(crate) problem: Option<String>,
    pub(crate) find_out: Option<&'static str>,
    pub(crate) read: ReadAnswer<T>,
    pub(crate) when_absent: Option<fn() -> T>,
}

impl<T> Request<T> {
    /// A request of this endpoint, its placeholders filled in order.
    pub(crate) fn new(endpoint: Endpoint, values: &[Placeholder<'_>], read: ReadAnswer<T>) -> Self {
        let path = endpoint.path(values);
        Self {
            endpoint,
            path,
            query: Vec::new(),
            body: None,
            problem: None,
            find_out: None,
            read,
            when_absent: None,
        }
    }

    pub(crate) fn query(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }

    pub(crate) fn body(mut self, body: &impl Serialize) -> Self {
        match to_raw_value(body) {
            Ok(body) => self.body = Some(body),
            Err(error) => self.problem = Some(format!("the body cannot be written as JSON: {error}")),
        }
        self
    }

    /// How to find out whether this write was applied, should its answer be lost: a sentence that begins
    /// with a verb.
    pub(crate) fn find_out(mut self, how: &'static str) -> Self {
        self.find_out = Some(how);
        self
    }

    /// Declares another idempotency than the endpoint's own, for a body that lacks the key.
    pub(crate) fn idempotency(mut self, idempotency: Idempotency) -> Self {
        self.endpoint.idempotency = idempotency;
        self
    }

    /// The endpoint: method, path template, idempotency.
    pub const fn endpoint(&self) -> Endpoint {
        self.endpoint
    }

    /// Path and query below the account, as a multi-message wants it.
    pub fn uri(&self) -> String {
        if self.query.is_empty() {
            self.path.clone()
        } else {
            format!("{}?{}", self.path, query_string(&self.query))
        }
    }

    /// The JSON body, if there is one.
    pub fn json(&self) -> Option<&str> {
        self.body.as_deref().map(RawValue::get)
    }

    /// Reads an answer as this request's.
    ///
    /// # Errors
    /// When the body does not have the shape that the endpoint answers with.
    pub fn read(&self, response: &HttpResponse) -> Result<T, DecodeError> {
        (self.read)(response)
    }
}

impl<T: Default> Request<T> {
    /// Several resources answer 404 `CMNC-404` where others answer an empty list (brightpearl-platform.md §3.4).
    pub(crate) fn empty_when_absent(mut self) -> Self {
        self.when_absent = Some(T::default);
        self
    }
}

impl<T> Clone for Request<T> {
    fn clone(&self) -> Self {
        Self {
            endpoint: self.endpoint,
            path: self.path.clone(),
            query: self.query.clone(),
            body: self.body.clone(),
            problem: self.problem.clone(),
            find_out: self.find_out,
            read: self.read,
            when_absent: self.when_absent,
        }
    }
}

impl<T> fmt::Display for Request<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.endpoint.method, self.uri())
    }
}

/// The query and the body stay out: they hold shoppers.
impl<T> fmt::Debug for Request<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request({} {})", self.endpoint.method, self.endpoint.template)
    }
}
