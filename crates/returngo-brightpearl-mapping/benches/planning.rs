//! How long a plan takes, and how that grows with the return.
//!
//! `cargo bench -p returngo-brightpearl --bench planning` measures CPU time, which a busy machine changes less than
//! wall time. Throughput is in units, each with its five rows of the order: where growth is linear it stays the same.
#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark")]

use std::hint::black_box;

use cpu_time::ThreadTime;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use returngo_brightpearl_mapping::{World, plan};

#[path = "support/returns.rs"]
mod returns;

const SIZES: [usize; 4] = [10, 100, 1_000, 10_000];

fn planning(criterion: &mut Criterion) {
    sizes(criterion, "approved", returns::approved);
    sizes(criterion, "received and refunded", returns::received);
}

fn sizes(criterion: &mut Criterion, what: &str, world: fn(usize) -> World) {
    let settings = returns::settings();
    let mut group = criterion.benchmark_group(what);
    group.sample_size(20);
    for units in SIZES {
        let world = world(units);
        assert!(!plan(&world, &settings).is_empty() && plan(&world, &settings).reviews.is_empty());
        group.throughput(Throughput::Elements(units as u64));
        group.bench_with_input(BenchmarkId::from_parameter(units), &world, |bencher, world| {
            bencher.iter_custom(|rounds| {
                let start = ThreadTime::now();
                (0..rounds).for_each(|_| drop(black_box(plan(black_box(world), &settings))));
                start.elapsed()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, planning);
criterion_main!(benches);
