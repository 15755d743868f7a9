//! Steps at which tests end the process: between any two of them nothing may be lost, and nothing done twice.

use std::fmt;

/// A step that the connector has completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Failpoint {
    /// Webhooks are stored in the inbox; their senders have no answer yet.
    DeliveriesStored,
    /// Webhooks were read from the inbox.
    DeliveriesRead,
    /// The RMAs that webhooks concern are queued, and the webhooks are marked as processed.
    DeliveriesResolved,
    /// RMAs are leased.
    Leased,
    /// Both systems were read.
    WorldsRead,
    /// The sales orders of the RMAs are held.
    OrdersHeld,
    /// Writes are recorded as intended.
    Intended,
    /// Writes were sent; their results are not recorded yet.
    Written,
    /// The results of writes are recorded.
    Recorded,
    /// The results of jobs are recorded.
    Finished,
    /// A sweep is leased.
    SweepTaken,
    /// The RMAs that a sweep found are queued.
    SweepQueued,
    /// Objects that webhooks or a sweep skipped are stored. The webhooks are still waiting, and the position of the sweep is not
    /// stored yet.
    SkippedStored,
    /// The position of a sweep is stored.
    SweepFinished,
}

impl Failpoint {
    /// All steps.
    pub const ALL: [Self; 14] = [
        Self::DeliveriesStored,
        Self::DeliveriesRead,
        Self::DeliveriesResolved,
        Self::Leased,
        Self::WorldsRead,
        Self::OrdersHeld,
        Self::Intended,
        Self::Written,
        Self::Recorded,
        Self::Finished,
        Self::SweepTaken,
        Self::SweepQueued,
        Self::SkippedStored,
        Self::SweepFinished,
    ];
}

/// Called after every step. Implementations for tests may end the process.
pub trait Failpoints: fmt::Debug + Send + Sync {
    /// The step is completed.
    fn reached(&self, failpoint: Failpoint);
}

/// Does nothing at any step.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoFailpoints;

impl Failpoints for NoFailpoints {
    fn reached(&self, _: Failpoint) {}
}
