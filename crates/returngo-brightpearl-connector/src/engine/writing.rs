use std::{collections::VecDeque, future, mem, pin::pin, task::Poll};

use returngo_brightpearl_mapping::Effect;
use returngo_brightpearl_sync::{
    AdmittedWrite, IntentResult, PlannedWrite, Withheld, Write, WriteProgress, WriteResult, is_for_returngo,
    write_protocol,
};

use super::{
    BatchSummary, Engine,
    observe::Snapshot,
    store_journal::{StoreJournal, store_error},
};
use crate::{
    Failure,
    connection::Connection,
    failpoints::Failpoint,
    store::{EffectOutcome, EffectRecord, JobOutcome, Lease, StoreError},
};

/// The run of an RMA, with the effects that are still to be written, in order.
pub(super) struct Execution {
    pub(super) lease: Lease,
    /// The snapshot and the plan that the effects come from.
    pub(super) snapshot: Snapshot,
    effects: VecDeque<Effect>,
    written: Vec<Effect>,
}

impl Execution {
    pub(super) fn new(lease: Lease, mut snapshot: Snapshot) -> Self {
        let effects = mem::take(&mut snapshot.plan.effects).into();
        Self { lease, snapshot, effects, written: Vec::new() }
    }

    /// Whether anything was written, so that both systems have to be read again.
    pub(super) const fn changed_something(&self) -> bool {
        !self.written.is_empty()
    }

    /// Whether the RMA itself was written to.
    pub(super) fn changed_the_rma(&self) -> bool {
        self.written.iter().any(is_for_returngo)
    }
}

/// The outcome of one effect of an execution.
enum StepOutcome {
    Written(Effect),
    /// A note that was written before: nothing to do.
    AlreadyNoted,
    LeaseLost,
    Ended(JobOutcome),
}

impl Engine {
    /// Writes the planned effects, the first ones of all RMAs together, then the second ones. Returns the executions whose
    /// writes all succeeded; the others are finished.
    pub(super) async fn write(
        &self,
        connection: &Connection,
        executions: Vec<Execution>,
        summary: &mut BatchSummary,
    ) -> Result<Vec<Execution>, StoreError> {
        let mut done: Vec<Execution> = Vec::new();
        let mut in_progress = executions;
        while !in_progress.is_empty() {
            let mut advanced = Vec::new();
            let mut bundles = in_progress.into_iter().peekable();
            while bundles.peek().is_some() {
                if *self.stop.borrow() {
                    let left = bundles.chain(advanced).chain(done).map(|execution| execution.lease);
                    self.release(left.collect(), summary).await?;
                    return Ok(Vec::new());
                }
                let bundle: Vec<Execution> = bundles.by_ref().take(self.policy.writes_at_once).collect();
                advanced.extend(self.write_next(connection, bundle, summary).await?);
            }
            let (remaining, completed): (_, Vec<_>) =
                advanced.into_iter().partition(|execution| !execution.effects.is_empty());
            in_progress = remaining;
            done.extend(completed);
        }
        Ok(done)
    }

    /// Writes the next effect of each of these executions. Returns those that continue.
    async fn write_next(
        &self,
        connection: &Connection,
        mut executions: Vec<Execution>,
        summary: &mut BatchSummary,
    ) -> Result<Vec<Execution>, StoreError> {
        let planned = executions.iter_mut().filter_map(|execution| self.next_write(execution)).collect();
        let steps = self.write_planned(connection, &executions, planned).await?;
        let (mut outcomes, mut continuing) = (Vec::new(), Vec::new());
        for (mut execution, step) in executions.into_iter().zip(steps) {
            match step {
                StepOutcome::Written(effect) => {
                    summary.written += 1;
                    execution.written.push(effect);
                    continuing.push(execution);
                }
                StepOutcome::AlreadyNoted => continuing.push(execution),
                StepOutcome::Ended(outcome) => outcomes.push((execution.lease, outcome)),
                StepOutcome::LeaseLost => {}
            }
        }
        self.finish(&outcomes, summary).await?;
        Ok(continuing)
    }

    fn next_write(&self, execution: &mut Execution) -> Option<PlannedWrite> {
        let write = Write { rma: execution.lease.rma.clone(), effect: execution.effects.pop_front()? };
        let original_order = execution.snapshot.order;
        let known_until = self.policy.known_until(execution.snapshot.observed_at);
        Some(PlannedWrite { write, original_order, known_until })
    }

    /// Writes one effect of each of these executions by the [protocol](write_protocol).
    async fn write_planned(
        &self,
        connection: &Connection,
        executions: &[Execution],
        planned: Vec<PlannedWrite>,
    ) -> Result<Vec<StepOutcome>, StoreError> {
        let leases: Vec<&Lease> = executions.iter().map(|execution| &execution.lease).collect();
        let journal = StoreJournal {
            store: &self.store,
            connection: &connection.id,
            leases: leases.clone(),
            now: Box::new(|| self.clock.now()),
            proposed: Vec::new(),
        };
        let decided = write_protocol::intend(&journal, planned).await.map_err(store_error)?;
        self.failpoints.reached(Failpoint::Intended);
        let mut steps = Vec::with_capacity(executions.len());
        let (mut admitted, mut leases_of_admitted) = (Vec::new(), Vec::new());
        for (lease, decided) in leases.into_iter().zip(decided) {
            steps.push(match decided {
                IntentResult::Admitted(write) => {
                    admitted.push(*write);
                    leases_of_admitted.push(lease);
                    None
                }
                IntentResult::Withheld(reason) => Some(self.after_withheld(lease, reason)),
            });
        }
        let writes: Vec<Write> = admitted.iter().map(|admitted| admitted.write.clone()).collect();
        let mut results = self.apply_in_time(connection, &writes).await;
        self.failpoints.reached(Failpoint::Written);
        write_protocol::record(&journal, &admitted, &mut results).await.map_err(store_error)?;
        self.failpoints.reached(Failpoint::Recorded);
        let written = leases_of_admitted.into_iter().zip(admitted).zip(results);
        let mut written =
            written.map(|((lease, admitted), result)| self.after_write(lease, admitted, &result));
        Ok(steps.into_iter().filter_map(|step| step.or_else(|| written.next())).collect())
    }

    fn after_withheld(&self, lease: &Lease, withheld: Withheld) -> StepOutcome {
        let now = self.clock.now();
        StepOutcome::Ended(match withheld {
            Withheld::AlreadyNoted => return StepOutcome::AlreadyNoted,
            Withheld::LeaseLost => return StepOutcome::LeaseLost,
            Withheld::NotShownYet(record) => self.policy.after_not_shown(&record, now),
            Withheld::Disappeared(record) => {
                self.policy.after_refusal(lease, disappeared(lease, &record).into(), now)
            }
            Withheld::MayStillAppear(record) => self.policy.after_doubt(&record, now),
        })
    }

    fn after_write(&self, lease: &Lease, admitted: AdmittedWrite, result: &WriteResult) -> StepOutcome {
        let key = admitted.write.effect.key();
        let message = match &result.outcome {
            EffectOutcome::Applied { .. } => return StepOutcome::Written(admitted.write.effect),
            EffectOutcome::Refused { error } => format!("{key} was not written: {error}"),
            EffectOutcome::Unknown { error } => format!("{key} may or may not have been written: {error}"),
        };
        let failure = Failure { message, signature: format!("{key}: {}", result.signature) };
        StepOutcome::Ended(self.policy.after_write_error(lease, failure, result, self.clock.now()))
    }

    /// Sends writes. Stops waiting when they take too long, when the process stops, and when other processes may have taken
    /// over its jobs: dropping a request closes its connection. Writes that were sent may still arrive.
    async fn apply_in_time(&self, connection: &Connection, writes: &[Write]) -> Vec<WriteResult> {
        let mut progress = WriteProgress::new(writes.len());
        let mut stop = self.stop.clone();
        let stopped = async {
            if stop.wait_for(|stop| *stop).await.is_err() {
                // The sender is gone, so the process cannot be stopped this way.
                future::pending::<()>().await;
            }
            self.clock.sleep(self.policy.grace).await;
        };
        let deadline = self.clock.uptime().saturating_add(self.policy.writes_within);
        // Checked before each step, so that a process that was suspended sends nothing more.
        let abandoned = || {
            if self.heartbeat.as_ref().is_some_and(|heartbeat| heartbeat.has_lapsed()) {
                Some("this process could not report for so long that others may have taken over")
            } else {
                (self.clock.uptime() >= deadline).then_some("the writes took too long")
            }
        };
        let reason = {
            let writer = connection.writer();
            let mut writing = pin!(writer.apply_with(writes, &mut progress));
            let writing = future::poll_fn(|context| match abandoned() {
                Some(reason) => Poll::Ready(Some(reason)),
                None => writing.as_mut().poll(context).map(|()| None),
            });
            tokio::select! {
                reason = writing => reason,
                () = stopped => Some("the process was stopped meanwhile"),
            }
        };
        match reason {
            None => progress.into_results(),
            Some(reason) => progress.abandon(reason),
        }
    }
}

/// The failure of a write that was made, but no longer exists.
fn disappeared(lease: &Lease, record: &EffectRecord) -> String {
    format!(
        "{key} was written at {} but no longer exists. Investigate, then run `reviews resolve {rma}` to accept this, or \
         `reviews retry {rma} --again {key}` to write it again",
        record.intended_at.strftime("%F %TZ"),
        rma = lease.rma,
        key = record.key,
    )
}
