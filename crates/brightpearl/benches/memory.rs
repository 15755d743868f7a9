//! Peak memory: of decoding against `serde_json` by itself, and of reading a long search page by page and row by row.
//!
//! `cargo bench -p brightpearl --bench memory` counts every allocation; nothing is sampled.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark")]

use std::sync::Arc;

use api_client_core::{Headers, HttpRequest, HttpResponse};
use async_trait::async_trait;
use brightpearl::{
    Client, Credentials,
    client::{Results, SkippingClock, Transport, TransportError},
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
    let (rows, one) = peak(|| rows_of_a_search(ROWS, by_page));
    assert_eq!(rows, ROWS);
    let (rows, all) = peak(|| rows_of_a_search(LONG_SEARCH, by_page));
    assert_eq!(rows, LONG_SEARCH);
    told("search of 100,000 rows read page by page, to one of a single page", all, one, 1.1);
    let (rows, all) = peak(|| rows_of_a_search(LONG_SEARCH, by_row));
    assert_eq!(rows, LONG_SEARCH);
    told("stream of 100,000 rows, to a single page", all, one, 1.1);
}

async fn by_page(mut search: Results<OrderSearch>) -> u64 {
    let mut rows = 0;
    while let Some(page) = search.next_page().await.unwrap() {
        rows += page.rows().unwrap().len() as u64;
    }
    rows
}

async fn by_row(search: Results<OrderSearch>) -> u64 {
    let mut stream = search.stream();
    let mut rows = 0;
    while let Some(row) = stream.next().await {
        rows += u64::from(row.unwrap().order_id.is_some());
    }
    rows
}

fn rows_of_a_search(available: u64, read: impl AsyncFnOnce(Results<OrderSearch>) -> u64) -> u64 {
    let client = Client::builder("acmeoutdoors")
        .datacenter("euw1")
        .credentials(Credentials::private_app("acmeoutdoors_returns", "a-token"))
        .transport(Arc::new(Pages { available }))
        .clock(Arc::new(SkippingClock::at("2026-05-04T10:15:20Z".parse().unwrap())))
        .build()
        .unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(read(client.orders().search(OrderSearch::new())))
}

/// Answers a search with full pages.
#[derive(Debug)]
struct Pages {
    available: u64,
}

#[async_trait]
impl Transport for Pages {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        let (_, first) = request.url.rsplit_once("firstResult=").unwrap();
        let first = first.parse().unwrap();
        Ok(answer(search_page::of_orders(first, ROWS.min(self.available + 1 - first), self.available)))
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
