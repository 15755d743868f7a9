use std::time::Duration;

use jiff::Timestamp;

use super::{ConnectionId, WorkerId};

/// How long a process may be silent before others release its work. They measure it on their own clocks.
pub const LEASE: Duration = Duration::from_secs(45);

/// How often a process reports that it runs.
pub const REPORT_EVERY: Duration = Duration::from_secs(10);

/// A process that has reported, or holds work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// The process.
    pub worker: WorkerId,
    /// How often it has reported; none of one that holds work and is registered no more.
    pub reports: Option<i64>,
    /// When it reported last, by its own clock.
    pub report_at: Option<Timestamp>,
    /// The RMAs that it works on, by connection.
    pub holds: Vec<(ConnectionId, u64)>,
}

impl Process {
    /// Until when its work is its own if it does not report again, by its own clock.
    pub fn holds_until(&self) -> Option<Timestamp> {
        self.report_at?.checked_add(LEASE).ok()
    }
}
