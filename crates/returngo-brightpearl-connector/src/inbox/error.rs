use returngo_brightpearl_sync::ReadError;

use crate::store::StoreError;

/// Why webhooks could not be handled. They stay in the inbox.
#[derive(Debug, thiserror::Error)]
pub enum InboxError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The objects that webhooks name could not be read.
    #[error("cannot read the objects that webhooks name")]
    Lookup(#[source] ReadError),
}
