use brightpearl::OrderId;
use jiff::Timestamp;
use returngo_brightpearl_mapping::InFlightRow;

use super::Claim;

/// Something that is about to be written, in one of the two systems.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// Under which claim.
    pub claim: Claim,
    /// The effect's key.
    pub key: String,
    /// What is written, in words: amounts and references, no shoppers.
    pub what: String,
    /// Until when it would be known if it had been sent: both systems were looked at for it so long after this
    /// time that what was sent before would have been seen.
    pub known_until: Timestamp,
    /// What other returns of the same sales order have to know about it.
    pub kind: WriteKind,
}

/// What a write is to other returns of the same sales order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum WriteKind {
    /// The RMA's credit.
    Credit {
        /// The sales order.
        order: OrderId,
        /// What it takes of the order's rows.
        rows: Vec<InFlightRow>,
    },
    /// A claim on a credit of another program.
    Adoption {
        /// The sales order.
        order: OrderId,
        /// The credit.
        credit: OrderId,
    },
    /// A payment on the RMA's credit.
    Payment,
    /// Nothing.
    #[default]
    Other,
}

/// Whether an intended write may be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// It may. `before` tells whether an earlier attempt intended it and never said what became of it: it was
    /// looked up since, and was not there. A refusal now does not tell that it is not there.
    Go {
        /// Whether it was intended before.
        before: bool,
    },
    /// An earlier attempt may have written it, so lately that it may still appear.
    TooSoon(EffectRecord),
    /// It was applied; the ledger knows it though the systems do not show it.
    AlreadyApplied(EffectRecord),
    /// The claim is no longer held: nothing may be written under it.
    ClaimLost,
}

/// What became of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EffectOutcome {
    /// It is there.
    Applied {
        /// What the system calls it, where it has an id.
        remote_id: Option<String>,
        /// Whether it was there before this attempt.
        already_existed: bool,
    },
    /// It was refused and is not there.
    Refused {
        /// Why.
        error: String,
    },
    /// Nobody knows; the next attempt looks.
    Unknown {
        /// Why.
        error: String,
    },
}

/// A write that was intended, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectRecord {
    /// The effect's key.
    pub key: String,
    /// What was to be written, in words, as it was last intended.
    pub what: String,
    /// The attempt that last intended it.
    pub attempt: i64,
    /// When that was.
    pub intended_at: Timestamp,
    /// What became of it, once that is known.
    pub outcome: Option<EffectOutcome>,
    /// When that was recorded.
    pub recorded_at: Option<Timestamp>,
}

impl EffectRecord {
    /// Since when nobody knows whether it was written; none when somebody does. One that was only intended is as
    /// old as its intent, or as the release of the process that intended it.
    pub fn doubtful_since(&self) -> Option<Timestamp> {
        match self.outcome {
            Some(EffectOutcome::Unknown { .. }) => Some(self.recorded_at.unwrap_or(self.intended_at)),
            None => Some(self.intended_at),
            Some(EffectOutcome::Applied { .. } | EffectOutcome::Refused { .. }) => None,
        }
    }
}
