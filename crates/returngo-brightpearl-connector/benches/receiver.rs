//! Measures how many webhooks per second the receiver stores, over HTTP on loopback, with every commit on disk. Runs on SQLite,
//! and on PostgreSQL if it is available. One thread sends all webhooks, on the same cores as the receiver.
//!
//! ```sh
//! cargo bench -p returngo-brightpearl-connector --bench receiver
//! ```
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a bench prints, and panics on failure")]
#![allow(clippy::disallowed_methods, reason = "it measures real time")]

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use api_client_core::client::SystemClock;
use cpu_time::{ProcessTime, ThreadTime};
use jiff::Timestamp;
use returngo_brightpearl_connector::{
    failpoints::NoFailpoints,
    receiver::{self, Inbox, WebhookEndpoints},
    server::{self, Limits},
    store::{self, ConnectionId, Encrypted, Source, Store, StoredConnection},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    runtime::{Builder, Runtime},
    sync::watch,
    task::{JoinSet, LocalSet},
};

#[path = "support/databases.rs"]
mod databases;
#[path = "support/times.rs"]
mod times;

use databases::{Database, Server};
use times::percentiles;

const ACCOUNT: &str = "acmeoutdoors";
const SECRET: &str = "bench-webhook-secret";

/// The number of senders. Each waits for the response before it sends the next webhook.
const SENDERS: [usize; 3] = [16, 64, 256];
const RUN_FOR: Duration = Duration::from_secs(5);

/// Webhooks per second of the run at a fixed rate, sent without waiting for earlier responses.
const ARRIVALS_PER_SECOND: u32 = 500;
const ARRIVE_FOR: Duration = Duration::from_secs(20);

fn main() {
    let mut databases = vec![Database::sqlite()];
    if let Some(server) = Server::start() {
        databases.push(runtime().block_on(Database::postgres(&server)));
    }
    for database in databases {
        println!("{}", database.name);
        let receiver = Receiver::start(&database.url);
        receiver.run_at_fixed_rate();
        for senders in SENDERS {
            receiver.run_at_full_speed(senders);
        }
    }
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// The receiver as `serve` runs it, with runtimes for it and for the senders.
struct Receiver {
    store: Arc<Store>,
    address: SocketAddr,
    server_runtime: Runtime,
    sender_runtime: Runtime,
    _stop: watch::Sender<bool>,
}

impl Receiver {
    fn start(database: &str) -> Self {
        let server_runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let (stop, stopped) = watch::channel(false);
        let (store, address) = server_runtime.block_on(async {
            let store = store::open(database).await.unwrap();
            let connection: ConnectionId = "acme".parse().unwrap();
            let stored = StoredConnection { id: connection.clone(), configuration: Encrypted(vec![0; 200]) };
            store.put_connection(&stored, Timestamp::now()).await.unwrap();
            let endpoints = Arc::new(WebhookEndpoints::default());
            endpoints.put(connection, ACCOUNT, SECRET);
            let inbox = Inbox::new(Arc::clone(&store), Arc::new(NoFailpoints), Arc::default());
            let routes = receiver::routes(endpoints, inbox, Arc::new(SystemClock));
            let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
            let address = listener.local_addr().unwrap();
            let clock = Arc::new(SystemClock);
            tokio::spawn(server::serve(listener, routes, Limits::default(), clock, stopped));
            (store, address)
        });
        Self { store, address, server_runtime, sender_runtime: runtime(), _stop: stop }
    }

    fn run_at_full_speed(&self, senders: usize) {
        let (sent, cost) = self.send(senders, async move |mut sender| {
            let mut sent = Sent::default();
            let end = Instant::now() + RUN_FOR;
            while Instant::now() < end {
                let before = Instant::now();
                sent.record(sender.send().await, before);
            }
            sent
        });
        let rate = sent.stored as f64 / RUN_FOR.as_secs_f64();
        println!("  {senders:>3} senders: {rate:>6.0} webhooks/s; {}; {cost}", percentiles(sent.took));
    }

    /// Measures times from the scheduled arrival of a webhook, so that a wait for its sender counts.
    fn run_at_fixed_rate(&self) {
        const SENDERS: u32 = 64;
        let start = Instant::now() + Duration::from_millis(100);
        let apart = Duration::from_secs(1) / ARRIVALS_PER_SECOND;
        let (sent, cost) = self.send(SENDERS as usize, async move |mut sender| {
            let mut sent = Sent::default();
            let mut arrives = start + apart * u32::try_from(sender.number).unwrap();
            while arrives < start + ARRIVE_FOR {
                tokio::time::sleep_until(arrives.into()).await;
                sent.record(sender.send().await, arrives);
                arrives += apart * SENDERS;
            }
            sent
        });
        println!("  at {ARRIVALS_PER_SECOND} webhooks/s: {}; {cost}", percentiles(sent.took));
    }

    /// Runs the senders, and asserts that the inbox has all webhooks that were answered with 200.
    fn send(&self, senders: usize, each: impl AsyncFn(Sender) -> Sent + Clone + 'static) -> (Sent, String) {
        let waiting_before = self.waiting();
        let (process, thread) = (ProcessTime::now(), ThreadTime::now());
        let sent = LocalSet::new().block_on(&self.sender_runtime, async {
            let mut sending = JoinSet::new();
            for number in 0..senders {
                let sender = Sender::connect(self.address, number).await;
                let each = each.clone();
                sending.spawn_local(async move { each(sender).await });
            }
            sending.join_all().await
        });
        let (process, thread) = (process.elapsed(), thread.elapsed());
        let sent = sent.into_iter().fold(Sent::default(), Sent::and);
        assert_eq!(sent.stored, self.waiting() - waiting_before, "the inbox differs from the responses");
        assert_eq!(sent.rejected, 0);
        let each = u32::try_from(sent.stored.max(1)).unwrap();
        let cost = format!(
            "CPU time per webhook: receiver {:.0?}, sender {:.0?}",
            (process - thread) / each,
            thread / each
        );
        (sent, cost)
    }

    fn waiting(&self) -> u64 {
        let status = self.server_runtime.block_on(self.store.status()).unwrap();
        status.iter().map(|status| status.waiting_deliveries).sum()
    }
}

/// The results of senders.
#[derive(Default)]
struct Sent {
    stored: u64,
    rejected: u64,
    took: Vec<Duration>,
}

impl Sent {
    fn record(&mut self, stored: bool, since: Instant) {
        self.took.push(since.elapsed());
        if stored {
            self.stored += 1;
        } else {
            self.rejected += 1;
        }
    }

    fn and(mut self, other: Self) -> Self {
        self.took.extend(other.took);
        Self { stored: self.stored + other.stored, rejected: self.rejected + other.rejected, took: self.took }
    }
}

/// A kept-alive connection. It writes requests as bytes, to use little CPU time.
struct Sender {
    number: usize,
    stream: TcpStream,
    /// Makes every body unique, across runs as well.
    random: fastrand::Rng,
    request: String,
}

impl Sender {
    async fn connect(address: SocketAddr, number: usize) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { number, stream, random: fastrand::Rng::new(), request: String::new() }
    }

    /// Sends a webhook of a random system. Returns whether the response was 200.
    async fn send(&mut self) -> bool {
        let id = self.random.u64(1_000_000_000..u64::MAX);
        let (source, body) = if id.is_multiple_of(2) {
            (Source::Returngo, returngo(id))
        } else {
            (Source::Brightpearl, brightpearl(id))
        };
        self.request.clear();
        std::fmt::Write::write_fmt(
            &mut self.request,
            format_args!(
                "POST /webhooks/{source}/acme/{SECRET} HTTP/1.1\r\nHost: returns.example.test\r\n\
                 Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            ),
        )
        .unwrap();
        self.stream.write_all(self.request.as_bytes()).await.unwrap();
        let mut answer = [0; 1024];
        let mut read = 0;
        // Responses of the receiver have no body.
        while !answer[..read].ends_with(b"\r\n\r\n") {
            let more = self.stream.read(&mut answer[read..]).await.unwrap();
            assert!(more > 0, "the receiver closed the connection");
            read += more;
        }
        answer.starts_with(b"HTTP/1.1 200 ")
    }
}

fn returngo(id: u64) -> String {
    format!(
        r#"{{"eventName":"RMA_STATUS_UPDATED","data":{{"rmaId":"{id}","orderName":"AC1001","status":"Received","shipments":[{{"id":"s-{id}","status":"delivered"}}]}}}}"#
    )
}

fn brightpearl(id: u64) -> String {
    format!(
        r#"{{"accountCode":"{ACCOUNT}","resourceType":"goods-in-note","id":"{id}","lifecycleEvent":"created","fullEvent":"goods-in-note.created","raisedOn":"2026-03-02T10:20:41.691Z"}}"#
    )
}
