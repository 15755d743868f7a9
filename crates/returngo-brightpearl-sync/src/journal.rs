//! What is recorded about writes, so that each is made once.

use std::collections::BTreeMap;

use async_trait::async_trait;
use brightpearl::OrderId;
use jiff::Timestamp;
use returngo::RmaId;
use returngo_brightpearl_mapping::{Decision, InFlightRow};

/// A durable record of intended writes and of their outcomes.
///
/// An intent is recorded before its write is sent, and the outcome afterwards. A later run then knows which writes were made,
/// and which may have been made although no answer arrived. Brightpearl's searches lag behind its writes; with a journal, a
/// credit that was just written for one RMA counts for the other RMAs of its order at once.
#[async_trait]
pub trait Journal: Send + Sync {
    /// The name of the connection, for the log.
    fn connection(&self) -> Option<&str> {
        None
    }

    /// Returns the credits that were intended for these sales orders, by any RMA of the account, and not rejected.
    ///
    /// # Errors
    /// When the journal cannot be read.
    async fn intended_credits(&self, orders: &[OrderId]) -> Result<Vec<IntendedCredit>, JournalError>;

    /// Returns what is known about these RMAs that neither system shows: the decisions about their reviews, and whether their
    /// credits were finished. RMAs without anything to remember may be left out.
    ///
    /// # Errors
    /// When the journal cannot be read.
    async fn remembered(&self, _rmas: &[RmaId]) -> Result<BTreeMap<RmaId, Remembered>, JournalError> {
        Ok(BTreeMap::new())
    }

    /// Records writes that are about to be sent. Answers in the same order; only [admitted](Admission::Go) writes may be
    /// sent.
    ///
    /// # Errors
    /// When the journal fails: none of the writes may be sent.
    async fn intend(&self, intents: &[Intent]) -> Result<Vec<Admission>, JournalError>;

    /// Records the outcomes of intended writes.
    ///
    /// # Errors
    /// When the journal fails: the outcomes count as unknown.
    async fn record(&self, outcomes: &[(Intent, EffectOutcome)]) -> Result<(), JournalError>;
}

/// What a journal remembers about an RMA besides its writes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Remembered {
    /// The decisions about its reviews.
    pub decisions: Vec<Decision>,
    /// Whether its credit was finished before: see [`World::finished`](returngo_brightpearl_mapping::World::finished).
    pub finished: bool,
}

/// Why a journal failed.
pub type JournalError = Box<dyn std::error::Error + Send + Sync>;

/// A credit, or an adoption of a credit of another program, that an RMA intended for a sales order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntendedCredit {
    /// The RMA.
    pub rma: RmaId,
    /// The sales order.
    pub order: OrderId,
    /// The quantities that it takes of the order's rows; empty for an adoption.
    pub rows: Vec<InFlightRow>,
    /// The id of the credit, once it is known.
    pub credit: Option<OrderId>,
    /// Whether a credit of another program is adopted.
    pub adopted: bool,
}

/// A write that is about to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// The RMA.
    pub rma: RmaId,
    /// The effect's key.
    pub key: String,
    /// Whether the write sets a state, and may be needed again whenever the state has changed. Other writes create
    /// something, once.
    pub sets_state: bool,
    /// A description: amounts and references, no data of shoppers.
    pub what: String,
    /// Earlier writes of this effect would be visible if they were sent before this time: the snapshot behind the intent
    /// was taken late enough.
    pub known_until: Timestamp,
    /// What other returns of the same sales order have to know about it.
    pub kind: WriteKind,
}

/// What a write means for other returns of the same sales order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum WriteKind {
    /// The RMA's credit.
    Credit {
        /// The sales order.
        order: OrderId,
        /// The quantities that it takes of the order's rows.
        rows: Vec<InFlightRow>,
    },
    /// The adoption of a credit of another program.
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

/// Whether an intended write may be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// It may be sent.
    Go {
        /// Whether an earlier attempt intended it and recorded no outcome. The write was looked up since and not found, but
        /// a rejection now does not prove that it was not made.
        before: bool,
    },
    /// An earlier attempt may have made it so recently that it may still appear.
    TooSoon(EffectRecord),
    /// It was made, although the systems do not show it.
    AlreadyApplied(EffectRecord),
    /// Another process has taken the RMA over.
    LeaseLost,
}

impl Admission {
    /// Decides from the record of the same effect, if there is one.
    pub fn decide(known: Option<&EffectRecord>, known_until: Timestamp) -> Self {
        let Some(known) = known else { return Self::Go { before: false } };
        match known.doubtful_since() {
            Some(since) if since > known_until => Self::TooSoon(known.clone()),
            Some(_) => Self::Go { before: true },
            None if matches!(known.outcome, Some(EffectOutcome::Applied { .. })) => {
                Self::AlreadyApplied(known.clone())
            }
            None => Self::Go { before: false },
        }
    }
}

/// The outcome of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EffectOutcome {
    /// It was made.
    Applied {
        /// The id that the system gave it, if any.
        remote_id: Option<String>,
        /// Whether an earlier attempt had made it.
        already_existed: bool,
    },
    /// It was rejected, or not sent.
    Refused {
        /// Why.
        error: String,
    },
    /// It may have been made; the next attempt looks it up.
    Unknown {
        /// Why that is not known.
        error: String,
    },
}

/// A recorded write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectRecord {
    /// The effect's key.
    pub key: String,
    /// The description of the last intent.
    pub what: String,
    /// The attempt that last intended it.
    pub attempt: i64,
    /// When it was last intended.
    pub intended_at: Timestamp,
    /// The outcome, once it is recorded.
    pub outcome: Option<EffectOutcome>,
    /// When the outcome was recorded.
    pub recorded_at: Option<Timestamp>,
}

impl EffectRecord {
    /// Since when it is unknown whether the write was made; none when that is known. A write without a recorded outcome is
    /// doubtful since its intent, or since the release of the process that intended it.
    pub fn doubtful_since(&self) -> Option<Timestamp> {
        match self.outcome {
            Some(EffectOutcome::Unknown { .. }) => Some(self.recorded_at.unwrap_or(self.intended_at)),
            None => Some(self.intended_at),
            Some(EffectOutcome::Applied { .. } | EffectOutcome::Refused { .. }) => None,
        }
    }
}
