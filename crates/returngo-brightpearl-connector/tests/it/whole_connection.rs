//! What concerns a connection as a whole: its claims are worked on nowhere else, and what ails it is not put to a
//! person RMA by RMA.

use api_mock_core::{Fault, FaultKind};
use jiff::SignedDuration;
use returngo_brightpearl_connector::store::{AuditEvent, Cause, ConnectionId, JobState};

use crate::support::Shop;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn claims_of_another_connection_are_released_and_nothing_is_sent_for_them() {
    let shop = Shop::open(1).await;
    let other: ConnectionId = "other".parse().unwrap();
    let mut configuration = shop.scene.configuration().unwrap();
    configuration.returngo.shop = "another-shop.example".to_owned();
    shop.service.registry.put(&other, &configuration).await.unwrap();
    let rma = &shop.scene.rmas[0];
    shop.service
        .store
        .enqueue(&other, std::slice::from_ref(rma), Cause::User, "a test", shop.time.now())
        .await
        .unwrap();
    let leases = shop.service.engine.lease_of(&other).await.unwrap();
    assert_eq!(leases.len(), 1);
    let before = shop.requests();
    let connection = shop.service.registry.get(&shop.connection).await.unwrap();
    shop.service.engine.work_on(&connection, leases).await.unwrap();
    assert_eq!(shop.requests(), before);
    let item = shop.service.store.work(&other, rma).await.unwrap().unwrap();
    assert_eq!((item.state, item.failures), (JobState::Pending, 0));
    let audit = shop.service.store.audit(&other, rma).await.unwrap();
    assert_eq!(audit.last().map(|entry| entry.event), Some(AuditEvent::Released));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_of_days_puts_nothing_to_a_person() {
    let shop = Shop::open(2).await;
    let rma = &shop.scene.rmas[0];
    for (nth, kind) in
        [FaultKind::Status503, FaultKind::TokenExpired, FaultKind::Html502].into_iter().enumerate()
    {
        shop.scene.brightpearl.faults().add(Fault::on_any(kind).times(1_000_000));
        shop.hear_of(rma).await;
        let handled = shop.service.process_next_webhooks().await;
        assert!(handled.unwrap());
        for _ in 0..24 {
            shop.pass(SignedDuration::from_hours(1)).await;
            let leases = shop.service.engine.lease_of(&shop.connection).await.unwrap();
            assert!(!leases.is_empty(), "it is tried again every few minutes");
            let connection = shop.service.registry.get(&shop.connection).await.unwrap();
            shop.service.engine.work_on(&connection, leases).await.unwrap();
        }
        let item = shop.item(rma).await;
        assert_eq!((item.state, item.failures), (JobState::Pending, 0), "{:?}", item.last_error);
        assert!(item.last_error.is_some() && item.pending_since.is_some());
        shop.scene.brightpearl.faults().clear();
        shop.pass(SignedDuration::from_hours(1)).await;
        shop.work().await;
        assert_eq!(shop.item(rma).await.state, JobState::InSync, "{nth}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_put_off_is_no_failure() {
    let shop = Shop::open(1).await;
    let rma = &shop.scene.rmas[0];
    shop.hear_of(rma).await;
    while shop.service.process_next_webhooks().await.unwrap() {}
    for _ in 0..30 {
        let leases = shop.service.engine.lease_of(&shop.connection).await.unwrap();
        assert_eq!(leases.len(), 1);
        shop.service.engine.put_off(leases, "its configuration does not open").await.unwrap();
        shop.pass(SignedDuration::from_mins(10)).await;
    }
    let item = shop.item(rma).await;
    assert_eq!((item.state, item.failures), (JobState::Pending, 0));
    assert_eq!(item.last_error.as_deref(), Some("its configuration does not open"));
}
