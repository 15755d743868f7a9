//! A real process is killed with SIGKILL at every step that it can be at, and at any request on its way, again and
//! again, until its work is done: every credit and payment is there once, no RMA is forgotten, and the audit tells
//! of each how it came to be there.

mod process;
mod skipped;

use std::{
    process::{Child, Command, ExitStatus, Stdio},
    sync::Arc,
    time::Duration,
};

use api_mock_core::{Fault, FaultKind};
use brightpearl::order::Order;
use jiff::{SignedDuration, Timestamp};
use returngo::RmaId;
use returngo_brightpearl_connector::{
    configuration::ConnectionConfiguration,
    engine::Policy,
    failpoints::{Failpoint, NoFailpoints},
    store::{self, AuditEntry, AuditEvent, ConnectionId, JobState, Store},
};
use returngo_brightpearl_demo::Scenario;
use returngo_brightpearl_mapping::keys;

use crate::{
    store::databases::Database,
    support::{Time, service},
};
use process::{ORDERS, Orders, policy};

/// When a process is killed.
#[derive(Clone, Copy)]
enum Kill {
    /// When it is at this step for the how manieth time.
    At(Failpoint, u32),
    /// When it has made so many requests, wherever that is.
    AfterRequests(u64),
}

const RMAS: u64 = 4;

/// Returns of one order wait for each other, also over the ends of processes.
const RMAS_PER_ORDER: u64 = 2;

/// Where processes are killed: at every step, and more often around the writes.
const STEPS: [Failpoint; 23] = {
    use Failpoint::{
        DeliveriesRead, DeliveriesResolved, DeliveriesStored, Finished, Intended, Leased, OrdersHeld,
        Recorded, SkippedStored, SweepFinished, SweepQueued, SweepTaken, WorldsRead, Written,
    };
    [
        DeliveriesStored,
        DeliveriesRead,
        DeliveriesResolved,
        Leased,
        WorldsRead,
        OrdersHeld,
        Finished,
        SweepTaken,
        SweepQueued,
        SkippedStored,
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

fn place(point: Failpoint) -> usize {
    Failpoint::ALL.iter().position(|one| *one == point).unwrap()
}

/// One story: four RMAs through all their stations, with so many kills on the way.
struct Story {
    scene: Scenario,
    database: Database,
    store: Arc<Store>,
    connection: ConnectionId,
    now: Timestamp,
    random: fastrand::Rng,
    deliveries: Vec<(String, String)>,
    writes_at_once: usize,
    /// What passes from one process to the next.
    step: SignedDuration,
    killed_at: Vec<Failpoint>,
}

impl Story {
    async fn begin(database: Database, seed: u64) -> Self {
        let scene = Scenario::start_sharing(RMAS, RMAS_PER_ORDER).await.unwrap();
        let store = store::open(&database.url).await.unwrap();
        let now = "2026-05-09T10:15:20Z".parse().unwrap();
        let connection: ConnectionId = "acmeoutdoors".parse().unwrap();
        let service =
            service(Arc::clone(&store), &Time::at(now), "setter-up", Arc::new(NoFailpoints), policy(1)).await;
        let configuration: ConnectionConfiguration = scene.configuration().unwrap();
        service.registry.put(&connection, &configuration).await.unwrap();
        Self {
            scene,
            database,
            store,
            connection,
            now,
            random: fastrand::Rng::with_seed(seed),
            deliveries: Vec::new(),
            // There is a step between any two writes.
            writes_at_once: 1,
            step: SignedDuration::from_hours(2),
            killed_at: Vec::new(),
        }
    }

    /// Something happened to every RMA, and ReturnGO tells of it until it is answered.
    fn tell_of_all(&mut self) {
        let body = |rma: &RmaId| format!(r#"{{"eventName":"RMA_STATUS_UPDATED","rmaId":"{rma}"}}"#);
        let of = |rma: &RmaId| (self.connection.to_string(), body(rma));
        self.deliveries = self.scene.rmas.iter().map(of).collect();
    }

    /// Processes work and are killed; the last ones come to their end.
    async fn work_and_be_killed(&mut self, kills: u32) {
        for _ in 0..kills {
            let point = *self.random.choice(&STEPS).unwrap();
            // Some steps are taken several times, most once: there was less to do than that if it is not killed.
            let times = self.random.u32(1..=3);
            if !self.run(Some(Kill::At(point, times))).await {
                self.killed_at.push(point);
            }
        }
        self.come_to_an_end().await;
    }

    /// Processes that nobody kills. What one that was killed may have written is looked up by the first, and is
    /// waited for, from when that one has taken over, until it must have appeared: the second goes on then.
    async fn come_to_an_end(&mut self) {
        for _ in 0..2 {
            assert!(self.run(None).await, "a process that nobody kills fails");
        }
    }

    /// Processes work, lose answers and are killed in the middle of whatever they do. Gives back how many were.
    async fn lose_answers_and_be_killed(&mut self, kills: u64) -> usize {
        let mut killed = 0;
        for kill in 0..kills {
            let seed = self.random.u64(..);
            self.scene
                .brightpearl
                .faults()
                .add(Fault::on_any(FaultKind::DropAfterCommit).by_chance(0.1, seed));
            let requests = self.random.u64(1..=10 + 4 * kill);
            killed += usize::from(!self.run(Some(Kill::AfterRequests(requests))).await);
            self.scene.brightpearl.faults().clear();
        }
        // Those that failed may have to wait for another attempt.
        self.step = SignedDuration::from_hours(2);
        self.come_to_an_end().await;
        killed
    }

    /// Runs a process; whether it came to its end by itself.
    async fn run(&mut self, kill: Option<Kill>) -> bool {
        self.now = self.now.checked_add(self.step).unwrap();
        let orders = Orders {
            database: self.database.url.clone(),
            now: self.now,
            deliveries: self.deliveries.clone(),
            writes_at_once: self.writes_at_once,
            killed_at: match kill {
                Some(Kill::At(point, times)) => Some((place(point), times)),
                _ => None,
            },
        };
        let until = match kill {
            Some(Kill::AfterRequests(requests)) => self.requests() + requests,
            _ => u64::MAX,
        };
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["--exact", "crash::process::the_process_that_is_killed", "--nocapture"])
            .env(ORDERS, serde_json::to_string(&orders).unwrap())
            .stdout(Stdio::null());
        let ended = self.ends(command.spawn().unwrap(), until).await;
        if let Some(code) = ended.code() {
            assert_eq!(code, 0, "a process failed: orders {}", serde_json::to_string(&orders).unwrap());
        }
        ended.success()
    }

    /// Waits for the end of a process, which is killed when there were so many requests.
    #[allow(clippy::disallowed_methods, reason = "a process tells nobody here that it has ended")]
    async fn ends(&self, mut process: Child, until: u64) -> ExitStatus {
        loop {
            if let Some(ended) = process.try_wait().unwrap() {
                return ended;
            }
            if self.requests() >= until {
                process.kill().unwrap();
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Requests to both systems.
    fn requests(&self) -> u64 {
        self.scene.brightpearl.requests().total() + self.scene.returngo.requests().total()
    }

    async fn assert_in_step(&self) {
        assert!(self.scene.brightpearl.duplicates().is_empty(), "{:?}", self.scene.brightpearl.duplicates());
        assert_eq!(self.scene.lost(), 0);
        for rma in &self.scene.rmas {
            let work = self.store.work(&self.connection, rma).await.unwrap().unwrap();
            assert_eq!(work.state, JobState::InSync, "{work:?}");
            let audit = self.store.audit(&self.connection, rma).await.unwrap();
            assert!(audit.iter().any(|entry| entry.event == AuditEvent::Queued), "{audit:?}");
            let credit = self.scene.credit(rma).unwrap();
            assert_told(&audit, &keys::credit(rma), &credit.id.to_string(), &credit);
            let payments = self.scene.brightpearl.payments_on(credit.id);
            assert_eq!(payments.len(), 1);
            for payment in payments {
                let key = payment.transaction_ref.clone().unwrap();
                assert_told(&audit, &key, &payment.payment_id.to_string(), &credit);
            }
        }
    }
}

/// The audit tells how it came to be there: it was written, or was intended and then, when nobody had said what
/// became of that, was there already or found by a look.
fn assert_told(audit: &[AuditEntry], key: &str, id: &str, credit: &Order) {
    let of = |event, begins: String| {
        audit.iter().position(|entry| entry.event == event && entry.detail.starts_with(&begins))
    };
    let intended = of(AuditEvent::Intended, format!("{key}: "));
    let intended = intended.unwrap_or_else(|| panic!("nobody intended {key}: {audit:?}"));
    let applied = of(AuditEvent::Applied, format!("{key} as {id}"));
    let observed_at = || {
        let settled = format!("credit {}", credit.id);
        audit[intended..]
            .iter()
            .any(|entry| entry.event == AuditEvent::Settled && entry.detail.starts_with(&settled))
    };
    assert!(applied.is_some_and(|applied| applied > intended) || observed_at(), "{key}, {id}: {audit:?}");
}

async fn a_story_with_lost_answers(database: Database, seed: u64, kills: u64) -> usize {
    let mut story = Story::begin(database, seed).await;
    story.writes_at_once = Policy::default().writes_at_once;
    for rma in &story.scene.rmas {
        story.scene.approve(rma).unwrap();
    }
    story.tell_of_all();
    // Longer than what may have been written takes to appear.
    let step = SignedDuration::from_mins(11);
    story.step = step;
    let mut killed = story.lose_answers_and_be_killed(kills / 2).await;
    for rma in &story.scene.rmas {
        story.scene.refund(rma).unwrap();
    }
    for rma in &story.scene.rmas {
        story.scene.receive(rma).await.unwrap();
        story.scene.restock(rma).await.unwrap();
    }
    story.tell_of_all();
    story.step = step;
    killed += story.lose_answers_and_be_killed(kills / 2).await;
    story.assert_in_step().await;
    killed
}

async fn a_story_with_kills(database: Database, seed: u64, kills: u32) -> Vec<Failpoint> {
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

/// Of every three processes one at least is killed: the others had done everything before.
async fn killed_between_requests(mut another: impl AsyncFnMut() -> Option<Database>) {
    let (mut killed, mut seed) = (0, 100);
    while killed < kills() / 3 {
        let Some(database) = another().await else { return };
        let more = a_story_with_lost_answers(database, seed, 24).await;
        assert!(more >= 8, "{more} of 24 processes were killed");
        killed += more;
        seed += 1;
    }
    println!("{killed} processes were killed between two requests");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_between_any_two_requests_on_sqlite() {
    killed_between_requests(async || Some(Database::sqlite())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_between_any_two_requests_on_postgres() {
    killed_between_requests(Database::postgres).await;
}

fn assert_everywhere(killed_at: &[Failpoint]) {
    println!("{} processes were killed", killed_at.len());
    for point in Failpoint::ALL {
        assert!(killed_at.contains(&point), "nobody was killed at {point:?}: {killed_at:?}");
    }
}
