use std::{borrow::Cow, fmt};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::value::{RawValue, to_raw_value};

use crate::{
    Endpoint, Headers, HttpRequest, HttpResponse, Idempotency, Placeholder,
    decode::{self, DecodeError},
    query_string,
};

/// A function that decodes a response.
pub type ReadAnswer<T> = fn(&HttpResponse) -> Result<T, DecodeError>;

/// A request whose response is a `T`. It is a value: send it with a client, print it as a dry run, or inspect
/// its parts.
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
    /// Creates a request to this endpoint, with its placeholders filled in order.
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

    /// Sets the JSON body.
    pub fn body(mut self, body: &impl Serialize) -> Self {
        match to_raw_value(body) {
            Ok(body) => self.body = Some(body),
            Err(error) => self.problem = Some(format!("the body cannot be written as JSON: {error}")),
        }
        self
    }

    /// Marks the request as invalid: a client rejects it with this problem before sending anything.
    pub fn unsendable(mut self, problem: impl Into<String>) -> Self {
        self.problem = Some(problem.into());
        self
    }

    /// Sets how to check whether this write was applied if its response is lost: a clause that begins with a
    /// verb, such as "read the order's notes".
    pub const fn with_verification_hint(mut self, how: &'static str) -> Self {
        self.verification_hint = Some(how);
        self
    }

    /// Overrides the endpoint's idempotency, for a body without the key.
    pub const fn idempotency(mut self, idempotency: Idempotency) -> Self {
        self.endpoint.idempotency = idempotency;
        self
    }

    /// Returns the endpoint: method, path template and idempotency.
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

    /// Returns the JSON body, if there is one.
    pub fn json(&self) -> Option<&str> {
        self.body.as_deref().map(RawValue::get)
    }

    /// Why the request is invalid, if it is.
    pub fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    /// How to check whether this write was applied if its response is lost.
    pub const fn verification_hint(&self) -> Option<&'static str> {
        self.verification_hint
    }

    /// Returns the result if the API reports that nothing was found, for a request that accepts this.
    pub fn when_absent(&self) -> Option<T> {
        self.when_absent.map(|nothing| nothing())
    }

    /// Returns the same request, answered with the unprocessed response, so that requests of different types
    /// can be collected.
    pub fn raw(&self) -> Request<HttpResponse> {
        self.with_reader(|answer| Ok(answer.clone()), None)
    }

    /// Returns the same request, its response decoded by another function. A request that accepts "nothing
    /// found" still does so, and then returns the default of `U`.
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

    /// Returns the request for a transport and the API at this base URL, without credentials.
    pub fn to_http(&self, base: &str) -> HttpRequest {
        let mut headers = Headers::default();
        headers.insert("Accept", "application/json");
        let body = self.json().map(|json| {
            headers.insert("Content-Type", "application/json");
            json.as_bytes().to_vec()
        });
        HttpRequest { method: self.endpoint.method, url: format!("{base}{}", self.uri()), headers, body }
    }

    /// Decodes a response to this request.
    ///
    /// # Errors
    /// When the body does not have the form of this endpoint's responses.
    pub fn read(&self, response: &HttpResponse) -> Result<T, DecodeError> {
        (self.read)(response)
    }
}

impl Request<HttpResponse> {
    /// Creates a request to an endpoint that a client does not model, answered with the unprocessed response.
    pub fn unmodelled(endpoint: Endpoint, values: &[Placeholder<'_>]) -> Self {
        Self::new(endpoint, values, |answer| Ok(answer.clone()))
    }
}

impl<T: DeserializeOwned> Request<T> {
    /// Creates a request to an endpoint that a client does not model, whose response is JSON of the form of `T`, with
    /// whatever envelope the API puts around it.
    ///
    /// ```
    /// use api_client_core::{Endpoint, Idempotency, Method, Request};
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Seasons {
    ///     response: Vec<u64>,
    /// }
    ///
    /// const SEASONS: Endpoint = Endpoint::new(Method::Get, "/product-service/season/{ids}", Idempotency::Read);
    /// let request = Request::<Seasons>::unmodelled_json(SEASONS, &[&"1-3"]);
    /// assert_eq!(request.to_string(), "GET /product-service/season/1-3");
    /// ```
    pub fn unmodelled_json(endpoint: Endpoint, values: &[Placeholder<'_>]) -> Self {
        Self::new(endpoint, values, |answer| decode::json(&answer.body))
    }
}

impl<T: Default> Request<T> {
    /// Accepts that nothing was found: the result is then the default of `T`.
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

/// Query and body are not printed: they contain personal data.
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
