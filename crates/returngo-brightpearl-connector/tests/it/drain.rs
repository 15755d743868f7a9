//! How long a backlog takes under Brightpearl's real limit of requests, by a clock that the account shares.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use api_client_core::{
    HttpRequest, HttpResponse,
    client::{Clock, ReqwestTransport, SkippingClock, Transport, TransportError},
};
use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use returngo_brightpearl_connector::{
    configuration::{BrightpearlToken, ConnectionConfiguration},
    connection::Connection,
    engine::{Engine, Policy},
    failpoints::NoFailpoints,
    store::{self, Cause, ConnectionId, Encrypted, StoredConnection, WorkerId},
};
use returngo_brightpearl_demo::Scenario;
use tokio::sync::watch;

use crate::store::databases::Database;

/// Requests that Brightpearl takes in a minute (docs/evidence/brightpearl-platform.md#request-budget).
const CAP: u32 = 200;

/// A time that only waiting moves; the account goes by it too.
#[derive(Debug, Clone)]
struct SharedTime {
    clock: SkippingClock,
    scene: Arc<Scenario>,
    /// How many credits there were, and until when.
    credits: Arc<Mutex<Vec<(Timestamp, usize)>>>,
}

impl SharedTime {
    /// Begins with a full minute, the least favourable moment.
    fn of(scene: Arc<Scenario>) -> Self {
        let now: Timestamp = "2026-05-09T10:15:00Z".parse().unwrap();
        scene.brightpearl.set_clock(now);
        Self { clock: SkippingClock::at(now), scene, credits: Arc::default() }
    }

    fn credits(&self) -> usize {
        self.scene.brightpearl.credits_by_external_ref().len()
    }
}

#[async_trait]
impl Clock for SharedTime {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    async fn sleep(&self, duration: Duration) {
        self.credits.lock().unwrap().push((self.now(), self.credits()));
        self.clock.sleep(duration).await;
        self.scene.brightpearl.set_clock(self.now());
    }
}

/// A system whose answers take a while; what is under way at the same time takes it at the same time.
#[derive(Debug)]
struct Distant {
    transport: ReqwestTransport,
    time: SharedTime,
    takes: SignedDuration,
}

#[async_trait]
impl Transport for Distant {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        let answered_at = self.time.now().checked_add(self.takes).unwrap();
        let answer = self.transport.send(request).await;
        let rest = answered_at.duration_since(self.time.now());
        if rest.is_positive() {
            self.time.sleep(rest.unsigned_abs()).await;
        }
        answer
    }
}

fn connect(configuration: &ConnectionConfiguration, time: &SharedTime, takes: SignedDuration) -> Connection {
    let distant = || {
        let transport = ReqwestTransport::new("a-test", Duration::from_secs(30)).unwrap();
        Arc::new(Distant { transport, time: time.clone(), takes })
    };
    let clock: Arc<dyn Clock> = Arc::new(time.clone());
    let BrightpearlToken::Token(token) = &configuration.brightpearl.token else { panic!("another token") };
    let brightpearl = brightpearl::Client::builder(configuration.settings.account_id.as_str())
        .url(configuration.brightpearl.url.as_deref().unwrap())
        .credentials(brightpearl::Credentials::private_app(
            &configuration.brightpearl.app_ref,
            token.reveal(),
        ))
        .clock(Arc::clone(&clock))
        .transport(distant())
        .build()
        .unwrap();
    // A shop with thousands of returns a day has had its quota raised.
    let quota = returngo::client::Quota { per_day: None, ..returngo::client::Quota::default() };
    let returngo = returngo::Client::builder()
        .url(configuration.returngo.url.as_deref().unwrap())
        .api_key(configuration.returngo.api_key.reveal())
        .shop(&configuration.returngo.shop)
        .quota(quota)
        .clock(Arc::clone(&clock))
        .transport(distant())
        .build()
        .unwrap();
    let id: ConnectionId = "acmeoutdoors".parse().unwrap();
    Connection::new(id, brightpearl, returngo, configuration.settings.clone(), clock)
}

/// What it took to work off a backlog.
struct Drained {
    /// Until the last credit was there.
    took: SignedDuration,
    requests: u64,
}

/// Works off so many approvals, so many of them of each sales order.
async fn drain(rmas: u64, rmas_per_order: u64, takes: SignedDuration) -> Drained {
    let scene = Arc::new(Scenario::start_sharing(rmas, rmas_per_order).await.unwrap());
    scene.brightpearl.set_throttle(CAP);
    for rma in &scene.rmas {
        scene.approve(rma).unwrap();
    }
    let time = SharedTime::of(Arc::clone(&scene));
    let began = time.now();
    let configuration = scene.configuration().unwrap();
    let connection = connect(&configuration, &time, takes);
    let database = Database::sqlite();
    let store = store::open(&database.url).await.unwrap();
    let stored = StoredConnection { id: connection.id.clone(), configuration: Encrypted(Vec::new()) };
    store.put_connection(&stored, began).await.unwrap();
    store.enqueue(&connection.id, &scene.rmas, Cause::User, "a test", began).await.unwrap();
    let (_running, never) = watch::channel(false);
    let (worker, failpoints) = (WorkerId("worker".to_owned()), Arc::new(NoFailpoints));
    let engine =
        Engine::new(Arc::clone(&store), Arc::new(time.clone()), failpoints, worker, Policy::default(), never);
    loop {
        let leases = engine.lease(Vec::new()).await.unwrap();
        if leases.is_empty() {
            break;
        }
        engine.work_on(&connection, leases).await.unwrap();
    }
    assert_eq!(time.credits() as u64, rmas);
    assert!(scene.brightpearl.duplicates().is_empty());
    let mut credits = time.credits.lock().unwrap().clone();
    credits.push((time.now(), time.credits()));
    let last = credits.iter().find(|(_, credits)| *credits as u64 == rmas).unwrap().0;
    let took = last.duration_since(began);
    let requests = scene.brightpearl.requests().total();
    println!(
        "{rmas} approvals, {rmas_per_order} of an order, answers after {} ms, {CAP} requests a minute: the last credit after {:.1} s, {:.0} a minute; {requests} requests",
        takes.as_millis(),
        took.as_secs_f64(),
        rmas as f64 / took.as_secs_f64().max(1.0) * 60.0,
    );
    Drained { took, requests }
}

#[tokio::test]
async fn a_thousand_approvals_drain_at_nine_hundred_a_minute() {
    let Drained { took, requests } = drain(1_000, 1, SignedDuration::from_millis(100)).await;
    assert!(requests <= 200, "0.2 requests an approval at the most: {requests}");
    assert!(took * 900 <= SignedDuration::from_mins(1) * 1_000, "{took:#}");
}

/// Returns of one order are worked on one after another, and yet together with those of other orders.
#[tokio::test]
async fn a_thousand_returns_of_250_orders_take_a_third_of_a_request_each() {
    let Drained { requests, .. } = drain(1_000, 4, SignedDuration::from_millis(100)).await;
    assert!(requests <= 350, "0.35 requests an approval at the most: {requests}");
}

/// More than a minute's requests: the limit is felt, whatever the answers take.
#[tokio::test]
#[ignore = "takes minutes: for docs/performance.md"]
async fn five_thousand_approvals() {
    for milliseconds in [0, 100, 200, 300] {
        drain(5_000, 1, SignedDuration::from_millis(milliseconds)).await;
    }
}
