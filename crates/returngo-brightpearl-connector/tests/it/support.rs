//! The connector put together for a test, on a time that passes when it is told to.

use std::sync::Arc;

use api_client_core::client::{Clock, SkippingClock};
use jiff::{SignedDuration, Timestamp};
use returngo_brightpearl_connector::{
    engine::{Engine, Policy},
    ledger::{Ledger, WorkerId},
    probe::Probe,
    registry::Registry,
    service::Service,
    sweep::Schedule,
    vault::{Vault, VaultKey},
};
use tokio::sync::{Notify, watch};

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
}

pub(crate) async fn service(
    ledger: Arc<dyn Ledger>,
    time: &Time,
    worker: &str,
    probe: Arc<dyn Probe>,
    policy: Policy,
) -> Service {
    let clock: Arc<dyn Clock> = Arc::new(time.0.clone());
    let vault = Vault::open(&KEY.parse::<VaultKey>().unwrap(), &*ledger).await.unwrap();
    let registry = Arc::new(Registry::new(Arc::clone(&ledger), vault, Arc::clone(&clock)));
    let (_, never) = watch::channel(false);
    let worker = WorkerId(worker.to_owned());
    let engine =
        Engine::new(Arc::clone(&ledger), Arc::clone(&clock), Arc::clone(&probe), worker, policy, never);
    Service {
        ledger,
        registry,
        engine,
        schedule: Schedule::default(),
        clock,
        probe,
        wake: Arc::new(Notify::new()),
    }
}

/// Handles webhooks, takes sweeps and works, until there is nothing to do at this time.
pub(crate) async fn work_until_nothing_is_due(service: &Service) {
    loop {
        let mut busy = service.handle_some_webhooks().await.unwrap();
        busy |= service.take_a_sweep().await.unwrap();
        let claims = service.engine.claim(Vec::new()).await.unwrap();
        if let Some(claim) = claims.first() {
            let connection = service.registry.get(&claim.connection).await.unwrap();
            service.engine.work_on(&connection, claims).await.unwrap();
            busy = true;
        }
        if !busy {
            return;
        }
    }
}
