//! Measures processes of the program on one PostgreSQL, with mocks of both systems: their common throughput, the recovery
//! after one is killed, and the cost of idle connections.
//!
//! ```sh
//! cargo bench -p returngo-brightpearl --bench scale
//! ```
//!
//! `-- throughput`, `-- recovery`, `-- idle` and `-- sweeps` run one part.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a bench prints, and panics on failure")]
#![allow(clippy::disallowed_methods, reason = "it measures real time")]

use std::time::{Duration, Instant};

use returngo_brightpearl_connector::store;

#[path = "../../../returngo-brightpearl-connector/benches/support/databases.rs"]
mod databases;
mod process;
mod world;

use databases::Server;
use process::Process;
use world::{ScheduledSweeps, World};

const PROCESSES: [usize; 3] = [1, 2, 4];
const SHOPS: u64 = 16;
const RMAS_PER_SHOP: u64 = 250;

const CONNECTIONS: [u32; 3] = [10, 1_000, 10_000];
/// Longer than the intervals of all periodic tasks.
const IDLE_FOR: Duration = Duration::from_secs(30);

#[tokio::main(worker_threads = 2)]
async fn main() {
    let Some(server) = Server::start() else { return };
    let named: Vec<String> = std::env::args().skip(1).filter(|name| !name.starts_with('-')).collect();
    let wanted = |part: &str| named.is_empty() || named.iter().any(|name| name == part);
    if wanted("throughput") {
        for processes in PROCESSES {
            measure_throughput(&server, processes).await;
        }
    }
    if wanted("recovery") {
        measure_recovery(&server).await;
    }
    if wanted("idle") {
        for connections in CONNECTIONS {
            measure_idle(&server, connections).await;
        }
    }
    if wanted("sweeps") {
        for connections in CONNECTIONS {
            measure_sweeps(&server, connections).await;
        }
    }
}

async fn measure_throughput(server: &Server, processes: usize) {
    let world = World::of_shops(server, SHOPS, RMAS_PER_SHOP).await;
    let processes = start(&world, processes).await;
    let began = Instant::now();
    world.approve_all().await;
    world.wait_until_in_sync().await;
    let seconds = began.elapsed().as_secs_f64();
    world.assert_no_duplicates();
    let mut shares = Vec::new();
    for process in &processes {
        shares.push(process.metric("returngo_brightpearl_runs_total").await);
    }
    println!(
        "{} processes: {} RMAs of {SHOPS} connections in {seconds:.1} s, {:.0} per second, RMAs per process {shares:?}",
        processes.len(),
        world.rmas(),
        world.rmas() as f64 / seconds
    );
}

async fn measure_recovery(server: &Server) {
    let world = World::of_shops(server, SHOPS, RMAS_PER_SHOP).await;
    let mut processes = start(&world, 4).await;
    world.approve_all().await;
    let (port, leases) = world.busiest_process_after(world.rmas() / 3).await;
    let index = processes.iter().position(|process| process.port() == port).unwrap();
    processes.remove(index).kill();
    let killed = Instant::now();
    world.wait_until_in_sync().await;
    world.assert_no_duplicates();
    println!(
        "1 of 4 processes killed with {leases} RMAs in progress (lease {} s): all {} RMAs in sync after {:.1} s, no duplicates",
        store::LEASE.as_secs(),
        world.rmas(),
        killed.elapsed().as_secs_f64()
    );
}

async fn start(world: &World, count: usize) -> Vec<Process> {
    let mut processes = Vec::new();
    for _ in 0..count {
        processes.push(Process::start(world.url()).await);
    }
    processes
}

/// Measures a process whose connections have neither changes nor scheduled sweeps.
async fn measure_idle(server: &Server, connections: u32) {
    let world = World::of_connections(server, connections, ScheduledSweeps::Tomorrow).await;
    let before = Instant::now();
    let process = Process::start(world.url()).await;
    let ready = before.elapsed();
    let (cpu, transactions) = (process.cpu_time(), server.transactions(world.url()).await);
    tokio::time::sleep(IDLE_FOR).await;
    let (cpu, transactions) =
        (process.cpu_time() - cpu, server.transactions(world.url()).await - transactions);
    println!(
        "{connections:>6} connections, idle: ready in {ready:.2?}, {} MiB, {:.2} % of a core, {:.1} transactions per second",
        process.memory() >> 20,
        100.0 * cpu.as_secs_f64() / IDLE_FOR.as_secs_f64(),
        transactions as f64 / IDLE_FOR.as_secs_f64()
    );
}

/// Measures the sweeps of all connections scheduled at once, as after a long downtime.
async fn measure_sweeps(server: &Server, connections: u32) {
    let world = World::of_connections(server, connections, ScheduledSweeps::Now).await;
    let began = Instant::now();
    let process = Process::start(world.url()).await;
    let all = u64::from(connections) * 3;
    while process.metric("returngo_brightpearl_sweeps_total").await < all {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let seconds = began.elapsed().as_secs_f64();
    println!(
        "{connections:>6} connections, all sweeps scheduled now: {:.0} sweeps per second, {} MiB afterwards",
        all as f64 / seconds,
        process.memory() >> 20
    );
}
