//! The store, the same behaviour on SQLite and on PostgreSQL.

mod abandoned;
mod activity;
mod clock;
mod connections;
pub(crate) mod databases;
mod decisions;
mod duplicates;
mod effects;
mod failures;
mod inbox;
mod jobs;
mod model;
mod original_orders;
mod other_shops;
mod postgres;
mod processes;
mod rekey;
mod retention;
mod reviews;
mod several;
mod sweeps;
mod unreadable;
mod year;

use jiff::{SignedDuration, Timestamp};
use returngo::RmaId;
use returngo_brightpearl_connector::store::{
    Cause, ConnectionId, Delivery, Encrypted, JobOutcome, Lease, LeaseRequest, Source, Store,
    StoredConnection, WorkerId,
};
use sqlx::{AnyConnection, AssertSqlSafe, Connection, Executor};

/// Makes a test on each database of each of these functions, which take a [`databases::Database`].
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::store::databases::Database::sqlite()).await;
            })+
        }

        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                if let Some(database) = $crate::store::databases::Database::postgres().await {
                    super::$name(database).await;
                }
            })+
        }
    };
}
pub(crate) use on_both;

/// This many seconds after the tests' beginning of time.
fn at(seconds: i64) -> Timestamp {
    let start: Timestamp = "2026-03-02T09:00:00Z".parse().unwrap();
    start + SignedDuration::from_secs(seconds)
}

fn name(text: &str) -> ConnectionId {
    text.parse().unwrap()
}

fn rma(number: u32) -> RmaId {
    number.to_string().parse().unwrap()
}

fn rmas(numbers: impl IntoIterator<Item = u32>) -> Vec<RmaId> {
    numbers.into_iter().map(rma).collect()
}

/// RMAs that webhooks name, and whose webhooks.
fn named_by(cause: Cause, numbers: impl IntoIterator<Item = u32>) -> Vec<(RmaId, Cause)> {
    numbers.into_iter().map(|number| (rma(number), cause)).collect()
}

fn delivery(connection: &str, body: &str, received: i64) -> Delivery {
    Delivery {
        connection: name(connection),
        source: Source::Returngo,
        body: body.to_owned(),
        received_at: at(received),
    }
}

fn request(worker: &str, limit: u32, now: i64) -> LeaseRequest {
    LeaseRequest { worker: WorkerId(worker.to_owned()), limit, now: at(now), only: None, except: Vec::new() }
}

fn in_sync() -> JobOutcome {
    JobOutcome::Settled { reviews: Vec::new(), credit: None }
}

async fn connect(store: &Store, connection: &str) {
    let stored = StoredConnection { id: name(connection), configuration: Encrypted(vec![1, 2, 3]) };
    store.put_connection(&stored, at(0)).await.unwrap();
}

/// Changes a database in ways that no store does.
pub(crate) async fn run(database: &databases::Database, statements: &[&str]) {
    let mut connection = AnyConnection::connect(&database.url).await.unwrap();
    for statement in statements {
        connection.execute(AssertSqlSafe((*statement).to_owned())).await.unwrap();
    }
    connection.close().await.unwrap();
}

async fn mark(store: &Store, connection: &str, numbers: &[u32], now: i64) {
    store
        .enqueue(&name(connection), &rmas(numbers.iter().copied()), Cause::User, "a test", at(now))
        .await
        .unwrap();
}

async fn lease_all(store: &Store, now: i64) -> Vec<Lease> {
    store.lease(&request("worker", 1000, now)).await.unwrap()
}

/// The process that claims as `worker` has ended: what it held is pending again. Gives back how many RMAs that were.
async fn worker_ended(store: &Store, now: i64) -> usize {
    store.release_process(&WorkerId("worker".to_owned()), None, at(now)).await.unwrap()
}

/// Another process takes over what the one that ended held.
async fn take_over(store: &Store, now: i64) -> Vec<Lease> {
    worker_ended(store, now).await;
    lease_all(store, now).await
}

fn numbers(leases: &[Lease]) -> Vec<String> {
    leases.iter().map(|lease| lease.rma.to_string()).collect()
}
