use std::{collections::VecDeque, future, mem, pin::pin, task::Poll};

use returngo_brightpearl_mapping::{Effect, InFlight, keys};

use super::{BatchSummary, Engine, Look, write_log};
use crate::{
    apply::{Progress, Write, Written, describe, is_for_returngo},
    connection::Connection,
    failpoints::Failpoint,
    store::{Admission, EffectOutcome, EffectRecord, Intent, JobOutcome, Lease, StoreError, WriteKind},
};

/// An RMA on its way: what is still to be written for it, in order.
pub(super) struct Execution {
    pub(super) lease: Lease,
    /// What the effects come from.
    pub(super) look: Look,
    effects: VecDeque<Effect>,
    written: Vec<Effect>,
}

impl Execution {
    pub(super) fn new(lease: Lease, mut look: Look) -> Self {
        let effects = mem::take(&mut look.plan.effects).into();
        Self { lease, look, effects, written: Vec::new() }
    }

    /// Whether anything was written, so that the systems have to be looked at again.
    pub(super) const fn changed_something(&self) -> bool {
        !self.written.is_empty()
    }

    /// Whether the RMA itself was written to.
    pub(super) fn changed_the_rma(&self) -> bool {
        self.written.iter().any(is_for_returngo)
    }
}

/// What became of one step of a journey.
enum StepOutcome {
    Written(Effect),
    /// It was said before, and is nothing to ask about.
    AppliedBefore,
    /// The claim is somebody else's by now.
    Lost,
    Ended(JobOutcome),
}

/// A step that may be written.
struct Admitted {
    intent: Intent,
    effect: Effect,
    /// Whether an earlier attempt may have written it.
    before: bool,
}

impl Engine {
    /// Writes what the plans say, the first effects of all RMAs together, then the second ones. Gives back
    /// those of which everything is written; the others are finished.
    pub(super) async fn write(
        &self,
        connection: &Connection,
        executions: Vec<Execution>,
        worked: &mut BatchSummary,
    ) -> Result<Vec<Execution>, StoreError> {
        let mut done: Vec<Execution> = Vec::new();
        let mut in_progress = executions;
        while !in_progress.is_empty() {
            let mut remaining = Vec::new();
            let mut bundles = in_progress.into_iter().peekable();
            while bundles.peek().is_some() {
                if *self.stop.borrow() {
                    let left = bundles.chain(remaining).chain(done).map(|execution| execution.lease);
                    self.release(left.collect(), worked).await?;
                    return Ok(Vec::new());
                }
                let bundle: Vec<Execution> = bundles.by_ref().take(self.policy.writes_at_once).collect();
                remaining.extend(self.write_next(connection, bundle, worked).await?);
            }
            let (on, there): (_, Vec<_>) =
                remaining.into_iter().partition(|execution| !execution.effects.is_empty());
            in_progress = on;
            done.extend(there);
        }
        Ok(done)
    }

    /// Writes the next effect of each of these RMAs; gives back those that may go on.
    async fn write_next(
        &self,
        connection: &Connection,
        bundle: Vec<Execution>,
        worked: &mut BatchSummary,
    ) -> Result<Vec<Execution>, StoreError> {
        let mut executions = bundle;
        let effects: Vec<Effect> =
            executions.iter_mut().filter_map(|execution| execution.effects.pop_front()).collect();
        let steps = self.write_effects(connection, &executions, effects).await?;
        let mut ended = Vec::new();
        let mut going_on = Vec::new();
        for (mut execution, step) in executions.into_iter().zip(steps) {
            match step {
                StepOutcome::Written(effect) => {
                    worked.written += 1;
                    execution.written.push(effect);
                    going_on.push(execution);
                }
                StepOutcome::AppliedBefore => going_on.push(execution),
                StepOutcome::Ended(outcome) => ended.push((execution.lease, outcome)),
                StepOutcome::Lost => {}
            }
        }
        self.finish(&ended, worked).await?;
        Ok(going_on)
    }

    /// Intends, writes and records one effect of each journey.
    async fn write_effects(
        &self,
        connection: &Connection,
        executions: &[Execution],
        effects: Vec<Effect>,
    ) -> Result<Vec<StepOutcome>, StoreError> {
        let intents: Vec<Intent> = executions
            .iter()
            .zip(&effects)
            .map(|(execution, effect)| self.intent(execution, effect))
            .collect();
        let admissions = self.store.intend(&intents, self.clock.now()).await?;
        self.failpoints.reached(Failpoint::Intended);

        let mut steps = Vec::with_capacity(executions.len());
        let mut admitted = Vec::new();
        for ((intent, effect), admission) in intents.into_iter().zip(effects).zip(admissions) {
            let now = self.clock.now();
            steps.push(match admission {
                Admission::Go { before } => {
                    admitted.push(Admitted { intent, effect, before });
                    None
                }
                Admission::AlreadyApplied(_) if is_informational(&effect) => Some(StepOutcome::AppliedBefore),
                Admission::AlreadyApplied(record)
                    if matches!(effect, Effect::RecordPayment { .. })
                        && record.recorded_at > Some(intent.known_until) =>
                {
                    Some(StepOutcome::Ended(self.policy.after_unseen(&record, now)))
                }
                Admission::AlreadyApplied(record) => {
                    let Intent { lease, .. } = intent;
                    Some(StepOutcome::Ended(self.policy.after_refusal(&lease, gone(&lease, &record), now)))
                }
                Admission::TooSoon(record) => Some(StepOutcome::Ended(self.policy.after_doubt(&record, now))),
                Admission::LeaseLost => Some(StepOutcome::Lost),
            });
        }
        let mut written = self.write_admitted(connection, admitted).await?.into_iter();
        Ok(steps.into_iter().filter_map(|step| step.or_else(|| written.next())).collect())
    }

    /// Writes what may be written, and records what became of it.
    async fn write_admitted(
        &self,
        connection: &Connection,
        admitted: Vec<Admitted>,
    ) -> Result<Vec<StepOutcome>, StoreError> {
        let write = |Admitted { intent, effect, .. }: &Admitted| Write {
            rma: intent.lease.rma.clone(),
            effect: effect.clone(),
        };
        let writes: Vec<Write> = admitted.iter().map(write).collect();
        let mut written = self.apply_in_time(connection, &writes).await;
        self.failpoints.reached(Failpoint::Written);
        for (written, admitted) in written.iter_mut().zip(&admitted) {
            if admitted.before {
                keep_doubt(&mut written.outcome);
            }
        }
        let recorded: Vec<_> = admitted
            .iter()
            .zip(&written)
            .map(|(Admitted { intent, .. }, written)| {
                (intent.lease.clone(), intent.key.clone(), written.outcome.clone())
            })
            .collect();
        for (Admitted { intent, effect, .. }, written) in admitted.iter().zip(&written) {
            write_log::tell(&intent.lease, effect, &written.outcome);
        }
        self.store.record(&recorded, self.clock.now()).await?;
        self.failpoints.reached(Failpoint::Recorded);
        let step = |(Admitted { intent: Intent { lease, key, .. }, effect, .. }, written): (_, Written)| {
            let error = match &written.outcome {
                EffectOutcome::Applied { .. } => return StepOutcome::Written(effect),
                EffectOutcome::Refused { error } => format!("{key} was not written: {error}"),
                EffectOutcome::Unknown { error } => {
                    format!("{key} may or may not have been written: {error}")
                }
            };
            StepOutcome::Ended(self.policy.after_write_error(&lease, error, &written, self.clock.now()))
        };
        Ok(admitted.into_iter().zip(written).map(step).collect())
    }

    /// Writes, and gives up when it takes too long, when the process is stopped, and when others may have taken over its
    /// work: dropping a call closes its connection. What was sent by then may still arrive.
    async fn apply_in_time(&self, connection: &Connection, writes: &[Write]) -> Vec<Written> {
        let mut progress = Progress::of(writes.len());
        let mut stop = self.stop.clone();
        let stopped = async {
            if stop.wait_for(|stop| *stop).await.is_err() {
                // Nobody is left who could tell it to stop.
                future::pending::<()>().await;
            }
            self.clock.sleep(self.policy.grace).await;
        };
        let deadline = self.clock.uptime().saturating_add(self.policy.writes_within);
        // Before each step, so that a process that was suspended sends nothing more.
        let given_up = || {
            if self.heartbeat.as_ref().is_some_and(|heartbeat| heartbeat.has_lapsed()) {
                Some("this process could not report for so long that others may have taken over")
            } else {
                (self.clock.uptime() >= deadline).then_some("the writes took too long")
            }
        };
        let why = {
            let mut writing = pin!(connection.apply_noting(writes, &mut progress));
            let writing = future::poll_fn(|context| match given_up() {
                Some(why) => Poll::Ready(Some(why)),
                None => writing.as_mut().poll(context).map(|()| None),
            });
            tokio::select! {
                why = writing => why,
                () = stopped => Some("the process was stopped meanwhile"),
            }
        };
        match why {
            None => progress.over(),
            Some(why) => progress.given_up(why),
        }
    }

    fn intent(&self, execution: &Execution, effect: &Effect) -> Intent {
        Intent {
            lease: execution.lease.clone(),
            key: store_key(&execution.lease, effect),
            what: describe(effect),
            known_until: self.policy.known_until(execution.look.observed_at),
            kind: kind(execution, effect),
        }
    }
}

/// What an effect is to other returns of the same sales order.
fn kind(execution: &Execution, effect: &Effect) -> WriteKind {
    let order = execution.look.order;
    match (effect, order) {
        (Effect::CreateSalesCredit { body, .. }, Some(order)) => {
            WriteKind::Credit { order, rows: InFlight::of_credit(&execution.lease.rma, body).rows }
        }
        (Effect::AddOrderNote { key, order_id, .. }, Some(order)) if keys::is_adopted(key) => {
            WriteKind::Adoption { order, credit: *order_id }
        }
        (Effect::RecordPayment { .. }, _) => WriteKind::Payment,
        _ => WriteKind::Other,
    }
}

/// Something that was written and then was taken away.
fn gone(lease: &Lease, record: &EffectRecord) -> String {
    format!(
        "{key} was written at {} and is not to be seen any more: find out what became of it, then \
         `reviews resolve {rma}` leaves it so, and `reviews retry {rma} --again {key}` writes it once more",
        record.intended_at.strftime("%F %TZ"),
        rma = lease.rma,
        key = record.key,
    )
}

/// An earlier attempt may have made this write: a refusal, as of a duplicate, does not tell that it is not there.
fn keep_doubt(outcome: &mut EffectOutcome) {
    if let EffectOutcome::Refused { error } = outcome {
        let error = format!("an earlier attempt may have written it, and now it was refused: {error}");
        *outcome = EffectOutcome::Unknown { error };
    }
}

/// Under which key the store remembers a write. What sets a state may be due again whenever the state has
/// changed, so each attempt has its own; what creates something is created once.
fn store_key(lease: &Lease, effect: &Effect) -> String {
    match effect {
        Effect::SetOrderStatus { key, .. }
        | Effect::SetCustomFields { key, .. }
        | Effect::CloseSalesCredit { key, .. }
        | Effect::UpdateShipment { key, .. }
        | Effect::SetRmaStatus { key, .. } => format!("{key}@{}", lease.attempt),
        other => other.key().to_owned(),
    }
}

/// Whether a write that is not seen again is nothing to ask about: a person may have deleted a note.
const fn is_informational(effect: &Effect) -> bool {
    matches!(effect, Effect::AddOrderNote { .. } | Effect::AddRmaComment { .. })
}
