//! A process of the connector: its parts as actors, over the connector's own steps.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, atomic::AtomicI64},
    time::Duration,
};

use api_client_core::client::Clock;
use returngo_brightpearl_connector::{
    configuration::{BrightpearlAccess, BrightpearlToken, ConnectionConfiguration, ReturngoAccess, Secret},
    engine::{Engine, Policy},
    heartbeat::Heartbeat,
    registry::Registry,
    service::Service,
    store::{self, Answer, ConnectionId, Decided, Delivery, RmaAction, Source, Store},
    sweep::Schedule,
    vault::{Vault, VaultKey},
};
use returngo_brightpearl_mapping::{Choice, ConnectionSettings};
use tokio::sync::watch;

use crate::{
    clock::ProcessClock,
    driver::{Actor, Countdown},
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
    pub(crate) store: Arc<Store>,
    pub(crate) failpoints: Arc<Countdown>,
    parts: Arc<Supervisor>,
    _stop: watch::Sender<bool>,
}

/// What its actors share.
struct Supervisor {
    world: Arc<World>,
    number: usize,
    store: Arc<Store>,
    service: Service,
    heartbeat: Arc<Heartbeat>,
    clock: Arc<dyn Clock>,
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
            calls_a_day: None,
        },
        webhook_secret: Secret::new(SECRET),
        synchronise_from: None,
    }
}

/// A registry over this store, whose connections are not opened.
pub(crate) async fn registry(store: &Arc<Store>, clock: Arc<dyn Clock>) -> Registry {
    let vault = Vault::open(&KEY.parse::<VaultKey>().unwrap(), store).await.unwrap();
    Registry::new(Arc::clone(store), vault, clock)
}

/// Starts a process on this database.
pub(crate) async fn start(
    world: &Arc<World>,
    number: usize,
    name: &str,
    database: &str,
    ahead: &Arc<AtomicI64>,
) -> (Process, Vec<Actor>) {
    let store = store::open(database).await.unwrap();
    let clock: Arc<dyn Clock> = ProcessClock::new(&world.sim, ahead, Why::Work);
    let reporting = ProcessClock::new(&world.sim, ahead, Why::Report);
    let heartbeat = Arc::new(Heartbeat::register(Arc::clone(&store), reporting, name).await.unwrap());
    let registry = registry(&store, Arc::clone(&clock)).await.with_transport(Network::new(world, number));
    let failpoints: Arc<Countdown> = Arc::default();
    let (stop, stopped) = watch::channel(false);
    let engine = Engine::new(
        Arc::clone(&store),
        Arc::clone(&clock),
        Arc::clone(&failpoints) as _,
        heartbeat.worker().clone(),
        Policy { batch: world.setup.batch, ..Policy::default() },
        stopped.clone(),
    );
    let schedule = Schedule {
        brightpearl: world.setup.brightpearl_swept_every,
        returngo: world.setup.returngo_swept_every,
        ..Schedule::default()
    };
    let service = Service::new(
        Arc::clone(&store),
        Arc::new(registry),
        engine.with_heartbeat(Arc::clone(&heartbeat)),
        schedule,
        Arc::clone(&clock),
        Arc::clone(&failpoints) as _,
    );
    let parts = Arc::new(Supervisor {
        world: Arc::clone(world),
        number,
        store: Arc::clone(&store),
        service,
        heartbeat: Arc::clone(&heartbeat),
        clock,
        inbox: Mutex::default(),
        commands: Mutex::default(),
    });
    let mut actors = vec![
        Actor::new(number, "report", Arc::clone(&parts).report(stopped)),
        Actor::new(number, "receive", Arc::clone(&parts).receive()),
        Actor::new(number, "handle", Arc::clone(&parts).handle()),
        Actor::new(number, "sweep", Arc::clone(&parts).sweep()),
        Actor::new(number, "command", Arc::clone(&parts).obey()),
    ];
    for _ in 0..world.setup.workers {
        actors.push(Actor::new(number, "work", Arc::clone(&parts).work()));
    }
    (Process { number, store, failpoints, parts, _stop: stop }, actors)
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
        self.parts.world.sim.refresh((self.number, "receive"));
    }

    pub(crate) fn command(&self, command: Command) {
        lock(&self.parts.commands).push_back(command);
        self.parts.world.sim.refresh((self.number, "command"));
    }
}

impl Supervisor {
    async fn idle(&self, name: &'static str, time: Duration) {
        self.world.sim.wait(time, Why::Idle((self.number, name))).await;
    }

    fn refresh(&self, name: &'static str) {
        for process in 0..self.world.setup.processes {
            self.world.sim.refresh((process, name));
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
            if let Err(error) = self.store.receive(&deliveries).await {
                self.tell(format_args!("webhooks not stored: {error}"));
            }
            self.refresh("handle");
        }
    }

    async fn report(self: Arc<Self>, stop: watch::Receiver<bool>) {
        if let Err(error) = self.heartbeat.run(stop).await {
            self.tell(error);
        }
    }

    async fn handle(self: Arc<Self>) {
        loop {
            match self.service.process_next_webhooks().await {
                Ok(true) => self.refresh("work"),
                Ok(false) => self.idle("handle", Duration::from_secs(3600)).await,
                Err(error) => {
                    self.tell(format_args!("webhooks not handled: {error}"));
                    self.idle("handle", Duration::from_secs(5)).await;
                }
            }
        }
    }

    async fn sweep(self: Arc<Self>) {
        let longest = Duration::from_secs(600);
        let mut pause = Duration::from_secs(60);
        loop {
            match self.service.take_next_sweep().await {
                Ok(true) => {
                    pause = Duration::from_secs(60);
                    self.refresh("work");
                }
                Ok(false) => {
                    self.idle("sweep", pause).await;
                    pause = (pause * 2).min(longest);
                }
                Err(error) => {
                    self.tell(format_args!("no sweep taken: {error}"));
                    self.idle("sweep", Duration::from_secs(60)).await;
                }
            }
        }
    }

    async fn work(self: Arc<Self>) {
        let mut pause = Duration::from_secs(5);
        loop {
            let leases = match self.service.engine.lease(Vec::new()).await {
                Ok(leases) => leases,
                Err(error) => {
                    self.tell(format_args!("nothing claimed: {error}"));
                    Vec::new()
                }
            };
            let Some(id) = leases.first().map(|lease| lease.connection.clone()) else {
                self.idle("work", pause).await;
                pause = (pause * 2).min(Duration::from_secs(1200));
                continue;
            };
            pause = Duration::from_secs(5);
            let rmas: Vec<String> = leases.iter().map(|lease| lease.rma.to_string()).collect();
            self.tell(format_args!("works on {} of {id}", rmas.join(", ")));
            let worked = match self.service.registry.get(&id).await {
                Ok(connection) => self.service.engine.work_on(&connection, leases).await,
                Err(error) => self.service.engine.put_off(leases, &error.to_string()).await,
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
                Some(Command::Decide(place)) => self.decide(place).await,
                Some(Command::Lift(place)) => self.lift(place).await,
                Some(Command::Retry(place)) => self.retry(place).await,
                Some(Command::Configure(place)) => self.configure(place).await,
            }
            self.refresh("work");
        }
    }

    async fn resolve(&self, place: usize) {
        let id: ConnectionId = self.world.setup.connections[place].id.parse().unwrap();
        let open = self.store.reviews(Some(&id)).await.unwrap_or_default();
        let Some(item) = self.world.sim.pick(&open) else { return };
        let decision = self.decision(item.connection.clone(), item.rma.clone());
        if self.store.resolve_reviews(&decision, self.clock.now()).await.is_ok_and(|done| done) {
            let codes: Vec<String> = item.reviews.iter().map(|review| review.code.to_string()).collect();
            self.tell(format_args!("person: settles {} of RMA {}", codes.join(", "), item.rma));
            self.world.happened("a person settles a review");
            self.world.auditor().settled(item, self.world.sim.elapsed());
        }
    }

    /// Somebody answers a review, with whatever it offers.
    async fn decide(&self, place: usize) {
        let id: ConnectionId = self.world.setup.connections[place].id.parse().unwrap();
        let open = self.store.reviews(Some(&id)).await.unwrap_or_default();
        let Some(item) = self.world.sim.pick(&open) else { return };
        let Some(review) = self.world.sim.pick(&item.reviews) else { return };
        let offered: Vec<_> = review.choices.iter().filter(|choice| choice.id != Choice::SETTLED).collect();
        let Some(choice) = self.world.sim.pick(&offered) else { return };
        let Some(choice) = self.world.type_in(&item.rma, choice) else { return };
        let answer = Answer { review: review.id.clone(), digest: review.digest.clone(), choice };
        let action = self.decision(item.connection.clone(), item.rma.clone());
        let decided = self.store.decide(&action, &answer, self.clock.now()).await;
        if matches!(decided, Ok(Decided::Yes)) {
            let Answer { review: id, choice, .. } = &answer;
            self.tell(format_args!("person: answers {id} of RMA {}: {choice}", item.rma));
            let kind = choice.split_once(':').map_or(choice.as_str(), |(kind, _)| kind);
            self.world.happened(format!("{} is answered: {kind}", review.code));
            self.world.auditor().answered(&item.rma, review, choice, self.world.sim.elapsed());
        }
    }

    /// Somebody thinks again about what was settled.
    async fn lift(&self, place: usize) {
        let id: ConnectionId = self.world.setup.connections[place].id.parse().unwrap();
        let settled = self.world.auditor().settled_rmas();
        for rma in settled {
            let decision = self.decision(id.clone(), rma.clone());
            if self.store.reopen(&decision, self.clock.now()).await.is_ok_and(|done| done) {
                self.tell(format_args!("person: reopens RMA {rma}"));
                self.world.auditor().lifted(&rma);
            }
        }
    }

    async fn retry(&self, place: usize) {
        let id: ConnectionId = self.world.setup.connections[place].id.parse().unwrap();
        let open = self.store.reviews(Some(&id)).await.unwrap_or_default();
        let Some(item) = self.world.sim.pick(&open) else { return };
        let decision = self.decision(item.connection.clone(), item.rma.clone());
        if self.store.retry(&decision, self.clock.now()).await.is_ok_and(|done| done) {
            self.tell(format_args!("person: asks for another attempt at RMA {}", item.rma));
            self.world.auditor().tried_again(&item.rma);
        }
    }

    async fn configure(&self, place: usize) {
        let connected = &self.world.setup.connections[place];
        let settings = Settings { adjustments: true, ..connected.settings };
        let configuration = configuration(connected.shop, &settings);
        let id = connected.id.parse().unwrap();
        match self.service.registry.put(&id, &configuration).await {
            Ok(()) => self.tell(format_args!("person: configures adjustments of {id}")),
            Err(error) => self.tell(format_args!("person: cannot configure {id}: {error}")),
        }
    }

    fn decision(&self, connection: ConnectionId, rma: returngo::RmaId) -> RmaAction {
        RmaAction { connection, rma, by: store::Actor::command_line("the simulation"), note: None }
    }
}
