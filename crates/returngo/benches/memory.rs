//! Peak memory: of decoding against `serde_json` by itself, and of reading a long list page by page.
//!
//! `cargo bench -p returngo --bench memory` counts every allocation; nothing is sampled.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark")]

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use api_client_core::{HttpRequest, HttpResponse};
use async_trait::async_trait;
use peak_alloc::PeakAlloc;
use returngo::{
    Client, RmaFilter, RmaId,
    client::{Quota, SkippingClock, Transport, TransportError},
    rma,
};

#[path = "support/plain.rs"]
mod plain;
#[path = "../../brightpearl/benches/support/report.rs"]
mod report;
#[path = "support/rmas.rs"]
mod rmas;

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

const ROWS: u64 = 500;
const LONG_LIST: u64 = 100_000;

fn main() {
    decoding();
    paging();
}

fn decoding() {
    let details: Vec<HttpResponse> = rmas::details(ROWS).map(answer).collect();
    let (_, ours) = peak(|| read(&details));
    let (_, rival) = peak(|| plain::read(&details));
    told("500 RMA details, to plain structs", ours, rival, 1.3);
}

fn read(details: &[HttpResponse]) -> Vec<returngo::Rma> {
    let request = rma::get(&RmaId::from(1));
    details.iter().map(|answer| request.read(answer).unwrap()).collect()
}

/// A list of one page holds that page; one of 200 pages must hold no more.
fn paging() {
    let (rows, one) = peak(|| rows_of_a_list(ROWS));
    assert_eq!(rows, ROWS);
    let (rows, all) = peak(|| rows_of_a_list(LONG_LIST));
    assert_eq!(rows, LONG_LIST);
    told("100,000 RMAs listed row by row, to a list of a single page", all, one, 1.1);
}

fn rows_of_a_list(available: u64) -> u64 {
    let client = Client::builder()
        .api_key("a-key")
        .shop("acmeoutdoors.example.test")
        .quota(Quota { per_second: None, per_day: None, reserved_for_writes: 0 })
        .transport(Arc::new(Pages { available, sent: AtomicU64::new(0) }))
        .clock(Arc::new(SkippingClock::at("2026-05-04T10:15:20Z".parse().unwrap())))
        .build()
        .unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut summaries = client.rmas().list(RmaFilter::new()).stream();
        let mut rows = 0;
        while let Some(summary) = summaries.next().await {
            summary.unwrap();
            rows += 1;
        }
        rows
    })
}

/// Answers a list with full pages.
#[derive(Debug)]
struct Pages {
    available: u64,
    sent: AtomicU64,
}

#[async_trait]
impl Transport for Pages {
    async fn send(&self, _request: HttpRequest) -> Result<HttpResponse, TransportError> {
        let first = self.sent.fetch_add(ROWS, Ordering::Relaxed);
        Ok(answer(rmas::page(first, ROWS, first + ROWS < self.available)))
    }
}

fn answer(body: Vec<u8>) -> HttpResponse {
    HttpResponse { status: 200, headers: Default::default(), body }
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
