//! The client: one resource handle a method, one pipeline for all of them.

mod pages;
pub(crate) mod policy;
pub(crate) mod quota;
mod resources;

use std::{fmt, sync::Arc, time::Duration};

use api_client_core::HttpResponse;
pub use api_client_core::client::{
    CallReport, Clock, FinishedAttempt, NotRetried, Observer, ReqwestTransport, RetryPolicy, SkippingClock,
    SystemClock, Transport, TransportError, testing,
};
use api_client_core::client::{Pipeline, check_base_url, check_credential};
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

/// Where ReturnGO's API is.
const RETURNGO: &str = "https://api.returngo.ai";

/// A ReturnGO shop to talk to. Cheap to clone; clones share the quota.
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
    /// Begins a client.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// The shop.
    pub fn shop(&self) -> &str {
        &self.0.policy.shop
    }

    /// Sends a request and reads its answer: what every method of every resource does.
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

    /// Sends a request and gives the answer as it came, for what this crate does not model.
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

    /// The calls of the day so far, of this client and its clones: keep it over a restart, for
    /// [`ClientBuilder::calls_made`].
    pub fn calls_made(&self) -> CallsMade {
        self.0.policy.budget.calls_made(self.now())
    }

    /// What the day has left, as far as this client knows.
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
        }
    }
}

impl ClientBuilder {
    /// Another server, such as a mock; `https://api.returngo.ai` otherwise.
    pub fn url(mut self, base: impl Into<String>) -> Self {
        self.url = base.into();
        self
    }

    /// The API key, shown in ReturnGO's *Settings › Integrations › API*.
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.api_key = Some(key.into());
        self
    }

    /// The shop's domain, copied by the icon next to the store's name in ReturnGO's dashboard.
    pub fn shop(mut self, domain: impl Into<String>) -> Self {
        self.shop = Some(domain.into());
        self
    }

    /// The name of a comment's text in `POST /rma/{id}/comment`. Unconfirmed: `htmlText` is what the comment
    /// reads back as; one program sends `comment` (docs/evidence/returngo.md#comments-on-an-rma).
    pub fn comment_field(mut self, name: impl Into<String>) -> Self {
        self.comment_field = name.into();
        self
    }

    /// How many calls the key may make.
    pub fn quota(mut self, quota: Quota) -> Self {
        self.quota = quota;
        self
    }

    /// The calls that the key has made today already, by a client that was there before: [`Client::calls_made`].
    pub fn calls_made(mut self, spent: CallsMade) -> Self {
        self.calls_made = Some(spent);
        self
    }

    /// Who counts the calls of the day, where other clients use the same key; this client by default.
    pub fn call_counter(mut self, counter: Arc<dyn CallCounter>) -> Self {
        self.counter = Some(counter);
        self
    }

    /// How requests go out; HTTP by default.
    pub fn transport(mut self, transport: Arc<dyn Transport>) -> Self {
        self.transport = Some(transport);
        self
    }

    /// What time it is; the machine's clock by default.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Who is told of every attempt as it ends, for metrics.
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = Some(observer);
        self
    }

    /// How often, and after what wait, a request is sent again.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// How long one answer may take; a minute by default.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The client. Nothing is sent yet.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) that names what is missing or unusable.
    pub fn build(self) -> Result<Client, Error> {
        let unusable = |error: &dyn fmt::Display| Error::configuration(error.to_string());
        let api_key = self.api_key.ok_or_else(|| Error::configuration("no API key was given"))?;
        let shop = self.shop.ok_or_else(|| Error::configuration("no shop was given"))?;
        check_credential("API key", &api_key).map_err(|error| unusable(&error))?;
        check_credential("shop", &shop).map_err(|error| unusable(&error))?;
        let base = check_base_url(&self.url).map_err(|error| unusable(&error))?;
        let transport = match self.transport {
            Some(transport) => transport,
            None => Arc::new(
                ReqwestTransport::new(concat!("returngo-rust/", env!("CARGO_PKG_VERSION")), self.timeout)
                    .map_err(|error| unusable(&error))?,
            ),
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
