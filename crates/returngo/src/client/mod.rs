//! The client: a method for each resource, and one pipeline for all requests.
//!
//! # Cancellation
//!
//! Every future of the client may be dropped at every await, for example by a timeout:
//!
//! * A call that waits for the quota takes nothing from it. A call in progress gives its permit back; the server may
//!   have counted and applied it.
//! * A write may have been applied if it was sent: a comment, registration or tracker should be checked before it is
//!   repeated. All other writes set a state, and can be repeated.
//! * A shared `CallCounter` may have counted a call that was not sent.
//! * A dropped `next` of a stream or list loses no row. The next call continues with the same page.

mod environment;
mod pages;
pub(crate) mod policy;
pub(crate) mod quota;
mod resources;

use std::{fmt, sync::Arc, time::Duration};

#[cfg(feature = "reqwest")]
pub use api_client_core::client::reqwest;
pub use api_client_core::client::{
    CallReport, Clock, FinishedAttempt, HttpSettings, NotRetried, Observer, ReqwestTransport, RetryPolicy,
    SkippingClock, SystemClock, Transport, TransportError, UnusableSetting, testing,
};
use api_client_core::client::{InsecureHttp, Pipeline, check_base_url, check_credential};
#[cfg(feature = "tower")]
pub use api_client_core::client::{TowerTransport, TransportService};
pub use api_client_core::{Backoff, Header, Headers, HttpRequest, HttpResponse, Method};
pub use async_trait::async_trait;
use jiff::Timestamp;

pub use self::{
    pages::{Pages, Rows},
    quota::{CallCounter, CallCounterError, CallsLeft, CallsMade, Quota},
};
use self::{
    policy::ReturngoPolicy,
    quota::{Budget, end_of_day},
};
use crate::{Error, comment::COMMENT_FIELD, request::Request};

/// The base URL of ReturnGO's API.
const RETURNGO: &str = "https://api.returngo.ai";

/// A client of one ReturnGO shop. Cheap to clone; clones share the quota.
///
/// ```no_run
/// # async fn example(key: String) -> Result<(), Box<dyn std::error::Error>> {
/// let returngo = returngo::Client::builder().api_key(key).shop("acmeoutdoors.example.test").build()?;
/// let rma = returngo.rmas().get(&"RMA4410021".parse()?).await?;
/// println!("{} is {}", rma.id(), rma.status());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client(Arc<Shared>);

struct Shared {
    /// Ends without a slash; endpoint paths begin with one.
    base: String,
    policy: ReturngoPolicy,
    pipeline: Pipeline,
    comment_field: String,
}

impl Client {
    /// Starts building a client.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// Returns the shop's domain.
    pub fn shop(&self) -> &str {
        &self.0.policy.shop
    }

    /// Sends a request and decodes its response, as every method of every resource does.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn send<T>(&self, request: &Request<T>) -> Result<T, Error> {
        let response = self.send_raw(request).await?;
        let report = CallReport::answered(request.endpoint());
        request.read(&response).map_err(|error| {
            Error::undecodable(report, &response, error, &|text| self.0.policy.hide_in(text))
        })
    }

    /// Sends a request and returns the unprocessed response, for endpoints and fields that this crate does not
    /// model. The quota, credentials and retries are those of every call.
    ///
    /// [`Request::unmodelled`] builds a request for any other endpoint.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn send_raw<T>(&self, request: &Request<T>) -> Result<HttpResponse, Error> {
        let Shared { base, policy, pipeline, .. } = &*self.0;
        let endpoint = request.endpoint();
        if let Some(problem) = request.problem() {
            return Err(Error::invalid_request(endpoint, problem));
        }
        let answer = pipeline.send(policy, endpoint, &request.to_http(base)).await;
        answer.map_err(|failure| {
            let day_ends = end_of_day(pipeline.clock.now());
            Error::failed(*failure, endpoint, request.verification_hint(), day_ends, &|text| {
                policy.hide_in(text)
            })
        })
    }

    /// Returns the calls of the day so far, of this client and its clones. Store it across a restart, for
    /// [`ClientBuilder::calls_made`].
    pub fn calls_made(&self) -> CallsMade {
        self.0.policy.budget.calls_made(self.now())
    }

    /// Returns the calls that the day has left, as far as this client knows.
    pub fn calls_left(&self) -> CallsLeft {
        self.0.policy.budget.left(self.now())
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.pipeline.clock.now()
    }

    pub(crate) fn comment_field(&self) -> &str {
        &self.0.comment_field
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base", &self.0.base)
            .field("policy", &self.0.policy)
            .finish_non_exhaustive()
    }
}

/// Builds a [`Client`].
#[must_use = "a builder does nothing until build is called"]
pub struct ClientBuilder {
    url: String,
    api_key: Option<String>,
    shop: Option<String>,
    comment_field: String,
    quota: Quota,
    calls_made: Option<CallsMade>,
    counter: Option<Arc<dyn CallCounter>>,
    transport: Option<Arc<dyn Transport>>,
    clock: Arc<dyn Clock>,
    observer: Option<Arc<dyn Observer>>,
    retry: RetryPolicy,
    timeout: Duration,
    max_wait: Option<Duration>,
    http: HttpSettings,
    insecure_http: InsecureHttp,
}

impl Default for ClientBuilder {
    fn default() -> Self {
        Self {
            url: RETURNGO.to_owned(),
            api_key: None,
            shop: None,
            comment_field: COMMENT_FIELD.to_owned(),
            quota: Quota::default(),
            calls_made: None,
            counter: None,
            transport: None,
            clock: Arc::new(SystemClock),
            observer: None,
            retry: RetryPolicy::default(),
            timeout: Duration::from_secs(60),
            max_wait: None,
            http: HttpSettings::new(),
            insecure_http: InsecureHttp::default(),
        }
    }
}

impl ClientBuilder {
    /// Sets the base URL of another server, such as a mock; `https://api.returngo.ai` by default.
    pub fn url(mut self, base: impl Into<String>) -> Self {
        self.url = base.into();
        self
    }

    /// Sets the API key, shown in ReturnGO's *Settings › Integrations › API*.
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.api_key = Some(key.into());
        self
    }

    /// Sets the shop's domain, which the icon next to the store's name in ReturnGO's dashboard copies.
    pub fn shop(mut self, domain: impl Into<String>) -> Self {
        self.shop = Some(domain.into());
        self
    }

    /// Sets the name of a comment's text in `POST /rma/{id}/comment`. Unconfirmed: comments are read with
    /// `htmlText`, and one program sends `comment` (docs/evidence/returngo.md#comments-on-an-rma).
    pub fn comment_field(mut self, name: impl Into<String>) -> Self {
        self.comment_field = name.into();
        self
    }

    /// Sets the calls that the key may make.
    pub fn quota(mut self, quota: Quota) -> Self {
        self.quota = quota;
        self
    }

    /// Sets the calls that an earlier client made with this key today: [`Client::calls_made`].
    pub fn calls_made(mut self, spent: CallsMade) -> Self {
        self.calls_made = Some(spent);
        self
    }

    /// Sets a counter for the calls of the day that other clients with the same key share; by default the
    /// client counts its own.
    pub fn call_counter(mut self, counter: Arc<dyn CallCounter>) -> Self {
        self.counter = Some(counter);
        self
    }

    /// Sets the transport; HTTP by default. It decides how it connects: an `http://` URL is allowed, whatever the host.
    pub fn transport(mut self, transport: Arc<dyn Transport>) -> Self {
        self.transport = Some(transport);
        self
    }

    /// Sets how the default transport connects: proxy, root certificates, user agent and further headers. Not used with
    /// a [`transport`](Self::transport) of your own.
    pub fn http(mut self, settings: HttpSettings) -> Self {
        self.http = settings;
        self
    }

    /// Sends over your own client of reqwest; see [`ReqwestTransport::from_client`]. Its timeout holds, not
    /// [`timeout`](Self::timeout).
    #[cfg(feature = "reqwest")]
    pub fn reqwest_client(self, client: reqwest::Client) -> Self {
        self.transport(Arc::new(ReqwestTransport::from_client(client)))
    }

    /// Allows an `http://` URL of another computer, to which credentials and data go without encryption. By default
    /// only this computer is allowed, such as `http://127.0.0.1:4010` of a mock.
    pub fn allow_insecure_http(mut self) -> Self {
        self.insecure_http = InsecureHttp::Everywhere;
        self
    }

    /// Sets the clock; the machine's by default.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Sets an observer, which is called after every attempt, for metrics.
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = Some(observer);
        self
    }

    /// Sets when a request is retried, and how often.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// Sets the longest time that a call waits in all: for the quota, and between attempts. A call whose next wait
    /// would exceed it fails at once, with the time of [`Error::try_again_at`]; [`Duration::ZERO`] never waits. By
    /// default calls wait as long as the quota and [`RetryPolicy`] ask. The time for responses is not included: see
    /// [`timeout`](Self::timeout).
    pub fn max_wait(mut self, longest: Duration) -> Self {
        self.max_wait = Some(longest);
        self
    }

    /// Sets how long to wait for a response; 1 minute by default.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Builds the client. Sends nothing.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration), which names the missing or invalid
    /// setting.
    pub fn build(self) -> Result<Client, Error> {
        let unusable = |error: &dyn fmt::Display| Error::configuration(error.to_string());
        let api_key = self.api_key.ok_or_else(|| Error::configuration("no API key was given"))?;
        let shop = self.shop.ok_or_else(|| Error::configuration("no shop was given"))?;
        check_credential("API key", &api_key).map_err(|error| unusable(&error))?;
        check_credential("shop", &shop).map_err(|error| unusable(&error))?;
        let insecure = if self.transport.is_some() { InsecureHttp::Everywhere } else { self.insecure_http };
        let base = check_base_url(&self.url, insecure).map_err(|error| unusable(&error))?;
        let transport = match self.transport {
            Some(transport) => transport,
            None => {
                let user_agent = concat!("returngo-rust/", env!("CARGO_PKG_VERSION"));
                let transport = ReqwestTransport::with_settings(user_agent, self.timeout, &self.http);
                Arc::new(transport.map_err(|error| unusable(&error))?)
            }
        };
        Ok(Client(Arc::new(Shared {
            base,
            policy: ReturngoPolicy {
                api_key: api_key.into(),
                shop,
                budget: Budget::new(self.quota, self.calls_made, self.counter),
            },
            pipeline: Pipeline {
                transport,
                clock: self.clock,
                retry: self.retry,
                observer: self.observer,
                max_wait: self.max_wait,
                api: "returngo",
            },
            comment_field: self.comment_field,
        })))
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("url", &self.url)
            .field("shop", &self.shop)
            .finish_non_exhaustive()
    }
}
