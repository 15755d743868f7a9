//! A sweep succeeds when it has seen what it is for and where it got to is stored; else `status` tells why it did not.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use jiff::SignedDuration;
use returngo::{RmaId, RmaStatus};
use returngo_brightpearl_connector::store::{JobState, SweepName, SweepStatus};
use serde_json::json;
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers::path};

use crate::{store, support::Shop};

async fn returngo(shop: &Shop) -> SweepStatus {
    let sweeps = shop.service.store.sweeps().await.unwrap();
    sweeps.into_iter().find(|status| status.sweep == SweepName::Returngo).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sweep_that_was_taken_over_has_not_succeeded() {
    let shop = Shop::open(1).await;
    shop.work().await;
    let before = returngo(&shop).await.succeeded_at;
    shop.pass(SignedDuration::from_mins(30)).await;
    let store = &shop.service.store;
    let take = async || loop {
        let later = shop.time.now() + SignedDuration::from_mins(30);
        let turn = store.take_sweep(shop.time.now(), later).await.unwrap().unwrap();
        if turn.sweep == SweepName::Returngo {
            return turn;
        }
    };
    let slow = take().await;
    shop.pass(SignedDuration::from_mins(31)).await;
    take().await;
    let registry = &shop.service.registry;
    let (connection, configuration) = (
        registry.get(&shop.connection).await.unwrap(),
        registry.configuration(&shop.connection).await.unwrap(),
    );
    let service = &shop.service;
    let swept =
        connection.sweep(&slow, &configuration, &service.schedule, store, &*service.failpoints).await;
    let error = swept.expect_err("where it got to is not stored").to_string();
    assert!(error.contains("took over"), "{error}");
    assert_eq!(returngo(&shop).await.succeeded_at, before);
}

async fn answer(server: &MockServer, at: &str, status: u16, message: &str) {
    Mock::given(path(at))
        .respond_with(ResponseTemplate::new(status).set_body_json(json!({"message": message})))
        .with_priority(1)
        .mount(server)
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sweep_that_the_day_has_no_calls_for_has_not_succeeded() {
    let shop = Shop::open(1).await;
    shop.work().await;
    for list in ["/rmas", "/transactions"] {
        answer(shop.scene.returngo.server(), list, 429, "Limit Exceeded").await;
    }
    for _ in 0..6 {
        shop.pass(SignedDuration::from_mins(20)).await;
        while shop.service.take_a_sweep().await.unwrap() {}
        let status = returngo(&shop).await;
        assert!(status.failing_since.is_some() && status.error.is_some(), "{status:?}");
    }
    shop.scene.returngo.server().reset().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_whose_rma_cannot_be_looked_for_now_stops_nothing_and_is_looked_for_later() {
    let shop = Shop::open(4).await;
    for rma in &shop.scene.rmas {
        shop.scene.approve(rma).unwrap();
    }
    // Until no list shows the approvals any more.
    for _ in 0..3 {
        shop.work().await;
        shop.pass(SignedDuration::from_mins(30)).await;
    }
    let [refunded, changed] = [&shop.scene.rmas[1], &shop.scene.rmas[3]];
    refund_without_units(&shop, refunded);
    let is_broken = Arc::new(AtomicBool::new(true));
    let broken = Arc::clone(&is_broken);
    let looks_for = |request: &Request| request.url.query_pairs().any(|(name, _)| name == "rma_ids");
    Mock::given(path("/transactions"))
        .and(move |request: &Request| looks_for(request) && broken.load(Ordering::Relaxed))
        .respond_with(ResponseTemplate::new(500))
        .with_priority(1)
        .mount(shop.scene.returngo.server())
        .await;
    let mut received = shop.scene.returngo.rma(changed).unwrap();
    received.rma_summary.status = RmaStatus::Received;
    shop.scene.returngo.put_rma(received);
    let before = enqueued(&shop, changed).await;
    shop.pass(SignedDuration::from_mins(30)).await;
    while shop.service.take_a_sweep().await.unwrap() {}
    let status = returngo(&shop).await;
    assert!(status.error.as_ref().is_some_and(|error| error.contains("500")), "{status:?}");
    assert_eq!(enqueued(&shop, changed).await, before + 1, "the lists' other RMAs are due");
    shop.work().await;
    is_broken.store(false, Ordering::Relaxed);
    for _ in 0..2 {
        shop.pass(SignedDuration::from_hours(2)).await;
        shop.work().await;
    }
    let credit = shop.scene.credit(refunded).unwrap().id;
    assert_eq!(shop.scene.brightpearl.payments_on(credit).len(), 1, "the refund is not forgotten");
    assert_eq!(returngo(&shop).await.failing_since, None);
    assert_eq!(shop.item(refunded).await.state, JobState::InSync);
}

async fn enqueued(shop: &Shop, rma: &RmaId) -> usize {
    let audit = shop.service.store.audit(&shop.connection, rma).await.unwrap();
    audit.iter().filter(|entry| entry.detail.starts_with("ReturnGO was swept")).count()
}

/// A refund that ReturnGO shows without the units it is for.
fn refund_without_units(shop: &Shop, rma: &RmaId) {
    shop.scene.refund(rma).unwrap();
    let mut shown = shop.scene.returngo.rma(rma).unwrap();
    for transaction in &mut shown.transactions {
        transaction.return_item_ids.clear();
    }
    shop.scene.returngo.put_rma(shown);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_without_units_of_an_rma_that_nobody_has_read_yet_needs_no_person() {
    let shop = Shop::open(2).await;
    for rma in &shop.scene.rmas {
        shop.scene.approve(rma).unwrap();
    }
    let refunded = &shop.scene.rmas[1];
    refund_without_units(&shop, refunded);
    shop.work().await;
    let skipped = shop.service.store.unreadable(None).await.unwrap();
    assert_eq!(skipped, [], "the sweep that shows the refund shows its RMA too");
    let credit = shop.scene.credit(refunded).unwrap().id;
    assert_eq!(shop.scene.brightpearl.payments_on(credit).len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sweep_whose_skipped_rows_cannot_be_stored_is_tried_again_as_soon_as_any_that_failed() {
    let shop = Shop::open(1).await;
    shop.work().await;
    let rows = json!({"rmas": [{"rmaId": {}, "status": "Approved"}]});
    Mock::given(path("/rmas"))
        .respond_with(ResponseTemplate::new(200).set_body_json(rows))
        .with_priority(1)
        .mount(shop.scene.returngo.server())
        .await;
    store::run(&shop.database, &["ALTER TABLE unreadable RENAME TO away"]).await;
    shop.pass(SignedDuration::from_mins(20)).await;
    while shop.service.take_a_sweep().await.unwrap() {}
    let status = returngo(&shop).await;
    assert!(status.error.is_some() && !status.is_in_progress, "{status:?}");
    assert_eq!(status.next_at, shop.time.now() + SignedDuration::from_mins(5));
    let before = shop.service.store.sweep_rows(&shop.connection, SweepName::Returngo).await.unwrap();
    store::run(&shop.database, &["ALTER TABLE away RENAME TO unreadable"]).await;
    shop.pass(SignedDuration::from_mins(5)).await;
    shop.work().await;
    assert_eq!(
        shop.service.store.unreadable(None).await.unwrap().len(),
        1,
        "nothing was gone past: {before:?}"
    );
}
