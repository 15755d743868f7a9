//! Random histories, against a model of what must hold: what was marked is worked on after it was marked, by one
//! process at a time, and nobody writes back under a claim that was taken over.

use std::{collections::BTreeMap, sync::Arc};

use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, TestRunner},
};
use returngo_brightpearl_connector::store::{
    Actor, Cause, ConnectionId, JobOutcome, JobState, Lease, Store, WorkerId,
};

use super::{at, connect, databases::Database, in_sync, name, request, rmas};

const CONNECTIONS: usize = 2;
const RMAS: u32 = 3;
const PROCESSES: [&str; 2] = ["one", "two"];

#[derive(Debug, Clone)]
enum StepOutcome {
    Mark {
        connection: usize,
        rma: u32,
    },
    Lease {
        process: usize,
        limit: u32,
    },
    /// Of all claims there ever were, the one at this place from the end.
    Finish {
        lease: usize,
        how: End,
    },
    /// A process ended, and what it held is released.
    Release {
        process: usize,
    },
    Wait {
        seconds: i64,
    },
}

#[derive(Debug, Clone, Copy)]
enum End {
    Settled,
    Failed { again_in: i64 },
    GivenUp,
    Released,
}

fn step() -> impl Strategy<Value = StepOutcome> {
    let end = prop_oneof![
        3 => Just(End::Settled),
        1 => (0..100_i64).prop_map(|again_in| End::Failed { again_in }),
        1 => Just(End::GivenUp),
        1 => Just(End::Released),
    ];
    prop_oneof![
        4 => (0..CONNECTIONS, 0..RMAS).prop_map(|(connection, rma)| StepOutcome::Mark { connection, rma }),
        3 => (0..PROCESSES.len(), 1..=RMAS).prop_map(|(process, limit)| StepOutcome::Lease { process, limit }),
        4 => (0..4_usize, end).prop_map(|(lease, how)| StepOutcome::Finish { lease, how }),
        1 => (0..PROCESSES.len()).prop_map(|process| StepOutcome::Release { process }),
        2 => (0..90_i64).prop_map(|seconds| StepOutcome::Wait { seconds }),
    ]
}

/// What is known of an RMA.
#[derive(Debug, Default)]
struct Known {
    /// It was marked, and no attempt that began later ended well or for good.
    owed: bool,
    given_up: bool,
    attempt: i64,
    /// The process that holds it, and whether it was marked since that claim.
    held: Option<(usize, bool)>,
    /// How many claims were released one after another because their processes ended.
    abandoned: u32,
}

struct History {
    store: Arc<Store>,
    connections: Vec<ConnectionId>,
    now: i64,
    leases: Vec<Lease>,
    known: BTreeMap<(ConnectionId, String), Known>,
}

impl History {
    async fn take(&mut self, step: &StepOutcome) {
        match *step {
            StepOutcome::Mark { connection, rma } => self.mark(connection, rma).await,
            StepOutcome::Lease { process, limit } => self.lease(process, limit).await,
            StepOutcome::Finish { lease, how } => self.finish(lease, how).await,
            StepOutcome::Release { process } => self.release(process).await,
            StepOutcome::Wait { seconds } => self.now += seconds,
        }
    }

    async fn mark(&mut self, connection: usize, rma: u32) {
        let connection = self.connections[connection].clone();
        self.store.enqueue(&connection, &rmas([rma]), Cause::User, "a step", at(self.now)).await.unwrap();
        let known = self.known.entry((connection, rma.to_string())).or_default();
        known.owed = true;
        known.given_up = false;
        if let Some((_, enqueued)) = &mut known.held {
            *enqueued = true;
        }
    }

    async fn lease(&mut self, process: usize, limit: u32) {
        let leases = self.store.lease(&request(PROCESSES[process], limit, self.now)).await.unwrap();
        assert!(leases.len() <= limit as usize);
        assert!(leases.iter().all(|lease| lease.connection == leases[0].connection), "{leases:?}");
        assert!(leases.len() <= 1 || leases.iter().all(|lease| lease.abandoned < 2), "{leases:?}");
        for lease in leases {
            let known = self.known.get_mut(&(lease.connection.clone(), lease.rma.to_string())).unwrap();
            assert_eq!(known.held, None, "{lease:?} is held already");
            assert!(known.owed, "{lease:?} was not due");
            assert_eq!((lease.attempt, lease.abandoned), (known.attempt + 1, known.abandoned));
            known.attempt = lease.attempt;
            known.held = Some((process, false));
            self.leases.push(lease);
        }
    }

    fn chosen(&self, from_the_end: usize) -> Option<Lease> {
        self.leases.iter().rev().nth(from_the_end).cloned()
    }

    async fn finish(&mut self, lease: usize, how: End) {
        let Some(lease) = self.chosen(lease) else { return };
        let failed = |again_at| JobOutcome::Failed { failure: "500".into(), again_at };
        let outcome = match how {
            End::Settled => in_sync(),
            End::Failed { again_in } => failed(Some(at(self.now + again_in))),
            End::GivenUp => failed(None),
            End::Released => JobOutcome::Released,
        };
        let finished = self.store.finish(&[(lease.clone(), outcome)], at(self.now)).await.unwrap();
        let known = self.known.get_mut(&(lease.connection.clone(), lease.rma.to_string())).unwrap();
        let holds = known.attempt == lease.attempt && known.held.is_some();
        assert_eq!(finished == 1, holds, "{lease:?} {known:?}");
        if holds {
            let marked_since = known.held.take().is_some_and(|(_, enqueued)| enqueued);
            known.owed = marked_since || matches!(how, End::Failed { .. } | End::Released);
            known.given_up = !marked_since && matches!(how, End::GivenUp);
            known.abandoned = 0;
        }
    }

    async fn release(&mut self, process: usize) {
        let worker = WorkerId(PROCESSES[process].to_owned());
        let released = self.store.release_process(&worker, None, at(self.now)).await.unwrap();
        let mut held = 0;
        for known in self.known.values_mut() {
            if known.held.take_if(|(holder, _)| *holder == process).is_some() {
                known.abandoned += 1;
                held += 1;
            }
        }
        assert_eq!(released, held);
    }

    async fn states_agree(&self) {
        for ((connection, rma), known) in &self.known {
            let work = self.store.work(connection, &rma.parse().unwrap()).await.unwrap().unwrap();
            let expected = match (known.held, known.owed, known.given_up) {
                (Some(_), ..) => JobState::InProgress,
                (None, true, _) => JobState::Pending,
                (None, false, true) => JobState::NeedsReview,
                (None, false, false) => JobState::InSync,
            };
            assert_eq!(work.state, expected, "{rma} {known:?}");
        }
        self.counts_agree().await;
    }

    async fn counts_agree(&self) {
        let status = self.store.status().await.unwrap();
        for connection in &self.connections {
            let status = status.iter().find(|status| status.connection == *connection).unwrap();
            let count = |state: fn(&Known) -> bool| {
                let of_it = self.known.iter().filter(|((of, _), _)| of == connection);
                of_it.filter(|(_, known)| state(known)).count() as u64
            };
            let leased = count(|known| known.held.is_some());
            let due = count(|known| known.held.is_none() && known.owed);
            let needs_review = count(|known| known.held.is_none() && !known.owed && known.given_up);
            let in_sync = count(|known| known.held.is_none() && !known.owed && !known.given_up);
            let counted = (status.in_progress, status.pending, status.needs_review, status.in_sync);
            assert_eq!(counted, (leased, due, needs_review, in_sync), "{connection}");
        }
    }

    /// Long after, all processes have ended and another one settles everything: nothing that was owed is missed.
    async fn everything_owed_is_done(&mut self) {
        self.now += 1000;
        for process in 0..PROCESSES.len() {
            self.release(process).await;
        }
        loop {
            let before = self.leases.len();
            self.lease(0, RMAS).await;
            let leased = self.leases.len() - before;
            if leased == 0 {
                break;
            }
            for lease in 0..leased {
                self.finish(lease, End::Settled).await;
            }
        }
        assert!(self.known.values().all(|known| !known.owed && known.held.is_none()), "{:?}", self.known);
        self.states_agree().await;
    }
}

fn histories(database: Database, runtime: &tokio::runtime::Runtime, cases: u32) {
    let store = runtime.block_on(database.open());
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let number = std::sync::atomic::AtomicU32::new(0);
    let result = TestRunner::new(config).run(&vec(step(), 1..60), |steps| {
        runtime.block_on(async {
            let case = number.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            for left in store.connections().await.unwrap() {
                store.remove_connection(&left.id, &Actor::command_line("dana"), at(0)).await.unwrap();
            }
            let connections: Vec<_> =
                (0..CONNECTIONS).map(|which| name(&format!("case-{case}-{which}"))).collect();
            for connection in &connections {
                connect(&store, connection.as_str()).await;
            }
            let mut history = History {
                store: Arc::clone(&store),
                connections,
                now: 0,
                leases: Vec::new(),
                known: BTreeMap::new(),
            };
            for step in &steps {
                history.take(step).await;
                history.states_agree().await;
            }
            history.everything_owed_is_done().await;
        });
        Ok(())
    });
    result.unwrap();
}

#[test]
fn nothing_is_lost_in_any_history_on_sqlite() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut database = Database::sqlite();
    database.url = "sqlite::memory:".to_owned();
    histories(database, &runtime, 128);
}

#[test]
fn nothing_is_lost_in_any_history_on_postgres() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    if let Some(database) = runtime.block_on(Database::postgres()) {
        histories(database, &runtime, 48);
    }
}
