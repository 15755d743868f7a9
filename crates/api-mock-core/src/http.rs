use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use serde::{Serialize, de::DeserializeOwned};
use url::form_urlencoded;

/// A request, independent of any HTTP library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The method, in upper case.
    pub method: String,
    /// The path as sent, with percent-encoding.
    pub path: String,
    /// The decoded query parameters, in the order sent.
    pub query: Vec<(String, String)>,
    /// The headers, with names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body; empty when there is none.
    pub body: Vec<u8>,
}

impl Request {
    /// Creates a request without headers and body. The query is decoded as a form: `+` is a space.
    pub fn new(method: &str, path: &str, query: Option<&str>) -> Self {
        let query = form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect();
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// Converts the request of an HTTP library. Invalid UTF-8 in headers is replaced.
    pub(crate) fn received<'h>(
        method: &str,
        path: &str,
        query: Option<&str>,
        headers: impl Iterator<Item = (&'h str, &'h [u8])>,
        body: Vec<u8>,
    ) -> Self {
        let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
        let headers = headers.map(|(name, value)| (name.to_owned(), text(value))).collect();
        Self { headers, body, ..Self::new(method, path, query) }
    }

    /// Returns the decoded path segments without empty ones, such as after a trailing slash.
    pub fn segments(&self) -> Vec<Cow<'_, str>> {
        self.path
            .split('/')
            .filter(|segment| !segment.is_empty())
            .map(|segment| percent_decode_str(segment).decode_utf8_lossy())
            .collect()
    }

    /// Returns the first value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        first(&self.headers, |header| header.eq_ignore_ascii_case(name))
    }

    /// Returns the first value of a query parameter.
    pub fn query(&self, name: &str) -> Option<&str> {
        first(&self.query, |parameter| parameter == name)
    }

    /// Decodes the body as JSON.
    ///
    /// # Errors
    /// The body is not JSON of this type.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_slice(&self.body)
    }

    /// Decodes the body as a form, in the order sent.
    pub fn form(&self) -> Vec<(String, String)> {
        form_urlencoded::parse(&self.body).into_owned().collect()
    }
}

fn first(pairs: &[(String, String)], matches: impl Fn(&str) -> bool) -> Option<&str> {
    pairs.iter().find(|(name, _)| matches(name)).map(|(_, value)| value.as_str())
}

/// An answer of a mocked API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// Creates an answer with this JSON body.
    pub fn json(status: u16, body: &impl Serialize) -> Self {
        let body = serde_json::to_vec(body).unwrap_or_else(|error| error.to_string().into_bytes());
        Self::new(status, "application/json", body)
    }

    /// Creates an answer with this content type and body.
    pub fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("Content-Type".to_owned(), content_type.to_owned())],
            body: body.into(),
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl ToString) -> Self {
        self.headers.push((name.into(), value.to_string()));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_queries_are_decoded_but_an_encoded_slash_stays_in_its_segment() {
        let request = Request::new("GET", "/a/%2A/b%2Fc/", Some("ref=%231%20%26+2&ref=second"));
        assert_eq!(request.segments(), ["a", "*", "b/c"]);
        assert_eq!(request.query("ref"), Some("#1 & 2"));
        assert_eq!(request.query("none"), None);
    }
}
