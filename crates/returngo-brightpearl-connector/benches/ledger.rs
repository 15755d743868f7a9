//! What the ledger does a second, on SQLite with every commit on the disk, and on PostgreSQL where
//! `TEST_POSTGRES_URL` names an empty database.
//!
//! ```sh
//! cargo bench -p returngo-brightpearl-connector --bench ledger
//! ```
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a bench prints, and stops at what goes wrong")]
#![allow(clippy::disallowed_methods, reason = "it measures real time")]

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use returngo::RmaId;
use returngo_brightpearl_connector::ledger::{
    self, ClaimRequest, ConnectionId, Delivery, Ledger, Outcome, Sealed, Source, StoredConnection, WorkerId,
};

const LONG_ENOUGH: Duration = Duration::from_secs(3);
const CONNECTIONS: u32 = 10_000;

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir_in(".").unwrap();
    measure("SQLite", &format!("sqlite://{}/ledger.db", folder.path().display())).await;
    if let Ok(url) = std::env::var("TEST_POSTGRES_URL") {
        measure("PostgreSQL", &url).await;
    }
}

async fn measure(name: &str, url: &str) {
    println!("{name}");
    let ledger = ledger::open(url).await.unwrap();
    connect(&*ledger, 0).await;
    for size in [1, 16, 64, 256, 1000] {
        receive(&*ledger, size).await;
    }
    claim_and_finish(&*ledger, 1000).await;
    for number in 1..CONNECTIONS {
        connect(&*ledger, number).await;
    }
    claim_among(&*ledger, &format!("{CONNECTIONS} connections, one with work"), &[77]).await;
    let all: Vec<_> = (0..CONNECTIONS).collect();
    claim_among(&*ledger, &format!("{CONNECTIONS} connections, all with work"), &all).await;
}

/// Webhooks of some 600 bytes, all different, this many a commit.
async fn receive(ledger: &dyn Ledger, size: usize) {
    let filler = "x".repeat(560);
    let mut batch = 0;
    let mut times = Vec::new();
    let start = Instant::now();
    while start.elapsed() < LONG_ENOUGH {
        let deliveries: Vec<_> = (0..size)
            .map(|number| Delivery {
                connection: connection(0),
                source: Source::Returngo,
                body: format!(r#"{{"rmaId":"{size}-{batch}-{number}","filler":"{filler}"}}"#),
                received_at: at(0),
            })
            .collect();
        let before = Instant::now();
        ledger.receive(&deliveries).await.unwrap();
        times.push(before.elapsed());
        batch += 1;
    }
    let rate = (times.len() * size) as f64 / start.elapsed().as_secs_f64();
    println!("  receive, {size:>4} a commit: {rate:>6.0} webhooks/s; {}", percentiles(times));
}

async fn claim_and_finish(ledger: &dyn Ledger, size: u32) {
    let (mut marks, mut claims, mut ends) = (Vec::new(), Vec::new(), Vec::new());
    for round in 1..=10 {
        let now = 100 * round;
        let rmas: Vec<RmaId> = (0..size).map(|number| number.to_string().parse().unwrap()).collect();
        let before = Instant::now();
        ledger.mark_due(&connection(0), &rmas, "a measure", at(now)).await.unwrap();
        marks.push(before.elapsed());
        let before = Instant::now();
        let claimed = ledger.claim(&request(size, now)).await.unwrap();
        claims.push(before.elapsed());
        let outcomes: Vec<_> = claimed
            .into_iter()
            .map(|claim| (claim, Outcome::Settled { reviews: Vec::new(), credit: None }))
            .collect();
        let before = Instant::now();
        assert_eq!(ledger.finish(&outcomes, at(now)).await.unwrap(), size as usize);
        ends.push(before.elapsed());
    }
    println!("  mark   {size} RMAs: {}", percentiles(marks));
    println!("  claim  {size} RMAs: {}", percentiles(claims));
    println!("  finish {size} RMAs: {}", percentiles(ends));
}

async fn claim_among(ledger: &dyn Ledger, what: &str, with_work: &[u32]) {
    for &number in with_work {
        ledger.mark_due(&connection(number), &["1".parse().unwrap()], "a measure", at(5000)).await.unwrap();
    }
    let mut nothing = Vec::new();
    for _ in 0..200 {
        let before = Instant::now();
        let claims = ledger.claim(&request(10, 4000)).await.unwrap();
        nothing.push(before.elapsed());
        assert!(claims.is_empty());
    }
    println!("  claim, {what}, not due yet: {}", percentiles(nothing));
    let mut found = Vec::new();
    for _ in 0..with_work.len().min(200) {
        let before = Instant::now();
        let claims = ledger.claim(&request(10, 6000)).await.unwrap();
        found.push(before.elapsed());
        assert_eq!(claims.len(), 1);
    }
    println!("  claim, {what}, due: {}", percentiles(found));
}

async fn connect(ledger: &dyn Ledger, number: u32) {
    let stored = StoredConnection { id: connection(number), configuration: Sealed(vec![0; 200]) };
    ledger.put_connection(&stored, at(0)).await.unwrap();
}

fn connection(number: u32) -> ConnectionId {
    format!("connection-{number}").parse().unwrap()
}

fn at(seconds: i64) -> Timestamp {
    "2026-03-02T09:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(seconds)
}

fn request(limit: u32, now: i64) -> ClaimRequest {
    ClaimRequest {
        worker: WorkerId("bench".to_owned()),
        limit,
        now: at(now),
        lease: Duration::from_hours(24),
        except: Vec::new(),
    }
}

fn percentiles(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let of = |percent: usize| times.get((times.len() - 1) * percent / 100).copied().unwrap_or_default();
    format!("p50 {:.2?}, p99 {:.2?}", of(50), of(99))
}
