use std::str::FromStr;

use jiff::Timestamp;

use super::{ConnectionId, Unknown};

/// What a sweep looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SweepName {
    /// Credits, goods and movements that changed in Brightpearl.
    Brightpearl,
    /// RMAs and transactions that changed in ReturnGO.
    Returngo,
    /// Whether both systems' webhooks are subscribed.
    Subscriptions,
}

impl SweepName {
    /// All sweeps.
    pub const ALL: [Self; 3] = [Self::Brightpearl, Self::Returngo, Self::Subscriptions];

    /// The name in the database and in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Brightpearl => "brightpearl",
            Self::Returngo => "returngo",
            Self::Subscriptions => "subscriptions",
        }
    }
}

impl FromStr for SweepName {
    type Err = Unknown;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|known| known.as_str() == text).ok_or_else(|| Unknown::new("sweep", text))
    }
}

/// A sweep whose turn it is. A connection that is stored gets one of each name, due at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SweepTurn {
    /// The connection.
    pub connection: ConnectionId,
    /// What to look at.
    pub sweep: SweepName,
    /// Where the last one got to, as it said.
    pub cursor: Option<String>,
    /// When it was due.
    pub due_at: Timestamp,
    /// Until when nobody else takes it.
    pub taken_until: Timestamp,
    /// Whether it was [hastened](super::Ledger::hasten_sweep).
    pub hastened: bool,
}

/// How a sweep went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SweepStatus {
    /// The connection.
    pub connection: ConnectionId,
    /// What it looks at.
    pub sweep: SweepName,
    /// When it is due; while it is under way, when another process takes it over.
    pub next_at: Timestamp,
    /// Whether it is under way.
    pub is_under_way: bool,
    /// When it last came to its end.
    pub succeeded_at: Option<Timestamp>,
    /// When it first failed since.
    pub failing_since: Option<Timestamp>,
    /// Why it failed last.
    pub error: Option<String>,
}
