use std::{borrow::Cow, fmt};

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use crate::{
    Endpoint, Headers, HttpRequest, HttpResponse, Idempotency, Placeholder, decode::DecodeError, query_string,
};

/// How an answer reads.
pub type ReadAnswer<T> = fn(&HttpResponse) -> Result<T, DecodeError>;

/// One request that answers with a `T`: a value, to be sent by a client, printed as a dry run, or looked at.
///
/// ```
/// use api_client_core::{Endpoint, Idempotency, Method, Request, decode};
///
/// const GET_ORDER: Endpoint = Endpoint::new(Method::Get, "/order/{orderId}", Idempotency::Read);
///
/// let request: Request<u64> = Request::new(GET_ORDER, &[&300871], |answer| decode::json(&answer.body));
/// assert_eq!(request.query("fields", "id").to_string(), "GET /order/300871?fields=id");
/// ```
#[must_use = "a request does nothing until it is sent"]
pub struct Request<T> {
    endpoint: Endpoint,
    path: String,
    query: Vec<(Cow<'static, str>, String)>,
    body: Option<Box<RawValue>>,
    problem: Option<String>,
    verification_hint: Option<&'static str>,
    read: ReadAnswer<T>,
    when_absent: Option<fn() -> T>,
}

impl<T> Request<T> {
    /// A request of this endpoint, its placeholders filled in order.
    pub fn new(endpoint: Endpoint, values: &[Placeholder<'_>], read: ReadAnswer<T>) -> Self {
        let path = endpoint.path(values);
        Self {
            endpoint,
            path,
            query: Vec::new(),
            body: None,
            problem: None,
            verification_hint: None,
            read,
            when_absent: None,
        }
    }

    /// Adds a query parameter.
    pub fn query(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }

    /// Gives it a JSON body.
    pub fn body(mut self, body: &impl Serialize) -> Self {
        match to_raw_value(body) {
            Ok(body) => self.body = Some(body),
            Err(error) => self.problem = Some(format!("the body cannot be written as JSON: {error}")),
        }
        self
    }

    /// Says why it cannot be sent as it is: a client refuses it before anything goes out.
    pub fn unsendable(mut self, problem: impl Into<String>) -> Self {
        self.problem = Some(problem.into());
        self
    }

    /// How to find out whether this write was applied, should its answer be lost: a sentence that begins
    /// with a verb.
    pub const fn with_verification_hint(mut self, how: &'static str) -> Self {
        self.verification_hint = Some(how);
        self
    }

    /// Declares another idempotency than the endpoint's own, for a body that lacks the key.
    pub const fn idempotency(mut self, idempotency: Idempotency) -> Self {
        self.endpoint.idempotency = idempotency;
        self
    }

    /// The endpoint: method, path template, idempotency.
    pub const fn endpoint(&self) -> Endpoint {
        self.endpoint
    }

    /// Path and query, below the base of the API.
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

    /// Why it cannot be sent, if so.
    pub fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    /// How to find out whether it was applied, for a write whose answer was lost.
    pub const fn verification_hint(&self) -> Option<&'static str> {
        self.verification_hint
    }

    /// What it answers when the API says that there is nothing, for a request that takes this as an answer.
    pub fn when_absent(&self) -> Option<T> {
        self.when_absent.map(|nothing| nothing())
    }

    /// The same request, answered with the response as it came, so that requests of different types can be collected.
    pub fn raw(&self) -> Request<HttpResponse> {
        self.with_reader(|answer| Ok(answer.clone()), None)
    }

    /// The same request, its response decoded by another function. A request that takes "nothing found" as an answer
    /// still does so, and then gives the default of `U`.
    pub fn read_as<U: Default>(&self, read: ReadAnswer<U>) -> Request<U> {
        self.with_reader(read, self.when_absent.map(|_| U::default as fn() -> U))
    }

    fn with_reader<U>(&self, read: ReadAnswer<U>, when_absent: Option<fn() -> U>) -> Request<U> {
        Request {
            endpoint: self.endpoint,
            path: self.path.clone(),
            query: self.query.clone(),
            body: self.body.clone(),
            problem: self.problem.clone(),
            verification_hint: self.verification_hint,
            read,
            when_absent,
        }
    }

    /// The request as a transport sends it, to the API at this base; without credentials.
    pub fn to_http(&self, base: &str) -> HttpRequest {
        let mut headers = Headers::default();
        headers.insert("Accept", "application/json");
        let body = self.json().map(|json| {
            headers.insert("Content-Type", "application/json");
            json.as_bytes().to_vec()
        });
        HttpRequest { method: self.endpoint.method, url: format!("{base}{}", self.uri()), headers, body }
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
    /// Takes it as an answer when the API says that there is nothing.
    pub fn empty_when_absent(mut self) -> Self {
        self.when_absent = Some(T::default);
        self
    }
}

impl<T> Clone for Request<T> {
    fn clone(&self) -> Self {
        self.with_reader(self.read, self.when_absent)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Method;

    const LIST: Endpoint = Endpoint::new(Method::Get, "/list", Idempotency::Read);

    #[test]
    fn a_request_that_is_read_in_another_way_still_takes_nothing_as_an_answer() {
        let list: Request<Vec<u8>> = Request::new(LIST, &[], |_| Ok(vec![1]));
        assert_eq!(list.read_as::<Vec<u16>>(|_| Ok(vec![1])).when_absent(), None);
        let list = list.empty_when_absent();
        assert_eq!(list.read_as::<Vec<u16>>(|_| Ok(vec![1])).when_absent(), Some(Vec::new()));
        assert!(list.raw().when_absent().is_none());
    }
}
