//! Keeping RMAs in step: claim what is due, look at both systems, plan, write, look again, remember.
//!
//! The order of things is the promise. Of all returns of one sales order one is worked on at a time, over batches,
//! connections and processes, and each sees what was intended for the others. A write is recorded as intended before it
//! is made, and made only while the claim is held: a process that cannot report that it runs sends nothing more. What
//! was given up, or whose answer was lost, may still arrive: it is written again only after a look at both
//! systems that began [so much later](Policy::appears_within) that it would have been seen. What is found under
//! a key is not written again at all.

mod batch;
mod error_scope;
mod in_progress;
mod known;
mod policy;
mod write_log;
mod writing;

use std::{collections::BTreeMap, mem, sync::Arc};

use api_client_core::client::Clock;
use brightpearl::OrderId;
use jiff::Timestamp;
use returngo::{Rma, RmaId};
use returngo_brightpearl_mapping::{Plan, World};
use returngo_brightpearl_sync::ReadError;
use tokio::sync::watch;

pub use in_progress::InProgress;
pub use policy::Policy;

use crate::{
    connection::Connection,
    failpoints::{Failpoint, Failpoints},
    heartbeat::Heartbeat,
    store::{
        ConnectionId, JobOutcome, Lease, LeaseRequest, Observation, OrderHold, OrderRequest, Revision, Store,
        StoreError, WorkerId,
    },
};
use batch::Batch;
use known::{Known, StoreJournal};
use writing::Execution;

/// How often both systems are written to for one claim. Without outside changes an RMA converges within four rounds.
const ROUNDS: usize = 5;

/// Works on what the store says is due.
#[derive(Debug, Clone)]
pub struct Engine {
    store: Arc<Store>,
    clock: Arc<dyn Clock>,
    failpoints: Arc<dyn Failpoints>,
    worker: WorkerId,
    policy: Policy,
    stop: watch::Receiver<bool>,
    heartbeat: Option<Arc<Heartbeat>>,
    in_progress: InProgress,
}

/// What became of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BatchSummary {
    /// RMAs that are in step.
    pub in_sync: usize,
    /// RMAs that wait for a person.
    pub needs_review: usize,
    /// RMAs that failed, to be tried again or put to a person.
    pub failed: usize,
    /// Writes that were made.
    pub written: usize,
}

impl Engine {
    /// An engine that works as `worker`, until `stop` is true: then it releases what it has claimed at the next
    /// step where that is safe.
    pub fn new(
        store: Arc<Store>,
        clock: Arc<dyn Clock>,
        failpoints: Arc<dyn Failpoints>,
        worker: WorkerId,
        policy: Policy,
        stop: watch::Receiver<bool>,
    ) -> Self {
        Self {
            store,
            clock,
            failpoints,
            worker,
            policy,
            stop,
            heartbeat: None,
            in_progress: InProgress::default(),
        }
    }

    /// The same engine, which writes nothing while this process cannot report that it runs.
    #[must_use]
    pub fn with_heartbeat(self, heartbeat: Arc<Heartbeat>) -> Self {
        heartbeat.watch_own(self.in_progress.clone());
        Self { heartbeat: Some(heartbeat), ..self }
    }

    /// Claims what is due of the connection whose turn it is, but none of these; empty when nothing is due.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn lease(&self, except: Vec<ConnectionId>) -> Result<Vec<Lease>, StoreError> {
        self.lease_from(None, except).await
    }

    /// Claims what is due of this connection; empty when nothing is due, or somebody else works on it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn lease_of(&self, connection: &ConnectionId) -> Result<Vec<Lease>, StoreError> {
        self.lease_from(Some(connection.clone()), Vec::new()).await
    }

    async fn lease_from(
        &self,
        only: Option<ConnectionId>,
        except: Vec<ConnectionId>,
    ) -> Result<Vec<Lease>, StoreError> {
        let request = LeaseRequest {
            worker: self.worker.clone(),
            limit: self.policy.batch,
            now: self.clock.now(),
            only,
            except,
        };
        let leasing = self.in_progress.leasing();
        let leases = self.store.lease(&request).await?;
        leasing.hold(&leases);
        drop(leasing);
        if !leases.is_empty() {
            self.failpoints.reached(Failpoint::InProgress);
        }
        Ok(leases)
    }

    /// Brings claimed RMAs of this connection into step. Those of another one are released: the same number may be
    /// another return here.
    ///
    /// # Errors
    /// When the store fails. What was claimed is pending again after the next report of this process.
    pub async fn work_on(
        &self,
        connection: &Connection,
        leases: Vec<Lease>,
    ) -> Result<BatchSummary, StoreError> {
        let _working = self.in_progress.working_on(&leases);
        let mut worked = BatchSummary::default();
        let (leases, foreign): (Vec<_>, Vec<_>) =
            leases.into_iter().partition(|lease| lease.connection == connection.id);
        self.release(foreign, &mut worked).await?;
        let mut batch = Batch::new(self.without_abandoned(leases, &mut worked).await?);
        let mut shown = BTreeMap::new();
        loop {
            let open = batch.take_open();
            if open.is_empty() {
                return Ok(worked);
            }
            let mut stop = self.stop.clone();
            let stopped = async { stop.wait_for(|stop| *stop).await.is_ok() };
            let looks = tokio::select! {
                biased;
                // Looking may take long, and nothing is lost by giving it up.
                true = stopped => None,
                looks = self.look(connection, &open, &mut shown) => Some(looks?),
            };
            let Some((read_at, looks)) = looks else {
                let left = open.into_iter().chain(batch.into_leases()).collect();
                self.release(left, &mut worked).await?;
                return Ok(worked);
            };
            self.failpoints.reached(Failpoint::WorldsRead);
            let (mut executions, mut there, mut ended) = (Vec::new(), Vec::new(), Vec::new());
            for (lease, look) in open.into_iter().zip(looks) {
                match look {
                    Ok(look) if look.plan.effects.is_empty() => there.push(Execution::new(lease, look)),
                    Ok(look) => executions.push(Execution::new(lease, look)),
                    Err(outcome) => ended.push((lease, outcome)),
                }
            }
            self.finish(&ended, &mut worked).await?;
            self.settle(connection, there, &mut worked).await?;

            let executions = batch.one_of_each_order(executions);
            let (executions, mut again) =
                self.with_their_orders(executions, read_at, &mut batch, &mut worked).await?;
            let written = self.write(connection, executions, &mut worked).await?;
            // What asks for nothing but a note that was written before is there as well.
            let (changed, there): (Vec<_>, Vec<_>) =
                written.into_iter().partition(Execution::changed_something);
            self.settle(connection, there, &mut worked).await?;
            let mut endless = Vec::new();
            for execution in changed {
                if execution.changed_the_rma() {
                    shown.remove(&execution.lease.rma);
                }
                let is_endless = batch.count_round(&execution.lease.rma) >= ROUNDS;
                if is_endless { &mut endless } else { &mut again }.push(execution.lease);
            }
            let error = format!("the RMA is still out of sync after {ROUNDS} rounds of writes");
            worked.failed += self.give_up(endless, &error).await?.failed;
            batch.next_round(again);
        }
    }

    /// Those of these journeys that have their sales orders to themselves; of the others, those that have to be read
    /// once more first. The rest is finished: it waits for another return of its order.
    async fn with_their_orders(
        &self,
        executions: Vec<Execution>,
        read_at: Revision,
        batch: &mut Batch,
        worked: &mut BatchSummary,
    ) -> Result<(Vec<Execution>, Vec<Lease>), StoreError> {
        let (of_orders, mut ready): (Vec<_>, Vec<_>) =
            executions.into_iter().partition(|execution| execution.look.order.is_some());
        let request = |execution: &Execution| {
            let (lease, order) = (execution.lease.clone(), execution.look.order?);
            Some(OrderRequest { lease, order })
        };
        let requests: Vec<_> = of_orders.iter().filter_map(request).collect();
        let turns = self.store.hold_orders(&requests, read_at).await?;
        if !requests.is_empty() {
            self.failpoints.reached(Failpoint::OrdersTaken);
        }
        let (mut again, mut ended) = (Vec::new(), Vec::new());
        for (execution, turn) in of_orders.into_iter().zip(turns) {
            let waits = |why: String| self.policy.soon(why, self.clock.now());
            match turn {
                OrderHold::Ready => ready.push(execution),
                OrderHold::Changed => again.push(execution.lease),
                OrderHold::Taken { connection, rma } => {
                    let why = format!(
                        "RMA {rma} of connection {connection} is in progress for the same sales order"
                    );
                    if let Some(order) = execution.look.order {
                        ended.extend(batch.take_waiting(order).map(|lease| (lease, waits(why.clone()))));
                    }
                    ended.push((execution.lease, waits(why)));
                }
                OrderHold::Unclear { connection, rma, run_at } => {
                    let why = format!(
                        "a credit for RMA {rma} of connection {connection} may or may not have been written for the \
                         same sales order, and is looked up first"
                    );
                    ended.push((execution.lease, self.policy.after(run_at, why, self.clock.now())));
                }
                OrderHold::LeaseLost => {}
            }
        }
        self.finish(&ended, worked).await?;
        Ok((ready, again))
    }

    /// Puts to a person what was abandoned too often; gives back the rest.
    async fn without_abandoned(
        &self,
        leases: Vec<Lease>,
        worked: &mut BatchSummary,
    ) -> Result<Vec<Lease>, StoreError> {
        let allowed = self.policy.abandonments_allowed;
        let (abandoned, rest): (Vec<_>, _) = leases.into_iter().partition(|lease| lease.abandoned >= allowed);
        let given_up = |lease: Lease| {
            let error = format!(
                "{} processes ended, or failed, while they worked on it: the log tells why; when that is mended, \
                 `reviews retry {}` begins again",
                lease.abandoned, lease.rma
            );
            (lease, JobOutcome::Failed { error, again_at: None })
        };
        let ended: Vec<_> = abandoned.into_iter().map(given_up).collect();
        self.finish(&ended, worked).await?;
        Ok(rest)
    }

    /// Remembers and finishes RMAs about which there is nothing to do.
    async fn settle(
        &self,
        connection: &Connection,
        executions: Vec<Execution>,
        worked: &mut BatchSummary,
    ) -> Result<(), StoreError> {
        let (mut seen, mut ended) = (Vec::new(), Vec::new());
        for Execution { lease, look: Look { plan, seen: what, .. }, .. } in executions {
            seen.push((lease.rma.clone(), what));
            let credit = plan.state.credit.map(|credit| credit.id);
            ended.push((lease, JobOutcome::Settled { reviews: plan.reviews, credit }));
        }
        self.store.record_observations(&connection.id, &seen, self.clock.now()).await?;
        self.finish(&ended, worked).await
    }

    /// Gives up claims that lead nowhere.
    async fn give_up(&self, leases: Vec<Lease>, why: &str) -> Result<BatchSummary, StoreError> {
        let mut worked = BatchSummary::default();
        let failed = |lease: Lease| {
            let outcome = self.policy.after_failure(&lease, why.to_owned(), self.clock.now());
            (lease, outcome)
        };
        let ended: Vec<_> = leases.into_iter().map(failed).collect();
        self.finish(&ended, &mut worked).await?;
        Ok(worked)
    }

    /// Puts off claims of a connection of which nothing can be worked on as things are. That is no failure of theirs.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn put_off(&self, leases: Vec<Lease>, why: &str) -> Result<BatchSummary, StoreError> {
        let _working = self.in_progress.working_on(&leases);
        let mut worked = BatchSummary::default();
        let put_off = |lease: Lease| {
            let outcome = self.policy.after_trouble(&lease, why.to_owned(), self.clock.now(), None);
            (lease, outcome)
        };
        let ended: Vec<_> = leases.into_iter().map(put_off).collect();
        self.finish(&ended, &mut worked).await?;
        Ok(worked)
    }

    async fn release(&self, leases: Vec<Lease>, worked: &mut BatchSummary) -> Result<(), StoreError> {
        let ended: Vec<_> = leases.into_iter().map(|lease| (lease, JobOutcome::Released)).collect();
        self.finish(&ended, worked).await
    }

    /// What there is to do about each claimed RMA, in the order of the claims, and since when that is read. `shown` holds
    /// the RMAs as ReturnGO showed them under these claims: its calls are few, so one that nothing was written to is not
    /// read again.
    async fn look(
        &self,
        connection: &Connection,
        leases: &[Lease],
        shown: &mut BTreeMap<RmaId, (Timestamp, Rma)>,
    ) -> Result<(Revision, Vec<Result<Look, JobOutcome>>), StoreError> {
        let read_at = self.store.revision().await?;
        let rmas: Vec<RmaId> = leases.iter().map(|lease| lease.rma.clone()).collect();
        let reader = match connection.reader().await {
            Ok(reader) => reader,
            Err(error) => {
                let failed = |lease| Err(self.policy.after_read_error(lease, &error, self.clock.now()));
                return Ok((read_at, leases.iter().map(failed).collect()));
            }
        };
        let unread: Vec<RmaId> = rmas.iter().filter(|rma| !shown.contains_key(rma)).cloned().collect();
        let mut worlds = BTreeMap::new();
        let asked_at = self.clock.now();
        for (id, rma) in reader.rmas(&unread).await {
            match rma {
                Ok(rma) => drop(shown.insert(id, (asked_at, rma))),
                Err(error) => drop(worlds.insert(id, Err(error))),
            }
        }
        let is_shop_open = !shown.is_empty() || {
            let is_any_forbidden =
                worlds.values().any(|world| world.as_ref().is_err_and(error_scope::is_forbidden));
            is_any_forbidden && connection.can_list_rmas().await
        };
        let read = rmas.iter().filter_map(|rma| shown.get(rma)).map(|(_, rma)| rma.clone());
        let journal = StoreJournal { store: &self.store, connection: &connection.id };
        worlds.extend(reader.worlds_of(read.collect(), &journal).await);
        let known = Known::of(&self.store, &self.policy, connection, &rmas, self.clock.now()).await?;
        let mut account = reader.account.clone();
        let mut looks = Vec::with_capacity(leases.len());
        for lease in leases {
            let id = &lease.rma;
            let mut world = match worlds.remove(id).unwrap_or_else(|| Err(ReadError::NotAsked(id.clone()))) {
                Ok(world) => world,
                Err(error) => {
                    looks.push(Err(self.unread(lease, &error, is_shop_open, &known)));
                    continue;
                }
            };
            if let Some(unseen) = known.unseen(id, &world) {
                looks.push(Err(self.policy.after_unseen(unseen, self.clock.now())));
                continue;
            }
            world.decisions = known.decisions(id);
            // The account's facts are the same for all, and large: they are lent to each world in turn.
            world.account = mem::take(&mut account);
            let plan = self.plan(connection, lease, &world);
            account = mem::take(&mut world.account);
            let observed_at = shown.get(id).map_or(asked_at, |(read_at, _)| *read_at);
            let seen =
                Observation::of(&world, plan.state.credit.as_ref().map(|credit| credit.id), observed_at);
            looks.push(Ok(Look { plan, seen, observed_at, order: world.original_order() }));
        }
        Ok((read_at, looks))
    }

    /// An RMA that was approved before its connection was made is left alone, unless a person asked for it or it has a
    /// credit of ours: it was dealt with by hand.
    fn plan(&self, connection: &Connection, lease: &Lease, world: &World) -> Plan {
        let plan = returngo_brightpearl_mapping::plan(world, &connection.settings);
        let is_earlier =
            !lease.requested && connection.is_before_start(&world.rma) && plan.state.credit.is_none();
        if is_earlier { Plan { effects: Vec::new(), reviews: Vec::new(), ..plan } } else { plan }
    }

    /// An RMA that ReturnGO does not know is another shop's if only Brightpearl named it. One that it refuses access to,
    /// while it shows others, is no trouble of theirs.
    fn unread(&self, lease: &Lease, error: &ReadError, is_shop_open: bool, known: &Known) -> JobOutcome {
        let is_unknown = matches!(
            error,
            ReadError::Rma { source, .. } if source.kind() == returngo::ErrorKind::NotFound
        );
        if is_unknown && !lease.of_this_shop && !known.has_written(&lease.rma) {
            return JobOutcome::OfAnotherShop;
        }
        if let ReadError::Rma { source, .. } = error
            && is_shop_open
            && error_scope::is_forbidden(error)
        {
            return self.policy.after_forbidden(lease, source, self.clock.now());
        }
        self.policy.after_read_error(lease, error, self.clock.now())
    }

    async fn finish(
        &self,
        ended: &[(Lease, JobOutcome)],
        worked: &mut BatchSummary,
    ) -> Result<(), StoreError> {
        if ended.is_empty() {
            return Ok(());
        }
        self.store.finish(ended, self.clock.now()).await?;
        self.failpoints.reached(Failpoint::Finished);
        for (lease, outcome) in ended {
            match outcome {
                JobOutcome::Settled { reviews, .. } if reviews.is_empty() => worked.in_sync += 1,
                JobOutcome::Settled { .. } => worked.needs_review += 1,
                JobOutcome::Failed { error, again_at } => {
                    worked.failed += 1;
                    tracing::warn!(
                        connection = %lease.connection,
                        rma = %lease.rma,
                        attempt = lease.attempt,
                        again_at = again_at.map(tracing::field::display),
                        "not in step: {error}"
                    );
                }
                JobOutcome::Postponed { why, until } => {
                    worked.failed += 1;
                    tracing::warn!(
                        connection = %lease.connection,
                        rma = %lease.rma,
                        attempt = lease.attempt,
                        again_at = %until,
                        "not in step yet: {why}"
                    );
                }
                JobOutcome::Released | JobOutcome::OfAnotherShop => {}
            }
        }
        Ok(())
    }
}

/// What there is to do about an RMA, and what that was seen from.
struct Look {
    plan: Plan,
    seen: Observation,
    /// When reading both systems began.
    observed_at: Timestamp,
    /// The sales order that the RMA is for, if there is one for certain.
    order: Option<OrderId>,
}
