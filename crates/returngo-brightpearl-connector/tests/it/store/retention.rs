//! What is removed when it is old, and what is not.

use std::{sync::Arc, time::Duration};

use api_client_core::client::SkippingClock;
use jiff::SignedDuration;
use returngo_brightpearl_connector::{
    retention::{RemovedRows, Retention, RetentionPeriods},
    store::{Actor, Admission, AuditPosition, EffectOutcome, Intent, JobOutcome, Lease, Store, WriteKind},
};
use returngo_brightpearl_mapping::{Review, ReviewCode};

use super::{
    at, connect, databases::Database, delivery, in_sync, lease_all, mark, name, on_both, request, rma,
};

on_both!(
    handled_webhooks_are_removed_when_they_are_old,
    a_webhook_that_comes_again_is_young_and_after_its_removal_a_new_one,
    no_more_is_removed_at_once_than_asked_for,
    the_audit_of_what_is_in_step_is_removed_when_it_is_old,
    the_audit_of_what_is_open_stays,
    the_audit_of_a_connection_that_is_gone_is_removed,
    what_protects_from_writing_twice_stays,
    all_that_is_old_is_removed_in_small_steps,
);

/// Webhooks with these bodies came at this time and were handled.
async fn handled(store: &Store, bodies: &[&str], received: i64) {
    let deliveries: Vec<_> = bodies.iter().map(|body| delivery("acme", body, received)).collect();
    store.receive(&deliveries).await.unwrap();
    let waiting = store.waiting_deliveries(1000, &[]).await.unwrap();
    store.finish_deliveries(&name("acme"), &waiting, &[], at(received)).await.unwrap();
}

/// An RMA was marked and brought into step at this time.
async fn worked(store: &Store, number: u32, now: i64, outcome: JobOutcome) -> Lease {
    mark(store, "acme", &[number], now).await;
    let lease = store.lease(&request("worker", 1, now)).await.unwrap().remove(0);
    store.finish(&[(lease.clone(), outcome)], at(now)).await.unwrap();
    lease
}

async fn prune_all_audit(store: &Store, before: i64) -> u64 {
    let (mut position, mut removed) = (Some(AuditPosition::default()), 0);
    while let Some(from) = position {
        let step = store.prune_audit(from, at(before), 3).await.unwrap();
        removed += step.removed;
        assert!(step.next.is_none_or(|next| next > from), "it comes to an end");
        position = step.next;
    }
    removed
}

async fn entries(store: &Store, number: u32) -> usize {
    store.audit(&name("acme"), &rma(number)).await.unwrap().len()
}

async fn handled_webhooks_are_removed_when_they_are_old(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    handled(&store, &["old"], 10).await;
    handled(&store, &["young"], 20).await;
    store.receive(&[delivery("acme", "waits", 5)]).await.unwrap();
    let waiting = store.waiting_deliveries(10, &[]).await.unwrap();

    assert_eq!(store.prune_inbox(at(20), 10).await.unwrap(), 1);
    assert_eq!(store.prune_inbox(at(20), 10).await.unwrap(), 0);
    assert_eq!(store.waiting_deliveries(10, &[]).await.unwrap(), waiting, "what waits stays, however old");
    assert_eq!(store.prune_inbox(at(21), 10).await.unwrap(), 1);
}

async fn a_webhook_that_comes_again_is_young_and_after_its_removal_a_new_one(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    handled(&store, &["again"], 10).await;
    handled(&store, &["again"], 30).await;
    assert_eq!(store.prune_inbox(at(30), 10).await.unwrap(), 0);
    assert_eq!(store.prune_inbox(at(31), 10).await.unwrap(), 1);
    store.receive(&[delivery("acme", "again", 40)]).await.unwrap();
    let waiting = store.waiting_deliveries(10, &[]).await.unwrap();
    assert_eq!((waiting.len(), waiting[0].times), (1, 1));
}

async fn no_more_is_removed_at_once_than_asked_for(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    handled(&store, &["one", "two", "three"], 10).await;
    assert_eq!(store.prune_inbox(at(20), 2).await.unwrap(), 2);
    assert_eq!(store.prune_inbox(at(20), 2).await.unwrap(), 1);
}

async fn the_audit_of_what_is_in_step_is_removed_when_it_is_old(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    worked(&store, 1, 10, in_sync()).await;
    let told = entries(&store, 1).await;
    worked(&store, 1, 1000, in_sync()).await;
    assert_eq!(entries(&store, 1).await, 2 * told);

    assert_eq!(prune_all_audit(&store, 10).await, 0);
    assert_eq!(prune_all_audit(&store, 500).await, told as u64);
    let left = store.audit(&name("acme"), &rma(1)).await.unwrap();
    assert!(left.iter().all(|entry| entry.at == at(1000)), "{left:?}");
    assert_eq!(prune_all_audit(&store, 500).await, 0);
}

async fn the_audit_of_what_is_open_stays(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    let review = Review::new(ReviewCode::OrderNotFound, "no order 300871".to_owned());
    worked(&store, 1, 10, JobOutcome::Settled { reviews: vec![review], credit: None }).await;
    worked(&store, 2, 10, JobOutcome::Failed { failure: "no".into(), again_at: Some(at(5000)) }).await;
    worked(&store, 3, 10, in_sync()).await;
    let before = (entries(&store, 1).await, entries(&store, 2).await);
    assert!(prune_all_audit(&store, 1000).await > 0);
    assert_eq!((entries(&store, 1).await, entries(&store, 2).await), before);
    assert_eq!(entries(&store, 3).await, 0);
}

async fn the_audit_of_a_connection_that_is_gone_is_removed(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    mark(&store, "acme", &[1], 10).await;
    store.remove_connection(&name("acme"), &Actor::command_line("dana"), at(20)).await.unwrap();
    assert_eq!(prune_all_audit(&store, 1000).await, 1);
}

async fn what_protects_from_writing_twice_stays(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    mark(&store, "acme", &[1], 10).await;
    let lease = lease_all(&store, 10).await.remove(0);
    let intent = |lease: &Lease| Intent {
        lease: lease.clone(),
        key: "RG:1".to_owned(),
        what: "a credit".to_owned(),
        known_until: at(10),
        kind: WriteKind::Other,
    };
    store.intend(&[intent(&lease)], at(10)).await.unwrap();
    let applied = EffectOutcome::Applied { remote_id: Some("9001".to_owned()), already_existed: false };
    store.record(&[(lease.clone(), "RG:1".to_owned(), applied)], at(10)).await.unwrap();
    store.finish(&[(lease, in_sync())], at(10)).await.unwrap();
    handled(&store, &["old"], 10).await;

    let years = 20 * 365 * 24 * 3600;
    assert_eq!(store.prune_inbox(at(years), 10).await.unwrap(), 1);
    assert!(prune_all_audit(&store, years).await > 0);
    mark(&store, "acme", &[1], years).await;
    let again = lease_all(&store, years).await.remove(0);
    assert_eq!(again.attempt, 2, "attempts go on being counted");
    let admitted = store.intend(&[intent(&again)], at(years)).await.unwrap();
    assert!(
        matches!(&admitted[..], [Admission::AlreadyApplied(record)] if record.key == "RG:1"),
        "{admitted:?}"
    );
}

async fn all_that_is_old_is_removed_in_small_steps(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    let bodies: Vec<String> = (0..1000).map(|number| format!("webhook {number}")).collect();
    handled(&store, &bodies.iter().map(String::as_str).collect::<Vec<_>>(), 10).await;
    mark(&store, "acme", &(1..=700).collect::<Vec<_>>(), 10).await;
    let leases = lease_all(&store, 10).await;
    let outcomes: Vec<_> = leases.into_iter().map(|lease| (lease, in_sync())).collect();
    store.finish(&outcomes, at(10)).await.unwrap();
    worked(&store, 1000, 500_000, in_sync()).await;

    let clock = SkippingClock::at(at(10) + SignedDuration::from_hours(24 * 40));
    let day = Duration::from_secs(24 * 3600);
    let periods = RetentionPeriods { webhooks: day * 30, audit: day * 35 };
    let retention = Retention { store: Arc::clone(&store), clock: Arc::new(clock.clone()), periods };
    let removed = retention.remove_old().await.unwrap();
    assert_eq!(removed.webhooks, 1000);
    assert!(removed.audit >= 2000 && removed.audit.is_multiple_of(700), "{removed:?}");
    assert!(clock.waits().len() >= 5, "others write in between: {:?}", clock.waits().len());
    assert_eq!(retention.remove_old().await.unwrap(), RemovedRows::default());
    assert_eq!(entries(&store, 1000).await, 3, "what is young stays");
}
