//! A process a part of which is missing does not go on as if it were whole.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use api_client_core::client::{Clock, SystemClock};
use async_trait::async_trait;
use jiff::Timestamp;
use returngo_brightpearl_connector::{
    engine::{Engine, Policy},
    failpoints::{Failpoint, Failpoints, NoFailpoints},
    receiver::Inbox,
    registry::Registry,
    service::Service,
    store::{self, Delivery, Source, WorkerId},
    sweep::Schedule,
    tasks::Supervisor,
    vault::{Vault, VaultKey},
};
use tokio::sync::watch;

use crate::store::databases::Database;

/// Breaks whoever waits for it, once it is broken itself.
#[derive(Debug, Default)]
struct Breaking(AtomicBool);

#[async_trait]
impl Clock for Breaking {
    fn now(&self) -> Timestamp {
        SystemClock.now()
    }

    async fn sleep(&self, duration: Duration) {
        assert!(!self.0.load(Ordering::SeqCst), "the clock is broken");
        SystemClock.sleep(duration.min(Duration::from_millis(10))).await;
    }
}

impl Failpoints for Breaking {
    fn reached(&self, point: Failpoint) {
        assert_ne!(point, Failpoint::DeliveriesStored, "this is where it breaks");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_loop_that_breaks_stops_the_others_and_says_which_it_was() {
    let database = Database::sqlite();
    let store = store::open(&database.url).await.unwrap();
    let breaking = Arc::new(Breaking::default());
    let clock: Arc<dyn Clock> = Arc::<Breaking>::clone(&breaking);
    let vault = Vault::open(&VaultKey::generate().unwrap(), &store).await.unwrap();
    let registry = Arc::new(Registry::new(Arc::clone(&store), vault, Arc::clone(&clock)));
    let (stop, stopped) = watch::channel(false);
    let worker = WorkerId("worker".to_owned());
    let engine = Engine::new(
        Arc::clone(&store),
        Arc::clone(&clock),
        Arc::new(NoFailpoints),
        worker,
        Policy::default(),
        stopped.clone(),
    );
    let service = Service::new(store, registry, engine, Schedule::default(), clock, Arc::new(NoFailpoints));
    let mut supervisor = Supervisor::new(stop);
    Arc::new(service).start(&mut supervisor);
    let running = tokio::spawn(supervisor.run());
    assert!(!*stopped.borrow() && !running.is_finished());

    breaking.0.store(true, Ordering::SeqCst);
    let ended = running.await.unwrap().unwrap_err().to_string();
    assert!(ended.contains("the clock is broken"), "{ended}");
    assert!(
        ["webhooks", "sweeps", "jobs"].iter().any(|task| ended.starts_with(&format!("task `{task}`"))),
        "{ended}"
    );
    assert!(*stopped.borrow(), "the others are told to stop");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_inbox_that_stores_no_more_is_noticed() {
    let database = Database::sqlite();
    let store = store::open(&database.url).await.unwrap();
    let inbox = Inbox::new(store, Arc::new(Breaking::default()), Arc::default());
    let (stop, _stopped) = watch::channel(false);
    let mut supervisor = Supervisor::new(stop);
    supervisor.start("inbox", inbox.broken());
    let running = tokio::spawn(supervisor.run());
    let delivery = Delivery {
        connection: "acme".parse().unwrap(),
        source: Source::Returngo,
        body: "{}".to_owned(),
        received_at: SystemClock.now(),
    };
    assert!(inbox.put(delivery).await.is_err(), "nobody says that it is stored");
    let ended = running.await.unwrap().unwrap_err().to_string();
    assert!(ended.starts_with("task `inbox` exited unexpectedly"), "{ended}");
}

#[tokio::test]
async fn parts_that_are_told_to_stop_end_well() {
    let (stop, _) = watch::channel(false);
    let mut supervisor = Supervisor::new(stop.clone());
    let mut stopped = supervisor.stop();
    supervisor.start("a task", async move { stopped.wait_for(|stop| *stop).await.map(drop).unwrap() });
    let running = tokio::spawn(supervisor.run());
    stop.send_replace(true);
    running.await.unwrap().unwrap();
}
