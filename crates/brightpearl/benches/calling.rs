//! What the client adds to a call: the same GET through it and by bare `reqwest` with `serde_json`, on
//! loopback.
//!
//! `cargo bench -p brightpearl --bench calling` prints the ratio of the CPU time of the calling thread, user
//! and system. Criterion's wall times follow.
//!
//! One other thread serves the connections of both sides, which take turns every few calls: what waking it
//! costs depends on the core that it happens to be on, and is then the same for both.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark")]

use std::{net::SocketAddr, sync::mpsc, thread, time::Duration};

use brightpearl::{Client, Credentials, IdSet, OrderId, order::Order};
use criterion::{BenchmarkId, Criterion};
use serde::Deserialize;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufStream},
    net::{TcpListener, TcpStream},
    runtime::Runtime,
};

#[path = "support/orders.rs"]
mod orders;
#[path = "support/ratio.rs"]
mod ratio;
#[path = "support/report.rs"]
mod report;

const ROUNDS: usize = 2001;
const CALLS_A_ROUND: usize = 10;
const APP_REF: &str = "acmeoutdoors_returns";
const TOKEN: &str = "a-token";

fn main() {
    let runtime = runtime();
    let mut criterion = Criterion::default().configure_from_args();
    let base = serve(orders::of(1));
    let (ours, bare) = (Ours::new(&base, &runtime), Bare::new(&base, &runtime));
    let many = |call: &dyn Fn() -> Order| (0..CALLS_A_ROUND).for_each(|_| drop(call()));
    let ratio = ratio::of(ROUNDS, || many(&|| ours.get()), || many(&|| bare.get()));
    report::ratio("GET of one order through the client, to bare reqwest with serde_json", ratio, 1.1);

    let mut group = criterion.benchmark_group("GET of one order on loopback");
    group.bench_function(BenchmarkId::from_parameter("client"), |b| b.iter(|| ours.get()));
    group.bench_function(BenchmarkId::from_parameter("reqwest"), |b| b.iter(|| bare.get()));
    group.finish();
    criterion.final_summary();
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

struct Ours<'r> {
    client: Client,
    ids: IdSet<OrderId>,
    runtime: &'r Runtime,
}

impl<'r> Ours<'r> {
    fn new(base: &str, runtime: &'r Runtime) -> Self {
        let client = Client::builder("acmeoutdoors")
            .url(base)
            .credentials(Credentials::private_app(APP_REF, TOKEN))
            .build()
            .unwrap();
        Self { client, ids: OrderId::new(300_000).into(), runtime }
    }

    fn get(&self) -> Order {
        self.runtime.block_on(self.client.orders().get(&self.ids)).unwrap().remove(0)
    }
}

struct Bare<'r> {
    client: reqwest::Client,
    url: String,
    runtime: &'r Runtime,
}

impl<'r> Bare<'r> {
    fn new(base: &str, runtime: &'r Runtime) -> Self {
        let client = reqwest::Client::builder()
            .user_agent("bare")
            .timeout(Duration::from_secs(60))
            .connect_timeout(Duration::from_secs(10))
            .build()
            .unwrap();
        let url = format!("{base}/public-api/acmeoutdoors/order-service/order/300000");
        Self { client, url, runtime }
    }

    fn get(&self) -> Order {
        #[derive(Deserialize)]
        struct Envelope {
            response: Vec<Order>,
        }
        let answer = self.runtime.block_on(async {
            let request = self
                .client
                .get(&self.url)
                .header("Accept", "application/json")
                .header("brightpearl-app-ref", APP_REF)
                .header("brightpearl-account-token", TOKEN);
            request.send().await.unwrap().error_for_status().unwrap().bytes().await.unwrap()
        });
        serde_json::from_slice::<Envelope>(&answer).unwrap().response.remove(0)
    }
}

/// Answers every request with this body and the headers that Brightpearl sends; one thread for all connections.
fn serve(body: Vec<u8>) -> String {
    let mut answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json;charset=UTF-8\r\nContent-Length: {}\r\n\
         Ruid: 5d0b7f5e-0c34-4b4b-9a0e-2f2f3a7d1c55\r\nBrightpearl-Installed-Integration-Instance-Id: 41\r\n\
         Brightpearl-Requests-Remaining: 199\r\nBrightpearl-Next-Throttle-Period: 40000\r\n\r\n",
        body.len()
    )
    .into_bytes();
    answer.extend(body);
    let answer: &'static [u8] = answer.leak();
    let (listening, address) = mpsc::channel::<SocketAddr>();
    thread::spawn(move || {
        runtime().block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            listening.send(listener.local_addr().unwrap()).unwrap();
            loop {
                let (connection, _) = listener.accept().await.unwrap();
                tokio::spawn(keep_answering(connection, answer));
            }
        });
    });
    format!("http://{}", address.recv().unwrap())
}

async fn keep_answering(connection: TcpStream, answer: &[u8]) {
    connection.set_nodelay(true).unwrap();
    let mut connection = BufStream::new(connection);
    let mut line = String::new();
    while connection.read_line(&mut line).await.unwrap() > 0 {
        if line == "\r\n" {
            connection.write_all(answer).await.unwrap();
            connection.flush().await.unwrap();
        }
        line.clear();
    }
}
