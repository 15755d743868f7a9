//! A clock that was ahead: what it scheduled is due when the clocks are right again.

use jiff::SignedDuration;
use returngo_brightpearl_connector::store::{
    Encrypted, Intent, JobOutcome, Lease, Store, StoredConnection, SweepLease, SweepName, WriteKind,
};

use super::{at, connect, databases::Database, in_sync, lease_all, mark, name, numbers, on_both, rma};

on_both!(
    what_a_clock_that_was_ahead_scheduled_is_due_now,
    connections_take_their_turns_again,
    sweeps_that_nobody_finishes_for_days_are_due_now,
    what_was_intended_in_the_future_was_intended_now,
    a_difference_of_two_minutes_changes_nothing,
    a_clock_that_is_right_changes_nothing,
);

/// What the clock was ahead by, in seconds.
const AHEAD: i64 = 24 * 3600;

async fn take_all(store: &Store, now: i64, until: i64) -> Vec<SweepLease> {
    let mut turns = Vec::new();
    while let Some(turn) = store.take_sweep(at(now), at(until)).await.unwrap() {
        turns.push(turn);
    }
    turns
}

async fn align(store: &Store, now: i64) -> Option<i64> {
    store.align_clock(at(now)).await.unwrap().map(|ahead| ahead.as_secs())
}

/// A process whose clock was ahead by so much has reported, and ended.
async fn reported_ahead(store: &Store, ahead: i64) {
    let worker = store.register("ahead", at(ahead)).await.unwrap();
    store.release_process(&worker, None, at(ahead)).await.unwrap();
}

/// A process whose clock is ahead by so much connects `acme`, marks RMAs 1 and 2, of which 2 fails and is to be tried
/// again an hour later, and sweeps.
async fn works_ahead(store: &Store, ahead: i64) {
    reported_ahead(store, ahead).await;
    let stored = StoredConnection { id: name("acme"), configuration: Encrypted(vec![1, 2, 3]) };
    store.put_connection(&stored, at(ahead)).await.unwrap();
    mark(store, "acme", &[2], ahead).await;
    let lease = lease_all(store, ahead).await.remove(0);
    let again_at = Some(at(ahead + 3600));
    store
        .finish(&[(lease, JobOutcome::Failed { failure: "503".into(), again_at })], at(ahead))
        .await
        .unwrap();
    mark(store, "acme", &[1], ahead).await;
    for turn in take_all(store, ahead, ahead + 60).await {
        store.finish_sweep(&turn, "page 7", at(ahead + 600)).await.unwrap();
    }
}

async fn what_a_clock_that_was_ahead_scheduled_is_due_now(database: Database) {
    let store = database.open().await;
    works_ahead(&store, AHEAD).await;
    assert!(lease_all(&store, 100).await.is_empty());
    assert!(take_all(&store, 100, 160).await.is_empty());

    assert_eq!(align(&store, 100).await, Some(AHEAD - 100));
    let work = store.work(&name("acme"), &rma(1)).await.unwrap().unwrap();
    assert_eq!((work.run_at, work.pending_since), (Some(at(100)), Some(at(100))));
    let leases = lease_all(&store, 100).await;
    assert_eq!(numbers(&leases), ["1", "2"]);
    assert_eq!(leases.iter().map(|lease| lease.failures).collect::<Vec<_>>(), [0, 1]);
    let turns = take_all(&store, 100, 160).await;
    assert_eq!(turns.len(), SweepName::ALL.len());
    assert!(turns.iter().all(|turn| turn.cursor.as_deref() == Some("page 7")), "{turns:?}");
    assert_eq!(align(&store, 101).await, None, "once");
}

async fn connections_take_their_turns_again(database: Database) {
    let store = database.open().await;
    reported_ahead(&store, AHEAD).await;
    for connection in ["served", "idle"] {
        connect(&store, connection).await;
    }
    // It was served a day ahead, so that its turn would come after everybody else's until then.
    mark(&store, "served", &[1], 0).await;
    let lease = lease_all(&store, AHEAD).await.remove(0);
    store.finish(&[(lease, in_sync())], at(AHEAD)).await.unwrap();
    mark(&store, "served", &[2], 10).await;
    assert!(lease_all(&store, 50).await.is_empty());
    align(&store, 100).await;
    assert_eq!(numbers(&lease_all(&store, 100).await), ["2"]);
    let mut order = Vec::new();
    mark(&store, "served", &[3], 101).await;
    mark(&store, "idle", &[4], 102).await;
    for _ in 0..2 {
        order.push(lease_all(&store, 110).await[0].connection.to_string());
    }
    assert_eq!(order, ["served", "idle"]);
}

async fn sweeps_that_nobody_finishes_for_days_are_due_now(database: Database) {
    let store = database.open().await;
    reported_ahead(&store, AHEAD).await;
    connect(&store, "acme").await;
    assert_eq!(take_all(&store, AHEAD, AHEAD + 1800).await.len(), 3);
    connect(&store, "bravo").await;
    // Somebody whose clock is right is at it.
    assert_eq!(take_all(&store, 90, 1890).await.len(), 3);
    align(&store, 100).await;
    let due: Vec<_> = take_all(&store, 100, 1900).await.into_iter().map(|turn| turn.connection).collect();
    assert_eq!(due, vec![name("acme"); 3]);
}

async fn what_was_intended_in_the_future_was_intended_now(database: Database) {
    let store = database.open().await;
    reported_ahead(&store, AHEAD).await;
    connect(&store, "acme").await;
    mark(&store, "acme", &[1], 0).await;
    let lease: Lease = lease_all(&store, 1).await.remove(0);
    let intent = |key: &str| Intent {
        lease: lease.clone(),
        key: key.to_owned(),
        what: "a row".to_owned(),
        known_until: at(0),
        kind: WriteKind::Other,
    };
    store.intend(&[intent("before")], at(50)).await.unwrap();
    store.intend(&[intent("ahead")], at(AHEAD)).await.unwrap();
    align(&store, 100).await;
    let effects = store.effects(&name("acme"), &rma(1)).await.unwrap();
    let since: Vec<_> = effects.iter().map(|effect| (effect.key.as_str(), effect.doubtful_since())).collect();
    assert_eq!(since, [("before", Some(at(50))), ("ahead", Some(at(100)))]);
}

async fn a_difference_of_two_minutes_changes_nothing(database: Database) {
    let store = database.open().await;
    works_ahead(&store, 120).await;
    let items = async || {
        let one = store.work(&name("acme"), &rma(1)).await.unwrap();
        (one, store.work(&name("acme"), &rma(2)).await.unwrap())
    };
    let before = items().await;
    assert_eq!(align(&store, 0).await, None);
    assert_eq!(items().await, before);
    assert!(lease_all(&store, 119).await.is_empty());
    assert!(take_all(&store, 719, 779).await.is_empty());
    assert_eq!(numbers(&lease_all(&store, 120).await), ["1"]);
    assert_eq!(take_all(&store, 720, 780).await.len(), 3);
}

async fn a_clock_that_is_right_changes_nothing(database: Database) {
    let store = database.open().await;
    assert_eq!(align(&store, 0).await, None, "nobody has reported yet");
    works_ahead(&store, 0).await;
    let worker = store.register("another", at(10)).await.unwrap();
    assert!(store.report(&worker, at(20)).await.unwrap());
    assert_eq!(align(&store, 30).await, None);
    assert_eq!(numbers(&lease_all(&store, 30).await), ["1"]);
    assert!(take_all(&store, 599, 659).await.is_empty());
    let hour = SignedDuration::from_hours(1);
    let again = store.work(&name("acme"), &rma(2)).await.unwrap().unwrap();
    assert_eq!(again.run_at, Some(at(0) + hour));
    assert!(store.report(&worker, at(AHEAD)).await.unwrap());
    assert_eq!(align(&store, 100).await, None, "it still reports: whose clock is wrong cannot be told");
    store.release_process(&worker, None, at(100)).await.unwrap();
    assert_eq!(align(&store, 40).await, Some(AHEAD - 40), "what is reported counts, too");
}
