//! Where a process may be killed: the steps between which nothing may be lost and nothing doubled.

use std::fmt;

/// A step that a worker has just taken. The tests kill a real process at each of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Failpoint {
    /// Webhooks are in the inbox; their senders were not answered yet.
    DeliveriesStored,
    /// Webhooks were read from the inbox.
    DeliveriesRead,
    /// What webhooks name is marked as due, and they are marked as handled.
    DeliveriesResolved,
    /// RMAs are claimed.
    InProgress,
    /// Both systems were read.
    WorldsRead,
    /// RMAs have their sales orders to themselves.
    OrdersTaken,
    /// Writes are recorded as intended.
    Intended,
    /// Writes were made; what became of them is not recorded yet.
    Written,
    /// What became of writes is recorded.
    Recorded,
    /// How the work ended is written back.
    Finished,
    /// A sweep is taken.
    SweepTaken,
    /// What a sweep found is marked as due.
    SweepMarked,
    /// What webhooks or a sweep went past is stored for a person; webhooks still wait, and where the sweep got to is not
    /// remembered yet.
    SkippedStored,
    /// Where a sweep got to is remembered.
    SweepFinished,
}

impl Failpoint {
    /// All steps.
    pub const ALL: [Self; 14] = [
        Self::DeliveriesStored,
        Self::DeliveriesRead,
        Self::DeliveriesResolved,
        Self::InProgress,
        Self::WorldsRead,
        Self::OrdersTaken,
        Self::Intended,
        Self::Written,
        Self::Recorded,
        Self::Finished,
        Self::SweepTaken,
        Self::SweepMarked,
        Self::SkippedStored,
        Self::SweepFinished,
    ];
}

/// Is told of every step. It may not come back: the tests' one kills the process.
pub trait Failpoints: fmt::Debug + Send + Sync {
    /// A step was taken.
    fn reached(&self, point: Failpoint);
}

/// Lets every step pass.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoFailpoints;

impl Failpoints for NoFailpoints {
    fn reached(&self, _: Failpoint) {}
}
