//! The protocol of a write: its intent is recorded, then it is sent, then its outcome is recorded. A write whose outcome is
//! unknown is sent again only after a snapshot that would show it.

use std::fmt;

use brightpearl::OrderId;
use jiff::Timestamp;
use returngo_brightpearl_mapping::{Effect, InFlight, keys};

use crate::{
    Admission, EffectOutcome, EffectRecord, Intent, Journal, JournalError, Write, WriteKind, WriteResult,
    describe, write_log::log_applied,
};

/// A write that a plan asks for.
#[derive(Debug, Clone)]
pub struct PlannedWrite {
    /// The write.
    pub write: Write,
    /// The sales order that the RMA is for, if there is one for certain.
    pub original_order: Option<OrderId>,
    /// Writes that were sent before this time are visible in the snapshot behind the plan.
    pub known_until: Timestamp,
}

impl PlannedWrite {
    fn intent(&self) -> Intent {
        let Write { rma, effect } = &self.write;
        Intent {
            rma: rma.clone(),
            key: effect.key().to_owned(),
            sets_state: sets_state(effect),
            what: describe(effect),
            known_until: self.known_until,
            kind: self.kind(),
        }
    }

    fn kind(&self) -> WriteKind {
        let Write { rma, effect } = &self.write;
        match (effect, self.original_order) {
            (Effect::CreateSalesCredit { body, .. }, Some(order)) => {
                WriteKind::Credit { order, rows: InFlight::of_credit(rma, body).rows }
            }
            (Effect::AddOrderNote { key, order_id, .. }, Some(order)) if keys::is_adopted(key) => {
                WriteKind::Adoption { order, credit: *order_id }
            }
            (Effect::RecordPayment { .. }, _) => WriteKind::Payment,
            _ => WriteKind::Other,
        }
    }
}

/// A write that may be sent: its intent is recorded.
#[derive(Debug, Clone)]
pub struct AdmittedWrite {
    /// The write.
    pub write: Write,
    intent: Intent,
    /// Whether an earlier attempt may have made it.
    may_exist: bool,
}

/// Whether a write may be sent.
#[derive(Debug, Clone)]
pub enum IntentResult {
    /// It may be sent.
    Admitted(Box<AdmittedWrite>),
    /// It may not be sent.
    Withheld(Withheld),
}

/// Why a write may not be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Withheld {
    /// It is a note or a comment that was written before. Someone may have deleted it; it is not repeated.
    AlreadyNoted,
    /// It was made recently, and searches do not show it yet.
    NotShownYet(EffectRecord),
    /// It was made, but no longer exists. A person has to decide whether to repeat it.
    Disappeared(EffectRecord),
    /// It may have been made, so recently that it may still appear.
    MayStillAppear(EffectRecord),
    /// Another process has taken the RMA over.
    LeaseLost,
}

impl fmt::Display for Withheld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AlreadyNoted => "it was written before",
            Self::NotShownYet(_) => "it was written recently, and searches do not show it yet",
            Self::Disappeared(_) => {
                "it was written before and no longer exists; decide whether to write it again"
            }
            Self::MayStillAppear(_) => {
                "it may have been written, and may still appear; try again in a few minutes"
            }
            Self::LeaseLost => "another process works on the RMA",
        })
    }
}

/// Records the intents of writes that do not depend on one another. Returns in the same order which of them may be sent.
///
/// # Errors
/// When the journal fails: none of them may be sent.
pub async fn intend(
    journal: &dyn Journal,
    planned: Vec<PlannedWrite>,
) -> Result<Vec<IntentResult>, JournalError> {
    let intents: Vec<Intent> = planned.iter().map(PlannedWrite::intent).collect();
    let admissions = journal.intend(&intents).await?;
    let decided = planned.into_iter().zip(intents).zip(admissions);
    Ok(decided.map(|((planned, intent), admission)| admit(planned.write, intent, admission)).collect())
}

fn admit(write: Write, intent: Intent, admission: Admission) -> IntentResult {
    IntentResult::Withheld(match admission {
        Admission::Go { before } => {
            let admitted = AdmittedWrite { write, intent, may_exist: before };
            return IntentResult::Admitted(Box::new(admitted));
        }
        Admission::AlreadyApplied(_) if is_informational(&write.effect) => Withheld::AlreadyNoted,
        Admission::AlreadyApplied(record)
            if intent.kind == WriteKind::Payment && record.recorded_at > Some(intent.known_until) =>
        {
            Withheld::NotShownYet(record)
        }
        Admission::AlreadyApplied(record) => Withheld::Disappeared(record),
        Admission::TooSoon(record) => Withheld::MayStillAppear(record),
        Admission::LeaseLost => Withheld::LeaseLost,
    })
}

/// Records the results of admitted writes, which are in the same order. The rejection of a write that an earlier attempt may
/// have made becomes an unknown outcome: it does not prove that the write was not made.
///
/// # Errors
/// When the journal fails: the outcomes count as unknown.
pub async fn record(
    journal: &dyn Journal,
    admitted: &[AdmittedWrite],
    results: &mut [WriteResult],
) -> Result<(), JournalError> {
    for (admitted, result) in admitted.iter().zip(results.iter_mut()) {
        if admitted.may_exist {
            keep_doubt(&mut result.outcome);
        }
        let Write { rma, effect } = &admitted.write;
        log_applied(journal.connection(), rma, effect, &result.outcome);
    }
    let outcomes: Vec<_> = admitted
        .iter()
        .zip(&*results)
        .map(|(admitted, result)| (admitted.intent.clone(), result.outcome.clone()))
        .collect();
    journal.record(&outcomes).await
}

fn keep_doubt(outcome: &mut EffectOutcome) {
    if let EffectOutcome::Refused { error } = outcome {
        let error = format!("an earlier attempt may have written it, and now it was rejected: {error}");
        *outcome = EffectOutcome::Unknown { error };
    }
}

/// Whether an effect sets a state, which may be needed again whenever the state has changed. The others create something,
/// once.
const fn sets_state(effect: &Effect) -> bool {
    matches!(
        effect,
        Effect::SetOrderStatus { .. }
            | Effect::SetCustomFields { .. }
            | Effect::CloseSalesCredit { .. }
            | Effect::UpdateShipment { .. }
            | Effect::SetRmaStatus { .. }
    )
}

const fn is_informational(effect: &Effect) -> bool {
    matches!(effect, Effect::AddOrderNote { .. } | Effect::AddRmaComment { .. })
}
