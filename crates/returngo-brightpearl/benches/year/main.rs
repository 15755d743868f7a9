//! Measures a store with a year of RMAs: the queries for the status and for the RMAs of units, idle sweeps of ReturnGO, and the
//! memory of an idle process. Runs on SQLite, and on PostgreSQL if it is available.
//!
//! ```sh
//! RMAS=1800000 cargo bench -p returngo-brightpearl --bench year
//! ```
//!
//! `-- sqlite` and `-- postgres` run one database. `RMAS` is 20,000 by default. 1,800,000 RMAs need about 3 GB of disk per
//! database.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a bench prints, and panics on failure")]
#![allow(clippy::disallowed_methods, reason = "it measures real time")]

use std::time::{Duration, Instant};

use jiff::Timestamp;
use returngo::ReturnedItemId;
use returngo_brightpearl_connector::store::SweepName;

#[path = "../../../returngo-brightpearl-connector/benches/support/databases.rs"]
mod databases;
#[path = "../scale/process.rs"]
mod process;
#[path = "../../../returngo-brightpearl-connector/benches/support/times.rs"]
mod times;
mod year;

use databases::{Database, Server};
use process::Process;
use times::percentiles;
use year::Year;

const ROUNDS: usize = 5;

/// Longer than the intervals of all periodic tasks.
const IDLE_FOR: Duration = Duration::from_secs(20);

#[tokio::main(worker_threads = 2)]
async fn main() {
    sqlx::any::install_default_drivers();
    let rmas = std::env::var("RMAS").map_or(20_000, |rmas| rmas.parse().unwrap());
    let named: Vec<String> = std::env::args().skip(1).filter(|name| !name.starts_with('-')).collect();
    let wanted = |part: &str| named.is_empty() || named.iter().any(|name| name == part);
    if wanted("sqlite") {
        measure(Database::sqlite(), rmas).await;
    }
    if wanted("postgres")
        && let Some(server) = Server::start()
    {
        measure(Database::postgres(&server).await, rmas).await;
    }
}

async fn measure(database: Database, rmas: u64) {
    let name = database.name;
    let began = Instant::now();
    let year = Year::create(database, rmas).await;
    println!("{name}, {rmas} RMAs, filled in {:.0?}", began.elapsed());
    let process = Process::start(year.url()).await;
    let mut status = Vec::new();
    let mut lookups = Vec::new();
    for round in 0..ROUNDS {
        let before = Instant::now();
        let shown = year.store.status().await.unwrap();
        status.push(before.elapsed());
        assert!(shown[0].in_sync * 10 > rmas * 9, "{shown:?}");
        let units: Vec<_> =
            (0..20).map(|unit| ReturnedItemId::new(format!("unknown-{round}-{unit}"))).collect();
        let before = Instant::now();
        assert!(year.store.rmas_of_items(&year.connection, &units).await.unwrap().is_empty());
        lookups.push(before.elapsed());
    }
    println!("  status: {}", percentiles(status));
    println!("  RMAs of 20 unknown units: {}", percentiles(lookups));
    measure_sweeps(&year, &process).await;
}

/// Measures sweeps of ReturnGO that find nothing, in an idle process.
async fn measure_sweeps(year: &Year, process: &Process) {
    tokio::time::sleep(IDLE_FOR).await;
    println!("  idle process: {} MiB", process.memory() >> 20);
    let mut metrics = Vec::new();
    for _ in 0..ROUNDS {
        let before = Instant::now();
        process.metric("returngo_brightpearl_rmas").await;
        metrics.push(before.elapsed());
    }
    println!("  /metrics: {}", percentiles(metrics));
    for number in 1..=3 {
        let (cpu, written, before) = (process.cpu_time(), year.written(process).await, sweeps(process).await);
        year.store.expedite_sweep(&year.connection, SweepName::Returngo, Timestamp::now()).await.unwrap();
        while sweeps(process).await == before {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        println!(
            "  sweep {number}: {:.2?} CPU time, {} KiB written, {} KiB sweep position, {} MiB afterwards, {} MiB peak",
            process.cpu_time() - cpu,
            (year.written(process).await - written) >> 10,
            year.position_size().await >> 10,
            process.memory() >> 20,
            process.most_memory() >> 20
        );
    }
}

/// Returns the number of ReturnGO sweeps of a process, including the one at its start.
async fn sweeps(process: &Process) -> u64 {
    process.metric(r#"returngo_brightpearl_sweeps_total{sweep="returngo""#).await
}
