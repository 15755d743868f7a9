//! What a store with years of RMAs keeps so that questions do not read all of them.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use returngo::{ReturnedItemId, RmaId};
use returngo_brightpearl_connector::store::{
    Actor, Cause, JobOutcome, Observation, RmaAction, Store, SweepLease, SweepName, SweepPart,
    SweepRowChanges, SweepRowKey, SweepRows, WorkerId,
};
use sqlx::{AnyConnection, Connection, Executor, Row};

use super::{at, connect, databases::Database, in_sync, name, on_both, request, rma, rmas, run};

on_both!(
    counts_are_right_whoever_changes_the_work_at_once,
    a_change_that_is_not_committed_counts_for_nothing,
    a_read_that_comes_late_replaces_nothing,
    a_read_by_a_clock_that_was_ahead_gives_way,
    it_is_known_since_when_an_rma_has_its_status,
    finished_rmas_are_not_watched,
    more_rmas_than_a_page_are_watched,
    rows_of_a_sweep_change_with_its_position,
    rows_of_a_sweep_are_changed_by_its_holder_alone,
);

async fn raw(database: &Database) -> AnyConnection {
    AnyConnection::connect(&database.url).await.unwrap()
}

/// How many RMAs are in each state, counted anew.
async fn counted(database: &Database, connection: &str) -> [i64; 4] {
    let mut raw = raw(database).await;
    let count = "SELECT state, COUNT(*) AS rmas FROM job WHERE connection = $1 GROUP BY state";
    let rows = sqlx::query(count).bind(connection.to_owned()).fetch_all(&mut raw).await.unwrap();
    let counts: BTreeMap<String, i64> = rows.iter().map(|row| (row.get("state"), row.get("rmas"))).collect();
    ["pending", "in-progress", "in-sync", "needs-review"]
        .map(|state| counts.get(state).copied().unwrap_or_default())
}

async fn shown(store: &Store, connection: &str) -> [i64; 4] {
    let status = store.status().await.unwrap();
    let status = status.iter().find(|status| status.connection == name(connection)).unwrap();
    [status.pending, status.in_progress, status.in_sync, status.needs_review]
        .map(|count| count.try_into().unwrap())
}

async fn counts_are_right_whoever_changes_the_work_at_once(database: Database) {
    const CONNECTIONS: [&str; 2] = ["acme", "bravo"];
    const PROCESSES: u64 = 3;
    for connection in CONNECTIONS {
        connect(&*database.open().await, connection).await;
    }
    let mut processes = tokio::task::JoinSet::new();
    for process in 0..PROCESSES {
        let store = database.open().await;
        processes.spawn(async move { change_at_random(store, process).await });
    }
    processes.join_all().await;
    let store = database.open().await;
    for connection in CONNECTIONS {
        assert_eq!(shown(&store, connection).await, counted(&database, connection).await, "{connection}");
    }
}

async fn change_at_random(store: Arc<Store>, process: u64) {
    let mut random = fastrand::Rng::with_seed(process);
    let worker = format!("worker-{process}");
    for step in 0..120 {
        let connection = name(random.choice(["acme", "bravo"]).unwrap());
        let some = rmas((0..random.u32(1..5)).map(|_| random.u32(0..12)).collect::<Vec<_>>());
        match random.u8(0..11) {
            0 | 1 => {
                store.enqueue(&connection, &some, Cause::User, "a test", at(step)).await.unwrap();
            }
            2 => {
                _ = store
                    .enqueue_found(&connection, &some, Cause::Returngo, "a test", at(step))
                    .await
                    .unwrap()
            }
            3 | 4 => {
                let leases = store.lease(&request(&worker, 5, step)).await.unwrap();
                let outcomes: Vec<_> = leases
                    .into_iter()
                    .map(|lease| {
                        let given_up = JobOutcome::Failed { failure: "500".into(), again_at: None };
                        let outcome = random.choice([in_sync(), given_up, JobOutcome::OfAnotherShop]);
                        (lease, outcome.unwrap())
                    })
                    .collect();
                let kept = random.usize(..=outcomes.len());
                store.finish(&outcomes[kept..], at(step)).await.unwrap();
            }
            5..8 => {
                let by = Actor::command_line("dana");
                let decision = RmaAction { connection, rma: some[0].clone(), by, note: None };
                store.resolve_reviews(&decision, at(step)).await.unwrap();
                store.reopen(&decision, at(step)).await.unwrap();
                store.retry(&decision, at(step)).await.unwrap();
            }
            8 => drop(store.release_process(&WorkerId(worker.clone()), None, at(step)).await.unwrap()),
            9 => drop(store.align_clock(at(step - 1000)).await.unwrap()),
            _ => {
                let taken = format!("worker-{}", random.u64(0..3));
                store
                    .release_others(&WorkerId(taken), &std::collections::BTreeSet::new(), at(step))
                    .await
                    .unwrap();
            }
        }
    }
}

async fn a_change_that_is_not_committed_counts_for_nothing(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    store.enqueue(&name("acme"), &rmas([1, 2, 3]), Cause::User, "a test", at(0)).await.unwrap();
    let mut died = raw(&database).await;
    let mut transaction = died.begin().await.unwrap();
    transaction.execute("UPDATE job SET state = 'in-sync', run_at = NULL").await.unwrap();
    transaction.execute("DELETE FROM job WHERE rma = '1'").await.unwrap();
    drop(transaction);
    died.close().await.unwrap();
    assert_eq!(shown(&store, "acme").await, [3, 0, 0, 0]);
    run(&database, &["UPDATE job SET state = 'in-sync' WHERE rma <> '3'", "DELETE FROM job WHERE rma = '1'"])
        .await;
    assert_eq!(shown(&store, "acme").await, [1, 0, 1, 0], "also what is changed by hand");
}

fn seen(number: u32, status: &str, read_at: Timestamp, items: &[&str]) -> (RmaId, Observation) {
    let seen_rma = serde_json::json!({"readAt": read_at, "status": status, "statusSince": read_at, "items": items,
        "transactions": {}, "awaitsInspection": false});
    let seen = serde_json::json!({"rma": seen_rma, "credit": null});
    (rma(number), serde_json::from_value::<Observation>(seen).unwrap())
}

async fn status_of(store: &Store, number: u32) -> String {
    let seen = store.observed_rmas(&name("acme"), &[rma(number), rma(999)]).await.unwrap();
    assert_eq!(seen.len(), 1);
    seen[0].1.status.to_string()
}

async fn a_read_that_comes_late_replaces_nothing(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    for (status, read_at, item) in [("Received", 20, "81"), ("Done", 10, "82")] {
        store
            .record_observations(&name("acme"), &[seen(1, status, at(read_at), &[item])], at(30))
            .await
            .unwrap();
    }
    assert_eq!(status_of(&store, 1).await, "Received");
    assert_eq!(store.watched_rmas(&name("acme"), at(40)).await.unwrap().len(), 1);
    let items = ["81", "82"].map(ReturnedItemId::new);
    for item in items {
        assert_eq!(store.rmas_of_items(&name("acme"), &[item]).await.unwrap(), [rma(1)]);
    }
}

async fn a_read_by_a_clock_that_was_ahead_gives_way(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    store.record_observations(&name("acme"), &[seen(1, "Received", at(9000), &[])], at(9000)).await.unwrap();
    store.record_observations(&name("acme"), &[seen(1, "Done", at(10), &[])], at(20)).await.unwrap();
    assert_eq!(status_of(&store, 1).await, "Done");
}

async fn it_is_known_since_when_an_rma_has_its_status(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    let mut since = Vec::new();
    for (status, read_at) in [("Approved", 10), ("Approved", 20), ("Done", 30), ("Done", 40)] {
        let read = [seen(1, status, at(read_at), &[])];
        store.record_observations(&name("acme"), &read, at(read_at)).await.unwrap();
        since.push(store.observed_rmas(&name("acme"), &[rma(1)]).await.unwrap()[0].1.status_since);
    }
    assert_eq!(since, [at(10), at(10), at(30), at(30)]);
}

/// The RMAs that are watched at this time.
async fn watched(store: &Store, now: Timestamp) -> Vec<RmaId> {
    let mut watched: Vec<_> =
        store.watched_rmas(&name("acme"), now).await.unwrap().into_iter().map(|(rma, _)| rma).collect();
    watched.sort();
    watched
}

async fn finished_rmas_are_not_watched(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    let statuses = ["Pending", "Approved", "Received", "Validated", "Lost", "Done", "Rejected", "Canceled"];
    let mut remembered: Vec<_> =
        (1..).zip(statuses).map(|(number, status)| seen(number, status, at(0), &[])).collect();
    let (awaiting, mut done) = seen(9, "Done", at(0), &[]);
    done.rma.awaits_inspection = true;
    remembered.push((awaiting, done));
    store.record_observations(&name("acme"), &remembered, at(0)).await.unwrap();
    const DAYS: i64 = 24 * 3600;
    assert_eq!(watched(&store, at(2 * DAYS)).await, rmas([1, 2, 3, 4, 5, 9]));
    assert_eq!(watched(&store, at(4 * DAYS)).await, rmas([1, 2, 3, 4, 5]), "inspected or not, it is over");
    store.remove_connection(&name("acme"), &Actor::command_line("dana"), at(0)).await.unwrap();
    assert!(watched(&store, at(0)).await.is_empty());
}

async fn more_rmas_than_a_page_are_watched(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    let remembered: Vec<_> = (0..2500).map(|number| seen(number, "Approved", at(0), &[])).collect();
    store.record_observations(&name("acme"), &remembered, at(0)).await.unwrap();
    let mut expected = rmas(0..2500);
    expected.sort();
    assert_eq!(watched(&store, at(1)).await, expected);
}

fn key(part: SweepPart, key: &str) -> SweepRowKey {
    SweepRowKey { part, key: key.to_owned() }
}

fn rows(rows: &[(SweepPart, &str, &str)]) -> SweepRows {
    rows.iter().map(|(part, named, what)| (key(*part, named), (*what).to_owned())).collect()
}

/// A turn of the sweep of ReturnGO.
async fn returngo(store: &Store, now: i64) -> SweepLease {
    loop {
        let turn = store.take_sweep(at(now), at(now + 60)).await.unwrap().unwrap();
        if turn.sweep == SweepName::Returngo {
            return turn;
        }
    }
}

async fn stored(store: &Store) -> SweepRows {
    store.sweep_rows(&name("acme"), SweepName::Returngo).await.unwrap()
}

async fn rows_of_a_sweep_change_with_its_position(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    let mut before = stored(&store).await;
    assert!(before.is_empty());
    let steps = [
        rows(&[
            (SweepPart::Pending, "1", "one"),
            (SweepPart::Pending, "2", "two"),
            (SweepPart::Unmatched, "1", "[]"),
        ]),
        rows(&[
            (SweepPart::Pending, "2", "more"),
            (SweepPart::Unmatched, "1", "[]"),
            (SweepPart::Pending, "3", "three"),
        ]),
        rows(&[]),
    ];
    for (now, after) in [100, 200, 300].into_iter().zip(steps) {
        let turn = returngo(&store, now).await;
        let changes = SweepRowChanges::between(&before, after.clone());
        store.finish_sweep_with(&turn, "page 7", &changes, at(now + 1)).await.unwrap();
        before = stored(&store).await;
        assert_eq!(before, after);
    }
    let changes = SweepRowChanges::between(
        &rows(&[(SweepPart::Pending, "1", "one")]),
        rows(&[(SweepPart::Pending, "1", "one")]),
    );
    assert!(changes.0.is_empty(), "what is as it was is not written");
}

async fn rows_of_a_sweep_are_changed_by_its_holder_alone(database: Database) {
    let (one, other) = (database.open().await, database.open().await);
    connect(&one, "acme").await;
    let slow = returngo(&one, 0).await;
    let taken_over = returngo(&other, 60).await;
    let of =
        |rma: &str| SweepRowChanges::between(&SweepRows::new(), rows(&[(SweepPart::Pending, rma, "{}")]));
    other.finish_sweep_with(&taken_over, "in time", &of("1"), at(300)).await.unwrap();
    let gone = SweepRowChanges::between(&rows(&[(SweepPart::Pending, "1", "{}")]), SweepRows::new());
    for changes in [of("2"), gone] {
        one.finish_sweep_with(&slow, "too late", &changes, at(100)).await.unwrap();
        assert_eq!(stored(&one).await, rows(&[(SweepPart::Pending, "1", "{}")]));
    }
    assert_eq!(returngo(&one, 300).await.cursor.as_deref(), Some("in time"));
}
