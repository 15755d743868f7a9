//! Processes watch one another by their own uptime: it does not matter what the clocks of their machines show.

use std::{sync::Arc, time::Duration};

use api_client_core::client::Clock;
use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use returngo::RmaId;
use returngo_brightpearl_connector::{
    heartbeat::Heartbeat,
    store::{
        Cause, ConnectionId, Encrypted, Job, JobOutcome, JobState, Lease, LeaseRequest, Store,
        StoredConnection, WorkerId,
    },
};
use tokio::sync::watch;

use crate::{
    store::{databases::Database, on_both},
    support::Time,
};

on_both!(
    a_silent_process_is_taken_over_from_whatever_the_wall_clocks_show,
    a_process_that_reports_is_left_alone,
    a_process_that_reports_again_in_time_is_silent_from_then_on,
    of_several_watchers_one_takes_over,
    what_an_unregistered_process_holds_is_taken_over_too,
    a_process_that_was_replaced_is_told,
    a_process_that_was_silent_for_too_long_is_told,
    a_watcher_that_could_not_look_takes_nothing_over,
    a_process_that_cannot_report_has_lapsed,
    a_process_that_ends_holds_nothing,
    a_process_that_is_to_stop_reports_once_more_and_stops,
    a_clock_that_was_ahead_is_noticed_within_ten_minutes,
    a_clock_that_was_ahead_is_noticed_once_its_process_is_taken_over_from,
);

/// A machine: it shows some time, and has been up for some other.
#[derive(Debug, Clone)]
struct Machine {
    wall: Time,
    up: Time,
}

impl Machine {
    /// It shows a time that differs by this from everybody's, who have been up for as long as they like.
    fn off_by(hours: i64) -> Self {
        let wall = Time::at(start() + SignedDuration::from_hours(hours));
        Self { wall, up: Time::at(start() + SignedDuration::from_mins(hours * 7)) }
    }

    async fn seconds_pass(&self, seconds: i64) {
        for time in [&self.wall, &self.up] {
            time.pass(SignedDuration::from_secs(seconds)).await;
        }
    }

    async fn register(&self, store: &Arc<Store>, name: &str) -> Heartbeat {
        Heartbeat::register(Arc::clone(store), Arc::new(self.clone()), name).await.unwrap()
    }
}

#[async_trait]
impl Clock for Machine {
    fn now(&self) -> Timestamp {
        self.wall.now()
    }

    async fn sleep(&self, duration: Duration) {
        self.seconds_pass(i64::try_from(duration.as_secs()).unwrap()).await;
    }

    fn uptime(&self) -> Duration {
        self.up.clock().uptime()
    }
}

fn start() -> Timestamp {
    "2026-05-09T10:15:20Z".parse().unwrap()
}

fn connection() -> ConnectionId {
    "acme".parse().unwrap()
}

fn rma() -> RmaId {
    "4410021".parse().unwrap()
}

/// A store in which one RMA is due.
async fn with_work(database: &Database) -> Arc<Store> {
    let store = database.open().await;
    let stored = StoredConnection { id: connection(), configuration: Encrypted(vec![1, 2, 3]) };
    let began = start() - SignedDuration::from_hours(1000);
    store.put_connection(&stored, began).await.unwrap();
    store.enqueue(&connection(), &[rma()], Cause::Returngo, "a test", began).await.unwrap();
    store
}

async fn lease(store: &Arc<Store>, worker: &WorkerId) -> Lease {
    let now = start() + SignedDuration::from_hours(1000);
    let request = LeaseRequest { worker: worker.clone(), limit: 9, now, only: None, except: Vec::new() };
    let mut leases = store.lease(&request).await.unwrap();
    assert_eq!(leases.len(), 1, "it is due");
    leases.remove(0)
}

async fn item(store: &Arc<Store>) -> Job {
    store.work(&connection(), &rma()).await.unwrap().unwrap()
}

async fn is_held(store: &Arc<Store>) -> bool {
    item(store).await.state == JobState::InProgress
}

async fn beat(heartbeat: &Heartbeat) -> bool {
    heartbeat.beat().await.unwrap()
}

async fn a_silent_process_is_taken_over_from_whatever_the_wall_clocks_show(database: Database) {
    let store = with_work(&database).await;
    for (silent_is_off, watcher_is_off) in [(0, 0), (24, 0), (-24, 0), (0, 24), (0, -24)] {
        let silent = Machine::off_by(silent_is_off).register(&store, "silent").await;
        let lost = lease(&store, silent.worker()).await;
        let machine = Machine::off_by(watcher_is_off);
        let watcher = machine.register(&store, "watcher").await;
        assert!(beat(&watcher).await);
        for seconds in [10, 10, 10, 10, 4] {
            machine.seconds_pass(seconds).await;
            assert!(beat(&watcher).await);
            assert!(is_held(&store).await, "less than a lease has passed");
        }
        // Somebody sets the clock of the watcher's machine.
        machine.wall.pass(SignedDuration::from_hours(48)).await;
        assert!(beat(&watcher).await);
        assert!(is_held(&store).await, "the time that is shown does not count");

        machine.up.pass(SignedDuration::from_secs(1)).await;
        assert!(beat(&watcher).await);
        let work = item(&store).await;
        assert_eq!(
            (work.state, work.worker),
            (JobState::Pending, None),
            "off by {silent_is_off}, {watcher_is_off}"
        );
        assert_eq!(work.run_at, Some(machine.now()));
        let released = JobOutcome::Released;
        assert_eq!(
            store.finish(&[(lost.clone(), released)], machine.now()).await.unwrap(),
            0,
            "it is fenced"
        );
        let taken_over = lease(&store, watcher.worker()).await;
        assert_eq!((taken_over.attempt, taken_over.abandoned), (lost.attempt + 1, 1));
        assert_eq!(store.finish(&[(taken_over, JobOutcome::Released)], start()).await.unwrap(), 1);
        watcher.end().await.unwrap();
    }
}

async fn a_process_that_reports_is_left_alone(database: Database) {
    let store = with_work(&database).await;
    // Its clock is behind, so that its reports look old.
    let machines = [Machine::off_by(0), Machine::off_by(-24)];
    let watcher = machines[0].register(&store, "watcher").await;
    let busy = machines[1].register(&store, "busy").await;
    lease(&store, busy.worker()).await;
    for _ in 0..30 {
        assert!(beat(&busy).await);
        for _ in 0..4 {
            assert!(beat(&watcher).await);
            for machine in &machines {
                machine.seconds_pass(11).await;
            }
        }
        assert!(is_held(&store).await);
    }
    assert_eq!(item(&store).await.worker.as_ref(), Some(busy.worker()));
}

async fn a_process_that_reports_again_in_time_is_silent_from_then_on(database: Database) {
    let store = with_work(&database).await;
    let machine = Machine::off_by(0);
    let watcher = machine.register(&store, "watcher").await;
    let busy = Machine::off_by(0).register(&store, "busy").await;
    lease(&store, busy.worker()).await;
    beat(&watcher).await;
    machine.seconds_pass(22).await;
    beat(&watcher).await;
    machine.seconds_pass(22).await;
    assert!(beat(&busy).await);
    for seconds in [1, 22, 21, 1] {
        machine.seconds_pass(seconds).await;
        beat(&watcher).await;
        assert!(is_held(&store).await, "it reported less than a lease ago, as far as the watcher has seen");
    }
    machine.seconds_pass(1).await;
    beat(&watcher).await;
    assert!(!is_held(&store).await);
}

async fn of_several_watchers_one_takes_over(database: Database) {
    let store = with_work(&database).await;
    let silent = Machine::off_by(0).register(&store, "silent").await;
    lease(&store, silent.worker()).await;
    let machine = Machine::off_by(0);
    let watchers = [machine.register(&store, "one").await, machine.register(&store, "two").await];
    for watcher in &watchers {
        beat(watcher).await;
    }
    for _ in 0..2 {
        machine.seconds_pass(30).await;
        let (one, two) = tokio::join!(watchers[0].beat(), watchers[1].beat());
        assert!(one.unwrap() && two.unwrap());
    }
    let taken_over = lease(&store, watchers[0].worker()).await;
    assert_eq!(taken_over.abandoned, 1, "it is counted once");
    for _ in 0..2 {
        machine.seconds_pass(30).await;
        assert!(beat(&watchers[0]).await);
        assert!(beat(&watchers[1]).await);
    }
    assert!(is_held(&store).await, "it is the next one's by now, who reports");
}

async fn what_an_unregistered_process_holds_is_taken_over_too(database: Database) {
    let store = with_work(&database).await;
    lease(&store, &WorkerId("an earlier version's".to_owned())).await;
    let machine = Machine::off_by(0);
    let watcher = machine.register(&store, "watcher").await;
    beat(&watcher).await;
    for _ in 0..2 {
        machine.seconds_pass(22).await;
        beat(&watcher).await;
        assert!(is_held(&store).await);
    }
    machine.seconds_pass(1).await;
    beat(&watcher).await;
    assert!(!is_held(&store).await);
}

async fn a_process_that_was_replaced_is_told(database: Database) {
    let store = with_work(&database).await;
    let machine = Machine::off_by(0);
    let replaced = machine.register(&store, "serve host").await;
    assert!(beat(&replaced).await);
    lease(&store, replaced.worker()).await;
    let next = machine.register(&store, "serve host").await;
    assert!(!is_held(&store).await, "the next one goes on with what it held");
    assert!(!beat(&replaced).await);
    assert!(beat(&next).await);
    let (_running, never) = watch::channel(false);
    let told = replaced.run(never).await.unwrap_err().to_string();
    assert!(told.contains(&replaced.worker().0) && told.contains("another process with this name"), "{told}");
}

async fn a_process_that_was_silent_for_too_long_is_told(database: Database) {
    let store = with_work(&database).await;
    let silent = Machine::off_by(0).register(&store, "silent").await;
    let machine = Machine::off_by(0);
    let watcher = machine.register(&store, "watcher").await;
    for _ in 0..3 {
        beat(&watcher).await;
        machine.seconds_pass(15).await;
    }
    beat(&watcher).await;
    let (_running, never) = watch::channel(false);
    assert!(silent.run(never).await.is_err());
    let registered: Vec<_> =
        store.processes().await.unwrap().into_iter().map(|process| process.worker).collect();
    assert_eq!(registered, [watcher.worker().clone()]);
}

/// The store was away for everybody: nobody knows whether the others could report.
async fn a_watcher_that_could_not_look_takes_nothing_over(database: Database) {
    let store = with_work(&database).await;
    let machine = Machine::off_by(0);
    let processes = [machine.register(&store, "one").await, machine.register(&store, "other").await];
    lease(&store, processes[1].worker()).await;
    for process in &processes {
        assert!(beat(process).await);
    }
    machine.seconds_pass(3600).await;
    for process in &processes {
        assert!(beat(process).await, "it is still registered");
    }
    assert!(is_held(&store).await);
}

async fn a_process_that_cannot_report_has_lapsed(database: Database) {
    let store = with_work(&database).await;
    let machine = Machine::off_by(0);
    let process = machine.register(&store, "serve host").await;
    for _ in 0..2 {
        assert!(beat(&process).await);
        machine.wall.pass(SignedDuration::from_hours(48)).await;
        machine.up.pass(SignedDuration::from_secs(44)).await;
        assert!(!process.has_lapsed());
        machine.up.pass(SignedDuration::from_secs(1)).await;
        assert!(process.has_lapsed(), "others may have taken over");
    }
    assert!(beat(&process).await);
    assert!(!process.has_lapsed());
}

async fn a_process_that_ends_holds_nothing(database: Database) {
    let store = with_work(&database).await;
    let process = Machine::off_by(0).register(&store, "serve host").await;
    lease(&store, process.worker()).await;
    process.end().await.unwrap();
    assert!(!is_held(&store).await);
    assert!(store.processes().await.unwrap().is_empty());
}

async fn a_process_that_is_to_stop_reports_once_more_and_stops(database: Database) {
    let store = with_work(&database).await;
    let process = Machine::off_by(0).register(&store, "serve host").await;
    let (_stop, stopped) = watch::channel(true);
    process.run(stopped).await.unwrap();
    assert_eq!(store.processes().await.unwrap()[0].reports, Some(1));
}

async fn a_clock_that_was_ahead_is_noticed_within_ten_minutes(database: Database) {
    let store = with_work(&database).await;
    let machine = Machine::off_by(0);
    let watcher = machine.register(&store, "watcher").await;
    let ahead = Machine::off_by(24).register(&store, "ahead").await;
    let held = lease(&store, ahead.worker()).await;
    let again_at = Some(start() + SignedDuration::from_hours(25));
    let failed = JobOutcome::Failed { failure: "503".into(), again_at };
    assert_eq!(store.finish(&[(held, failed)], start() + SignedDuration::from_hours(24)).await.unwrap(), 1);
    ahead.end().await.unwrap();
    for _ in 0..59 {
        machine.seconds_pass(10).await;
        assert!(beat(&watcher).await);
        assert_eq!(item(&store).await.run_at, again_at);
    }
    machine.seconds_pass(10).await;
    assert!(beat(&watcher).await);
    assert_eq!(item(&store).await.run_at, Some(machine.now()));
}

async fn a_clock_that_was_ahead_is_noticed_once_its_process_is_taken_over_from(database: Database) {
    let store = with_work(&database).await;
    let killed = Machine::off_by(24).register(&store, "killed").await;
    let held = lease(&store, killed.worker()).await;
    let again_at = Some(start() + SignedDuration::from_hours(25));
    let failed = JobOutcome::Failed { failure: "503".into(), again_at };
    assert_eq!(store.finish(&[(held, failed)], start() + SignedDuration::from_hours(24)).await.unwrap(), 1);
    let machine = Machine::off_by(0);
    let watcher = machine.register(&store, "watcher").await;
    for _ in 0..8 {
        assert!(beat(&watcher).await);
        machine.seconds_pass(10).await;
    }
    assert!(item(&store).await.run_at.is_some_and(|due| due <= machine.now()));
}
