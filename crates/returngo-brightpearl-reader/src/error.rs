use returngo::RmaId;

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
