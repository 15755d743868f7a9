use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wiremock::{Match, Mock, MockServer, Request as WiremockRequest, Respond, ResponseTemplate};

use crate::{MockCore, MockedApi, Reply, Request, Response};

/// The adapter for tests: a core behind a [`MockServer`].
///
/// Strict: a request, or a part of a batch, to an unknown route gets the API's 404 and makes
/// [`assert_no_unexpected_requests`](Self::assert_no_unexpected_requests) fail. Dropping the adapter calls that
/// method. [`MockCore::expect_only`] makes other requests unexpected too.
///
/// Mount your own mocks on [`server`](Self::server): they take precedence over the core.
#[derive(Debug)]
pub struct WiremockAdapter<A: MockedApi> {
    core: MockCore<A>,
    server: MockServer,
}

impl<A: MockedApi> WiremockAdapter<A> {
    /// Starts the server on a free port of the loopback interface.
    pub async fn start(core: MockCore<A>) -> Self {
        let server = MockServer::start().await;
        let matcher = CoreMatcher { core: core.clone(), reply: Arc::default() };
        let cut = CutMatcher { reply: Arc::clone(&matcher.reply) };
        let answer = Mock::given(CoreMatcher { core: core.clone(), reply: Arc::clone(&matcher.reply) });
        answer.respond_with(matcher).with_priority(LAST).named("mock core").mount(&server).await;
        Mock::given(cut)
            .respond_with_err(connection_reset)
            .with_priority(LAST)
            .named("connection reset")
            .mount(&server)
            .await;
        Self { core, server }
    }

    /// Returns the core.
    pub const fn core(&self) -> &MockCore<A> {
        &self.core
    }

    /// Returns the base URL, such as `http://127.0.0.1:39251`.
    pub fn url(&self) -> String {
        self.server.uri()
    }

    /// Returns the wiremock server.
    pub const fn server(&self) -> &MockServer {
        &self.server
    }

    /// Fails if an unexpected request was received.
    ///
    /// # Panics
    /// An unexpected request was received. The message lists all of them.
    #[allow(clippy::panic, reason = "an assertion for tests")]
    #[track_caller]
    pub fn assert_no_unexpected_requests(&self) {
        let unexpected = self.core.unexpected_requests();
        if !unexpected.is_empty() {
            panic!("unexpected requests to the mock:\n  {}", unexpected.join("\n  "));
        }
    }
}

impl<A: MockedApi> Drop for WiremockAdapter<A> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.assert_no_unexpected_requests();
        }
    }
}

/// The priority of the core: below all mocks that a user mounts.
const LAST: u8 = u8::MAX;

/// Runs the core when wiremock asks whether the request matches. Wiremock asks once per request and under one lock,
/// so the reply can stay in a slot until the responder, or the mock that closes the connection, takes it.
struct CoreMatcher<A> {
    core: MockCore<A>,
    reply: Arc<Slot>,
}

type Slot = Mutex<Option<Reply>>;

struct CutMatcher {
    reply: Arc<Slot>,
}

impl<A: MockedApi> Match for CoreMatcher<A> {
    fn matches(&self, request: &WiremockRequest) -> bool {
        let reply = self.core.handle(&plain(request));
        let is_answer = matches!(reply, Reply::Answer { .. });
        *lock(&self.reply) = Some(reply);
        is_answer
    }
}

impl<A: MockedApi> Respond for CoreMatcher<A> {
    fn respond(&self, _request: &WiremockRequest) -> ResponseTemplate {
        match lock(&self.reply).take() {
            Some(Reply::Answer { response, delay }) => template(&response).set_delay(delay),
            Some(Reply::Cut) | None => ResponseTemplate::new(500),
        }
    }
}

impl Match for CutMatcher {
    fn matches(&self, _request: &WiremockRequest) -> bool {
        lock(&self.reply).take() == Some(Reply::Cut)
    }
}

fn connection_reset(_request: &WiremockRequest) -> std::io::Error {
    std::io::ErrorKind::ConnectionReset.into()
}

fn lock(slot: &Slot) -> MutexGuard<'_, Option<Reply>> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

fn plain(request: &WiremockRequest) -> Request {
    let headers = request.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    let (method, url) = (request.method.as_str(), &request.url);
    Request::received(method, url.path(), url.query(), headers, request.body.clone())
}

fn template(response: &Response) -> ResponseTemplate {
    let template = ResponseTemplate::new(response.status).set_body_bytes(response.body.clone());
    response
        .headers
        .iter()
        .fold(template, |template, (name, value)| template.append_header(name.as_str(), value.as_str()))
}
