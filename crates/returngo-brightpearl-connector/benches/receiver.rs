//! Webhooks a second through the receiver, over HTTP on loopback, with every commit on the disk: on SQLite, and
//! on PostgreSQL where there is one. Whoever sends them is one thread, which shares the cores with the receiver.
//!
//! ```sh
//! cargo bench -p returngo-brightpearl-connector --bench receiver
//! ```
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a bench prints, and stops at what goes wrong")]
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
const SECRET: &str = "a-secret-of-the-bench";

/// Senders, each of which waits for an answer before it sends the next one.
const SENDERS: [usize; 3] = [16, 64, 256];
const LONG_ENOUGH: Duration = Duration::from_secs(5);

/// Webhooks a second that arrive whether or not those before them are answered.
const ARRIVALS: u32 = 500;
const ARRIVE_FOR: Duration = Duration::from_secs(20);

fn main() {
    let mut databases = vec![Database::sqlite()];
    if let Some(server) = Server::start() {
        databases.push(runtime().block_on(Database::postgres(&server)));
    }
    for database in databases {
        println!("{}", database.name);
        let receiver = Receiver::start(&database.url);
        receiver.at_a_fixed_rate();
        for senders in SENDERS {
            receiver.as_fast_as_it_takes_them(senders);
        }
    }
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// The receiver as `serve` runs it, and who sends to it.
struct Receiver {
    store: Arc<Store>,
    address: SocketAddr,
    runs: Runtime,
    sends: Runtime,
    _stop: watch::Sender<bool>,
}

impl Receiver {
    fn start(database: &str) -> Self {
        let runs = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let (stop, stopped) = watch::channel(false);
        let (store, address) = runs.block_on(async {
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
        Self { store, address, runs, sends: runtime(), _stop: stop }
    }

    fn as_fast_as_it_takes_them(&self, senders: usize) {
        let (sent, cost) = self.send(senders, async move |mut sender| {
            let mut sent = Sent::default();
            let end = Instant::now() + LONG_ENOUGH;
            while Instant::now() < end {
                let before = Instant::now();
                sent.answered(sender.send().await, before);
            }
            sent
        });
        let rate = sent.stored as f64 / LONG_ENOUGH.as_secs_f64();
        println!("  {senders:>3} senders: {rate:>6.0} webhooks/s; {}; {cost}", percentiles(sent.took));
    }

    /// Times count from when a webhook was to arrive, so that one that had to wait for its sender has waited.
    fn at_a_fixed_rate(&self) {
        const SENDERS: u32 = 64;
        let start = Instant::now() + Duration::from_millis(100);
        let apart = Duration::from_secs(1) / ARRIVALS;
        let (sent, cost) = self.send(SENDERS as usize, async move |mut sender| {
            let mut sent = Sent::default();
            let mut arrives = start + apart * u32::try_from(sender.number).unwrap();
            while arrives < start + ARRIVE_FOR {
                tokio::time::sleep_until(arrives.into()).await;
                sent.answered(sender.send().await, arrives);
                arrives += apart * SENDERS;
            }
            sent
        });
        println!("  at {ARRIVALS} webhooks/s: {}; {cost}", percentiles(sent.took));
    }

    /// Lets senders send; everything that was answered with 200 has to be in the inbox then.
    fn send(&self, senders: usize, each: impl AsyncFn(Sender) -> Sent + Clone + 'static) -> (Sent, String) {
        let waited = self.waiting();
        let (process, thread) = (ProcessTime::now(), ThreadTime::now());
        let sent = LocalSet::new().block_on(&self.sends, async {
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
        assert_eq!(sent.stored, self.waiting() - waited, "what is in the inbox is not what was answered 200");
        assert_eq!(sent.refused, 0);
        let each = u32::try_from(sent.stored.max(1)).unwrap();
        let cost = format!(
            "CPU time each: receiver {:.0?}, sender {:.0?}",
            (process - thread) / each,
            thread / each
        );
        (sent, cost)
    }

    fn waiting(&self) -> u64 {
        let status = self.runs.block_on(self.store.status()).unwrap();
        status.iter().map(|status| status.waiting_deliveries).sum()
    }
}

/// What was sent.
#[derive(Default)]
struct Sent {
    stored: u64,
    refused: u64,
    took: Vec<Duration>,
}

impl Sent {
    fn answered(&mut self, stored: bool, since: Instant) {
        self.took.push(since.elapsed());
        if stored {
            self.stored += 1;
        } else {
            self.refused += 1;
        }
    }

    fn and(mut self, other: Self) -> Self {
        self.took.extend(other.took);
        Self { stored: self.stored + other.stored, refused: self.refused + other.refused, took: self.took }
    }
}

/// A connection that is kept alive; it writes requests as bytes, so as to take little of the cores.
struct Sender {
    number: usize,
    stream: TcpStream,
    /// Makes every body another one, also in the next round.
    random: fastrand::Rng,
    request: String,
}

impl Sender {
    async fn connect(address: SocketAddr, number: usize) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { number, stream, random: fastrand::Rng::new(), request: String::new() }
    }

    /// Sends one webhook of either system in turn; whether it was answered with 200.
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
        // The receiver's answers have no body.
        while !answer[..read].ends_with(b"\r\n\r\n") {
            let more = self.stream.read(&mut answer[read..]).await.unwrap();
            assert!(more > 0, "the receiver has hung up");
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
