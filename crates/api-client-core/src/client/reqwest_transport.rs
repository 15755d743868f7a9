use std::time::Duration;

use async_trait::async_trait;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::{Transport, TransportError};
use crate::{Header, Headers, HttpRequest, HttpResponse, Method};

/// The default transport of the clients: HTTP with reqwest.
#[derive(Debug, Clone)]
pub struct ReqwestTransport(reqwest::Client);

impl ReqwestTransport {
    /// Creates a transport that waits at most `timeout` for a response.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(user_agent: &str, timeout: Duration) -> Result<Self, TransportError> {
        reqwest::Client::builder()
            .user_agent(user_agent)
            .timeout(timeout)
            .connect_timeout(Duration::from_secs(10))
            // A redirect would send the credentials, which are headers of the API's own, to whatever host it
            // names.
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map(Self)
            .map_err(|error| TransportError::never_sent("cannot set up the HTTP client").because(error))
    }
}

#[async_trait]
impl Transport for ReqwestTransport {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        let response = self.0.execute(outgoing(request)?).await.map_err(lost)?;
        let status = response.status().as_u16();
        let headers = received(response.headers());
        let body = response.bytes().await.map_err(lost)?.into();
        Ok(HttpResponse { status, headers, body })
    }
}

fn outgoing(request: HttpRequest) -> Result<reqwest::Request, TransportError> {
    let url =
        request.url.parse().map_err(|error| TransportError::never_sent("invalid URL").because(error))?;
    let mut outgoing = reqwest::Request::new(method(request.method), url);
    for Header { name, value, secret } in request.headers {
        let unusable = || TransportError::never_sent(format!("invalid name or value of the header {name}"));
        let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unusable())?;
        let mut value = HeaderValue::try_from(value).map_err(|_| unusable())?;
        value.set_sensitive(secret);
        outgoing.headers_mut().append(header, value);
    }
    *outgoing.body_mut() = request.body.map(Into::into);
    Ok(outgoing)
}

fn received(headers: &HeaderMap) -> Headers {
    headers
        .iter()
        .map(|(name, value)| Header {
            name: name.as_str().to_owned().into(),
            value: String::from_utf8_lossy(value.as_bytes()).into_owned(),
            secret: false,
        })
        .collect()
}

const fn method(method: Method) -> reqwest::Method {
    match method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Patch => reqwest::Method::PATCH,
        Method::Delete => reqwest::Method::DELETE,
        Method::Options => reqwest::Method::OPTIONS,
    }
}

/// The URL is left out of the message: its query contains order numbers and e-mail addresses.
fn lost(error: reqwest::Error) -> TransportError {
    let error = error.without_url();
    if error.is_connect() || error.is_builder() {
        TransportError::never_sent("no connection to the server").because(error)
    } else if error.is_timeout() {
        TransportError::answer_lost("no response within the time limit").because(error)
    } else {
        TransportError::answer_lost("connection closed before the response was complete").because(error)
    }
}
