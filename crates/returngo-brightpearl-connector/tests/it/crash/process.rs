//! A process that does what its parent orders, until it is killed.

use std::{
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use jiff::Timestamp;
use returngo_brightpearl_connector::{
    engine::Policy,
    failpoints::{Failpoint, Failpoints, NoFailpoints},
    receiver::Inbox,
    store::{self, Delivery, Source},
};
use serde::{Deserialize, Serialize};

use crate::support::{Time, service, work_until_nothing_is_due};

pub(super) const ORDERS: &str = "CONNECTOR_TEST_ORDERS";

/// The name under which the processes register, one after the other.
const PROCESS: &str = "the process that is killed";

/// What a process of the test is to do.
#[derive(Serialize, Deserialize)]
pub(super) struct Orders {
    pub(super) database: String,
    pub(super) now: Timestamp,
    /// Webhooks that arrive; until they are answered they come again.
    pub(super) deliveries: Vec<(String, String)>,
    /// How many writes it sends together.
    pub(super) writes_at_once: usize,
    /// Where it is killed: the step's place in `Point::ALL`, and the how manieth time.
    pub(super) killed_at: Option<(usize, u32)>,
}

/// The process that is killed: this very program, told to run this test alone.
#[test]
fn the_process_that_is_killed() {
    let Ok(orders) = std::env::var(ORDERS) else { return };
    let orders: Orders = serde_json::from_str(&orders).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let failpoints: Arc<dyn Failpoints> = match orders.killed_at {
            Some((place, times)) => {
                Arc::new(Killer { point: Failpoint::ALL[place], left: AtomicU32::new(times) })
            }
            None => Arc::new(NoFailpoints),
        };
        let store = store::open(&orders.database).await.unwrap();
        // What the process that was killed before held is pending again.
        let worker = store.register(PROCESS, orders.now).await.unwrap();
        let service =
            service(store, &Time::at(orders.now), &worker.0, failpoints, policy(orders.writes_at_once)).await;
        let inbox = Inbox::new(
            Arc::clone(&service.store),
            Arc::clone(&service.failpoints),
            Arc::clone(&service.notifier),
        );
        for (connection, body) in orders.deliveries {
            let connection = connection.parse().unwrap();
            let delivery = Delivery { connection, source: Source::Returngo, body, received_at: orders.now };
            inbox.put(delivery).await.unwrap();
        }
        work_until_nothing_is_due(&service).await;
    });
}

/// Nobody is asked about RMAs whose processes end.
pub(super) fn policy(writes_at_once: usize) -> Policy {
    Policy { writes_at_once, abandonments_allowed: u32::MAX, ..Policy::default() }
}

/// Kills its process with SIGKILL when a step is reached.
#[derive(Debug)]
struct Killer {
    point: Failpoint,
    left: AtomicU32,
}

impl Failpoints for Killer {
    fn reached(&self, point: Failpoint) {
        if point == self.point && self.left.fetch_sub(1, Ordering::SeqCst) == 1 {
            // The shell's parent is this process.
            let _ = Command::new("sh").args(["-c", "kill -9 $PPID"]).status();
            loop {
                std::thread::park();
            }
        }
    }
}
