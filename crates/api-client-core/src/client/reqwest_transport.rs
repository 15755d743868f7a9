use std::time::Duration;

use async_trait::async_trait;

use super::{
    HttpSettings, Transport, TransportError, UnusableSetting,
    http_settings::ProxySetting,
    http_types::{header_map, headers, method},
};
use crate::{HttpRequest, HttpResponse};

/// The default transport of the clients: HTTP with reqwest.
#[derive(Debug, Clone)]
pub struct ReqwestTransport(pub(super) reqwest::Client);

impl ReqwestTransport {
    /// Creates a transport that waits at most `timeout` for a response.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(user_agent: &str, timeout: Duration) -> Result<Self, TransportError> {
        Self::with_settings(user_agent, timeout, &HttpSettings::new())
            .map_err(|error| TransportError::never_sent(error.to_string()))
    }

    /// Creates a transport with these settings, which may precede the user agent by one of the program.
    ///
    /// # Errors
    /// When a setting is invalid, or TLS cannot be set up.
    pub fn with_settings(
        user_agent: &str,
        timeout: Duration,
        settings: &HttpSettings,
    ) -> Result<Self, UnusableSetting> {
        let user_agent = match &settings.user_agent {
            Some(program) => format!("{program} {user_agent}"),
            None => user_agent.to_owned(),
        };
        let further =
            header_map(settings.headers.clone()).map_err(|error| UnusableSetting::new(error.to_string()))?;
        let builder = reqwest::Client::builder()
            .user_agent(checked_user_agent(user_agent)?)
            .default_headers(further)
            .timeout(timeout)
            .connect_timeout(Duration::from_secs(10))
            // A redirect would send the credentials, which are headers of the API's own, to whatever host it
            // names.
            .redirect(reqwest::redirect::Policy::none());
        let builder = through_proxy(builder, &settings.proxy)?;
        let builder = with_root_certificates(builder, &settings.root_certificates)?;
        let unusable = |error| UnusableSetting::caused_by("cannot set up the HTTP client", &error);
        builder.build().map(Self).map_err(unusable)
    }
}

fn checked_user_agent(text: String) -> Result<http::HeaderValue, UnusableSetting> {
    let invalid =
        |_| UnusableSetting::new("invalid user agent: expected visible ASCII characters and spaces");
    http::HeaderValue::try_from(text).map_err(invalid)
}

/// The URL is left out of the message: it may contain a password.
fn through_proxy(
    builder: reqwest::ClientBuilder,
    proxy: &ProxySetting,
) -> Result<reqwest::ClientBuilder, UnusableSetting> {
    Ok(match proxy {
        ProxySetting::Environment => builder,
        ProxySetting::None => builder.no_proxy(),
        ProxySetting::Url(url) => builder.no_proxy().proxy(reqwest::Proxy::all(url).map_err(|_| {
            UnusableSetting::new("invalid proxy URL: expected a URL such as http://proxy.example.test:3128")
        })?),
    })
}

#[cfg(any(feature = "rustls", feature = "rustls-no-provider", feature = "native-tls"))]
fn with_root_certificates(
    builder: reqwest::ClientBuilder,
    bundles: &[Vec<u8>],
) -> Result<reqwest::ClientBuilder, UnusableSetting> {
    let mut certificates = Vec::new();
    for pem in bundles {
        let invalid = |error| UnusableSetting::caused_by("invalid root certificates: expected PEM", &error);
        let bundle = reqwest::Certificate::from_pem_bundle(pem).map_err(invalid)?;
        if bundle.is_empty() {
            return Err(UnusableSetting::new("invalid root certificates: no certificate in the PEM text"));
        }
        certificates.extend(bundle);
    }
    Ok(if certificates.is_empty() { builder } else { builder.tls_certs_merge(certificates) })
}

#[cfg(not(any(feature = "rustls", feature = "rustls-no-provider", feature = "native-tls")))]
fn with_root_certificates(
    builder: reqwest::ClientBuilder,
    bundles: &[Vec<u8>],
) -> Result<reqwest::ClientBuilder, UnusableSetting> {
    if bundles.is_empty() {
        Ok(builder)
    } else {
        Err(UnusableSetting::new(
            "root certificates need one of the features rustls, rustls-no-provider and native-tls",
        ))
    }
}

#[async_trait]
impl Transport for ReqwestTransport {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        let response = self.0.execute(outgoing(request)?).await.map_err(lost)?;
        let status = response.status().as_u16();
        let headers = headers(response.headers());
        let body = response.bytes().await.map_err(lost)?.into();
        Ok(HttpResponse { status, headers, body })
    }
}

fn outgoing(request: HttpRequest) -> Result<reqwest::Request, TransportError> {
    let url =
        request.url.parse().map_err(|error| TransportError::never_sent("invalid URL").because(error))?;
    let mut outgoing = reqwest::Request::new(method(request.method), url);
    *outgoing.headers_mut() = header_map(request.headers)?;
    *outgoing.body_mut() = request.body.map(Into::into);
    Ok(outgoing)
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
