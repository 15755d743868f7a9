use jiff::Timestamp;
use returngo::RmaId;

use super::Applied;
use crate::{EffectOutcome, JournalError, ReadError, Withheld, WriteResult};

/// Why an RMA is not synchronized.
#[derive(Debug, thiserror::Error)]
#[error("cannot synchronize RMA {rma}")]
#[non_exhaustive]
pub struct SyncError {
    /// The RMA.
    pub rma: RmaId,
    /// The effects that were applied before.
    pub applied: Vec<Applied>,
    /// Why.
    pub source: ApplyError,
}

impl SyncError {
    /// Whether the same call may succeed later.
    pub fn is_retryable(&self) -> bool {
        self.source.is_retryable()
    }

    /// Whether the effect that failed may have been applied. Synchronizing the RMA again looks it up first.
    pub fn may_have_been_applied(&self) -> bool {
        self.source.may_have_been_applied()
    }

    /// The earliest time at which the same call can succeed, if the system names one.
    pub fn try_again_at(&self) -> Option<Timestamp> {
        self.source.try_again_at()
    }
}

/// Why an effect could not be applied.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApplyError {
    /// One of the systems cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The journal failed.
    #[error("the journal failed at {key}")]
    Journal {
        /// The effect's key.
        key: String,
        /// Whether the write had been sent.
        sent: bool,
        /// Why.
        #[source]
        source: JournalError,
    },
    /// The plan does not have the effect any more, or never had it.
    #[error("{key} is not planned any more: plan the RMA again")]
    NotPlanned {
        /// The effect's key.
        key: String,
    },
    /// The journal does not allow the write.
    #[error("{key} was not sent: {reason}")]
    Withheld {
        /// The effect's key.
        key: String,
        /// Why.
        reason: Withheld,
    },
    /// The write failed, or its outcome is unknown.
    #[error("{key} failed: {}", reason(result))]
    Failed {
        /// The effect's key.
        key: String,
        /// The result.
        result: Box<WriteResult>,
    },
    /// Effects are left after five rounds of writes: something changes both systems at the same time.
    #[error("effects are left after five rounds of writes: synchronize the RMA again later")]
    NotConverged,
}

impl ApplyError {
    /// Whether the same call may succeed later.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Read(error) => error.is_retryable(),
            Self::Journal { .. } | Self::NotConverged => true,
            Self::NotPlanned { .. } => false,
            Self::Withheld { reason, .. } => !matches!(reason, Withheld::Disappeared(_)),
            Self::Failed { result, .. } => result.may_pass,
        }
    }

    /// Whether the effect may have been applied. Synchronizing the RMA again looks it up first.
    pub fn may_have_been_applied(&self) -> bool {
        match self {
            Self::Read(_) | Self::NotPlanned { .. } | Self::NotConverged => false,
            Self::Journal { sent, .. } => *sent,
            Self::Withheld { reason, .. } => !matches!(reason, Withheld::LeaseLost),
            Self::Failed { result, .. } => matches!(result.outcome, EffectOutcome::Unknown { .. }),
        }
    }

    /// The earliest time at which the same call can succeed, if the system names one.
    pub fn try_again_at(&self) -> Option<Timestamp> {
        match self {
            Self::Failed { result, .. } => result.not_before,
            Self::Read(error) => error.try_again_at(),
            _ => None,
        }
    }
}

fn reason(result: &WriteResult) -> &str {
    match &result.outcome {
        EffectOutcome::Refused { error } | EffectOutcome::Unknown { error } => error,
        EffectOutcome::Applied { .. } => "it was applied",
    }
}
