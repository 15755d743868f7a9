//! Our requests and responses as the types of the crate `http`, which HTTP libraries share.

use http::{HeaderMap, HeaderName, HeaderValue};

use super::TransportError;
use crate::{Header, Headers, Method};

pub(super) const fn method(method: Method) -> http::Method {
    match method {
        Method::Get => http::Method::GET,
        Method::Post => http::Method::POST,
        Method::Put => http::Method::PUT,
        Method::Patch => http::Method::PATCH,
        Method::Delete => http::Method::DELETE,
        Method::Options => http::Method::OPTIONS,
    }
}

/// The headers to send. The values of secret ones are marked, so that HTTP libraries do not print them.
pub(super) fn header_map(headers: Headers) -> Result<HeaderMap, TransportError> {
    let mut map = HeaderMap::new();
    for Header { name, value, secret } in headers {
        let unusable = || TransportError::never_sent(format!("invalid name or value of the header {name}"));
        let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unusable())?;
        let mut value = HeaderValue::try_from(value).map_err(|_| unusable())?;
        value.set_sensitive(secret);
        map.append(header, value);
    }
    Ok(map)
}

pub(super) fn headers(map: &HeaderMap) -> Headers {
    map.iter()
        .map(|(name, value)| Header {
            name: name.as_str().to_owned().into(),
            value: String::from_utf8_lossy(value.as_bytes()).into_owned(),
            secret: value.is_sensitive(),
        })
        .collect()
}
