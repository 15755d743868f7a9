//! Peak memory of a plan, and how that grows with the return.
//!
//! `cargo bench -p returngo-brightpearl --bench memory` counts every allocation; nothing is sampled. The world
//! itself is not part of it.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark")]

use peak_alloc::PeakAlloc;
use returngo_brightpearl_mapping::{World, plan};

#[path = "support/returns.rs"]
mod returns;

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

fn main() {
    growth("approved", returns::approved);
    growth("received and refunded", returns::received);
}

/// The bytes for a unit, with its five rows of the order, must not grow with the number of units.
fn growth(what: &str, world: fn(usize) -> World) {
    let [small, large] = [1_000, 10_000].map(|units| bytes_a_unit(&world(units), units));
    let ratio = large / small;
    println!("peak   {what}: {small:.0} bytes a unit at 1,000 units, {large:.0} at 10,000");
    let verdict = if ratio <= 1.2 { "within" } else { "ABOVE" };
    println!("ratio  {what}: {ratio:.2}, {verdict} the target of at most 1.20");
}

fn bytes_a_unit(world: &World, units: usize) -> f64 {
    let settings = returns::settings();
    ALLOCATED.reset_peak_usage();
    let before = ALLOCATED.current_usage();
    let plan = plan(world, &settings);
    assert!(!plan.is_empty());
    (ALLOCATED.peak_usage() - before) as f64 / units as f64
}
