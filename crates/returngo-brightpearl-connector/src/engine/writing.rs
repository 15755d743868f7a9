use std::collections::VecDeque;

use returngo_brightpearl::Effect;

use super::{Engine, Worked};
use crate::{
    apply::{Write, Written, describe},
    connection::Connection,
    ledger::{Admission, Claim, EffectOutcome, Intent, LedgerError, Outcome},
    probe::Point,
};

/// An RMA on its way: what is still to be written for it, in order.
pub(super) struct Journey {
    claim: Claim,
    effects: VecDeque<Effect>,
}

impl Journey {
    pub(super) fn new(claim: Claim, effects: Vec<Effect>) -> Self {
        Self { claim, effects: effects.into() }
    }
}

/// What became of one step of a journey.
enum Step {
    Done,
    /// The claim is somebody else's by now.
    Lost,
    Failed(Outcome),
}

impl Engine {
    /// Writes what the plans say, the first effects of all RMAs together, then the second ones. Gives back the
    /// claims of those of which everything was written; the others are finished.
    pub(super) async fn write(
        &self,
        connection: &Connection,
        journeys: Vec<Journey>,
        worked: &mut Worked,
    ) -> Result<Vec<Claim>, LedgerError> {
        let mut arrived = Vec::new();
        let mut under_way = journeys;
        while !under_way.is_empty() {
            let mut further = Vec::new();
            let mut bundles = under_way.into_iter().peekable();
            while bundles.peek().is_some() {
                if *self.stop.borrow() {
                    let left = bundles.chain(further).map(|journey| journey.claim).chain(arrived);
                    self.release(left.collect(), worked).await?;
                    return Ok(Vec::new());
                }
                let bundle: Vec<Journey> = bundles.by_ref().take(self.policy.writes_at_once).collect();
                further.extend(self.write_next(connection, bundle, worked).await?);
            }
            let (on, there) = further.into_iter().partition(|journey| !journey.effects.is_empty());
            under_way = on;
            arrived.extend(Vec::into_iter(there).map(|journey: Journey| journey.claim));
        }
        Ok(arrived)
    }

    /// Writes the next effect of each of these RMAs; gives back those that may go on.
    async fn write_next(
        &self,
        connection: &Connection,
        bundle: Vec<Journey>,
        worked: &mut Worked,
    ) -> Result<Vec<Journey>, LedgerError> {
        let claims: Vec<Claim> = bundle.iter().map(|journey| journey.claim.clone()).collect();
        let held = self.hold(&claims).await?;
        let mut journeys: Vec<Journey> =
            bundle.into_iter().filter(|journey| held.contains(&journey.claim)).collect();
        let effects: Vec<Effect> =
            journeys.iter_mut().filter_map(|journey| journey.effects.pop_front()).collect();
        let steps = self.write_effects(connection, &journeys, effects, worked).await?;
        let mut ended = Vec::new();
        let mut going_on = Vec::new();
        for (journey, step) in journeys.into_iter().zip(steps) {
            match step {
                Step::Done => going_on.push(journey),
                Step::Failed(outcome) => ended.push((journey.claim, outcome)),
                Step::Lost => {}
            }
        }
        self.finish(&ended, worked).await?;
        Ok(going_on)
    }

    /// Intends, writes and records one effect of each journey.
    async fn write_effects(
        &self,
        connection: &Connection,
        journeys: &[Journey],
        effects: Vec<Effect>,
        worked: &mut Worked,
    ) -> Result<Vec<Step>, LedgerError> {
        let intents: Vec<Intent> =
            journeys.iter().zip(&effects).map(|(journey, effect)| intent(&journey.claim, effect)).collect();
        let admissions = self.ledger.intend(&intents, self.clock.now()).await?;
        self.probe.reached(Point::Intended);

        let mut steps: Vec<Step> = Vec::with_capacity(journeys.len());
        let mut writes = Vec::new();
        for ((journey, effect), admission) in journeys.iter().zip(effects).zip(admissions) {
            steps.push(match admission {
                Admission::Go { .. } => {
                    writes.push((steps.len(), Write { rma: journey.claim.rma.clone(), effect }));
                    Step::Done
                }
                Admission::AlreadyApplied(_) if is_said_once(&effect) => Step::Done,
                Admission::AlreadyApplied(record) => {
                    let error = format!(
                        "{key} was written at {} and is not to be seen any more: find out what became of it, then \
                         `reviews resolve {rma}` leaves it so, and `reviews retry {rma} --again {key}` writes it once more",
                        record.intended_at.strftime("%F %TZ"),
                        rma = journey.claim.rma,
                        key = record.key,
                    );
                    Step::Failed(self.policy.after_refusal(&journey.claim, error, self.clock.now()))
                }
                Admission::ClaimLost => Step::Lost,
            });
        }

        let (places, writes): (Vec<usize>, Vec<Write>) = writes.into_iter().unzip();
        let written = self.apply_in_time(connection, &writes).await;
        self.probe.reached(Point::Written);
        let recorded: Vec<(Claim, String, EffectOutcome)> = places
            .iter()
            .zip(&written)
            .map(|(place, written)| {
                let Intent { claim, key, .. } = &intents[*place];
                (claim.clone(), key.clone(), written.outcome.clone())
            })
            .collect();
        self.ledger.record(&recorded, self.clock.now()).await?;
        self.probe.reached(Point::Recorded);

        for (place, written) in places.into_iter().zip(written) {
            let Intent { claim, key, .. } = &intents[place];
            steps[place] = match &written.outcome {
                EffectOutcome::Applied { .. } => {
                    worked.written += 1;
                    Step::Done
                }
                EffectOutcome::Refused { error } => {
                    let error = format!("{key} was not written: {error}");
                    Step::Failed(self.policy.after_write_error(claim, error, &written, self.clock.now()))
                }
                EffectOutcome::Unknown { error } => {
                    let error = format!("{key} may or may not have been written: {error}");
                    Step::Failed(self.policy.after_write_error(claim, error, &written, self.clock.now()))
                }
            };
        }
        Ok(steps)
    }

    /// Writes, and gives up in time for the lease and for a stop: dropping a call closes its connection.
    async fn apply_in_time(&self, connection: &Connection, writes: &[Write]) -> Vec<Written> {
        if writes.is_empty() {
            return Vec::new();
        }
        let mut stop = self.stop.clone();
        let stopped = async {
            let stopped = stop.wait_for(|stop| *stop).await.is_ok();
            self.clock.sleep(self.policy.grace).await;
            stopped
        };
        let in_time = tokio::time::timeout(self.policy.lease / 2, connection.apply(writes));
        let error = tokio::select! {
            outcomes = in_time => match outcomes {
                Ok(outcomes) => return outcomes,
                Err(_) => "the writes took longer than half a lease",
            },
            true = stopped => "the process was stopped meanwhile",
        };
        vec![Written::doubtful(error); writes.len()]
    }
}

fn intent(claim: &Claim, effect: &Effect) -> Intent {
    Intent { claim: claim.clone(), key: ledger_key(claim, effect), what: describe(effect) }
}

/// Under which key the ledger remembers a write. What sets a state may be due again whenever the state has
/// changed, so each attempt has its own; what creates something is created once.
fn ledger_key(claim: &Claim, effect: &Effect) -> String {
    match effect {
        Effect::SetOrderStatus { key, .. }
        | Effect::SetCustomFields { key, .. }
        | Effect::CloseSalesCredit { key, .. }
        | Effect::UpdateShipment { key, .. }
        | Effect::SetRmaStatus { key, .. } => format!("{key}@{}", claim.attempt),
        other => other.key().to_owned(),
    }
}

/// Whether a write that is not seen again is nothing to ask about: a person may have deleted a note.
const fn is_said_once(effect: &Effect) -> bool {
    matches!(effect, Effect::AddOrderNote { .. } | Effect::AddRmaComment { .. })
}
