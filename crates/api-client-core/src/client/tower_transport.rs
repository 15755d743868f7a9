use std::{error::Error, fmt, future::poll_fn, iter::successors, marker::PhantomData, sync::Mutex};

use async_trait::async_trait;
use http_body_util::BodyExt as _;
use tower_service::Service;

use super::{
    Transport, TransportError,
    http_types::{header_map, headers, method},
};
use crate::{HttpRequest, HttpResponse, lock};

type AnyError = Box<dyn Error + Send + Sync>;

/// A transport that sends over a tower service, such as a stack of middleware.
///
/// The service takes `http::Request<B>`, for any body that is made from bytes, and is cloned for each request. Put
/// the default transport below the middleware with [`TransportService`](super::TransportService).
///
/// An error from the service counts as a lost response, because the server may have received the request. A middleware
/// that knows better, such as one that sheds load, returns [`TransportError::never_sent`] as its error or the cause of
/// it. Middleware that retries must leave writes alone: the clients know which may be repeated.
///
/// ```
/// use std::{sync::Arc, time::Duration};
/// use api_client_core::client::{ReqwestTransport, TowerTransport, TransportService};
///
/// # fn middleware<S>(service: S) -> S { service }
/// let http = Arc::new(ReqwestTransport::new("acme-returns/1.4", Duration::from_secs(60))?);
/// let transport = TowerTransport::new(middleware(TransportService::new(http)));
/// # let _: &dyn api_client_core::client::Transport = &transport;
/// # Ok::<(), api_client_core::client::TransportError>(())
/// ```
pub struct TowerTransport<S, B> {
    service: Mutex<S>,
    body: PhantomData<fn() -> B>,
}

impl<S: Service<http::Request<B>> + Clone, B> TowerTransport<S, B> {
    /// Sends over this service.
    pub const fn new(service: S) -> Self {
        Self { service: Mutex::new(service), body: PhantomData }
    }
}

impl<S, B> fmt::Debug for TowerTransport<S, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TowerTransport").finish_non_exhaustive()
    }
}

#[async_trait]
impl<S, B, R> Transport for TowerTransport<S, B>
where
    S: Service<http::Request<B>, Response = http::Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<AnyError>,
    B: From<Vec<u8>> + Send + 'static,
    R: http_body::Body + Send,
    R::Data: Send,
    R::Error: Into<AnyError>,
{
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        let request = outgoing(request)?;
        let mut service = lock(&self.service).clone();
        poll_fn(|context| service.poll_ready(context)).await.map_err(|error| not_ready(error.into()))?;
        let response = service.call(request).await.map_err(|error| failed(error.into()))?;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.map_err(|error| failed(error.into()))?.to_bytes();
        Ok(HttpResponse {
            status: parts.status.as_u16(),
            headers: headers(&parts.headers),
            body: body.into(),
        })
    }
}

fn outgoing<B: From<Vec<u8>>>(request: HttpRequest) -> Result<http::Request<B>, TransportError> {
    let uri = request.url.parse::<http::Uri>();
    let uri = uri.map_err(|error| TransportError::never_sent("invalid URL").because(error))?;
    let mut outgoing = http::Request::new(request.body.unwrap_or_default().into());
    *outgoing.method_mut() = method(request.method);
    *outgoing.uri_mut() = uri;
    *outgoing.headers_mut() = header_map(request.headers)?;
    Ok(outgoing)
}

fn not_ready(error: AnyError) -> TransportError {
    TransportError::never_sent("the transport's service is not ready").because(error)
}

fn failed(error: AnyError) -> TransportError {
    let causes = successors(Some(&*error as &(dyn Error + 'static)), |&cause| cause.source());
    let mut known = causes.filter_map(|cause| cause.downcast_ref::<TransportError>());
    if known.next().is_some_and(|cause| !cause.may_have_arrived()) {
        TransportError::never_sent("the transport's service did not send the request").because(error)
    } else {
        TransportError::answer_lost("the transport's service failed").because(error)
    }
}
