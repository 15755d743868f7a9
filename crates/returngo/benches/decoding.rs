//! Decoding of RMA details and of a full page of a list, against `serde_json` by itself.
//!
//! `cargo bench -p returngo --bench decoding` prints the ratios first, then criterion's wall times.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark")]

use api_client_core::HttpResponse;
use criterion::{BenchmarkId, Criterion};
use returngo::{Rma, RmaFilter, RmaId, RmaSummary, rma};

#[path = "support/plain.rs"]
mod plain;
#[path = "../../brightpearl/benches/support/ratio.rs"]
mod ratio;
#[path = "../../brightpearl/benches/support/report.rs"]
mod report;
#[path = "support/rmas.rs"]
mod rmas;

const RMAS: u64 = 500;
const ROUNDS: usize = 201;

fn main() {
    let details: Vec<HttpResponse> = rmas::details(RMAS).map(answer).collect();
    let page = answer(rmas::page(0, RMAS, false));
    assert_eq!(by_request(&details).len(), plain::read(&details).len());

    report::ratio(
        "500 RMA details, to plain structs",
        ratio::of(ROUNDS, || keep(by_request(&details)), || keep(plain::read(&details))),
        1.3,
    );
    report::ratio(
        "a page of 500 RMAs, to plain structs",
        ratio::of(ROUNDS, || keep(by_page(&page)), || keep(plain::read_page(&page))),
        1.3,
    );

    let mut criterion = Criterion::default().configure_from_args();
    let mut get = criterion.benchmark_group("500 RMA details");
    get.bench_with_input(BenchmarkId::from_parameter("Rma"), &details, |b, details| {
        b.iter(|| by_request(details))
    });
    get.bench_with_input(BenchmarkId::from_parameter("plain structs"), &details, |b, details| {
        b.iter(|| plain::read(details))
    });
    get.finish();
    criterion.final_summary();
}

fn keep<T>(value: T) {
    drop(std::hint::black_box(value));
}

fn answer(body: Vec<u8>) -> HttpResponse {
    HttpResponse { status: 200, headers: Default::default(), body }
}

fn by_request(details: &[HttpResponse]) -> Vec<Rma> {
    let request = rma::get(&RmaId::from(1));
    details.iter().map(|answer| request.read(answer).unwrap()).collect()
}

fn by_page(page: &HttpResponse) -> Vec<RmaSummary> {
    rma::list(&RmaFilter::new(), None).read(page).unwrap().rows().unwrap()
}
