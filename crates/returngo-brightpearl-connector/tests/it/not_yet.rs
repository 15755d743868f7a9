//! Webhooks about objects that Brightpearl does not show yet, or not now.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use jiff::SignedDuration;
use returngo_brightpearl_connector::{
    engine::Policy,
    failpoints::NoFailpoints,
    service::Service,
    store::{self, Delivery, JobState, Source, SweepName, UnreadableKind},
};
use serde_json::json;
use wiremock::{Mock, Request, ResponseTemplate};

use crate::{
    store::databases::Database,
    support::{Shop, service},
};

/// A shop with an RMA that has its credit, which the store of the service does not know.
struct Unknown {
    shop: Shop,
    service: Service,
    credit: u64,
    requested: Arc<AtomicUsize>,
    _database: Database,
}

impl Unknown {
    /// Brightpearl answers so many times in this way when the credit is asked for.
    async fn refused(times: usize, answer: ResponseTemplate) -> Self {
        let shop = Shop::open(1).await;
        let rma = &shop.scene.rmas[0];
        shop.scene.approve(rma).unwrap();
        shop.work().await;
        shop.pass(SignedDuration::ZERO).await;
        let credit = shop.scene.credit(rma).unwrap().id.get();
        let database = Database::sqlite();
        let store = store::open(&database.url).await.unwrap();
        let service = service(store, &shop.time, "other", Arc::new(NoFailpoints), Policy::default()).await;
        service.registry.put(&shop.connection, &shop.scene.configuration().unwrap()).await.unwrap();
        let requested = Arc::new(AtomicUsize::new(0));
        let (counted, at) = (Arc::clone(&requested), format!("/order-service/order/{credit}"));
        let refuses = move |request: &Request| {
            let is_asked = request.method.as_str() == "GET" && request.url.path().ends_with(&at);
            is_asked && counted.fetch_add(1, Ordering::Relaxed) < times
        };
        Mock::given(refuses)
            .respond_with(answer)
            .with_priority(1)
            .mount(shop.scene.brightpearl.server())
            .await;
        Self { shop, service, credit, requested, _database: database }
    }

    async fn hear(&self, event: &str) {
        let body = json!({"accountCode": "acmeoutdoors", "resourceType": "order", "id": self.credit.to_string(),
            "lifecycleEvent": event});
        let (connection, received_at) = (self.shop.connection.clone(), self.shop.time.now());
        let delivery =
            Delivery { connection, source: Source::Brightpearl, body: body.to_string(), received_at };
        self.service.store.receive(&[delivery]).await.unwrap();
    }

    /// Handles what waits; how often the credit was asked for.
    async fn handle(&self) -> usize {
        while self.service.process_next_webhooks().await.unwrap() {}
        self.requested.load(Ordering::Relaxed)
    }

    async fn state(&self) -> Option<JobState> {
        let rma = &self.shop.scene.rmas[0];
        Some(self.service.store.work(&self.shop.connection, rma).await.unwrap()?.state)
    }

    async fn waiting(&self) -> u64 {
        self.service.store.status().await.unwrap()[0].waiting_deliveries
    }

    async fn listed(&self) -> Vec<(UnreadableKind, String)> {
        let open = self.service.store.unreadable(None).await.unwrap();
        open.into_iter().map(|stored| (stored.unreadable.kind, stored.unreadable.object)).collect()
    }
}

fn status(status: u16) -> ResponseTemplate {
    ResponseTemplate::new(status)
        .set_body_json(json!({"errors": [{"code": "CMNC-404", "message": "not now"}]}))
}

fn nothing() -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({"response": []}))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_object_that_is_not_shown_yet_is_asked_for_again() {
    let answers = [404, 408, 409, 423, 425].map(status).into_iter().chain([nothing()]);
    for answer in answers {
        let case = format!("{answer:?}");
        let unknown = Unknown::refused(2, answer).await;
        unknown.hear("created").await;
        assert_eq!(unknown.handle().await, 1, "{case}");
        assert_eq!((unknown.waiting().await, unknown.state().await), (1, None), "{case}");
        assert_eq!(unknown.listed().await, [], "{case}: it is not put before a person yet");
        unknown.shop.pass(SignedDuration::from_secs(9)).await;
        assert_eq!(unknown.handle().await, 1, "{case}");
        unknown.shop.pass(SignedDuration::from_secs(1)).await;
        assert_eq!(unknown.handle().await, 2, "{case}");
        unknown.shop.pass(SignedDuration::from_secs(20)).await;
        unknown.handle().await;
        assert_eq!((unknown.waiting().await, unknown.state().await), (0, Some(JobState::Pending)), "{case}");
        assert_eq!(unknown.listed().await, [], "{case}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_object_that_is_never_shown_is_left_to_the_sweep() {
    for (answer, is_listed) in [(status(409), true), (nothing(), false)] {
        let unknown = Unknown::refused(1000, answer).await;
        unknown.hear("modified").await;
        for tries in 1..=6 {
            assert_eq!(unknown.handle().await, tries);
            assert_eq!(unknown.waiting().await, u64::from(tries < 6));
            unknown.shop.pass(SignedDuration::from_secs(10 << (tries - 1))).await;
        }
        assert_eq!(unknown.handle().await, 6, "it is handled");
        let order = (UnreadableKind::Order, unknown.credit.to_string());
        assert_eq!(unknown.listed().await, if is_listed { vec![order] } else { Vec::new() });
        unknown.hear("modified").await;
        assert_eq!(unknown.handle().await, 7, "when it comes again it is asked for");
        assert_eq!(unknown.waiting().await, 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sweep_looks_at_once_for_what_was_never_shown() {
    let unknown = Unknown::refused(1000, nothing()).await;
    let next_sweep = async || {
        let sweeps = unknown.service.store.sweeps().await.unwrap();
        let sweep = sweeps.iter().find(|sweep| sweep.sweep == SweepName::Brightpearl).unwrap();
        sweep.next_at.duration_since(unknown.shop.time.now())
    };
    unknown.hear("modified").await;
    for tries in 0..6 {
        while unknown.service.take_next_sweep().await.unwrap() {}
        assert!(next_sweep().await > SignedDuration::from_secs(60));
        unknown.handle().await;
        if tries < 5 {
            unknown.shop.pass(SignedDuration::from_secs(10 << tries)).await;
        }
    }
    assert_eq!(next_sweep().await, SignedDuration::from_secs(10));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_will_not_pass_is_not_asked_for_again() {
    let unknown = Unknown::refused(1000, status(400)).await;
    unknown.hear("modified").await;
    assert_eq!(unknown.handle().await, 1);
    assert_eq!((unknown.waiting().await, unknown.listed().await.len()), (0, 1));

    let unknown = Unknown::refused(1000, nothing()).await;
    unknown.hear("destroyed").await;
    assert_eq!(unknown.handle().await, 1);
    assert_eq!(unknown.waiting().await, 0, "it is gone");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_known_credit_that_is_not_shown_has_its_rma_looked_at() {
    let shop = Shop::open(1).await;
    let rma = &shop.scene.rmas[0];
    shop.scene.approve(rma).unwrap();
    shop.work().await;
    shop.pass(SignedDuration::ZERO).await;
    let credit = shop.scene.credit(rma).unwrap().id;
    let at = format!("/order-service/order/{credit}");
    Mock::given(move |request: &Request| request.url.path().ends_with(&at))
        .respond_with(status(423))
        .with_priority(1)
        .mount(shop.scene.brightpearl.server())
        .await;
    let body = json!({"accountCode": "acmeoutdoors", "resourceType": "order", "id": credit.to_string(),
        "lifecycleEvent": "modified"});
    shop.hear(Source::Brightpearl, body.to_string()).await;
    while shop.service.process_next_webhooks().await.unwrap() {}
    assert_eq!(shop.item(rma).await.state, JobState::Pending);
    assert_eq!(shop.service.store.status().await.unwrap()[0].waiting_deliveries, 0);
}
