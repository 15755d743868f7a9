use returngo::RmaId;

use crate::JournalError;

/// Something could not be read. Reading changes nothing, so it may be tried again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The account's set-up: statuses, payment methods, warehouses and the like.
    #[error("the set-up of the Brightpearl account cannot be read")]
    SetUp(#[source] brightpearl::Error),
    /// An RMA.
    #[error("RMA {id} cannot be read")]
    Rma {
        /// The RMA.
        id: RmaId,
        /// Why.
        #[source]
        source: returngo::Error,
    },
    /// What the journal remembers about the credits of sales orders.
    #[error("cannot read what was written for the sales orders before")]
    Journal(#[source] JournalError),
    /// It was not asked for.
    #[error("RMA {0} was not asked for")]
    NotAsked(RmaId),
    /// Something else of Brightpearl's.
    #[error(transparent)]
    Brightpearl(#[from] brightpearl::Error),
    /// Something else of ReturnGO's.
    #[error(transparent)]
    Returngo(#[from] returngo::Error),
}

/// Why the Brightpearl side of worlds cannot be read: the same for all RMAs that were read together.
#[derive(Debug, Clone)]
pub(crate) enum AroundError {
    Brightpearl(brightpearl::Error),
    Journal(JournalError),
}

impl From<brightpearl::Error> for AroundError {
    fn from(error: brightpearl::Error) -> Self {
        Self::Brightpearl(error)
    }
}

impl From<AroundError> for ReadError {
    fn from(error: AroundError) -> Self {
        match error {
            AroundError::Brightpearl(error) => Self::Brightpearl(error),
            AroundError::Journal(error) => Self::Journal(error),
        }
    }
}
