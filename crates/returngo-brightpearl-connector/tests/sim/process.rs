//! A process of the connector: its parts as actors, over the connector's own steps.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use api_client_core::client::{Clock, Transport};
use jiff::Timestamp;
use returngo_brightpearl::ConnectionSettings;
use returngo_brightpearl_connector::{
    configuration::{BrightpearlAccess, BrightpearlToken, ConnectionConfiguration, ReturngoAccess, Secret},
    connection::Connection,
    engine::{Engine, Policy},
    ledger::{self, ConnectionId, Decision, Delivery, Ledger, Source, WorkerId},
    registry::Registry,
    sweep::Schedule,
    vault::{Vault, VaultKey},
};
use tokio::sync::watch;

use crate::{
    clock::ProcessClock,
    driver::{Actor, Failpoints},
    people::Command,
    shops::{self, Settings},
    sim::Why,
    transport::Network,
    world::{World, lock},
};

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
pub(crate) const SECRET: &str = "a-secret-of-the-simulation";

/// A process that runs.
pub(crate) struct Process {
    pub(crate) number: usize,
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) failpoints: Arc<Failpoints>,
    parts: Arc<Parts>,
    _stop: watch::Sender<bool>,
}

/// What its actors share.
struct Parts {
    world: Arc<World>,
    number: usize,
    ledger: Arc<dyn Ledger>,
    registry: Registry,
    engine: Engine,
    schedule: Schedule,
    clock: Arc<dyn Clock>,
    transport: Arc<dyn Transport>,
    failpoints: Arc<Failpoints>,
    open: Mutex<HashMap<ConnectionId, (String, Arc<Connection>)>>,
    inbox: Mutex<VecDeque<Delivery>>,
    commands: Mutex<VecDeque<Command>>,
}

/// What a connection is made of.
pub(crate) fn configuration(shop: usize, settings: &Settings) -> ConnectionConfiguration {
    ConnectionConfiguration {
        settings: ConnectionSettings::from_json(&settings.json()).unwrap(),
        brightpearl: BrightpearlAccess {
            url: Some("http://brightpearl.sim".to_owned()),
            datacenter: None,
            app_ref: "acmeoutdoors_returns".to_owned(),
            dev_ref: None,
            token: BrightpearlToken::Token(Secret::new("mock-account-token")),
        },
        returngo: ReturngoAccess {
            url: Some(format!("http://shop-{shop}.sim")),
            api_key: Secret::new(shops::api_key(shop)),
            shop: shops::shop_name(shop),
            calls_a_day: Some(1_000_000),
        },
        webhook_secret: Secret::new(SECRET),
    }
}

/// A registry over this ledger, whose connections are not opened.
pub(crate) async fn registry(ledger: &Arc<dyn Ledger>, clock: Arc<dyn Clock>) -> Registry {
    let vault = Vault::open(&KEY.parse::<VaultKey>().unwrap(), &**ledger).await.unwrap();
    Registry::new(Arc::clone(ledger), vault, clock)
}

/// Starts a process on this database.
pub(crate) async fn start(
    world: &Arc<World>,
    number: usize,
    life: u32,
    database: &str,
    ahead: &Arc<AtomicI64>,
) -> (Process, Vec<Actor>) {
    let ledger = ledger::open(database).await.unwrap();
    let clock: Arc<dyn Clock> = ProcessClock::new(&world.sim, ahead, Why::Work);
    let registry = registry(&ledger, Arc::clone(&clock)).await;
    let failpoints: Arc<Failpoints> = Arc::default();
    let (stop, stopped) = watch::channel(false);
    let policy = Policy { batch: world.setup.batch, ..Policy::default() };
    let worker = WorkerId(format!("process {number}, life {life}"));
    let engine = Engine::new(
        Arc::clone(&ledger),
        Arc::clone(&clock),
        Arc::clone(&failpoints) as _,
        worker,
        policy,
        stopped,
    );
    let every = world.setup.sweeps_every;
    let schedule = Schedule { brightpearl: every, returngo: every, ..Schedule::default() };
    let parts = Arc::new(Parts {
        world: Arc::clone(world),
        number,
        ledger: Arc::clone(&ledger),
        registry,
        engine,
        schedule,
        clock,
        transport: Network::new(world, number),
        failpoints: Arc::clone(&failpoints),
        open: Mutex::default(),
        inbox: Mutex::default(),
        commands: Mutex::default(),
    });
    let mut actors = vec![
        Actor::new(number, "receive", Arc::clone(&parts).receive()),
        Actor::new(number, "handle", Arc::clone(&parts).handle()),
        Actor::new(number, "sweep", Arc::clone(&parts).sweep()),
        Actor::new(number, "command", Arc::clone(&parts).obey()),
    ];
    for _ in 0..world.setup.workers {
        actors.push(Actor::new(number, "work", Arc::clone(&parts).work()));
    }
    (Process { number, ledger, failpoints, parts, _stop: stop }, actors)
}

impl Process {
    /// A webhook comes in.
    pub(crate) fn take_in(&self, path: &str, body: String) {
        let mut segments = path.split('/').skip(2);
        let source = match segments.next() {
            Some("brightpearl") => Source::Brightpearl,
            _ => Source::Returngo,
        };
        let connection = segments.next().unwrap_or_default().parse().unwrap();
        let received_at = self.parts.clock.now();
        lock(&self.parts.inbox).push_back(Delivery { connection, source, body, received_at });
        self.parts.world.sim.ring((self.number, "receive"));
    }

    pub(crate) fn command(&self, command: Command) {
        lock(&self.parts.commands).push_back(command);
        self.parts.world.sim.ring((self.number, "command"));
    }
}

impl Parts {
    async fn idle(&self, name: &'static str, time: Duration) {
        self.world.sim.wait(time, Why::Idle((self.number, name))).await;
    }

    fn ring(&self, name: &'static str) {
        for process in 0..self.world.setup.processes {
            self.world.sim.ring((process, name));
        }
    }

    fn tell(&self, what: impl std::fmt::Display) {
        self.world.tell(format_args!("p{} {what}", self.number));
    }

    async fn receive(self: Arc<Self>) {
        loop {
            let deliveries: Vec<Delivery> = lock(&self.inbox).drain(..).collect();
            if deliveries.is_empty() {
                self.idle("receive", Duration::from_secs(24 * 3600)).await;
                continue;
            }
            if let Err(error) = self.ledger.receive(&deliveries).await {
                self.tell(format_args!("webhooks not stored: {error}"));
            }
            self.ring("handle");
        }
    }

    async fn connection(&self, id: &ConnectionId) -> Option<(Arc<Connection>, ConnectionConfiguration)> {
        let configuration = self.registry.configuration(id).await.ok()?;
        let text = serde_json::to_string(&configuration).unwrap();
        let known = lock(&self.open).get(id).filter(|(of, _)| *of == text).cloned();
        if let Some((_, connection)) = known {
            return Some((connection, configuration));
        }
        let opened = configuration.open(id.clone(), Arc::clone(&self.clock), &self.transport).unwrap();
        let opened = Arc::new(opened);
        lock(&self.open).insert(id.clone(), (text, Arc::clone(&opened)));
        Some((opened, configuration))
    }

    async fn handle(self: Arc<Self>) {
        loop {
            let waiting = self.ledger.waiting_deliveries(500, &[]).await.unwrap_or_default();
            let Some(first) = waiting.first() else {
                self.idle("handle", Duration::from_secs(1800)).await;
                continue;
            };
            let Some((connection, _)) = self.connection(&first.delivery.connection).await else {
                self.idle("handle", Duration::from_secs(60)).await;
                continue;
            };
            let now = self.clock.now();
            match connection.handle(&waiting, &*self.ledger, &*self.failpoints, now).await {
                Ok(_) => self.ring("work"),
                Err(error) => {
                    self.tell(format_args!("webhooks wait: {error}"));
                    self.idle("handle", Duration::from_secs(30)).await;
                }
            }
        }
    }

    async fn sweep(self: Arc<Self>) {
        let longest = self.world.setup.sweeps_every / 3;
        let mut pause = Duration::from_secs(60);
        loop {
            let now = self.clock.now();
            let again_at = now.saturating_add(self.schedule.longest).unwrap_or(Timestamp::MAX);
            let Ok(Some(turn)) = self.ledger.take_sweep(now, again_at).await else {
                self.idle("sweep", pause).await;
                pause = (pause * 2).min(longest);
                continue;
            };
            pause = Duration::from_secs(60);
            let Some((connection, configuration)) = self.connection(&turn.connection).await else { continue };
            let swept = connection
                .sweep(&turn, &configuration, &self.schedule, &*self.ledger, &*self.failpoints)
                .await;
            match swept {
                Ok(swept) => {
                    self.tell(format_args!(
                        "swept {} of {}: {swept:?}",
                        turn.sweep.as_str(),
                        turn.connection
                    ));
                    if swept.due > 0 {
                        self.ring("work");
                    }
                }
                Err(error) => self.tell(format_args!("not swept: {error}")),
            }
        }
    }

    async fn work(self: Arc<Self>) {
        let mut pause = Duration::from_secs(5);
        loop {
            let claims = match self.engine.claim(Vec::new()).await {
                Ok(claims) => claims,
                Err(error) => {
                    self.tell(format_args!("nothing claimed: {error}"));
                    Vec::new()
                }
            };
            let Some(id) = claims.first().map(|claim| claim.connection.clone()) else {
                self.idle("work", pause).await;
                pause = (pause * 2).min(Duration::from_secs(900));
                continue;
            };
            pause = Duration::from_secs(5);
            let rmas: Vec<String> = claims.iter().map(|claim| claim.rma.to_string()).collect();
            self.tell(format_args!("works on {} of {id}", rmas.join(", ")));
            let worked = match self.connection(&id).await {
                Some((connection, _)) => self.engine.work_on(&connection, claims).await,
                None => self.engine.put_off(claims, "it does not open").await,
            };
            match worked {
                Ok(worked) => self.tell(format_args!("worked: {worked:?}")),
                Err(error) => self.tell(format_args!("not worked: {error}")),
            }
        }
    }

    async fn obey(self: Arc<Self>) {
        loop {
            let command = lock(&self.commands).pop_front();
            match command {
                None => self.idle("command", Duration::from_secs(24 * 3600)).await,
                Some(Command::Resolve(place)) => self.resolve(place).await,
                Some(Command::Retry(place)) => self.retry(place).await,
                Some(Command::Configure(place)) => self.configure(place).await,
            }
            self.ring("work");
        }
    }

    async fn resolve(&self, place: usize) {
        let id: ConnectionId = self.world.setup.connections[place].id.parse().unwrap();
        let open = self.ledger.reviews(Some(&id)).await.unwrap_or_default();
        let Some(item) = self.world.sim.pick(&open) else { return };
        let decision = self.decision(item.connection.clone(), item.rma.clone());
        if self.ledger.put_aside(&decision, self.clock.now()).await.is_ok_and(|done| done) {
            let codes: Vec<String> = item.reviews.iter().map(|review| review.code.to_string()).collect();
            self.tell(format_args!("person: settles {} of RMA {}", codes.join(", "), item.rma));
            self.world.auditor().settled(item, self.world.sim.elapsed());
        }
    }

    async fn retry(&self, place: usize) {
        let id: ConnectionId = self.world.setup.connections[place].id.parse().unwrap();
        let open = self.ledger.reviews(Some(&id)).await.unwrap_or_default();
        let Some(item) = self.world.sim.pick(&open) else { return };
        let decision = self.decision(item.connection.clone(), item.rma.clone());
        if self.ledger.begin_again(&decision, self.clock.now()).await.is_ok_and(|done| done) {
            self.tell(format_args!("person: asks for another attempt at RMA {}", item.rma));
            self.world.auditor().tried_again(&item.rma);
        }
    }

    async fn configure(&self, place: usize) {
        let connected = &self.world.setup.connections[place];
        let settings = Settings { adjustments: true, ..connected.settings };
        let configuration = configuration(connected.shop, &settings);
        let id = connected.id.parse().unwrap();
        match self.registry.put(&id, &configuration).await {
            Ok(()) => self.tell(format_args!("person: configures adjustments of {id}")),
            Err(error) => self.tell(format_args!("person: cannot configure {id}: {error}")),
        }
    }

    fn decision(&self, connection: ConnectionId, rma: returngo::RmaId) -> Decision {
        Decision { connection, rma, by: "the simulation".to_owned(), note: None }
    }
}

/// Sets the clock of a process.
pub(crate) fn set_clock(ahead: &AtomicI64, milliseconds: i64) {
    ahead.store(milliseconds, Ordering::Relaxed);
}
