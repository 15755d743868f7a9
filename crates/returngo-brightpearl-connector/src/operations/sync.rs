//! Synchronizing RMAs now.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use returngo::RmaId;
use tokio::sync::watch;

use super::{Context, JobReport, OperationError, UnreadableObject, status::moment};
use crate::{
    connection::Connection,
    engine::Engine,
    skipped::Skipped,
    store::{Cause, ConnectionId, Job, JobState, Lease, Operation, Process, QueueRequest, WorkerId},
    sweep,
};

/// How long an RMA that another process works on is waited for.
const WAIT_FOR_OTHERS: SignedDuration = SignedDuration::from_secs(75);

/// How long an RMA that could not be tried yet is waited for.
const SOON: SignedDuration = SignedDuration::from_secs(15);

/// RMAs that changed in either system.
#[derive(Debug, Clone, Default)]
pub struct Changed {
    /// The RMAs, each with the system that showed the change.
    pub rmas: BTreeMap<RmaId, Cause>,
    /// Objects that cannot be read, and may be about other RMAs.
    pub unreadable: Vec<UnreadableObject>,
}

/// The RMAs after synchronization.
#[derive(Debug, Clone, PartialEq)]
pub struct Synchronized {
    /// The RMAs.
    pub jobs: Vec<JobReport>,
    /// Why the operation gave up waiting for some of them.
    pub waiting_for: Option<String>,
}

/// Returns the time zone of the connection's account, in which days start.
///
/// # Errors
/// The connection is unknown, or its account cannot be read.
pub async fn time_zone(context: &Context, id: &ConnectionId) -> Result<TimeZone, OperationError> {
    let connection = context.connection(id).await?;
    Ok(connection.reader().await?.account.time_zone().unwrap_or(TimeZone::UTC))
}

/// Finds the RMAs that changed in either system since a time.
///
/// # Errors
/// The connection is unknown, or a system cannot be read.
pub async fn changed_since(
    context: &Context,
    id: &ConnectionId,
    since: Timestamp,
) -> Result<Changed, OperationError> {
    let connection = context.connection(id).await?;
    let _task = context.task("searching both systems for changes");
    let mut skipped = Skipped::of(&connection.id);
    let changed = sweep::changed_since(&connection, &context.store, since, &mut skipped).await;
    let unreadable = UnreadableObject::all(skipped.unreadable());
    skipped.store(&context.store, context.now()).await?;
    Ok(Changed { rmas: changed?, unreadable })
}

/// Makes sure that these RMAs exist, so that a mistyped number is reported at once and not stored.
///
/// # Errors
/// One of them cannot be read.
pub async fn verify(context: &Context, id: &ConnectionId, rmas: &[RmaId]) -> Result<(), OperationError> {
    let connection = context.connection(id).await?;
    let mut unknown = Vec::new();
    for rma in rmas {
        if context.store.work(&connection.id, rma).await?.is_none() {
            unknown.push(rma.clone());
        }
    }
    if unknown.is_empty() {
        return Ok(());
    }
    for (_, read) in connection.reader().await?.rmas(&unknown).await {
        read?;
    }
    Ok(())
}

/// Queues RMAs that the user named, and RMAs that were found to have changed. Returns all of them.
///
/// # Errors
/// The connection is unknown.
pub async fn queue(
    context: &Context,
    id: &ConnectionId,
    named: &[RmaId],
    changed: BTreeMap<RmaId, Cause>,
) -> Result<Vec<RmaId>, OperationError> {
    let mut rmas = changed;
    rmas.extend(named.iter().map(|rma| (rma.clone(), Cause::User)));
    let request = QueueRequest {
        by: context.actor.clone(),
        operation: Operation::Sync,
        connection: id.clone(),
        rmas: rmas.into_iter().collect(),
        why: format!("requested by {}", context.actor),
    };
    context.store.enqueue_requested(&request, context.now()).await?;
    Ok(request.rmas.into_iter().map(|(rma, _)| rma).collect())
}

/// Synchronizes RMAs of one connection with an engine of this process, alongside other processes.
#[derive(Debug)]
pub struct Synchronization<'a> {
    /// The context.
    pub context: &'a Context,
    /// The connection.
    pub connection: &'a Connection,
    /// The engine.
    pub engine: Engine,
    /// True once it has to stop.
    pub stop: watch::Receiver<bool>,
}

impl Synchronization<'_> {
    /// Works until these RMAs are done, or failed.
    ///
    /// # Errors
    /// The store fails.
    pub async fn of(&self, rmas: &[RmaId]) -> Result<Synchronized, OperationError> {
        let task = self.context.steps("RMAs", rmas.len());
        let (mut since, mut reported, mut left) = (self.context.now(), false, usize::MAX);
        loop {
            let jobs = self.jobs(rmas).await?;
            let open = jobs.iter().filter(|job| self.is_open(job)).count();
            if open < left {
                (left, since) = (open, self.context.now());
            }
            task.advance(jobs.len() - open);
            if open == 0 || self.is_stopped() {
                return Ok(Synchronized::of(jobs));
            }
            let leases = self.lease().await?;
            if !leases.is_empty() {
                self.engine.work_on(self.connection, leases).await?;
                continue;
            }
            if self.context.now().duration_since(since) > WAIT_FOR_OTHERS {
                let waiting_for = Some(self.held_by_others(&jobs).await?);
                return Ok(Synchronized { waiting_for, ..Synchronized::of(jobs) });
            }
            if !reported {
                reported = true;
                let waiting_for = self.held_by_others(&jobs).await?;
                tracing::info!(%waiting_for, "waiting for RMAs");
                task.describe(&format!("waiting: {waiting_for}"));
            }
            self.context.clock.sleep(Duration::from_millis(200)).await;
        }
    }

    /// Works until nothing is pending.
    ///
    /// # Errors
    /// The store fails.
    pub async fn of_all_pending(&self) -> Result<Synchronized, OperationError> {
        let task = self.context.task("processing pending RMAs");
        let mut worked: BTreeSet<RmaId> = BTreeSet::new();
        while !self.is_stopped() {
            let leases = self.lease().await?;
            if leases.is_empty() {
                break;
            }
            worked.extend(leases.iter().map(|lease| lease.rma.clone()));
            self.engine.work_on(self.connection, leases).await?;
            task.describe(&format!("processing pending RMAs: {}", worked.len()));
        }
        let worked: Vec<_> = worked.into_iter().collect();
        Ok(Synchronized::of(self.jobs(&worked).await?))
    }

    /// Returns whether it had to stop.
    pub fn is_stopped(&self) -> bool {
        *self.stop.borrow()
    }

    async fn lease(&self) -> Result<Vec<Lease>, OperationError> {
        Ok(self.engine.lease_of(&self.connection.id).await?)
    }

    async fn jobs(&self, rmas: &[RmaId]) -> Result<Vec<Job>, OperationError> {
        let mut jobs = Vec::new();
        for rma in rmas {
            jobs.extend(self.context.store.work(&self.connection.id, rma).await?);
        }
        Ok(jobs)
    }

    /// Returns which other processes work on these RMAs, and when their hold ends; otherwise what the RMAs wait for.
    async fn held_by_others(&self, jobs: &[Job]) -> Result<String, OperationError> {
        let mut held: BTreeMap<&WorkerId, usize> = BTreeMap::new();
        for worker in jobs.iter().filter_map(|job| job.worker.as_ref()) {
            *held.entry(worker).or_default() += 1;
        }
        if held.is_empty() {
            let why = jobs.iter().filter(|job| self.is_open(job)).find_map(|job| job.last_error.clone());
            return Ok(why.unwrap_or_else(|| "RMAs are pending".to_owned()));
        }
        let processes = self.context.store.processes().await?;
        let held: Vec<_> = held
            .into_iter()
            .map(|(worker, rmas)| {
                let process = processes.iter().find(|process| process.worker == *worker);
                let until = process
                    .and_then(Process::holds_until)
                    .map(|until| format!(" until {} unless it reports again", moment(until)));
                format!("process \"{worker}\" holds {rmas} of them{}", until.unwrap_or_default())
            })
            .collect();
        Ok(held.join(", "))
    }

    /// Whether a worker has it, or it runs now. A failed RMA runs later.
    fn is_open(&self, job: &Job) -> bool {
        let now = self.context.now();
        match job.state {
            JobState::InProgress => true,
            JobState::Pending => job.run_at.is_some_and(|run_at| {
                // An RMA that was not tried, because of another RMA of its sales order for example, runs again soon.
                let soon = if job.failures == 0 { SOON } else { SignedDuration::ZERO };
                run_at <= now.saturating_add(soon).unwrap_or(now)
            }),
            JobState::InSync | JobState::NeedsReview | JobState::OfAnotherShop => false,
        }
    }
}

impl Synchronized {
    fn of(jobs: Vec<Job>) -> Self {
        Self { jobs: jobs.into_iter().map(Into::into).collect(), waiting_for: None }
    }

    /// Returns how many of the RMAs failed.
    pub fn failed(&self) -> usize {
        let failed = |job: &&JobReport| job.state != JobState::InSync && job.last_error.is_some();
        self.jobs.iter().filter(failed).count()
    }
}
