//! The client: a method for each resource, and one pipeline for all requests.
//!
//! # Cancellation
//!
//! Every future of the client may be dropped at every await, for example by a timeout:
//!
//! * A call that waits for the request budget takes nothing from it. A call in progress gives its permit back; the server may
//!   have counted and applied it.
//! * A refresh of the access token goes on, and its tokens are saved.
//! * A keyed write (`create` of a sales credit, payment or goods-in note) may have been sent. Create it again under the
//!   same key: the client and its clones remember for a minute that it may be in transit, look it up first, and send
//!   it only if it has not appeared. After a restart, Brightpearl's own check of the key applies.
//! * Any other write may have been applied if it was sent: check before you repeat it.
//! * A dropped `next` of a stream or list loses no row. The next call continues with the same page.

mod auth;
mod budget;
mod bulk;
mod environment;
mod hosts;
mod http_transport;
mod listing;
mod multi_message;
mod once;
mod paging;
mod policy;
mod resources;
mod searchable;
mod searching;
mod unsettled;

use std::{fmt, sync::Arc, time::Duration};

#[cfg(feature = "reqwest")]
pub use api_client_core::client::reqwest;
pub use api_client_core::client::{
    CallReport, Clock, FinishedAttempt, HttpSettings, NotRetried, Observer, ReqwestTransport, RetryPolicy,
    SkippingClock, SystemClock, Transport, TransportError, UnusableSetting, testing,
};
use api_client_core::client::{Failure, InsecureHttp, Pipeline, check_base_url};
#[cfg(feature = "tower")]
pub use api_client_core::client::{TowerTransport, TransportService};
pub use api_client_core::{Backoff, Header, Headers, HttpRequest, HttpResponse, Method};
pub use async_trait::async_trait;

#[cfg(feature = "signed-tokens")]
pub use self::auth::sign_token;
use self::{
    auth::Authenticator,
    hosts::{brightpearl_host, datacenter_host},
    http_transport::http_transport,
    policy::{AccountPolicy, CallPolicy},
    unsettled::UnsettledWrites,
};
pub use self::{
    auth::{Credentials, MemoryTokenStore, OAuthApp, TokenStore, TokenStoreError, Tokens},
    budget::{CallsLeft, Priority, RequestBudget},
    bulk::{BulkRead, ById, Identified},
    multi_message::MessageOutcome,
    paging::Continuation,
    searchable::Searchable,
    searching::{Results, Rows},
};
pub(crate) use self::{
    bulk::IdSetQueue,
    multi_message::create_together,
    once::{create_once, settle},
};
use crate::{AccountCode, Error, ErrorKind, ids::InstanceId, request::Request};

/// A client of one Brightpearl account. Cheap to clone; clones share the request budget, whatever their
/// [`Priority`].
///
/// ```no_run
/// # async fn example(token: String) -> Result<(), brightpearl::Error> {
/// let brightpearl = brightpearl::Client::builder("acmeoutdoors")
///     .datacenter("euw1")
///     .credentials(brightpearl::Credentials::private_app("acmeoutdoors_returns", token))
///     .build()?;
/// for channel in brightpearl.channels().list().await? {
///     println!("{} {}", channel.id, channel.name);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
    priority: Priority,
}

struct Shared {
    /// Ends without a slash; endpoint paths begin with one.
    base: String,
    account: AccountCode,
    policy: AccountPolicy,
    pipeline: Pipeline,
    unsettled: UnsettledWrites,
}

impl Client {
    /// Starts building a client for the account with this code.
    pub fn builder(account_code: impl Into<String>) -> ClientBuilder {
        ClientBuilder::new(account_code.into())
    }

    /// Returns the account.
    pub fn account(&self) -> &AccountCode {
        &self.shared.account
    }

    /// Returns the base URL of the account's API, such as
    /// `https://euw1.brightpearlconnect.com/public-api/acmeoutdoors`.
    pub fn base(&self) -> &str {
        &self.shared.base
    }

    /// Returns the client for calls of this priority.
    #[must_use]
    pub fn with_priority(&self, priority: Priority) -> Self {
        Self { shared: Arc::clone(&self.shared), priority }
    }

    /// Returns the calls that the request budget has left in this minute, as far as the responses so far tell.
    pub fn calls_left(&self) -> CallsLeft {
        self.shared.policy.calls_left(self.shared.pipeline.clock.now())
    }

    /// Gets the caller's integration instance: half of the unique key of a sales credit. Known from the first
    /// response on; requests one if there was none. A private app may have none.
    ///
    /// # Errors
    /// When a request was needed and failed.
    pub async fn instance_id(&self) -> Result<Option<InstanceId>, Error> {
        if self.shared.policy.instance_id().is_none() {
            self.account_configuration().await?;
        }
        Ok(self.shared.policy.instance_id())
    }

    /// Sends a request and decodes its response, as every method of every resource does.
    ///
    /// # Errors
    /// See [`ErrorKind`].
    pub async fn send<T>(&self, request: &Request<T>) -> Result<T, Error> {
        if let Some(problem) = request.problem() {
            return Err(Error::invalid_request(request.endpoint(), problem));
        }
        let endpoint = request.endpoint();
        match self
            .shared
            .pipeline
            .send(&self.call_policy(), endpoint, &request.to_http(&self.shared.base))
            .await
        {
            Ok(response) => self.read(request, &response),
            Err(failure) => {
                let error = self.failed(*failure, request);
                match request.when_absent() {
                    // Where other resources return an empty list
                    // (docs/evidence/brightpearl-platform.md#nothing-found).
                    Some(nothing) if error.kind() == ErrorKind::NotFound && error.has_code("CMNC-404") => {
                        Ok(nothing)
                    }
                    _ => Err(error),
                }
            }
        }
    }

    /// Sends a request and returns the unprocessed response, for endpoints and fields that this crate does not
    /// model. The request budget, credentials and retries are those of every call.
    ///
    /// [`Request::unmodelled`] builds a request for any other endpoint.
    ///
    /// # Errors
    /// See [`ErrorKind`].
    pub async fn send_raw<T>(&self, request: &Request<T>) -> Result<HttpResponse, Error> {
        if let Some(problem) = request.problem() {
            return Err(Error::invalid_request(request.endpoint(), problem));
        }
        let outgoing = request.to_http(&self.shared.base);
        let answer = self.shared.pipeline.send(&self.call_policy(), request.endpoint(), &outgoing).await;
        answer.map_err(|failure| self.failed(*failure, request))
    }

    /// Decodes a successful response.
    fn read<T>(&self, request: &Request<T>, response: &HttpResponse) -> Result<T, Error> {
        let hide = |text: &str| self.hide_in(text);
        request.read(response).map_err(|error| {
            Error::undecodable(CallReport::answered(request.endpoint()), response, error.hiding(&hide))
                .with_strange_body(response, &hide)
        })
    }

    fn call_policy(&self) -> CallPolicy<'_> {
        CallPolicy::new(&self.shared.policy, &self.shared.pipeline, self.priority)
    }

    fn failed<T>(&self, failure: Failure, request: &Request<T>) -> Error {
        Error::failed(failure, request.verification_hint(), &|text| self.hide_in(text))
    }

    fn hide_in(&self, text: &str) -> String {
        self.shared.policy.authenticator.hide_in(text)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("account", &self.shared.account)
            .field("base", &self.shared.base)
            .field("credentials", &self.shared.policy.authenticator)
            .finish_non_exhaustive()
    }
}

/// Builds a [`Client`].
#[must_use = "a builder does nothing until build is called"]
#[derive(Debug)]
pub struct ClientBuilder {
    account_code: String,
    server: Option<Server>,
    credentials: Option<Credentials>,
    transport: Option<Arc<dyn Transport>>,
    clock: Arc<dyn Clock>,
    observer: Option<Arc<dyn Observer>>,
    retry: RetryPolicy,
    timeout: Duration,
    max_wait: Option<Duration>,
    http: HttpSettings,
    insecure_http: InsecureHttp,
    budget: RequestBudget,
}

#[derive(Debug)]
enum Server {
    Datacenter(String),
    ApiDomain(String),
    Url(String),
}

impl ClientBuilder {
    fn new(account_code: String) -> Self {
        Self {
            account_code,
            server: None,
            credentials: None,
            transport: None,
            clock: Arc::new(SystemClock),
            observer: None,
            retry: RetryPolicy::default(),
            timeout: Duration::from_secs(60),
            max_wait: None,
            http: HttpSettings::new(),
            insecure_http: InsecureHttp::default(),
            budget: RequestBudget::default(),
        }
    }

    /// Sets the account's data centre: `euw1`, `use1`, ….
    pub fn datacenter(mut self, code: impl Into<String>) -> Self {
        self.server = Some(Server::Datacenter(code.into()));
        self
    }

    /// Sets the host from an authorisation ([`Tokens::api_domain`]), without a scheme. Hosts that are not
    /// Brightpearl's are rejected, because they would receive the account's token. With [`Credentials::oauth`]
    /// the client follows the host that the stored and refreshed tokens name.
    pub fn api_domain(mut self, host: impl Into<String>) -> Self {
        self.server = Some(Server::ApiDomain(host.into()));
        self
    }

    /// Sets the base URL of another server, such as a mock, without the path of the account.
    pub fn url(mut self, base: impl Into<String>) -> Self {
        self.server = Some(Server::Url(base.into()));
        self
    }

    /// Sets the credentials.
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = Some(credentials);
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

    /// Sets the longest time that a call waits in all: for the request budget, between attempts,
    /// and before a keyed write is looked up again. A call whose next wait
    /// would exceed it fails at once, with the time of [`Error::try_again_at`]; [`Duration::ZERO`] never waits. By
    /// default calls wait as long as the budget and [`RetryPolicy`] ask. The time for responses
    /// and for a refresh of the access token is not included: see [`timeout`](Self::timeout).
    pub fn max_wait(mut self, longest: Duration) -> Self {
        self.max_wait = Some(longest);
        self
    }

    /// Sets how long to wait for a response; 1 minute by default.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets a request budget that several clients of one account share; by default a client has its own.
    pub fn budget(mut self, budget: RequestBudget) -> Self {
        self.budget = budget;
        self
    }

    /// Builds the client. Sends nothing.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`], which names the missing or invalid
    /// setting.
    pub fn build(self) -> Result<Client, Error> {
        let account: AccountCode =
            self.account_code.parse().map_err(|error| Error::configuration(format!("{error}")))?;
        let credentials =
            self.credentials.ok_or_else(|| Error::configuration("no credentials were given"))?;
        let host = match &self.server {
            Some(Server::Datacenter(code)) => datacenter_host(code)?,
            Some(Server::ApiDomain(host)) => brightpearl_host(host)?,
            Some(Server::Url(base)) => {
                let insecure =
                    if self.transport.is_some() { InsecureHttp::Everywhere } else { self.insecure_http };
                check_base_url(base, insecure).map_err(|error| Error::configuration(error.to_string()))?
            }
            None => return Err(Error::configuration("neither a data centre nor a URL was given")),
        };
        // A given URL is used without exception.
        let home = (!matches!(self.server, Some(Server::Url(_)))).then(|| host.clone());
        let authenticator = Authenticator::new(credentials, &account, home)?;
        let transport = match self.transport {
            Some(transport) => transport,
            None => http_transport(self.timeout, &self.http)?,
        };
        let shared = Arc::new(Shared {
            base: format!("{host}/public-api/{account}"),
            account,
            policy: AccountPolicy::new(authenticator, self.budget),
            pipeline: Pipeline {
                transport,
                clock: self.clock,
                retry: self.retry,
                observer: self.observer,
                max_wait: self.max_wait,
                api: "brightpearl",
            },
            unsettled: UnsettledWrites::default(),
        });
        Ok(Client { shared, priority: Priority::Interactive })
    }
}
