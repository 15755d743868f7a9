//! What is removed when it is old, and what is not.

use std::{sync::Arc, time::Duration};

use api_client_core::client::SkippingClock;
use jiff::SignedDuration;
use returngo_brightpearl_connector::{
    ledger::{Admission, AuditPosition, Claim, EffectOutcome, Intent, Ledger, Outcome, WriteKind},
    retention::{Keep, Removed, Retention},
};
use returngo_brightpearl_mapping::{Review, ReviewCode};

use super::{
    at, claim_all, connect, databases::Database, delivery, in_step, mark, name, on_both, request, rma,
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
async fn handled(ledger: &dyn Ledger, bodies: &[&str], received: i64) {
    let deliveries: Vec<_> = bodies.iter().map(|body| delivery("acme", body, received)).collect();
    ledger.receive(&deliveries).await.unwrap();
    let waiting = ledger.waiting_deliveries(1000, &[]).await.unwrap();
    ledger.resolve(&name("acme"), &waiting, &[], at(received)).await.unwrap();
}

/// An RMA was marked and brought into step at this time.
async fn worked(ledger: &dyn Ledger, number: u32, now: i64, outcome: Outcome) -> Claim {
    mark(ledger, "acme", &[number], now).await;
    let claim = ledger.claim(&request("worker", 1, now)).await.unwrap().remove(0);
    ledger.finish(&[(claim.clone(), outcome)], at(now)).await.unwrap();
    claim
}

async fn prune_all_audit(ledger: &dyn Ledger, before: i64) -> u64 {
    let (mut position, mut removed) = (Some(AuditPosition::default()), 0);
    while let Some(from) = position {
        let step = ledger.prune_audit(from, at(before), 3).await.unwrap();
        removed += step.removed;
        assert!(step.next.is_none_or(|next| next > from), "it comes to an end");
        position = step.next;
    }
    removed
}

async fn entries(ledger: &dyn Ledger, number: u32) -> usize {
    ledger.audit(&name("acme"), &rma(number)).await.unwrap().len()
}

async fn handled_webhooks_are_removed_when_they_are_old(database: Database) {
    let ledger = database.open().await;
    connect(&*ledger, "acme").await;
    handled(&*ledger, &["old"], 10).await;
    handled(&*ledger, &["young"], 20).await;
    ledger.receive(&[delivery("acme", "waits", 5)]).await.unwrap();
    let waiting = ledger.waiting_deliveries(10, &[]).await.unwrap();

    assert_eq!(ledger.prune_inbox(at(20), 10).await.unwrap(), 1);
    assert_eq!(ledger.prune_inbox(at(20), 10).await.unwrap(), 0);
    assert_eq!(ledger.waiting_deliveries(10, &[]).await.unwrap(), waiting, "what waits stays, however old");
    assert_eq!(ledger.prune_inbox(at(21), 10).await.unwrap(), 1);
}

async fn a_webhook_that_comes_again_is_young_and_after_its_removal_a_new_one(database: Database) {
    let ledger = database.open().await;
    connect(&*ledger, "acme").await;
    handled(&*ledger, &["again"], 10).await;
    handled(&*ledger, &["again"], 30).await;
    assert_eq!(ledger.prune_inbox(at(30), 10).await.unwrap(), 0);
    assert_eq!(ledger.prune_inbox(at(31), 10).await.unwrap(), 1);
    ledger.receive(&[delivery("acme", "again", 40)]).await.unwrap();
    let waiting = ledger.waiting_deliveries(10, &[]).await.unwrap();
    assert_eq!((waiting.len(), waiting[0].times), (1, 1));
}

async fn no_more_is_removed_at_once_than_asked_for(database: Database) {
    let ledger = database.open().await;
    connect(&*ledger, "acme").await;
    handled(&*ledger, &["one", "two", "three"], 10).await;
    assert_eq!(ledger.prune_inbox(at(20), 2).await.unwrap(), 2);
    assert_eq!(ledger.prune_inbox(at(20), 2).await.unwrap(), 1);
}

async fn the_audit_of_what_is_in_step_is_removed_when_it_is_old(database: Database) {
    let ledger = database.open().await;
    connect(&*ledger, "acme").await;
    worked(&*ledger, 1, 10, in_step()).await;
    let told = entries(&*ledger, 1).await;
    worked(&*ledger, 1, 1000, in_step()).await;
    assert_eq!(entries(&*ledger, 1).await, 2 * told);

    assert_eq!(prune_all_audit(&*ledger, 10).await, 0);
    assert_eq!(prune_all_audit(&*ledger, 500).await, told as u64);
    let left = ledger.audit(&name("acme"), &rma(1)).await.unwrap();
    assert!(left.iter().all(|entry| entry.at == at(1000)), "{left:?}");
    assert_eq!(prune_all_audit(&*ledger, 500).await, 0);
}

async fn the_audit_of_what_is_open_stays(database: Database) {
    let ledger = database.open().await;
    connect(&*ledger, "acme").await;
    let review = Review {
        code: ReviewCode::OrderNotFound,
        message: "no order 300871".to_owned(),
        item_ids: Vec::new(),
        transaction_ids: Vec::new(),
    };
    worked(&*ledger, 1, 10, Outcome::Settled { reviews: vec![review], credit: None }).await;
    worked(&*ledger, 2, 10, Outcome::Failed { error: "no".to_owned(), again_at: Some(at(5000)) }).await;
    worked(&*ledger, 3, 10, in_step()).await;
    let before = (entries(&*ledger, 1).await, entries(&*ledger, 2).await);
    assert!(prune_all_audit(&*ledger, 1000).await > 0);
    assert_eq!((entries(&*ledger, 1).await, entries(&*ledger, 2).await), before);
    assert_eq!(entries(&*ledger, 3).await, 0);
}

async fn the_audit_of_a_connection_that_is_gone_is_removed(database: Database) {
    let ledger = database.open().await;
    connect(&*ledger, "acme").await;
    mark(&*ledger, "acme", &[1], 10).await;
    ledger.remove_connection(&name("acme"), at(20)).await.unwrap();
    assert_eq!(prune_all_audit(&*ledger, 1000).await, 1);
}

async fn what_protects_from_writing_twice_stays(database: Database) {
    let ledger = database.open().await;
    connect(&*ledger, "acme").await;
    mark(&*ledger, "acme", &[1], 10).await;
    let claim = claim_all(&*ledger, 10).await.remove(0);
    let intent = |claim: &Claim| Intent {
        claim: claim.clone(),
        key: "RG:1".to_owned(),
        what: "a credit".to_owned(),
        known_until: at(10),
        kind: WriteKind::Other,
    };
    ledger.intend(&[intent(&claim)], at(10)).await.unwrap();
    let applied = EffectOutcome::Applied { remote_id: Some("9001".to_owned()), already_existed: false };
    ledger.record(&[(claim.clone(), "RG:1".to_owned(), applied)], at(10)).await.unwrap();
    ledger.finish(&[(claim, in_step())], at(10)).await.unwrap();
    handled(&*ledger, &["old"], 10).await;

    let years = 20 * 365 * 24 * 3600;
    assert_eq!(ledger.prune_inbox(at(years), 10).await.unwrap(), 1);
    assert!(prune_all_audit(&*ledger, years).await > 0);
    mark(&*ledger, "acme", &[1], years).await;
    let again = claim_all(&*ledger, years).await.remove(0);
    assert_eq!(again.attempt, 2, "attempts go on being counted");
    let admitted = ledger.intend(&[intent(&again)], at(years)).await.unwrap();
    assert!(
        matches!(&admitted[..], [Admission::AlreadyApplied(record)] if record.key == "RG:1"),
        "{admitted:?}"
    );
}

async fn all_that_is_old_is_removed_in_small_steps(database: Database) {
    let ledger = database.open().await;
    connect(&*ledger, "acme").await;
    let bodies: Vec<String> = (0..1000).map(|number| format!("webhook {number}")).collect();
    handled(&*ledger, &bodies.iter().map(String::as_str).collect::<Vec<_>>(), 10).await;
    mark(&*ledger, "acme", &(1..=700).collect::<Vec<_>>(), 10).await;
    let claims = claim_all(&*ledger, 10).await;
    let outcomes: Vec<_> = claims.into_iter().map(|claim| (claim, in_step())).collect();
    ledger.finish(&outcomes, at(10)).await.unwrap();
    worked(&*ledger, 1000, 500_000, in_step()).await;

    let clock = SkippingClock::at(at(10) + SignedDuration::from_hours(24 * 40));
    let day = Duration::from_secs(24 * 3600);
    let keep = Keep { webhooks: day * 30, audit: day * 35 };
    let retention = Retention { ledger: Arc::clone(&ledger), clock: Arc::new(clock.clone()), keep };
    let removed = retention.remove_old().await.unwrap();
    assert_eq!(removed.webhooks, 1000);
    assert!(removed.audit >= 2000 && removed.audit.is_multiple_of(700), "{removed:?}");
    assert!(clock.waits().len() >= 5, "others write in between: {:?}", clock.waits().len());
    assert_eq!(retention.remove_old().await.unwrap(), Removed::default());
    assert_eq!(entries(&*ledger, 1000).await, 3, "what is young stays");
}
