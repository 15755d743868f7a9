//! A real process is killed with SIGKILL at every step that it can be at, again and again, until its work is done:
//! every credit and payment is there once, no RMA is forgotten, and the audit tells what happened.

use std::{
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use jiff::{SignedDuration, Timestamp};
use returngo::RmaId;
use returngo_brightpearl_connector::{
    configuration::ConnectionConfiguration,
    demo::Scene,
    engine::Policy,
    ledger::{self, AuditEvent, ConnectionId, Delivery, Ledger, Source, WorkState},
    probe::{NoProbe, Point, Probe},
    receiver::Inbox,
};
use serde::{Deserialize, Serialize};

use crate::{
    ledger::databases::Database,
    support::{Time, service, work_until_nothing_is_due},
};

/// What a process of the test is to do.
#[derive(Serialize, Deserialize)]
struct Orders {
    database: String,
    now: Timestamp,
    worker: String,
    /// Webhooks that arrive; until they are answered they come again.
    deliveries: Vec<(String, String)>,
    /// Where it is killed: the step's place in `Point::ALL`, and the how manieth time.
    killed_at: Option<(usize, u32)>,
}

const ORDERS: &str = "CONNECTOR_TEST_ORDERS";
const RMAS: u64 = 4;

/// Where processes are killed: at every step, and more often around the writes.
const STEPS: [Point; 21] = {
    use Point::{
        Claimed, DeliveriesRead, DeliveriesResolved, DeliveriesStored, Finished, Intended, Recorded,
        SweepFinished, SweepMarked, SweepTaken, WorldsRead, Written,
    };
    [
        DeliveriesStored,
        DeliveriesRead,
        DeliveriesResolved,
        Claimed,
        WorldsRead,
        Finished,
        SweepTaken,
        SweepMarked,
        SweepFinished,
        Intended,
        Intended,
        Intended,
        Intended,
        Written,
        Written,
        Written,
        Written,
        Recorded,
        Recorded,
        Recorded,
        Recorded,
    ]
};

fn place(point: Point) -> usize {
    Point::ALL.iter().position(|one| *one == point).unwrap()
}

/// The process that is killed: this very program, told to run this test alone.
#[test]
fn the_process_that_is_killed() {
    let Ok(orders) = std::env::var(ORDERS) else { return };
    let orders: Orders = serde_json::from_str(&orders).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let probe: Arc<dyn Probe> = match orders.killed_at {
            Some((place, times)) => {
                Arc::new(Killer { point: Point::ALL[place], left: AtomicU32::new(times) })
            }
            None => Arc::new(NoProbe),
        };
        let ledger = ledger::open(&orders.database).await.unwrap();
        let service = service(ledger, &Time::at(orders.now), &orders.worker, probe, policy()).await;
        let inbox =
            Inbox::new(Arc::clone(&service.ledger), Arc::clone(&service.probe), Arc::clone(&service.wake));
        for (connection, body) in orders.deliveries {
            let connection = connection.parse().unwrap();
            let delivery = Delivery { connection, source: Source::Returngo, body, received_at: orders.now };
            inbox.put(delivery).await.unwrap();
        }
        work_until_nothing_is_due(&service).await;
    });
}

/// One write at a time, so that there is a step between any two. Nobody is asked about RMAs whose processes end.
fn policy() -> Policy {
    Policy { writes_at_once: 1, abandonments_allowed: u32::MAX, ..Policy::default() }
}

/// Kills its process with SIGKILL when a step is reached.
#[derive(Debug)]
struct Killer {
    point: Point,
    left: AtomicU32,
}

impl Probe for Killer {
    fn reached(&self, point: Point) {
        if point == self.point && self.left.fetch_sub(1, Ordering::SeqCst) == 1 {
            // The shell's parent is this process.
            let _ = Command::new("sh").args(["-c", "kill -9 $PPID"]).status();
            loop {
                std::thread::park();
            }
        }
    }
}

/// One story: four RMAs through all their stations, with so many kills on the way.
struct Story {
    scene: Scene,
    database: Database,
    ledger: Arc<dyn Ledger>,
    connection: ConnectionId,
    now: Timestamp,
    random: fastrand::Rng,
    deliveries: Vec<(String, String)>,
    killed_at: Vec<Point>,
    processes: u32,
}

impl Story {
    async fn begin(database: Database, seed: u64) -> Self {
        let scene = Scene::start(RMAS).await.unwrap();
        let ledger = ledger::open(&database.url).await.unwrap();
        let now = "2026-05-09T10:15:20Z".parse().unwrap();
        let connection: ConnectionId = "acmeoutdoors".parse().unwrap();
        let service =
            service(Arc::clone(&ledger), &Time::at(now), "setter-up", Arc::new(NoProbe), policy()).await;
        let configuration: ConnectionConfiguration = scene.configuration().unwrap();
        service.registry.put(&connection, &configuration).await.unwrap();
        Self {
            scene,
            database,
            ledger,
            connection,
            now,
            random: fastrand::Rng::with_seed(seed),
            deliveries: Vec::new(),
            killed_at: Vec::new(),
            processes: 0,
        }
    }

    /// Something happened to every RMA, and ReturnGO tells of it until it is answered.
    fn tell_of_all(&mut self) {
        let body = |rma: &RmaId| format!(r#"{{"eventName":"RMA_STATUS_UPDATED","rmaId":"{rma}"}}"#);
        let of = |rma: &RmaId| (self.connection.to_string(), body(rma));
        self.deliveries = self.scene.rmas.iter().map(of).collect();
    }

    /// Processes work and are killed; the last one comes to its end.
    async fn work_and_be_killed(&mut self, kills: u32) {
        for _ in 0..kills {
            let point = *self.random.choice(&STEPS).unwrap();
            // Some steps are taken several times, most once: there was less to do than that if it is not killed.
            let times = self.random.u32(1..=3);
            if !self.run(Some((point, times))).await {
                self.killed_at.push(point);
            }
        }
        assert!(self.run(None).await, "a process that nobody kills fails");
    }

    /// Runs a process; whether it came to its end by itself.
    async fn run(&mut self, killed_at: Option<(Point, u32)>) -> bool {
        self.processes += 1;
        self.now = self.now.checked_add(SignedDuration::from_hours(2)).unwrap();
        let orders = Orders {
            database: self.database.url.clone(),
            now: self.now,
            worker: format!("process-{}", self.processes),
            deliveries: self.deliveries.clone(),
            killed_at: killed_at.map(|(point, times)| (place(point), times)),
        };
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["--exact", "crash::the_process_that_is_killed", "--nocapture"])
            .env(ORDERS, serde_json::to_string(&orders).unwrap())
            .stdout(Stdio::null());
        let ended = tokio::task::spawn_blocking(move || command.status()).await.unwrap().unwrap();
        if let Some(code) = ended.code() {
            assert_eq!(code, 0, "a process failed: orders {}", serde_json::to_string(&orders).unwrap());
        }
        ended.success()
    }

    async fn assert_in_step(&self) {
        assert!(self.scene.brightpearl.duplicates().is_empty(), "{:?}", self.scene.brightpearl.duplicates());
        assert_eq!(self.scene.lost(), 0);
        for rma in &self.scene.rmas {
            let work = self.ledger.work(&self.connection, rma).await.unwrap().unwrap();
            assert_eq!(work.state, WorkState::InStep, "{work:?}");
            let audit = self.ledger.audit(&self.connection, rma).await.unwrap();
            let applied = audit.iter().filter(|entry| entry.event == AuditEvent::Applied).count();
            assert!(audit.iter().any(|entry| entry.event == AuditEvent::MarkedDue), "{audit:?}");
            assert!(
                applied > 0 || audit.iter().any(|entry| entry.event == AuditEvent::Intended),
                "{audit:?}"
            );
        }
    }
}

async fn a_story_with_kills(database: Database, seed: u64, kills: u32) -> Vec<Point> {
    let mut story = Story::begin(database, seed).await;
    let each = kills / 4;
    for rma in &story.scene.rmas {
        story.scene.approve(rma).unwrap();
    }
    story.tell_of_all();
    story.work_and_be_killed(each).await;
    for rma in &story.scene.rmas {
        story.scene.refund(rma).unwrap();
    }
    story.tell_of_all();
    story.work_and_be_killed(each).await;
    for rma in &story.scene.rmas {
        story.scene.receive(rma).await.unwrap();
    }
    story.work_and_be_killed(each).await;
    for rma in &story.scene.rmas {
        story.scene.restock(rma).await.unwrap();
    }
    story.work_and_be_killed(each).await;
    story.assert_in_step().await;
    assert_eq!(story.scene.validated(), story.scene.rmas.len());
    story.killed_at
}

/// How often a process is killed on each database. CI kills more.
fn kills() -> usize {
    std::env::var("CONNECTOR_TEST_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(60)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_every_step_on_sqlite() {
    let mut killed_at = Vec::new();
    for seed in 0.. {
        if killed_at.len() >= kills() {
            return assert_everywhere(&killed_at);
        }
        killed_at.extend(a_story_with_kills(Database::sqlite(), seed, 48).await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_every_step_on_postgres() {
    let mut killed_at = Vec::new();
    for seed in 0.. {
        let Some(database) = Database::postgres().await else { return };
        if killed_at.len() >= kills() {
            return assert_everywhere(&killed_at);
        }
        killed_at.extend(a_story_with_kills(database, seed, 48).await);
    }
}

fn assert_everywhere(killed_at: &[Point]) {
    println!("{} processes were killed", killed_at.len());
    for point in Point::ALL {
        assert!(killed_at.contains(&point), "nobody was killed at {point:?}: {killed_at:?}");
    }
}
