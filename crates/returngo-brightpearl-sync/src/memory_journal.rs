//! A journal in memory.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use brightpearl::{
    OrderId,
    client::{Clock, SystemClock},
};
use returngo::RmaId;
use returngo_brightpearl_mapping::{Decision, keys};

use crate::{
    Admission, EffectOutcome, EffectRecord, IntendedCredit, Intent, Journal, JournalError, Remembered,
    WriteKind,
};

/// A [`Journal`] in memory: for one-off programs and tests. Its records end with the process, so a program that may be
/// restarted within a few minutes of a lost answer needs a durable one.
#[derive(Debug)]
pub struct MemoryJournal {
    clock: Arc<dyn Clock>,
    records: Mutex<BTreeMap<(RmaId, String), (Intent, EffectRecord)>>,
    decisions: Mutex<BTreeMap<RmaId, Vec<Decision>>>,
}

impl MemoryJournal {
    /// Creates an empty journal that takes the time from this clock.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, records: Mutex::default(), decisions: Mutex::default() }
    }

    /// Adds a decision about a review of an RMA, and replaces an earlier one about the same review. The next run applies it.
    pub fn decide(&self, rma: RmaId, decision: Decision) {
        let mut decisions = self.decisions.lock().unwrap_or_else(PoisonError::into_inner);
        let of_rma = decisions.entry(rma).or_default();
        of_rma.retain(|known| known.review != decision.review);
        of_rma.push(decision);
    }

    fn records(&self) -> MutexGuard<'_, BTreeMap<(RmaId, String), (Intent, EffectRecord)>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryJournal {
    fn default() -> Self {
        Self::new(Arc::new(SystemClock))
    }
}

#[async_trait]
impl Journal for MemoryJournal {
    async fn intended_credits(&self, orders: &[OrderId]) -> Result<Vec<IntendedCredit>, JournalError> {
        let records = self.records();
        let intended = records.values().filter_map(|(intent, record)| intended_credit(intent, record));
        Ok(intended.filter(|credit| orders.contains(&credit.order)).collect())
    }

    async fn remembered(&self, rmas: &[RmaId]) -> Result<BTreeMap<RmaId, Remembered>, JournalError> {
        let decisions = self.decisions.lock().unwrap_or_else(PoisonError::into_inner);
        let records = self.records();
        let remembered = rmas.iter().map(|rma| {
            let closed = records.get(&(rma.clone(), keys::close(rma)));
            let is_applied = |(_, record): &(Intent, EffectRecord)| {
                matches!(record.outcome, Some(EffectOutcome::Applied { .. }))
            };
            let finished = closed.is_some_and(is_applied);
            (rma.clone(), Remembered { decisions: decisions.get(rma).cloned().unwrap_or_default(), finished })
        });
        Ok(remembered.collect())
    }

    async fn intend(&self, intents: &[Intent]) -> Result<Vec<Admission>, JournalError> {
        let now = self.clock.now();
        let mut records = self.records();
        let mut admissions = Vec::with_capacity(intents.len());
        for intent in intents {
            let name = (intent.rma.clone(), intent.key.clone());
            let known = records.get(&name).map(|(_, record)| record);
            let attempt = known.map_or(1, |record| record.attempt + 1);
            let admission = Admission::decide(known.filter(|_| !intent.sets_state), intent.known_until);
            if matches!(admission, Admission::Go { .. }) {
                let record = EffectRecord {
                    key: intent.key.clone(),
                    what: intent.what.clone(),
                    attempt,
                    intended_at: now,
                    outcome: None,
                    recorded_at: None,
                };
                records.insert(name, (intent.clone(), record));
            }
            admissions.push(admission);
        }
        Ok(admissions)
    }

    async fn record(&self, outcomes: &[(Intent, EffectOutcome)]) -> Result<(), JournalError> {
        let now = self.clock.now();
        let mut records = self.records();
        for (intent, outcome) in outcomes {
            if let Some((_, record)) = records.get_mut(&(intent.rma.clone(), intent.key.clone())) {
                record.outcome = Some(outcome.clone());
                record.recorded_at = Some(now);
            }
        }
        Ok(())
    }
}

fn intended_credit(intent: &Intent, record: &EffectRecord) -> Option<IntendedCredit> {
    let written = match &record.outcome {
        Some(EffectOutcome::Refused { .. }) => return None,
        Some(EffectOutcome::Applied { remote_id, .. }) => remote_id.as_deref(),
        Some(EffectOutcome::Unknown { .. }) | None => None,
    };
    let (order, rows, credit, adopted) = match &intent.kind {
        WriteKind::Credit { order, rows } => {
            (*order, rows.clone(), written.and_then(|id| id.parse().ok()).map(OrderId::new), false)
        }
        WriteKind::Adoption { order, credit } => (*order, Vec::new(), Some(*credit), true),
        WriteKind::Payment | WriteKind::Other => return None,
    };
    Some(IntendedCredit { rma: intent.rma.clone(), order, rows, credit, adopted })
}
