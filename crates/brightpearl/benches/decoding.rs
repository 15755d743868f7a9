//! Decoding of a full search page and of a full order GET, against `serde_json` by itself.
//!
//! `cargo bench -p brightpearl --bench decoding` prints the ratios first, then criterion's wall times.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark")]

use api_client_core::HttpResponse;
use brightpearl::{
    IdSet,
    order::{self, Order, OrderSearch, OrderSummary},
};
use criterion::{BenchmarkId, Criterion};
use serde_json::Value;

#[path = "support/orders.rs"]
mod orders;
#[path = "support/plain.rs"]
mod plain;
#[path = "support/ratio.rs"]
mod ratio;
#[path = "support/report.rs"]
mod report;
#[path = "support/search_page.rs"]
mod search_page;

const ROWS: u64 = 500;
const ORDERS: u64 = 200;
const ROUNDS: usize = 201;

fn main() {
    let page = answer(search_page::of_orders(1, ROWS, ROWS));
    let orders = answer(orders::of(ORDERS));
    assert_eq!(by_page(&page).len(), through_value(&page).len());

    report::ratio(
        "search page of 500 rows × 19 columns, to through serde_json::Value",
        ratio::of(ROUNDS, || keep(by_page(&page)), || keep(through_value(&page))),
        1.0 / 3.0,
    );
    report::ratio(
        "search page of 500 rows × 19 columns, to plain structs by position",
        ratio::of(ROUNDS, || keep(by_page(&page)), || keep(into_plain_rows(&page))),
        1.3,
    );
    report::ratio(
        "order GET of 200 orders, to plain structs",
        ratio::of(ROUNDS, || keep(by_request(&orders)), || keep(into_plain_orders(&orders))),
        1.3,
    );

    let mut criterion = Criterion::default().configure_from_args();
    let mut search = criterion.benchmark_group("search page, 500 rows × 19 columns");
    search.bench_with_input(BenchmarkId::from_parameter("Page"), &page, |b, page| b.iter(|| by_page(page)));
    search.bench_with_input(BenchmarkId::from_parameter("Value"), &page, |b, page| {
        b.iter(|| through_value(page))
    });
    search.bench_with_input(BenchmarkId::from_parameter("plain structs"), &page, |b, page| {
        b.iter(|| into_plain_rows(page))
    });
    search.finish();
    let mut get = criterion.benchmark_group("order GET, 200 orders");
    get.bench_with_input(BenchmarkId::from_parameter("Order"), &orders, |b, orders| {
        b.iter(|| by_request(orders))
    });
    get.bench_with_input(BenchmarkId::from_parameter("plain structs"), &orders, |b, orders| {
        b.iter(|| into_plain_orders(orders))
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

fn by_page(page: &HttpResponse) -> Vec<OrderSummary> {
    order::search(&OrderSearch::new()).read(page).unwrap().rows().unwrap()
}

/// What one writes without a decoder of rows: an object a row, made of the columns' names and the cells.
fn through_value(page: &HttpResponse) -> Vec<OrderSummary> {
    let page: Value = serde_json::from_slice(&page.body).unwrap();
    let columns: Vec<&str> = page["response"]["metaData"]["columns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|column| column["name"].as_str().unwrap())
        .collect();
    let rows = page["response"]["results"].as_array().unwrap().iter().map(|cells| {
        let cells = cells.as_array().unwrap().iter().cloned();
        let object = columns.iter().map(|name| (*name).to_owned()).zip(cells).collect();
        serde_json::from_value(Value::Object(object)).unwrap()
    });
    rows.collect()
}

fn into_plain_rows(page: &HttpResponse) -> plain::Search {
    serde_json::from_slice(&page.body).unwrap()
}

fn by_request(orders: &HttpResponse) -> Vec<Order> {
    order::get(&IdSet::default()).read(orders).unwrap()
}

fn into_plain_orders(orders: &HttpResponse) -> Vec<plain::Order> {
    let answer: plain::Envelope<_> = serde_json::from_slice(&orders.body).unwrap();
    answer.response
}
