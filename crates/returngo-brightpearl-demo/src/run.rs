//! Runs the connector on a scenario: after each step of the staff it processes everything that is pending.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use api_client_core::client::{Clock, SkippingClock, SystemClock};
use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

use returngo_brightpearl_connector::{
    configuration::ConnectionConfiguration,
    engine::{Engine, Policy},
    failpoints::{Failpoints, NoFailpoints},
    receiver::{self, Inbox, WebhookEndpoints},
    registry::{Registry, RegistryError},
    service::Service,
    store::{self, ConnectionId, InvalidConnectionId, Store, StoreError, WorkerId},
    subscriptions,
    sweep::Schedule,
    vault::{Vault, VaultError, VaultKey},
};

use crate::{
    figures::{Figures, RunCounts},
    scenario::{Scenario, ScenarioError},
};

/// The time between two rounds: longer than any interval of sweeps and any backoff.
const BETWEEN_ROUNDS: Duration = Duration::from_secs(5400);

/// The maximum wait for webhooks, in real time. The mocks send thousands, one after another.
const WEBHOOK_TIMEOUT: Duration = Duration::from_secs(60);

/// The largest clock skew that the connection check accepts.
const MAX_SKEW: SignedDuration = SignedDuration::from_mins(2);

/// Rounds after each step of the staff. RMAs that are not in sync afterwards count as lost.
const MAX_ROUNDS: u32 = 48;

/// The connector, processing returns from approval to restocking against mocks of Brightpearl and ReturnGO. Webhooks are
/// delivered over HTTP. Waits advance the clock and take no real time.
#[derive(Debug)]
pub struct Demo {
    scenario: Scenario,
    service: Service,
    clock: Arc<AutoAdvancingClock>,
    /// The seed of injected faults, which changes with every step; none without faults.
    fault_seed: Option<u64>,
    counts: RunCounts,
    /// Requests of the warehouse staff to Brightpearl.
    staff_requests: u64,
    receiver: JoinHandle<std::io::Result<()>>,
}

/// Why a demo failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DemoError {
    /// A mock rejected a step.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The database has been used before.
    #[error("cannot use this database for a demo: it has to be empty")]
    Vault(#[from] VaultError),
    /// The connection cannot be opened.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The connection name is invalid.
    #[error(transparent)]
    Name(#[from] InvalidConnectionId),
    /// The webhooks were not subscribed.
    #[error("cannot subscribe to webhooks")]
    Subscribe(#[source] returngo_brightpearl_sync::ReadError),
    /// No port is free for webhooks.
    #[error("cannot receive webhooks")]
    Receiver(#[source] std::io::Error),
}

impl Demo {
    /// Starts both mocks with this number of RMAs, and the connector with this database. `fault_seed` selects the faults to
    /// inject, if any.
    ///
    /// # Errors
    /// When the database is not empty or cannot be opened, or no port is free.
    pub async fn start(rmas: u64, database: &str, fault_seed: Option<u64>) -> Result<Self, DemoError> {
        let scenario = Scenario::start(rmas).await?;
        let clock = Arc::new(AutoAdvancingClock::at(SystemClock.now()));
        let service = service(database, Arc::<AutoAdvancingClock>::clone(&clock)).await?;
        let id: ConnectionId = "demo".parse()?;
        let configuration = scenario.configuration()?;
        service.registry.put(&id, &configuration).await?;
        let (url, receiver) =
            serve_webhooks(&service, &id, &configuration).await.map_err(DemoError::Receiver)?;
        let connection = service.registry.get(&id).await?;
        subscriptions::subscribe(&connection, &url, &configuration.webhook_secret)
            .await
            .map_err(DemoError::Subscribe)?;
        let mut demo = Self {
            scenario,
            service,
            clock,
            fault_seed,
            counts: RunCounts::default(),
            staff_requests: 0,
            receiver,
        };
        demo.advance_clocks(Duration::ZERO).await;
        Ok(demo)
    }

    /// Processes all returns and counts the results. `report` receives a sentence before each step.
    ///
    /// # Errors
    /// When the store fails, or a mock rejects a step of the staff.
    pub async fn run(&mut self, mut report: impl FnMut(&str)) -> Result<Figures, DemoError> {
        let began = SystemClock.now();
        report("The shop approves every RMA; the connector creates the sales credits.");
        self.begin_staff_step();
        for rma in &self.scenario.rmas {
            self.scenario.approve(rma)?;
        }
        self.process_everything().await?;
        report("The shop refunds every RMA; the connector records the payments.");
        self.begin_staff_step();
        for rma in &self.scenario.rmas {
            self.scenario.refund(rma)?;
        }
        self.process_everything().await?;
        report("The warehouse receives the parcels into quarantine; the connector updates the shipments.");
        let before = self.begin_staff_step();
        for rma in &self.scenario.rmas {
            self.scenario.receive(rma).await?;
        }
        self.end_staff_step(before);
        self.process_everything().await?;
        report("The warehouse restocks the goods; the connector marks the RMAs as validated.");
        let before = self.begin_staff_step();
        for rma in &self.scenario.rmas {
            self.scenario.restock(rma).await?;
        }
        self.end_staff_step(before);
        self.process_everything().await?;
        self.counts.needs_review = self.sum(|status| status.needs_review).await?;
        self.counts.requests = self.requests();
        self.counts.seconds = SystemClock.now().duration_since(began).as_secs_f64();
        self.receiver.abort();
        Ok(Figures::of(&self.scenario, &self.counts))
    }

    /// The scenario that the demo runs.
    pub const fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// Requests of the connector to Brightpearl so far.
    fn requests(&self) -> u64 {
        self.scenario.brightpearl.requests().total() - self.staff_requests
    }

    /// Prepares the mocks for requests of the staff. Returns the number of requests to Brightpearl so far.
    fn begin_staff_step(&mut self) -> u64 {
        if let Some(seed) = &mut self.fault_seed {
            *seed = seed.wrapping_add(1);
            self.scenario.lose_webhooks(*seed);
        }
        self.scenario.brightpearl.requests().total()
    }

    fn end_staff_step(&mut self, requests_before: u64) {
        self.staff_requests += self.scenario.brightpearl.requests().total() - requests_before;
    }

    /// Runs the connector until webhooks, sweeps and retries leave nothing to do.
    async fn process_everything(&mut self) -> Result<(), DemoError> {
        if let Some(seed) = self.fault_seed {
            self.scenario.inject_faults(seed);
        }
        // The first round processes webhooks. Later ones sweep, and end the loop when they find nothing. A failed sweep finds
        // nothing either, so that several in a row are needed when faults are injected.
        let enough = if self.fault_seed.is_some() { 3 } else { 1 };
        let mut idle_rounds = 0;
        for round in 0..MAX_ROUNDS {
            self.wait_for_webhooks().await;
            let written = self.process_pending().await?;
            let has_open_work =
                self.sum(|status| status.pending + status.in_progress + status.waiting_deliveries).await? > 0;
            idle_rounds = if round > 0 && written == 0 && !has_open_work { idle_rounds + 1 } else { 0 };
            if idle_rounds == enough {
                break;
            }
            self.advance_clocks(BETWEEN_ROUNDS).await;
        }
        Ok(())
    }

    /// Waits until the mocks have sent their webhooks, for a limited time. Sweeps find what is late.
    async fn wait_for_webhooks(&self) {
        let settled = async {
            self.scenario.returngo.deliveries_settled().await;
            self.scenario.brightpearl.deliveries_settled().await;
        };
        if tokio::time::timeout(WEBHOOK_TIMEOUT, settled).await.is_err() {
            tracing::debug!("webhooks still in flight");
        }
    }

    /// Processes everything that is pending now. Returns the number of writes.
    async fn process_pending(&mut self) -> Result<usize, DemoError> {
        let mut written = 0;
        loop {
            // Webhooks and sweeps first, so that all RMAs that they queue are processed in one batch.
            while self.service.process_next_webhooks().await? || self.service.take_next_sweep().await? {}
            let leases = self.service.engine.lease(Vec::new()).await?;
            let Some(lease) = leases.first() else { return Ok(written) };
            let connection = self.service.registry.get(&lease.connection).await?;
            written += self.service.engine.work_on(&connection, leases).await?.written;
            self.record_last_credit();
        }
    }

    fn record_last_credit(&mut self) {
        let credits = self.scenario.brightpearl.credits_by_external_ref().len();
        if self.counts.requests_up_to_last_credit == 0 && credits >= self.scenario.rmas.len() {
            self.counts.requests_up_to_last_credit = self.requests();
        }
    }

    /// Advances all clocks. With faults, one mock's clock is ahead of the connector's and the other's behind.
    async fn advance_clocks(&mut self, time: Duration) {
        self.clock.sleep(time).await;
        let skew = if self.fault_seed.is_some() { MAX_SKEW } else { SignedDuration::ZERO };
        self.scenario.brightpearl.set_clock(self.clock.now() + skew);
        self.scenario.returngo.clock().set(Some(self.clock.now() - skew));
    }

    async fn sum(&self, of: fn(&store::ConnectionStatus) -> u64) -> Result<u64, StoreError> {
        Ok(self.service.store.status().await?.iter().map(of).sum())
    }
}

async fn service(database: &str, clock: Arc<dyn Clock>) -> Result<Service, DemoError> {
    let store: Arc<Store> = store::open(database).await?;
    let vault = Vault::open(&VaultKey::generate()?, &store).await?;
    let registry = Arc::new(Registry::new(Arc::clone(&store), vault, Arc::clone(&clock)));
    let failpoints: Arc<dyn Failpoints> = Arc::new(NoFailpoints);
    let (_, never_stopped) = watch::channel(false);
    let engine = Engine::new(
        Arc::clone(&store),
        Arc::clone(&clock),
        Arc::clone(&failpoints),
        WorkerId("demo".to_owned()),
        Policy::default(),
        never_stopped,
    );
    Ok(Service::new(store, registry, engine, Schedule::default(), clock, failpoints))
}

/// Serves the connection's webhooks on a free port of this machine. Returns the base URL.
async fn serve_webhooks(
    service: &Service,
    id: &ConnectionId,
    configuration: &ConnectionConfiguration,
) -> std::io::Result<(String, JoinHandle<std::io::Result<()>>)> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let url = format!("http://{}", listener.local_addr()?);
    let endpoints = Arc::new(WebhookEndpoints::default());
    let account = configuration.settings.account_id.as_str();
    endpoints.put(id.clone(), account, configuration.webhook_secret.reveal());
    let inbox = Inbox::new(
        Arc::clone(&service.store),
        Arc::clone(&service.failpoints),
        Arc::clone(&service.notifier),
    );
    let routes = receiver::routes(endpoints, inbox, Arc::clone(&service.clock));
    let routes = routes.into_make_service_with_connect_info::<SocketAddr>();
    Ok((url, tokio::spawn(axum::serve(listener, routes).into_future())))
}

/// A clock that advances with each wait and not by itself. A wait advances it by at least a millisecond, because a loop that
/// waits for a time in the current millisecond would never end otherwise.
#[derive(Debug, Clone)]
struct AutoAdvancingClock(SkippingClock);

impl AutoAdvancingClock {
    fn at(now: Timestamp) -> Self {
        Self(SkippingClock::at(now))
    }
}

#[async_trait]
impl Clock for AutoAdvancingClock {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    async fn sleep(&self, duration: Duration) {
        self.0.sleep(duration.max(Duration::from_millis(1))).await;
    }
}
