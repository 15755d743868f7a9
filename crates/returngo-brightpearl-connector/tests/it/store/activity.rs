//! Changes that users make are recorded with the change itself: both or neither.

use returngo_brightpearl_connector::store::{
    Activity, Actor, Cause, ConnectionChange, Dismissal, EffectOutcome, Encrypted, FieldChange, InboxId,
    Intent, Interface, JobOutcome, Operation, QueueRequest, RmaAction, Store, StoredConnection, Unreadable,
    UnreadableKind, WriteKind,
};
use returngo_brightpearl_mapping::{Review, ReviewCode};
use serde_json::json;

use super::{at, connect, databases::Database, delivery, lease_all, mark, name, on_both, rma, run};

on_both!(
    a_change_is_recorded_with_its_actor_and_its_facts,
    what_changes_nothing_is_not_recorded,
    a_change_that_cannot_be_recorded_is_not_made,
    what_was_recorded_outlives_the_connection,
);

fn dana() -> Actor {
    Actor { name: "dana".to_owned(), interface: Interface::Console }
}

fn decision(note: Option<&str>) -> RmaAction {
    RmaAction { connection: name("acme"), rma: rma(1), by: dana(), note: note.map(str::to_owned) }
}

/// RMA 1 needs a review.
async fn needs_review(store: &Store, now: i64) {
    mark(store, "acme", &[1], now).await;
    let lease = lease_all(store, now).await.remove(0);
    let review = Review::new(ReviewCode::OverRefund, "refund above the credit".to_owned());
    let outcome = JobOutcome::Settled { reviews: vec![review], credit: None };
    store.finish(&[(lease, outcome)], at(now)).await.unwrap();
}

/// One write of RMA 1 was applied.
async fn has_written(store: &Store, now: i64) {
    mark(store, "acme", &[1], now).await;
    let lease = lease_all(store, now).await.remove(0);
    let intent = Intent {
        lease: lease.clone(),
        key: "RGO-1".to_owned(),
        what: "a credit".to_owned(),
        known_until: at(now),
        kind: WriteKind::Other,
    };
    store.intend(&[intent], at(now)).await.unwrap();
    let applied = EffectOutcome::Applied { remote_id: Some("400002".to_owned()), already_existed: false };
    store.record(&[(lease, "RGO-1".to_owned(), applied)], at(now)).await.unwrap();
}

fn queue(operation: Operation, numbers: &[u32]) -> QueueRequest {
    QueueRequest {
        by: dana(),
        operation,
        connection: name("acme"),
        rmas: numbers.iter().map(|number| (rma(*number), Cause::User)).collect(),
        why: "a test".to_owned(),
    }
}

fn unreadable() -> Unreadable {
    Unreadable {
        kind: UnreadableKind::RmaRow,
        object: "row 7".to_owned(),
        known_by: None,
        reason: "no number".into(),
    }
}

async fn recorded(store: &Store) -> Vec<Activity> {
    store.activity(&name("acme")).await.unwrap()
}

/// What was recorded: the operation, the RMA and the facts.
async fn facts(store: &Store) -> Vec<(Operation, Option<u32>, serde_json::Value)> {
    let number = |activity: &Activity| activity.rma.as_ref().map(|rma| rma.to_string().parse().unwrap());
    recorded(store)
        .await
        .into_iter()
        .map(|activity| (activity.operation, number(&activity), activity.detail))
        .collect()
}

async fn a_change_is_recorded_with_its_actor_and_its_facts(database: Database) {
    let store = database.open().await;
    let acme = StoredConnection { id: name("acme"), configuration: Encrypted(vec![1]) };
    let field = FieldChange { field: "trigger".to_owned(), before: None, after: Some("received".to_owned()) };
    let change = ConnectionChange { by: dana(), fields: vec![field.clone()] };
    assert!(store.change_connection(&acme, None, &change, at(1)).await.unwrap());

    assert_eq!(store.enqueue_requested(&queue(Operation::Sync, &[2]), at(2)).await.unwrap(), 1);
    assert_eq!(store.enqueue_requested(&queue(Operation::Backfill, &[3, 4]), at(3)).await.unwrap(), 2);
    store.receive(&[delivery("acme", "a body", 4)]).await.unwrap();
    let id = store.waiting_deliveries(1, &[]).await.unwrap()[0].id;
    assert!(store.replay(id, &dana(), at(5)).await.unwrap().is_some());
    store.report_unreadable(&name("acme"), &[unreadable()], at(6)).await.unwrap();
    let dismissal = Dismissal {
        connection: name("acme"),
        objects: vec!["row 7".to_owned()],
        by: dana(),
        note: Some("corrected".to_owned()),
    };
    assert_eq!(store.dismiss_unreadable(&dismissal, at(7)).await.unwrap(), 1);
    // What waits is not needed here.
    lease_all(&store, 7).await;
    needs_review(&store, 8).await;
    assert!(store.resolve_reviews(&decision(Some("paid by hand")), at(9)).await.unwrap());
    assert!(store.reopen(&decision(None), at(10)).await.unwrap());
    assert!(store.retry(&decision(None), at(11)).await.unwrap());
    has_written(&store, 12).await;
    assert!(store.reset_effects(&decision(None), &["RGO-1".to_owned()], at(13)).await.unwrap().is_some());
    assert!(store.remove_connection(&name("acme"), &dana(), at(14)).await.unwrap());

    let expected = [
        (Operation::Connect, None, json!({"fields": [field]})),
        (Operation::Sync, Some(2), json!({"enqueued": 1})),
        (Operation::Backfill, None, json!({"enqueued": 2})),
        (Operation::Replay, None, json!({"webhook": id.0, "source": "returngo"})),
        (Operation::Dismiss, None, json!({"objects": ["row 7"], "dismissed": 1, "note": "corrected"})),
        (Operation::Resolve, Some(1), json!({"reviews": ["OverRefund"], "note": "paid by hand"})),
        (Operation::Reopen, Some(1), json!({"note": null})),
        (Operation::Retry, Some(1), json!({"note": null})),
        (Operation::WriteAgain, Some(1), json!({"keys": ["RGO-1"], "note": null})),
        (Operation::Disconnect, None, json!({})),
    ];
    assert_eq!(facts(&store).await, expected);
    assert!(recorded(&store).await.iter().all(|activity| activity.actor == dana()));
    let times: Vec<_> = recorded(&store).await.iter().map(|activity| activity.at).collect();
    assert_eq!(times, [1, 2, 3, 5, 7, 9, 10, 11, 13, 14].map(at));
}

async fn what_changes_nothing_is_not_recorded(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    let other = Some(Encrypted(vec![9]));
    let acme = StoredConnection { id: name("acme"), configuration: Encrypted(vec![1]) };
    let change = ConnectionChange {
        by: dana(),
        fields: vec![FieldChange { field: "trigger".to_owned(), before: None, after: None }],
    };
    assert!(!store.change_connection(&acme, other.as_ref(), &change, at(1)).await.unwrap());
    assert!(!store.resolve_reviews(&decision(None), at(1)).await.unwrap());
    assert!(!store.reopen(&decision(None), at(1)).await.unwrap());
    assert!(!store.retry(&decision(None), at(1)).await.unwrap());
    assert!(store.reset_effects(&decision(None), &["RGO-1".to_owned()], at(1)).await.unwrap().is_none());
    assert_eq!(store.enqueue_requested(&queue(Operation::Backfill, &[]), at(1)).await.unwrap(), 0);
    assert!(store.replay(InboxId(4711), &dana(), at(1)).await.unwrap().is_none());
    let dismissal = Dismissal { connection: name("acme"), objects: Vec::new(), by: dana(), note: None };
    assert_eq!(store.dismiss_unreadable(&dismissal, at(1)).await.unwrap(), 0);
    assert!(!store.remove_connection(&name("beta"), &dana(), at(1)).await.unwrap());
    assert_eq!(recorded(&store).await, []);
    assert_eq!(store.activity(&name("beta")).await.unwrap(), []);
}

async fn a_change_that_cannot_be_recorded_is_not_made(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    needs_review(&store, 1).await;
    store.report_unreadable(&name("acme"), &[unreadable()], at(1)).await.unwrap();
    run(&database, &["DROP TABLE activity"]).await;

    assert!(store.resolve_reviews(&decision(None), at(2)).await.is_err());
    assert!(store.enqueue_requested(&queue(Operation::Sync, &[2]), at(2)).await.is_err());
    let dismissal = Dismissal { connection: name("acme"), objects: Vec::new(), by: dana(), note: None };
    assert!(store.dismiss_unreadable(&dismissal, at(2)).await.is_err());
    assert!(store.remove_connection(&name("acme"), &dana(), at(2)).await.is_err());

    assert_eq!(store.reviews(None).await.unwrap().len(), 1);
    assert!(store.work(&name("acme"), &rma(2)).await.unwrap().is_none());
    assert_eq!(store.unreadable(None).await.unwrap().len(), 1);
    assert!(store.connection(&name("acme")).await.unwrap().is_some());
}

async fn what_was_recorded_outlives_the_connection(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    store.enqueue_requested(&queue(Operation::Sync, &[1]), at(1)).await.unwrap();
    assert!(store.remove_connection(&name("acme"), &dana(), at(2)).await.unwrap());
    connect(&store, "acme").await;
    let operations: Vec<_> = recorded(&store).await.iter().map(|activity| activity.operation).collect();
    assert_eq!(operations, [Operation::Sync, Operation::Disconnect]);
}
