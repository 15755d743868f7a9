use std::{net::SocketAddr, sync::Arc, time::Duration};

use api_client_core::client::{Clock, SystemClock};
use jiff::SignedDuration;
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

use super::{Figures, Scene, SceneError, clock::JumpingClock, figures::Counted};
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

/// What passes between two looks for what webhooks did not tell: longer than any sweep's interval and any wait
/// before another attempt.
const BETWEEN_SWEEPS: Duration = Duration::from_secs(5400);

/// How long webhooks are waited for, in real time: there are thousands, sent one after the other.
const WEBHOOKS_MAY_TAKE: Duration = Duration::from_secs(60);

/// How far a clock may be off before the connection's check complains.
const SKEW: SignedDuration = SignedDuration::from_mins(2);

/// Looks after each of the people's steps before the rest is counted as lost.
const LOOKS: u32 = 48;

/// Returns from approval to restocking, against a Brightpearl and a ReturnGO of its own. Webhooks are really
/// delivered; waits are not waited for: time jumps.
#[derive(Debug)]
pub struct Demo {
    scene: Scene,
    service: Service,
    clock: Arc<JumpingClock>,
    /// The seed of what goes wrong, changed with every step.
    faults: Option<u64>,
    counted: Counted,
    /// Requests of the people in the warehouse.
    requests_of_people: u64,
    receiver: JoinHandle<std::io::Result<()>>,
}

/// The demo cannot go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DemoError {
    /// The mocks do not take it.
    #[error(transparent)]
    Scene(#[from] SceneError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The database was used before.
    #[error("the demo needs a database that nothing was stored in yet")]
    Vault(#[from] VaultError),
    /// The connection cannot be opened.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The connection has no name.
    #[error(transparent)]
    Name(#[from] InvalidConnectionId),
    /// The webhooks cannot be subscribed.
    #[error("the webhooks cannot be subscribed")]
    Subscribe(#[source] returngo_brightpearl_sync::ReadError),
    /// Webhooks cannot be received.
    #[error("webhooks cannot be received")]
    Receiver(#[source] std::io::Error),
}

impl Demo {
    /// Starts both systems with so many RMAs, and the connector with its memory in this database.
    ///
    /// # Errors
    /// When the database was used before or cannot be opened, or no port is free.
    pub async fn start(rmas: u64, database: &str, faults: Option<u64>) -> Result<Self, DemoError> {
        let scene = Scene::start(rmas).await?;
        let clock = Arc::new(JumpingClock::at(SystemClock.now()));
        let service = service(database, Arc::<JumpingClock>::clone(&clock)).await?;
        let id: ConnectionId = "demo".parse()?;
        let configuration = scene.configuration()?;
        service.registry.put(&id, &configuration).await?;
        let (url, receiver) = receive(&service, &id, &configuration).await.map_err(DemoError::Receiver)?;
        let connection = service.registry.get(&id).await?;
        subscriptions::subscribe(&connection, &url, &configuration.webhook_secret)
            .await
            .map_err(DemoError::Subscribe)?;
        let mut demo = Self {
            scene,
            service,
            clock,
            faults,
            counted: Counted::default(),
            requests_of_people: 0,
            receiver,
        };
        demo.let_time_pass(Duration::ZERO).await;
        Ok(demo)
    }

    /// Plays all returns through, telling of every step, and counts.
    ///
    /// # Errors
    /// When the store fails, or the people cannot do their part.
    pub async fn play(&mut self, mut tell: impl FnMut(&str)) -> Result<Figures, DemoError> {
        let began = SystemClock.now();
        tell("Every RMA is approved; the connector makes the sales credits.");
        self.people_act();
        for rma in &self.scene.rmas {
            self.scene.approve(rma)?;
        }
        self.connector_works().await?;
        tell("The shop refunds; the connector records the payments.");
        self.people_act();
        for rma in &self.scene.rmas {
            self.scene.refund(rma)?;
        }
        self.connector_works().await?;
        tell("The warehouse receives the parcels into quarantine.");
        let before = self.people_act();
        for rma in &self.scene.rmas {
            self.scene.receive(rma).await?;
        }
        self.people_have_acted(before);
        self.connector_works().await?;
        tell("The warehouse restocks; the connector has the RMAs validated.");
        let before = self.people_act();
        for rma in &self.scene.rmas {
            self.scene.restock(rma).await?;
        }
        self.people_have_acted(before);
        self.connector_works().await?;
        self.counted.needs_review = self.sum(|status| status.needs_review).await?;
        self.counted.requests = self.requests();
        self.counted.seconds = SystemClock.now().duration_since(began).as_secs_f64();
        self.receiver.abort();
        Ok(Figures::of(&self.scene, &self.counted))
    }

    /// The two systems.
    pub const fn scene(&self) -> &Scene {
        &self.scene
    }

    /// Requests that the connector has made to Brightpearl.
    fn requests(&self) -> u64 {
        self.scene.brightpearl.requests().total() - self.requests_of_people
    }

    /// It is the people's turn. Gives back how many requests Brightpearl has seen.
    fn people_act(&mut self) -> u64 {
        if let Some(seed) = &mut self.faults {
            *seed = seed.wrapping_add(1);
            self.scene.lose_webhooks(*seed);
        }
        self.scene.brightpearl.requests().total()
    }

    fn people_have_acted(&mut self, requests_before: u64) {
        self.requests_of_people += self.scene.brightpearl.requests().total() - requests_before;
    }

    /// The connector works until webhooks, sweeps and further attempts leave nothing to do.
    async fn connector_works(&mut self) -> Result<(), DemoError> {
        if let Some(seed) = self.faults {
            self.scene.fail(seed);
        }
        // The first look is at what webhooks told; the sweeps have to agree. One that fails finds nothing, so that
        // among faults several have to agree.
        let enough = if self.faults.is_some() { 3 } else { 1 };
        let mut looks_in_vain = 0;
        for look in 0..LOOKS {
            self.webhooks_arrive().await;
            let written = self.work_until_nothing_is_due().await?;
            let waits =
                self.sum(|status| status.pending + status.in_progress + status.waiting_deliveries).await? > 0;
            looks_in_vain = if look > 0 && written == 0 && !waits { looks_in_vain + 1 } else { 0 };
            if looks_in_vain == enough {
                break;
            }
            self.let_time_pass(BETWEEN_SWEEPS).await;
        }
        Ok(())
    }

    /// What is still on its way after a while is left to the sweeps, as what is lost is.
    async fn webhooks_arrive(&self) {
        let settled = async {
            self.scene.returngo.deliveries_settled().await;
            self.scene.brightpearl.deliveries_settled().await;
        };
        if tokio::time::timeout(WEBHOOKS_MAY_TAKE, settled).await.is_err() {
            tracing::debug!("webhooks are still on their way");
        }
    }

    /// How much was written.
    async fn work_until_nothing_is_due(&mut self) -> Result<usize, DemoError> {
        let mut written = 0;
        loop {
            // All that is due is worked on together: first everything that tells of it.
            while self.service.handle_some_webhooks().await? || self.service.take_a_sweep().await? {}
            let leases = self.service.engine.lease(Vec::new()).await?;
            let Some(lease) = leases.first() else { return Ok(written) };
            let connection = self.service.registry.get(&lease.connection).await?;
            written += self.service.engine.work_on(&connection, leases).await?.written;
            self.note_the_last_credit();
        }
    }

    fn note_the_last_credit(&mut self) {
        let credits = self.scene.brightpearl.credits_by_external_ref().len();
        if self.counted.requests_up_to_last_credit == 0 && credits >= self.scene.rmas.len() {
            self.counted.requests_up_to_last_credit = self.requests();
        }
    }

    /// Both systems' clocks go with ours; among faults, one before it and one behind.
    async fn let_time_pass(&mut self, time: Duration) {
        self.clock.sleep(time).await;
        let off = if self.faults.is_some() { SKEW } else { SignedDuration::ZERO };
        self.scene.brightpearl.set_clock(self.clock.now() + off);
        self.scene.returngo.clock().set(Some(self.clock.now() - off));
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
    let (_, never) = watch::channel(false);
    let engine = Engine::new(
        Arc::clone(&store),
        Arc::clone(&clock),
        Arc::clone(&failpoints),
        WorkerId("demo".to_owned()),
        Policy::default(),
        never,
    );
    Ok(Service::new(store, registry, engine, Schedule::default(), clock, failpoints))
}

/// Takes webhooks of the connection on a port of its own.
async fn receive(
    service: &Service,
    id: &ConnectionId,
    configuration: &ConnectionConfiguration,
) -> std::io::Result<(String, JoinHandle<std::io::Result<()>>)> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let url = format!("http://{}", listener.local_addr()?);
    let endpoints = Arc::new(WebhookEndpoints::default());
    let account = configuration.settings.account_id.as_str();
    endpoints.put(id.clone(), account, configuration.webhook_secret.reveal());
    let inbox =
        Inbox::new(Arc::clone(&service.store), Arc::clone(&service.failpoints), Arc::clone(&service.wake));
    let routes = receiver::routes(endpoints, inbox, Arc::clone(&service.clock));
    let routes = routes.into_make_service_with_connect_info::<SocketAddr>();
    Ok((url, tokio::spawn(axum::serve(listener, routes).into_future())))
}
