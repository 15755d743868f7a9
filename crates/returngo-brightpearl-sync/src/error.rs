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

impl ReadError {
    /// Whether it is about one object, so that others may be read all the same.
    pub(crate) fn is_of_one_object(&self) -> bool {
        match self {
            Self::Rma { source, .. } => matches!(
                source.kind(),
                returngo::ErrorKind::Undecodable
                    | returngo::ErrorKind::NotFound
                    | returngo::ErrorKind::WrongShop
            ),
            Self::Brightpearl(error) => error.kind() == brightpearl::ErrorKind::Undecodable,
            Self::Returngo(error) => error.kind() == returngo::ErrorKind::Undecodable,
            Self::SetUp(_) | Self::Journal(_) | Self::NotAsked(_) => false,
        }
    }
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

/// The error and its causes in one line.
pub(crate) fn in_one_line(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !line.contains(&text) {
            line.push_str(": ");
            line.push_str(&text);
        }
        cause = error.source();
    }
    line
}
