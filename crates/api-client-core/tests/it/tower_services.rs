use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use api_client_core::client::{
    HttpSettings, ReqwestTransport, TowerTransport, Transport as _, TransportError, TransportService,
};
use tower_service::Service;

use crate::server::{ANSWER, Server, get};

type AnyError = Box<dyn std::error::Error + Send + Sync>;

/// Middleware that marks requests, and sheds those to one path.
#[derive(Clone)]
struct Marks<S> {
    inner: S,
    ready: bool,
}

impl<S, B> Service<http::Request<B>> for Marks<S>
where
    S: Service<http::Request<B>, Error = TransportError>,
    S::Future: Send + 'static,
    S::Response: Send + 'static,
{
    type Response = S::Response;
    type Error = AnyError;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, AnyError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), AnyError>> {
        self.ready = true;
        self.inner.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, mut request: http::Request<B>) -> Self::Future {
        assert!(self.ready, "a service is called only when it is ready");
        assert!(request.headers()["x-api-key"].is_sensitive(), "middleware must not log it");
        if request.uri().path() == "/shed" {
            let shed = TransportError::never_sent("too many requests in progress");
            return Box::pin(async { Err(shed.into()) });
        }
        request.headers_mut().insert("x-marked", http::HeaderValue::from_static("yes"));
        let sent = self.inner.call(request);
        Box::pin(async { sent.await.map_err(Into::into) })
    }
}

fn stack() -> impl api_client_core::client::Transport {
    let settings = HttpSettings::new().without_proxy();
    let http = ReqwestTransport::with_settings("client/1", Duration::from_secs(10), &settings).unwrap();
    TowerTransport::new(Marks { inner: TransportService::new(Arc::new(http)), ready: false })
}

#[tokio::test]
async fn middleware_sees_and_changes_what_is_sent() {
    let server = Server::start(ANSWER);
    let mut request = get(&server.url);
    request.method = api_client_core::Method::Patch;
    request.body = Some(b"[1]".to_vec());
    let answer = stack().send(request).await.unwrap();
    assert_eq!(
        (answer.status, answer.headers.get("ruid"), answer.body.as_slice()),
        (200, Some("5d0b"), &b"{}"[..])
    );
    let request = server.request();
    assert!(request.starts_with("PATCH /rma/1?fields=id HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("x-marked: yes\r\n") && request.ends_with("[1]"), "{request}");
}

#[tokio::test]
async fn whether_a_request_may_have_arrived_is_kept_through_the_service() {
    let cut = Server::start("");
    let lost = stack().send(get(&cut.url)).await.unwrap_err();
    assert!(lost.may_have_arrived(), "{lost}");

    let mut shed = get(&cut.url);
    shed.url = format!("{}/shed", cut.url);
    assert!(!stack().send(shed).await.unwrap_err().may_have_arrived());

    let nowhere = stack().send(get("http://127.0.0.1:9")).await.unwrap_err();
    assert!(!nowhere.may_have_arrived(), "{nowhere}");
}
