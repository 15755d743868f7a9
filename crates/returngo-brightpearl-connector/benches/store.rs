//! What the store does a second with every commit on the disk: on SQLite, and on PostgreSQL where there is one.
//!
//! ```sh
//! cargo bench -p returngo-brightpearl-connector --bench store
//! ```
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a bench prints, and stops at what goes wrong")]
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

const LONG_ENOUGH: Duration = Duration::from_secs(3);
const CONNECTIONS: [u32; 3] = [10, 1_000, 10_000];

#[tokio::main]
async fn main() {
    receive_in_all_sizes(Database::sqlite()).await;
    work_among_many(Database::sqlite()).await;
    if let Some(server) = Server::start() {
        receive_in_all_sizes(Database::postgres(&server).await).await;
        work_among_many(Database::postgres(&server).await).await;
    }
}

async fn receive_in_all_sizes(database: Database) {
    println!("{}", database.name);
    let store = store::open(&database.url).await.unwrap();
    connect(&store, 0).await;
    for size in [1, 16, 64, 256, 1000] {
        receive(&store, size).await;
    }
}

async fn work_among_many(database: Database) {
    let store = store::open(&database.url).await.unwrap();
    connect(&store, 0).await;
    lease_and_finish(&store, 1000).await;
    let mut connected = 1;
    for (round, connections) in (1..).zip(CONNECTIONS) {
        for number in connected..connections {
            connect(&store, number).await;
        }
        connected = connections;
        lease_among(&store, &format!("{connections:>5} connections, one with work"), &[round]).await;
        look_for_nothing(&store, connections).await;
    }
    let all: Vec<_> = (0..connected).collect();
    lease_among(&store, &format!("{connected:>5} connections, all with work"), &all).await;
}

/// What a process that has nothing to do asks for every second.
async fn look_for_nothing(store: &Store, connections: u32) {
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
    println!("  sweep, {connections:>5} connections, none due: {}", percentiles(sweeps));
    println!("  inbox, {connections:>5} connections, none waiting: {}", percentiles(webhooks));
}

/// Webhooks of some 600 bytes, all different, this many a commit.
async fn receive(store: &Store, size: usize) {
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
        store.receive(&deliveries).await.unwrap();
        times.push(before.elapsed());
        batch += 1;
    }
    let rate = (times.len() * size) as f64 / start.elapsed().as_secs_f64();
    println!("  receive, {size:>4} a commit: {rate:>6.0} webhooks/s; {}", percentiles(times));
}

async fn lease_and_finish(store: &Store, size: u32) {
    let (mut marks, mut leases, mut ends) = (Vec::new(), Vec::new(), Vec::new());
    for round in 1..=10 {
        let now = 100 * round;
        let rmas: Vec<RmaId> = (0..size).map(|number| number.to_string().parse().unwrap()).collect();
        let before = Instant::now();
        store.enqueue(&connection(0), &rmas, Cause::Prompter, "a measure", at(now)).await.unwrap();
        marks.push(before.elapsed());
        let before = Instant::now();
        let leased = store.lease(&request(size, now)).await.unwrap();
        leases.push(before.elapsed());
        let outcomes: Vec<_> = leased
            .into_iter()
            .map(|lease| (lease, JobOutcome::Settled { reviews: Vec::new(), credit: None }))
            .collect();
        let before = Instant::now();
        assert_eq!(store.finish(&outcomes, at(now)).await.unwrap(), size as usize);
        ends.push(before.elapsed());
    }
    println!("  mark   {size} RMAs: {}", percentiles(marks));
    println!("  claim  {size} RMAs: {}", percentiles(leases));
    println!("  finish {size} RMAs: {}", percentiles(ends));
}

async fn lease_among(store: &Store, what: &str, with_work: &[u32]) {
    for &number in with_work {
        store
            .enqueue(&connection(number), &["1".parse().unwrap()], Cause::Prompter, "a measure", at(5000))
            .await
            .unwrap();
    }
    let mut nothing = Vec::new();
    for _ in 0..200 {
        let before = Instant::now();
        let leases = store.lease(&request(10, 4000)).await.unwrap();
        nothing.push(before.elapsed());
        assert!(leases.is_empty());
    }
    println!("  claim, {what}, not due yet: {}", percentiles(nothing));
    let mut found = Vec::new();
    for _ in 0..with_work.len().min(200) {
        let before = Instant::now();
        let leases = store.lease(&request(10, 6000)).await.unwrap();
        found.push(before.elapsed());
        assert_eq!(leases.len(), 1);
    }
    println!("  claim, {what}, due: {}", percentiles(found));
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
