use returngo::RmaId;
use returngo_brightpearl_sync::ReadError;

use crate::{
    configuration::ConfigurationError,
    registry::RegistryError,
    store::{ConnectionId, InboxId, StoreError},
    sweep::SweepError,
    vault::VaultError,
};

/// An operation failed, or was rejected. Nothing was changed unless the message says so.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OperationError {
    /// The store failed.
    #[error(transparent)]
    Store(Box<StoreError>),
    /// The connection is unknown or cannot be opened.
    #[error(transparent)]
    Registry(Box<RegistryError>),
    /// The key failed.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// A system cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Brightpearl failed.
    #[error(transparent)]
    Brightpearl(#[from] brightpearl::Error),
    /// ReturnGO failed.
    #[error(transparent)]
    Returngo(#[from] returngo::Error),
    /// A search for changes failed.
    #[error(transparent)]
    Sweep(Box<SweepError>),
    /// The RMA was never queued.
    #[error("RMA {rma} of {connection} is unknown: run `sync {connection} {rma}` to synchronize it")]
    UnknownRma {
        /// The connection.
        connection: ConnectionId,
        /// The RMA.
        rma: RmaId,
    },
    /// The RMA needs no review.
    #[error("RMA {rma} of {connection} needs no review: `reviews` lists those that do")]
    NoReview {
        /// The connection.
        connection: ConnectionId,
        /// The RMA.
        rma: RmaId,
    },
    /// The RMA has several reviews, or none with the id.
    #[error("pass --review ID for RMA {rma}: its open reviews are {reviews}")]
    WhichReview {
        /// The RMA.
        rma: RmaId,
        /// The ids of its reviews.
        reviews: String,
    },
    /// The review does not offer the choice.
    #[error("{review} does not offer the choice {given:?}: its choices are {choices}")]
    NoSuchChoice {
        /// The review.
        review: String,
        /// The choice that was given.
        given: String,
        /// The choices.
        choices: String,
    },
    /// A review is settled by resolving it.
    #[error("{review} is settled by hand with `reviews resolve`, which settles all reviews of the RMA")]
    SettleByResolving {
        /// The review.
        review: String,
    },
    /// The decision would not be applied.
    #[error(
        "nothing was decided about {review} of RMA {rma}: {reason} Run `sync {rma}`, then `reviews show {rma}`"
    )]
    DecisionNotApplied {
        /// The review.
        review: String,
        /// The RMA.
        rma: RmaId,
        /// Why.
        reason: String,
    },
    /// The review changed in between.
    #[error(
        "nothing was decided: {review} of RMA {rma} has changed. Run `reviews show {rma}`, then decide again"
    )]
    ReviewChanged {
        /// The review.
        review: String,
        /// The RMA.
        rma: RmaId,
    },
    /// The choice names a payment that records a refund of another RMA.
    #[error(
        "nothing was decided: {choice} was decided for RMA {other}, so it cannot also be a refund of RMA {rma}. If it is both, settle \
         the review by hand: `reviews resolve {rma}`"
    )]
    PaymentTaken {
        /// The choice.
        choice: String,
        /// The RMA.
        rma: RmaId,
        /// The other RMA.
        other: RmaId,
    },
    /// No decision about the RMA can be revoked.
    #[error(
        "no review of RMA {rma} of {connection} was resolved, and no decision about it can be revoked: a decision on which something was written is kept"
    )]
    NothingResolved {
        /// The connection.
        connection: ConnectionId,
        /// The RMA.
        rma: RmaId,
    },
    /// No such object is listed as unreadable.
    #[error(
        "{connection} has no open review of an unreadable object {object:?}: `reviews list {connection}` lists them"
    )]
    UnknownObject {
        /// The connection.
        connection: ConnectionId,
        /// The object.
        object: String,
    },
    /// Nothing was written under the key.
    #[error("{0}")]
    NoSuchWrite(String),
    /// The write is not known to have been applied.
    #[error("{key} is not known to have been written: `reviews retry {rma}` retries it, without --again")]
    NotApplied {
        /// The write's key.
        key: String,
        /// The RMA.
        rma: RmaId,
    },
    /// The plan does not contain the write.
    #[error(
        "the plan for RMA {rma} does not contain {key}, so the write is not reset: either it exists, or another write comes \
         first. Pass --again {key} once the plan contains it"
    )]
    NotPlanned {
        /// The write's key.
        key: String,
        /// The RMA.
        rma: RmaId,
    },
    /// The writes changed in between.
    #[error(
        "{keys} changed in the meantime, and nothing was reset: run `reviews show {rma}`, then try again"
    )]
    WritesChanged {
        /// The writes' keys.
        keys: String,
        /// The RMA.
        rma: RmaId,
    },
    /// The webhook is not stored.
    #[error("webhook {0} not found in the inbox")]
    UnknownDelivery(InboxId),
    /// The connection stays, because its webhooks do.
    #[error(
        "connection {connection} was not removed, because not all its webhooks can be removed: {left}. Fix this, or leave \
         them with --leave-webhooks"
    )]
    WebhooksRemain {
        /// The connection.
        connection: ConnectionId,
        /// Where they are, and why they remain.
        left: String,
    },
    /// The connection is stored, but its webhooks are not subscribed.
    #[error(
        "connection {connection} is stored, but not all its webhooks are subscribed. Fix this, then run `connect {connection}` again"
    )]
    NotSubscribed {
        /// The connection.
        connection: ConnectionId,
        /// The reason.
        #[source]
        source: ReadError,
    },
}

impl From<StoreError> for OperationError {
    fn from(error: StoreError) -> Self {
        Self::Store(Box::new(error))
    }
}

impl From<RegistryError> for OperationError {
    fn from(error: RegistryError) -> Self {
        Self::Registry(Box::new(error))
    }
}

impl From<ConfigurationError> for OperationError {
    fn from(error: ConfigurationError) -> Self {
        RegistryError::from(error).into()
    }
}

impl From<SweepError> for OperationError {
    fn from(error: SweepError) -> Self {
        Self::Sweep(Box::new(error))
    }
}
