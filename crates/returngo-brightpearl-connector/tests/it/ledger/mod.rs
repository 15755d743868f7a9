//! The ledger, the same behaviour on SQLite and on PostgreSQL.

mod abandoned;
mod connections;
pub(crate) mod databases;
mod decisions;
mod effects;
mod inbox;
mod model;
mod postgres;
mod retention;
mod reviews;
mod seals;
mod several;
mod sweeps;
mod trouble;
mod work;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use returngo::RmaId;
use returngo_brightpearl_connector::ledger::{
    Claim, ClaimRequest, ConnectionId, Delivery, Ledger, Outcome, Sealed, Source, StoredConnection, WorkerId,
};

/// Makes a test on each database of each of these functions, which take a [`databases::Database`].
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::ledger::databases::Database::sqlite()).await;
            })+
        }

        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                if let Some(database) = $crate::ledger::databases::Database::postgres().await {
                    super::$name(database).await;
                }
            })+
        }
    };
}
pub(crate) use on_both;

const LEASE: Duration = Duration::from_secs(60);

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

fn delivery(connection: &str, body: &str, received: i64) -> Delivery {
    Delivery {
        connection: name(connection),
        source: Source::Returngo,
        body: body.to_owned(),
        received_at: at(received),
    }
}

fn request(worker: &str, limit: u32, now: i64) -> ClaimRequest {
    ClaimRequest {
        worker: WorkerId(worker.to_owned()),
        limit,
        now: at(now),
        lease: LEASE,
        only: None,
        except: Vec::new(),
    }
}

fn in_step() -> Outcome {
    Outcome::Settled { reviews: Vec::new(), credit: None }
}

async fn connect(ledger: &dyn Ledger, connection: &str) {
    let stored = StoredConnection { id: name(connection), configuration: Sealed(vec![1, 2, 3]) };
    ledger.put_connection(&stored, at(0)).await.unwrap();
}

async fn mark(ledger: &dyn Ledger, connection: &str, numbers: &[u32], now: i64) {
    ledger.mark_due(&name(connection), &rmas(numbers.iter().copied()), "a test", at(now)).await.unwrap();
}

async fn claim_all(ledger: &dyn Ledger, now: i64) -> Vec<Claim> {
    ledger.claim(&request("worker", 1000, now)).await.unwrap()
}

fn numbers(claims: &[Claim]) -> Vec<String> {
    claims.iter().map(|claim| claim.rma.to_string()).collect()
}
