use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use tower_service::Service;

use super::{
    Transport, TransportError,
    http_types::{header_map, headers},
};
use crate::{HttpRequest, HttpResponse, Method};

/// A tower service that sends over a transport: the innermost service below middleware.
/// [`TowerTransport`](super::TowerTransport) makes a transport of the whole.
#[derive(Debug, Clone)]
pub struct TransportService(Arc<dyn Transport>);

impl TransportService {
    /// Sends over this transport.
    pub fn new(transport: Arc<dyn Transport>) -> Self {
        Self(transport)
    }
}

impl Service<http::Request<Full<Bytes>>> for TransportService {
    type Response = http::Response<Full<Bytes>>;
    type Error = TransportError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Full<Bytes>>) -> Self::Future {
        let transport = Arc::clone(&self.0);
        Box::pin(async move { incoming(transport.send(outgoing(request).await?).await?) })
    }
}

async fn outgoing(request: http::Request<Full<Bytes>>) -> Result<HttpRequest, TransportError> {
    let (parts, body) = request.into_parts();
    let method = Method::parse(parts.method.as_str())
        .ok_or_else(|| TransportError::never_sent(format!("unknown method {}", parts.method)))?;
    let body: Result<_, Infallible> = body.collect().await;
    let Ok(body) = body.map(|body| body.to_bytes());
    let body = (!body.is_empty()).then(|| body.into());
    Ok(HttpRequest { method, url: parts.uri.to_string(), headers: headers(&parts.headers), body })
}

fn incoming(response: HttpResponse) -> Result<http::Response<Full<Bytes>>, TransportError> {
    let invalid = |what: &str| TransportError::answer_lost(format!("the response has an invalid {what}"));
    let mut incoming = http::Response::new(Full::from(response.body));
    *incoming.status_mut() = http::StatusCode::from_u16(response.status).map_err(|_| invalid("status"))?;
    *incoming.headers_mut() = header_map(response.headers).map_err(|_| invalid("header"))?;
    Ok(incoming)
}
