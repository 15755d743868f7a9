//! Peak memory: of decoding against `serde_json` by itself, and of reading a long search page by page.
//!
//! `cargo bench -p brightpearl --bench memory` counts every allocation; nothing is sampled.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark")]

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use api_client_core::{Headers, HttpRequest, HttpResponse};
use async_trait::async_trait;
use brightpearl::{
    Client, Credentials,
    client::{SkippingClock, Transport, TransportError},
    order::{self, OrderSearch},
};
use peak_alloc::PeakAlloc;

#[path = "support/orders.rs"]
mod orders;
#[path = "support/plain.rs"]
mod plain;
#[path = "support/report.rs"]
mod report;
#[path = "support/search_page.rs"]
mod search_page;

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

const ROWS: u64 = 500;
const ORDERS: u64 = 200;
const LONG_SEARCH: u64 = 100_000;

fn main() {
    decoding();
    paging();
}

fn decoding() {
    let page = answer(search_page::of_orders(1, ROWS, ROWS));
    let (_, ours) = peak(|| order::search(&OrderSearch::new()).read(&page).unwrap().rows().unwrap());
    let (_, rival) = peak(|| serde_json::from_slice::<plain::Search>(&page.body).unwrap());
    told("search page of 500 rows × 19 columns, to plain structs by position", ours, rival, 1.2);

    let orders = answer(orders::of(ORDERS));
    let (_, ours) = peak(|| order::get(&Default::default()).read(&orders).unwrap());
    let (_, rival) =
        peak(|| serde_json::from_slice::<plain::Envelope<Vec<plain::Order>>>(&orders.body).unwrap());
    told("order GET of 200 orders, to plain structs", ours, rival, 1.3);
}

/// A search of one page holds that page; a search of 200 pages must hold no more.
fn paging() {
    let (rows, one) = peak(|| rows_of_a_search(ROWS));
    assert_eq!(rows, ROWS);
    let (rows, all) = peak(|| rows_of_a_search(LONG_SEARCH));
    assert_eq!(rows, LONG_SEARCH);
    told("search of 100,000 rows read page by page, to one of a single page", all, one, 1.1);
}

fn rows_of_a_search(available: u64) -> u64 {
    let client = Client::builder("acmeoutdoors")
        .datacenter("euw1")
        .credentials(Credentials::private_app("acmeoutdoors_returns", "a-token"))
        .transport(Arc::new(Pages { available, sent: AtomicU64::new(0) }))
        .clock(Arc::new(SkippingClock::at("2026-05-04T10:15:20Z".parse().unwrap())))
        .build()
        .unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut results = client.orders().search(OrderSearch::new());
        let mut rows = 0;
        while let Some(page) = results.next_page().await.unwrap() {
            rows += page.rows().unwrap().len() as u64;
        }
        rows
    })
}

/// Answers a search with full pages.
#[derive(Debug)]
struct Pages {
    available: u64,
    sent: AtomicU64,
}

#[async_trait]
impl Transport for Pages {
    async fn send(&self, _request: HttpRequest) -> Result<HttpResponse, TransportError> {
        let first = self.sent.fetch_add(ROWS, Ordering::Relaxed) + 1;
        Ok(answer(search_page::of_orders(first, ROWS, self.available)))
    }
}

fn answer(body: Vec<u8>) -> HttpResponse {
    let mut headers = Headers::default();
    headers.insert("Brightpearl-Requests-Remaining", "150");
    headers.insert("Brightpearl-Next-Throttle-Period", "40000");
    HttpResponse { status: 200, headers, body }
}

/// The most bytes that were allocated at one time while the work ran, above those before it.
fn peak<T>(work: impl FnOnce() -> T) -> (T, usize) {
    ALLOCATED.reset_peak_usage();
    let before = ALLOCATED.current_usage();
    let result = work();
    (result, ALLOCATED.peak_usage() - before)
}

fn told(what: &str, ours: usize, rival: usize, at_most: f64) {
    println!("peak   {what}: {} KiB to {} KiB", ours / 1024, rival / 1024);
    report::ratio(what, ours as f64 / rival as f64, at_most);
}
