//! The whole system in one process, on virtual time, from one seed: shops live, things go wrong, and an auditor that
//! has its own arithmetic checks what both systems show.
//!
//! `cargo test -p returngo-brightpearl-connector --test sim -- --seed 7` plays one seed and prints everything that happens;
//! `--seeds N` plays as many, `--from N` begins elsewhere, `--minutes M` ends in time; `--oddities` adds answers with odd
//! values and shops that never answer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "failures and figures are told")]
#![allow(clippy::disallowed_methods, reason = "how long the simulation itself takes is real time")]
#![allow(clippy::inconsistent_digit_grouping, reason = "pence and ten-thousandths are set apart")]

mod arguments;
mod auditor;
mod clock;
mod driver;
mod fates;
mod oddities;
mod people;
mod process;
mod run;
mod shops;
mod sim;
mod story;
mod transport;
mod world;

use std::{
    collections::BTreeMap,
    process::ExitCode,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use arguments::Arguments;
use driver::runtime;
use run::{Databases, Ended, run};
use world::lock;

/// Stories that are printed; of further failures only the seed and the rule.
const STORIES: usize = 3;

fn main() -> ExitCode {
    let arguments = Arguments::read(std::env::args().skip(1));
    if arguments.lists {
        return ExitCode::SUCCESS;
    }
    let began = Instant::now();
    let next = AtomicU64::new(arguments.from);
    let totals: Mutex<Totals> = Mutex::default();
    let databases = runtime().block_on(Databases::new());
    thread::scope(|scope| {
        for _ in 0..arguments.threads() {
            scope.spawn(|| play(&arguments, &next, &totals, began, &databases));
        }
    });
    let totals = lock(&totals);
    let seeds = totals.passed + totals.failed;
    let took = began.elapsed().as_secs_f64();
    println!(
        "{seeds} seeds in {took:.1} s: {:.1} s for 100 seeds, {:.0} h of virtual time",
        took * 100.0 / seeds.max(1) as f64,
        totals.virtual_time.as_secs_f64() / 3600.0
    );
    if arguments.situations {
        for (what, seeds) in &totals.situations {
            println!("{seeds:6} seeds: {what}");
        }
    }
    for (rule, seeds) in &totals.failures {
        let shown: Vec<String> = seeds.iter().take(12).map(u64::to_string).collect();
        println!("rule {rule}: {} seeds, such as {}", seeds.len(), shown.join(" "));
    }
    println!("{} passed, {} failed", totals.passed, totals.failed);
    if totals.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[derive(Default)]
struct Totals {
    passed: usize,
    failed: usize,
    virtual_time: Duration,
    failures: BTreeMap<&'static str, Vec<u64>>,
    situations: BTreeMap<String, u64>,
}

fn play(
    arguments: &Arguments,
    next: &AtomicU64,
    totals: &Mutex<Totals>,
    began: Instant,
    databases: &Databases,
) {
    runtime().block_on(async {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            let in_time = arguments.time.is_none_or(|time| began.elapsed() < time);
            if seed >= arguments.from + arguments.seeds || !in_time {
                return;
            }
            let ended = run(seed, arguments, databases).await;
            count(seed, ended, arguments, totals);
        }
    });
}

fn count(seed: u64, ended: Ended, arguments: &Arguments, totals: &Mutex<Totals>) {
    let mut totals = lock(totals);
    totals.virtual_time += ended.took;
    for what in ended.situations {
        *totals.situations.entry(what).or_default() += 1;
    }
    if arguments.digests {
        println!("seed {seed}: {:016x}", ended.digest);
    }
    let Some(violation) = ended.violation else {
        totals.passed += 1;
        return;
    };
    totals.failed += 1;
    totals.failures.entry(violation.rule).or_default().push(seed);
    if totals.failed <= STORIES && !arguments.aloud {
        println!("\nseed {seed} fails; the last that happened:");
        ended.story.iter().for_each(|line| println!("  {line}"));
    }
    println!("seed {seed}: {violation}");
}
