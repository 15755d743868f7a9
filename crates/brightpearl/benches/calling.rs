//! What the client adds to a call: the same GET through it and by bare `reqwest` with `serde_json`, on
//! loopback.
//!
//! `cargo bench -p brightpearl --bench calling` prints the ratio of the CPU time of the calling thread, user
//! and system; the server runs on another. Criterion's wall times follow.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark")]

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    thread,
    time::Duration,
};

use brightpearl::{Client, Credentials, IdSet, OrderId, order::Order};
use criterion::{BenchmarkId, Criterion};
use serde::Deserialize;
use tokio::runtime::Runtime;

#[path = "support/orders.rs"]
mod orders;
#[path = "support/ratio.rs"]
mod ratio;
#[path = "support/report.rs"]
mod report;

const ROUNDS: usize = 101;
const CALLS_A_ROUND: usize = 100;
const APP_REF: &str = "acmeoutdoors_returns";
const TOKEN: &str = "a-token";

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
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

struct Ours<'r> {
    client: Client,
    ids: IdSet,
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

/// Answers every request with this body and the headers that Brightpearl sends; a thread a connection.
fn serve(body: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let mut answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json;charset=UTF-8\r\nContent-Length: {}\r\n\
         Ruid: 5d0b7f5e-0c34-4b4b-9a0e-2f2f3a7d1c55\r\nBrightpearl-Installed-Integration-Instance-Id: 41\r\n\
         Brightpearl-Requests-Remaining: 199\r\nBrightpearl-Next-Throttle-Period: 40000\r\n\r\n",
        body.len()
    )
    .into_bytes();
    answer.extend(body);
    thread::spawn(move || {
        for connection in listener.incoming() {
            let answer = answer.clone();
            thread::spawn(move || keep_answering(&connection.unwrap(), &answer));
        }
    });
    base
}

fn keep_answering(mut connection: &TcpStream, answer: &[u8]) {
    connection.set_nodelay(true).unwrap();
    for line in BufReader::new(connection).lines() {
        if line.unwrap().is_empty() {
            connection.write_all(answer).unwrap();
        }
    }
}
