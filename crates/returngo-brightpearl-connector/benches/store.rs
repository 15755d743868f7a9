//! Measures operations of the store, with every commit on disk. Runs on SQLite, and on PostgreSQL if it is available.
//!
//! ```sh
//! cargo bench -p returngo-brightpearl-connector --bench store
//! ```
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a bench prints, and panics on failure")]
#![allow(clippy::disallowed_methods, reason = "it measures real time")]

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use returngo::RmaId;
use returngo_brightpearl_connector::store::{
    self, Cause, ConnectionId, Delivery, Encrypted, JobOutcome, LeaseRequest, Source, Store,
    StoredConnection, WorkerId,
};

#[path = "support/databases.rs"]
mod databases;
#[path = "support/times.rs"]
mod times;

use databases::{Database, Server};
use times::percentiles;

const RUN_FOR: Duration = Duration::from_secs(3);
const CONNECTIONS: [u32; 3] = [10, 1_000, 10_000];

#[tokio::main]
async fn main() {
    receive_batches(Database::sqlite()).await;
    lease_among_connections(Database::sqlite()).await;
    if let Some(server) = Server::start() {
        receive_batches(Database::postgres(&server).await).await;
        lease_among_connections(Database::postgres(&server).await).await;
    }
}

async fn receive_batches(database: Database) {
    println!("{}", database.name);
    let store = store::open(&database.url).await.unwrap();
    connect(&store, 0).await;
    for size in [1, 16, 64, 256, 1000] {
        receive(&store, size).await;
    }
}

async fn lease_among_connections(database: Database) {
    let store = store::open(&database.url).await.unwrap();
    connect(&store, 0).await;
    lease_and_finish(&store, 1000).await;
    let mut connected = 1;
    for (round, connections) in (1..).zip(CONNECTIONS) {
        for number in connected..connections {
            connect(&store, number).await;
        }
        connected = connections;
        lease_among(&store, &format!("{connections:>5} connections, one with a pending RMA"), &[round]).await;
        poll_idle(&store, connections).await;
    }
    let all: Vec<_> = (0..connected).collect();
    lease_among(&store, &format!("{connected:>5} connections, all with a pending RMA"), &all).await;
}

/// Measures the queries that an idle process makes every second.
async fn poll_idle(store: &Store, connections: u32) {
    let mut sweeps = Vec::new();
    let mut webhooks = Vec::new();
    for _ in 0..200 {
        let before = Instant::now();
        assert!(store.take_sweep(at(-1), at(60)).await.unwrap().is_none());
        sweeps.push(before.elapsed());
        let before = Instant::now();
        assert!(store.waiting_deliveries(500, &[]).await.unwrap().is_empty());
        webhooks.push(before.elapsed());
    }
    println!("  sweep, {connections:>5} connections, none scheduled now: {}", percentiles(sweeps));
    println!("  inbox, {connections:>5} connections, none waiting: {}", percentiles(webhooks));
}

/// Stores different webhooks of about 600 bytes, `size` per commit.
async fn receive(store: &Store, size: usize) {
    let filler = "x".repeat(560);
    let mut batch = 0;
    let mut times = Vec::new();
    let start = Instant::now();
    while start.elapsed() < RUN_FOR {
        let deliveries: Vec<_> = (0..size)
            .map(|number| Delivery {
                connection: connection(0),
                source: Source::Returngo,
                body: format!(r#"{{"rmaId":"{size}-{batch}-{number}","filler":"{filler}"}}"#),
                received_at: at(0),
            })
            .collect();
        let before = Instant::now();
        store.receive(&deliveries).await.unwrap();
        times.push(before.elapsed());
        batch += 1;
    }
    let rate = (times.len() * size) as f64 / start.elapsed().as_secs_f64();
    println!("  receive, {size:>4} per commit: {rate:>6.0} webhooks/s; {}", percentiles(times));
}

async fn lease_and_finish(store: &Store, size: u32) {
    let (mut enqueued, mut leases, mut finished) = (Vec::new(), Vec::new(), Vec::new());
    for round in 1..=10 {
        let now = 100 * round;
        let rmas: Vec<RmaId> = (0..size).map(|number| number.to_string().parse().unwrap()).collect();
        let before = Instant::now();
        store.enqueue(&connection(0), &rmas, Cause::User, "benchmark", at(now)).await.unwrap();
        enqueued.push(before.elapsed());
        let before = Instant::now();
        let leased = store.lease(&request(size, now)).await.unwrap();
        leases.push(before.elapsed());
        let outcomes: Vec<_> = leased
            .into_iter()
            .map(|lease| (lease, JobOutcome::Settled { reviews: Vec::new(), credit: None }))
            .collect();
        let before = Instant::now();
        assert_eq!(store.finish(&outcomes, at(now)).await.unwrap(), size as usize);
        finished.push(before.elapsed());
    }
    println!("  enqueue {size} RMAs: {}", percentiles(enqueued));
    println!("  lease   {size} RMAs: {}", percentiles(leases));
    println!("  finish  {size} RMAs: {}", percentiles(finished));
}

async fn lease_among(store: &Store, label: &str, with_pending: &[u32]) {
    for &number in with_pending {
        store
            .enqueue(&connection(number), &["1".parse().unwrap()], Cause::User, "benchmark", at(5000))
            .await
            .unwrap();
    }
    let mut not_yet = Vec::new();
    for _ in 0..200 {
        let before = Instant::now();
        let leases = store.lease(&request(10, 4000)).await.unwrap();
        not_yet.push(before.elapsed());
        assert!(leases.is_empty());
    }
    println!("  lease, {label}, scheduled later: {}", percentiles(not_yet));
    let mut found = Vec::new();
    for _ in 0..with_pending.len().min(200) {
        let before = Instant::now();
        let leases = store.lease(&request(10, 6000)).await.unwrap();
        found.push(before.elapsed());
        assert_eq!(leases.len(), 1);
    }
    println!("  lease, {label}, scheduled now: {}", percentiles(found));
}

async fn connect(store: &Store, number: u32) {
    let stored = StoredConnection { id: connection(number), configuration: Encrypted(vec![0; 200]) };
    store.put_connection(&stored, at(0)).await.unwrap();
}

fn connection(number: u32) -> ConnectionId {
    format!("connection-{number}").parse().unwrap()
}

fn at(seconds: i64) -> Timestamp {
    "2026-03-02T09:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(seconds)
}

fn request(limit: u32, now: i64) -> LeaseRequest {
    LeaseRequest { worker: WorkerId("bench".to_owned()), limit, now: at(now), only: None, except: Vec::new() }
}
