//! The service as it runs: none of its connections keeps another waiting, and it stops without leaving anything
//! behind.

use std::{sync::Arc, time::Duration};

use api_client_core::client::{Clock, SystemClock};
use api_mock_core::{Fault, FaultKind};
use jiff::SignedDuration;
use returngo_brightpearl_connector::{
    engine::{Engine, Policy},
    failpoints::NoFailpoints,
    registry::Registry,
    service::Service,
    store::{
        self, ConnectionId, Delivery, Encrypted, JobState, LeaseRequest, Source, Store, StoredConnection,
        SweepName, WorkerId,
    },
    sweep::Schedule,
    tasks::{Supervisor, UnexpectedExit},
    vault::{Vault, VaultKey},
};
use returngo_brightpearl_demo::Scenario;
use tokio::{sync::watch, task::JoinHandle};

use crate::{store::databases::Database, support::Shop};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webhooks_of_a_broken_connection_delay_nobody_elses() {
    let shop = Shop::open(3).await;
    let store = &shop.service.store;
    let broken: ConnectionId = "aaa-broken".parse().unwrap();
    let stored = StoredConnection { id: broken.clone(), configuration: Encrypted(vec![1, 2, 3]) };
    store.put_connection(&stored, shop.time.now()).await.unwrap();
    let body = r#"{"rmaId":"1"}"#.to_owned();
    let received_at = shop.time.now();
    let theirs = Delivery { connection: broken.clone(), source: Source::Returngo, body, received_at };
    for rma in &shop.scene.rmas {
        store.receive(std::slice::from_ref(&theirs)).await.unwrap();
        shop.hear_of(rma).await;
        while shop.service.process_next_webhooks().await.unwrap() {}
        assert_eq!(shop.item(rma).await.state, JobState::Pending);
    }
    let waiting = async || {
        let status = store.status().await.unwrap();
        status.iter().find(|status| status.connection == broken).unwrap().waiting_deliveries
    };
    assert_eq!(waiting().await, 1);

    let mut mended = shop.scene.configuration().unwrap();
    mended.returngo.shop = "another-shop.example".to_owned();
    shop.service.registry.put(&broken, &mended).await.unwrap();
    assert!(!shop.service.process_next_webhooks().await.unwrap(), "it is left alone for a while");
    shop.pass(SignedDuration::from_mins(5)).await;
    assert!(shop.service.process_next_webhooks().await.unwrap());
    assert_eq!(waiting().await, 0);
}

/// A service that runs in real time, against scenes.
struct Running {
    store: Arc<Store>,
    registry: Arc<Registry>,
    stop: watch::Sender<bool>,
    ended: JoinHandle<Result<(), UnexpectedExit>>,
    service: Arc<Service>,
    _database: Database,
}

impl Running {
    /// Connected with these scenes, of which the first has the shop that it says.
    async fn with(connections: &[(&str, &Scenario)]) -> Self {
        let database = Database::sqlite();
        let store = store::open(&database.url).await.unwrap();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let vault = Vault::open(&VaultKey::generate().unwrap(), &store).await.unwrap();
        let registry = Arc::new(Registry::new(Arc::clone(&store), vault, Arc::clone(&clock)));
        for (number, (id, scene)) in connections.iter().enumerate() {
            let mut configuration = scene.configuration().unwrap();
            // All mocks have the same account and shop, between which there is one connection.
            if number > 0 {
                configuration.returngo.shop = format!("{id}.example");
            }
            registry.put(&id.parse().unwrap(), &configuration).await.unwrap();
        }
        let (stop, stopped) = watch::channel(false);
        let policy = Policy { grace: Duration::from_millis(100), ..Policy::default() };
        let worker = WorkerId("worker".to_owned());
        let engine = Engine::new(
            Arc::clone(&store),
            Arc::clone(&clock),
            Arc::new(NoFailpoints),
            worker,
            policy,
            stopped.clone(),
        );
        let (schedule, failpoints) = (Schedule::default(), Arc::new(NoFailpoints));
        let service =
            Service::new(Arc::clone(&store), Arc::clone(&registry), engine, schedule, clock, failpoints);
        let service = Arc::new(service);
        let mut parts = Supervisor::new(stop.clone());
        service.start(&mut parts);
        let ended = tokio::spawn(parts.run());
        Self { store, registry, stop, ended, service, _database: database }
    }

    async fn hear_of_all(&self, connection: &str, scene: &Scenario) {
        let delivery = |rma| Delivery {
            connection: connection.parse().unwrap(),
            source: Source::Returngo,
            body: format!(r#"{{"rmaId":"{rma}"}}"#),
            received_at: SystemClock.now(),
        };
        let deliveries: Vec<Delivery> = scene.rmas.iter().map(delivery).collect();
        self.store.receive(&deliveries).await.unwrap();
        self.service.notifier.notify();
    }

    /// Stops; what it left behind can be claimed by another process at once.
    async fn stop_and_take_over(self) -> usize {
        self.stop.send(true).unwrap();
        within(Duration::from_secs(10), async { self.ended.await.unwrap().unwrap() }).await;
        let status = self.store.status().await.unwrap();
        assert_eq!(status.iter().map(|status| status.in_progress).sum::<u64>(), 0, "{status:?}");
        let request = LeaseRequest {
            worker: WorkerId("another".to_owned()),
            limit: 100,
            // Writes whose answer nobody waited for are looked up after the first wait.
            now: SystemClock.now() + SignedDuration::from_secs(60),
            only: None,
            except: Vec::new(),
        };
        self.store.lease(&request).await.unwrap().len()
    }
}

async fn within<T>(limit: Duration, what: impl Future<Output = T>) -> T {
    tokio::time::timeout(limit, what).await.expect("it takes too long")
}

async fn until(mut holds: impl AsyncFnMut() -> bool) {
    within(Duration::from_secs(30), async {
        while !holds().await {
            SystemClock.sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
}

/// Longer than any test waits.
const NEVER: FaultKind = FaultKind::Delay(Duration::from_secs(300));

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_whose_systems_hang_delays_nobody() {
    let (hanging, healthy) = (Scenario::start(2).await.unwrap(), Scenario::start(2).await.unwrap());
    for faults in [hanging.brightpearl.faults(), hanging.returngo.faults()] {
        faults.add(Fault::on_any(NEVER).times(1000));
    }
    let running = Running::with(&[("zzz-healthy", &healthy), ("aaa-hanging", &hanging)]).await;
    running.hear_of_all("aaa-hanging", &hanging).await;
    until(async || hanging.returngo.requests().total() > 0).await;
    for rma in &healthy.rmas {
        healthy.approve(rma).unwrap();
    }
    running.hear_of_all("zzz-healthy", &healthy).await;
    until(async || healthy.brightpearl.credits_by_external_ref().len() == 2).await;
    let first = healthy.rmas[0].clone();
    let in_sync = async || {
        let item = running.store.work(&"zzz-healthy".parse().unwrap(), &first).await.unwrap();
        item.is_some_and(|item| item.state == JobState::InSync)
    };
    until(in_sync).await;
    assert!(running.registry.get(&"aaa-hanging".parse().unwrap()).await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_while_both_systems_are_read_releases_everything() {
    let scene = Scenario::start(4).await.unwrap();
    scene.brightpearl.faults().add(Fault::on_any(NEVER).times(1000));
    let running = Running::with(&[("acme", &scene)]).await;
    let store = Arc::clone(&running.store);
    running.hear_of_all("acme", &scene).await;
    let leased = async || store.status().await.unwrap()[0].in_progress == 4;
    until(leased).await;
    until(async || scene.brightpearl.requests().total() >= 2).await;
    assert_eq!(running.stop_and_take_over().await, 4);
    let (now, mut due_at_once) = (SystemClock.now(), Vec::new());
    while let Some(turn) = store.take_sweep(now, now + SignedDuration::from_mins(30)).await.unwrap() {
        due_at_once.push(turn.sweep);
    }
    assert!(due_at_once.contains(&SweepName::Brightpearl), "{due_at_once:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_while_something_is_written_leaves_no_claim() {
    let scene = Scenario::start(4).await.unwrap();
    for rma in &scene.rmas {
        scene.approve(rma).unwrap();
    }
    scene.brightpearl.faults().add(Fault::on("post-multi-message", NEVER).times(1000));
    let running = Running::with(&[("acme", &scene)]).await;
    running.hear_of_all("acme", &scene).await;
    until(async || scene.brightpearl.requests().of("post-multi-message") > 0).await;
    assert_eq!(running.stop_and_take_over().await, 4);
}
