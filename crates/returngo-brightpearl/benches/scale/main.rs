//! Real processes of the program on one PostgreSQL, over the mocks: how much they work off together, what becomes of
//! the work of one that is killed, and what connections cost on which nothing happens.
//!
//! ```sh
//! cargo bench -p returngo-brightpearl-connector --bench scale
//! ```
//!
//! `-- working`, `-- killed`, `-- idle` and `-- swept` run one part.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a bench prints, and stops at what goes wrong")]
#![allow(clippy::disallowed_methods, reason = "it measures real time")]

use std::time::{Duration, Instant};

use returngo_brightpearl_connector::store;

#[path = "../../../returngo-brightpearl-connector/benches/support/databases.rs"]
mod databases;
mod process;
mod world;

use databases::Server;
use process::Process;
use world::{DueSweeps, World};

const PROCESSES: [usize; 3] = [1, 2, 4];
/// More than one, as a service has them.
const SHOPS: u64 = 16;
const RMAS_EACH: u64 = 250;

const CONNECTIONS: [u32; 3] = [10, 1_000, 10_000];
/// Longer than anything that a process does from time to time.
const IDLE_FOR: Duration = Duration::from_secs(30);

#[tokio::main(worker_threads = 2)]
async fn main() {
    let Some(server) = Server::start() else { return };
    let named: Vec<String> = std::env::args().skip(1).filter(|name| !name.starts_with('-')).collect();
    let wanted = |part: &str| named.is_empty() || named.iter().any(|name| name == part);
    if wanted("working") {
        for processes in PROCESSES {
            work_off(&server, processes).await;
        }
    }
    if wanted("killed") {
        lose_a_process(&server).await;
    }
    if wanted("idle") {
        for connections in CONNECTIONS {
            idle(&server, connections).await;
        }
    }
    if wanted("swept") {
        for connections in CONNECTIONS {
            sweep(&server, connections).await;
        }
    }
}

async fn work_off(server: &Server, processes: usize) {
    let world = World::of_shops(server, SHOPS, RMAS_EACH).await;
    let processes = start(&world, processes).await;
    let began = Instant::now();
    world.approve_all().await;
    world.all_in_step().await;
    let seconds = began.elapsed().as_secs_f64();
    world.assert_each_once();
    let mut shares = Vec::new();
    for process in &processes {
        shares.push(process.metric("returngo_brightpearl_runs_total").await);
    }
    println!(
        "{} processes: {} RMAs of {SHOPS} connections in {seconds:.1} s, {:.0} a second, shared as {shares:?}",
        processes.len(),
        world.rmas(),
        world.rmas() as f64 / seconds
    );
}

async fn lose_a_process(server: &Server) {
    let world = World::of_shops(server, SHOPS, RMAS_EACH).await;
    let mut processes = start(&world, 4).await;
    world.approve_all().await;
    let (port, leases) = world.who_has_most_after(world.rmas() / 3).await;
    let place = processes.iter().position(|process| process.port() == port).unwrap();
    processes.remove(place).kill();
    let killed = Instant::now();
    world.all_in_step().await;
    world.assert_each_once();
    println!(
        "1 of 4 processes killed with {leases} RMAs in progress (lease {} s): all {} RMAs in sync after {:.1} s, nothing doubled",
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

/// Connections on which nothing happens, and whose sweeps are not due.
async fn idle(server: &Server, connections: u32) {
    let world = World::of_connections(server, connections, DueSweeps::Tomorrow).await;
    let before = Instant::now();
    let process = Process::start(world.url()).await;
    let ready = before.elapsed();
    let (cpu, requested) = (process.cpu_time(), server.transactions(world.url()).await);
    tokio::time::sleep(IDLE_FOR).await;
    let (cpu, requested) = (process.cpu_time() - cpu, server.transactions(world.url()).await - requested);
    println!(
        "{connections:>6} connections, idle: ready in {ready:.2?}, {} MiB, {:.2} % of a core, {:.1} transactions a second",
        process.memory() >> 20,
        100.0 * cpu.as_secs_f64() / IDLE_FOR.as_secs_f64(),
        requested as f64 / IDLE_FOR.as_secs_f64()
    );
}

/// All sweeps of all connections due at once, as after the program was off for long.
async fn sweep(server: &Server, connections: u32) {
    let world = World::of_connections(server, connections, DueSweeps::Now).await;
    let began = Instant::now();
    let process = Process::start(world.url()).await;
    let all = u64::from(connections) * 3;
    while process.metric("returngo_brightpearl_sweeps_total").await < all {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let seconds = began.elapsed().as_secs_f64();
    println!(
        "{connections:>6} connections, all sweeps due: {:.0} sweeps a second, {} MiB afterwards",
        all as f64 / seconds,
        process.memory() >> 20
    );
}
