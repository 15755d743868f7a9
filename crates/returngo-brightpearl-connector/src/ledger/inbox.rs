use std::{fmt, str::FromStr};

use jiff::Timestamp;

use super::{ConnectionId, Unknown};

/// Which system sent a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// Brightpearl.
    Brightpearl,
    /// ReturnGO.
    Returngo,
}

impl Source {
    /// Both systems.
    pub const ALL: [Self; 2] = [Self::Brightpearl, Self::Returngo];

    /// The name in URLs, metrics and the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Brightpearl => "brightpearl",
            Self::Returngo => "returngo",
        }
    }
}

impl FromStr for Source {
    type Err = Unknown;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|known| known.as_str() == text).ok_or_else(|| Unknown::new("source", text))
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A webhook that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// For which connection.
    pub connection: ConnectionId,
    /// From which system.
    pub source: Source,
    /// What it says.
    pub body: String,
    /// When it came.
    pub received_at: Timestamp,
}

/// A webhook's number in the inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InboxId(pub i64);

impl fmt::Display for InboxId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A webhook in the inbox. The same body is one entry, however often it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDelivery {
    /// Its number.
    pub id: InboxId,
    /// The webhook, as it came last.
    pub delivery: Delivery,
    /// How often it came.
    pub times: u32,
    /// How often it was handled in vain since it last came.
    pub tries: u32,
    /// When it is handled again, if what it names is not there yet.
    pub again_at: Option<Timestamp>,
}
