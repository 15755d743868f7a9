//! A transport and a clock for tests of code that uses a client: no network, no waiting.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use async_trait::async_trait;
use jiff::Timestamp;

use super::{Clock, Transport, TransportError};
use crate::{HttpRequest, HttpResponse, lock, time::later};

/// A transport that gives prepared answers in their order and records the requests.
///
/// ```
/// # use api_client_core::{Headers, HttpRequest, HttpResponse, Method};
/// # use api_client_core::client::{Transport, TransportError, testing::ScriptedTransport};
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let transport = ScriptedTransport::new([
///     Err(TransportError::never_sent("no connection to the server")),
///     Ok(HttpResponse { status: 204, headers: Headers::default(), body: Vec::new() }),
/// ]);
/// let url = "https://api.example.test/order/1".to_owned();
/// let request = HttpRequest { method: Method::Get, url, headers: Headers::default(), body: None };
/// assert!(transport.send(request.clone()).await.is_err());
/// assert_eq!(transport.send(request).await.unwrap().status, 204);
/// assert_eq!(transport.sent().len(), 2);
/// # });
/// ```
#[derive(Debug, Default)]
pub struct ScriptedTransport {
    answers: Mutex<VecDeque<Result<HttpResponse, TransportError>>>,
    sent: Mutex<Vec<HttpRequest>>,
}

impl ScriptedTransport {
    /// A transport with these answers, one for each request.
    pub fn new(answers: impl IntoIterator<Item = Result<HttpResponse, TransportError>>) -> Self {
        Self { answers: Mutex::new(answers.into_iter().collect()), sent: Mutex::default() }
    }

    /// Returns the requests so far, in order.
    pub fn sent(&self) -> Vec<HttpRequest> {
        lock(&self.sent).clone()
    }
}

#[async_trait]
impl Transport for ScriptedTransport {
    /// # Panics
    /// When there is no answer left: the test sends a request that it did not expect.
    #[allow(clippy::expect_used, reason = "a test must fail on a request that it did not expect")]
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        lock(&self.sent).push(request);
        let answer = lock(&self.answers).pop_front();
        answer.expect("a request that the script has no answer for")
    }
}

/// A clock whose sleep returns at once: it moves the time forward and records the wait.
///
/// ```
/// # use api_client_core::client::{Clock, testing::SkippingClock};
/// # use std::time::Duration;
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let clock = SkippingClock::at("2026-05-04T10:15:20Z".parse().unwrap());
/// clock.sleep(Duration::from_secs(40)).await;
/// assert_eq!(clock.now().to_string(), "2026-05-04T10:16:00Z");
/// assert_eq!(clock.waits(), [Duration::from_secs(40)]);
/// # });
/// ```
#[derive(Debug, Clone)]
pub struct SkippingClock(Arc<Mutex<Skipped>>);

#[derive(Debug)]
struct Skipped {
    now: Timestamp,
    waits: Vec<Duration>,
}

impl SkippingClock {
    /// A clock that starts at this time.
    pub fn at(now: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(Skipped { now, waits: Vec::new() })))
    }

    /// Returns every wait so far, in order.
    pub fn waits(&self) -> Vec<Duration> {
        self.state().waits.clone()
    }

    fn state(&self) -> MutexGuard<'_, Skipped> {
        lock(&self.0)
    }
}

#[async_trait]
impl Clock for SkippingClock {
    fn now(&self) -> Timestamp {
        self.state().now
    }

    async fn sleep(&self, duration: Duration) {
        let mut state = self.state();
        state.now = later(state.now, duration);
        state.waits.push(duration);
    }
}
