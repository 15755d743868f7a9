//! The store, the same behaviour on SQLite and on PostgreSQL.

mod abandoned;
mod clock;
mod connections;
pub(crate) mod databases;
mod decisions;
mod duplicates;
mod effects;
mod inbox;
mod model;
mod original_orders;
mod other_shops;
mod postgres;
mod processes;
mod retention;
mod reviews;
mod seals;
mod several;
mod sweeps;
mod trouble;
mod unreadable;
mod work;
mod year;

use jiff::{SignedDuration, Timestamp};
use returngo::RmaId;
use returngo_brightpearl_connector::store::{
    Cause, Claim, ClaimRequest, ConnectionId, Delivery, Outcome, Sealed, Source, Store, StoredConnection,
    WorkerId,
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

fn request(worker: &str, limit: u32, now: i64) -> ClaimRequest {
    ClaimRequest { worker: WorkerId(worker.to_owned()), limit, now: at(now), only: None, except: Vec::new() }
}

fn in_step() -> Outcome {
    Outcome::Settled { reviews: Vec::new(), credit: None }
}

async fn connect(store: &Store, connection: &str) {
    let stored = StoredConnection { id: name(connection), configuration: Sealed(vec![1, 2, 3]) };
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
        .mark_due(&name(connection), &rmas(numbers.iter().copied()), Cause::Person, "a test", at(now))
        .await
        .unwrap();
}

async fn claim_all(store: &Store, now: i64) -> Vec<Claim> {
    store.claim(&request("worker", 1000, now)).await.unwrap()
}

/// The process that claims as `worker` has ended: what it held is pending again. Gives back how many RMAs that were.
async fn worker_ended(store: &Store, now: i64) -> usize {
    store.release_process(&WorkerId("worker".to_owned()), None, at(now)).await.unwrap()
}

/// Another process takes over what the one that ended held.
async fn take_over(store: &Store, now: i64) -> Vec<Claim> {
    worker_ended(store, now).await;
    claim_all(store, now).await
}

fn numbers(claims: &[Claim]) -> Vec<String> {
    claims.iter().map(|claim| claim.rma.to_string()).collect()
}
