use std::sync::Arc;

use jiff::Timestamp;
use returngo::RmaId;

/// An object that could not be read. Reading changes nothing and may be retried.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The configuration of the account: statuses, payment methods, warehouses and others.
    #[error("cannot read the configuration of the Brightpearl account")]
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
    /// The journal.
    #[error("cannot read the journal's credits of the sales orders")]
    Journal(#[source] Arc<dyn std::error::Error + Send + Sync>),
    /// The RMA was not requested.
    #[error("RMA {0} was not requested")]
    NotAsked(RmaId),
    /// Another object in Brightpearl.
    #[error(transparent)]
    Brightpearl(#[from] brightpearl::Error),
    /// Another object in ReturnGO.
    #[error(transparent)]
    Returngo(#[from] returngo::Error),
}

impl ReadError {
    /// A text that is equal for two reads that failed for the same reason; see [`brightpearl::Error::signature`].
    pub fn signature(&self) -> String {
        match self {
            Self::SetUp(source) => format!("{self}: {}", source.signature()),
            Self::Rma { source, .. } => format!("{self}: {}", source.signature()),
            Self::Brightpearl(source) => source.signature(),
            Self::Returngo(source) => source.signature(),
            Self::Journal(_) | Self::NotAsked(_) => self.to_string(),
        }
    }

    /// Whether the same read may succeed later.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::SetUp(source) | Self::Brightpearl(source) => source.is_retryable(),
            Self::Rma { source, .. } | Self::Returngo(source) => {
                source.is_retryable() || source.try_again_at().is_some()
            }
            Self::Journal(_) => true,
            Self::NotAsked(_) => false,
        }
    }

    /// The earliest time at which it can succeed, if the system names one.
    pub fn try_again_at(&self) -> Option<Timestamp> {
        match self {
            Self::Rma { source, .. } | Self::Returngo(source) => source.try_again_at(),
            Self::SetUp(source) | Self::Brightpearl(source) => source.try_again_at(),
            Self::Journal(_) | Self::NotAsked(_) => None,
        }
    }

    /// Whether it concerns one object, so that others can still be read.
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

/// Why Brightpearl could not be read for RMAs that are read together.
#[derive(Debug, Clone)]
pub(crate) enum AroundError {
    Brightpearl(brightpearl::Error),
    Journal(Arc<dyn std::error::Error + Send + Sync>),
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
