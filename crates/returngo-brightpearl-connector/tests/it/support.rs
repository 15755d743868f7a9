//! The connector put together for a test, on a time that passes when it is told to.

use std::sync::Arc;

use api_client_core::client::{Clock, SkippingClock};
use jiff::{SignedDuration, Timestamp};
use returngo::RmaId;
use returngo_brightpearl_connector::{
    engine::{Engine, Policy},
    failpoints::{Failpoints, NoFailpoints},
    registry::Registry,
    service::Service,
    store::{self, AuditEvent, ConnectionId, Delivery, Job, Source, Store, WorkerId},
    sweep::Schedule,
    vault::{Vault, VaultKey},
};
use returngo_brightpearl_demo::Scenario;
use tokio::sync::watch;

use crate::store::databases::Database;

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// A time that stands still, but for what somebody waits.
#[derive(Debug, Clone)]
pub(crate) struct Time(SkippingClock);

impl Time {
    pub(crate) fn at(now: Timestamp) -> Self {
        Self(SkippingClock::at(now))
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.now()
    }

    pub(crate) async fn pass(&self, by: SignedDuration) {
        self.0.sleep(by.unsigned_abs()).await;
    }

    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(self.0.clone())
    }
}

pub(crate) async fn service(
    store: Arc<Store>,
    time: &Time,
    worker: &str,
    failpoints: Arc<dyn Failpoints>,
    policy: Policy,
) -> Service {
    let clock = time.clock();
    let vault = Vault::open(&KEY.parse::<VaultKey>().unwrap(), &store).await.unwrap();
    let registry = Arc::new(Registry::new(Arc::clone(&store), vault, Arc::clone(&clock)));
    let (_, never) = watch::channel(false);
    let worker = WorkerId(worker.to_owned());
    let engine =
        Engine::new(Arc::clone(&store), Arc::clone(&clock), Arc::clone(&failpoints), worker, policy, never);
    Service::new(store, registry, engine, Schedule::default(), clock, failpoints)
}

/// Handles webhooks, takes sweeps and works, until there is nothing to do at this time.
pub(crate) async fn work_until_nothing_is_due(service: &Service) {
    loop {
        while service.process_next_webhooks().await.unwrap() || service.take_next_sweep().await.unwrap() {}
        let leases = service.engine.lease(Vec::new()).await.unwrap();
        let Some(lease) = leases.first() else { return };
        let connection = service.registry.get(&lease.connection).await.unwrap();
        service.engine.work_on(&connection, leases).await.unwrap();
    }
}

/// A scene and a connector that is connected with it. Both systems' clocks go with the connector's.
pub(crate) struct Shop {
    pub(crate) scene: Scenario,
    pub(crate) service: Service,
    pub(crate) connection: ConnectionId,
    pub(crate) time: Time,
    pub(crate) database: Database,
}

impl Shop {
    pub(crate) async fn open(rmas: u64) -> Self {
        Self::with(Policy::default(), rmas).await
    }

    pub(crate) async fn with(policy: Policy, rmas: u64) -> Self {
        Self::on(Database::sqlite(), policy, rmas).await
    }

    pub(crate) async fn on(database: Database, policy: Policy, rmas: u64) -> Self {
        let scene = Scenario::start(rmas).await.unwrap();
        let store = store::open(&database.url).await.unwrap();
        let time = Time::at("2026-05-09T10:15:20Z".parse().unwrap());
        let service = service(store, &time, "worker", Arc::new(NoFailpoints), policy).await;
        let connection: ConnectionId = "acmeoutdoors".parse().unwrap();
        service.registry.put(&connection, &scene.configuration().unwrap()).await.unwrap();
        let shop = Self { scene, service, connection, time, database };
        shop.pass(SignedDuration::ZERO).await;
        shop
    }

    pub(crate) async fn pass(&self, time: SignedDuration) {
        self.time.pass(time).await;
        self.scene.brightpearl.set_clock(self.time.now());
        self.scene.returngo.clock().set(Some(self.time.now()));
    }

    pub(crate) async fn work(&self) {
        work_until_nothing_is_due(&self.service).await;
    }

    /// A webhook is in the inbox.
    pub(crate) async fn hear(&self, source: Source, body: String) {
        let (connection, received_at) = (self.connection.clone(), self.time.now());
        let delivery = Delivery { connection, source, body, received_at };
        self.service.store.receive(&[delivery]).await.unwrap();
    }

    /// ReturnGO tells that something happened to an RMA.
    pub(crate) async fn hear_of(&self, rma: &RmaId) {
        let body = format!(r#"{{"eventName":"RMA_STATUS_UPDATED","rmaId":"{rma}"}}"#);
        self.hear(Source::Returngo, body).await;
    }

    pub(crate) async fn item(&self, rma: &RmaId) -> Job {
        self.service.store.work(&self.connection, rma).await.unwrap().unwrap()
    }

    /// How often an RMA was marked as due, all RMAs together.
    pub(crate) async fn enqueued(&self) -> usize {
        let mut enqueued = 0;
        for rma in &self.scene.rmas {
            let audit = self.service.store.audit(&self.connection, rma).await.unwrap();
            enqueued += audit.iter().filter(|entry| entry.event == AuditEvent::Queued).count();
        }
        enqueued
    }

    /// Requests to both systems since the mocks started: Brightpearl's all, of ReturnGO the RMAs that were read.
    pub(crate) fn requests(&self) -> (u64, u64) {
        (self.scene.brightpearl.requests().total(), self.scene.returngo.requests().of("GET /rma/{id}"))
    }
}
