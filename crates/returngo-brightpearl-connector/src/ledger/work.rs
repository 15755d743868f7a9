use std::{fmt, str::FromStr};

use brightpearl::OrderId;
use jiff::Timestamp;
use returngo::RmaId;
use returngo_brightpearl_mapping::Review;
use serde::{Deserialize, Serialize};

use super::{ConnectionId, Unknown};

/// A process that works, unlike every other that runs or ever ran.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkerId(pub String);

impl fmt::Display for WorkerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// What a worker asks for.
#[derive(Debug, Clone)]
pub struct ClaimRequest {
    /// Who asks.
    pub worker: WorkerId,
    /// How many RMAs at the most.
    pub limit: u32,
    /// The time now.
    pub now: Timestamp,
    /// The connection to claim from; none for the one whose turn it is.
    pub only: Option<ConnectionId>,
    /// Connections that are not to be claimed from, such as those at work in this process.
    pub except: Vec<ConnectionId>,
}

/// An RMA that a worker may work on, until it finishes it or its process stops reporting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The connection.
    pub connection: ConnectionId,
    /// The RMA.
    pub rma: RmaId,
    /// Which attempt it is. Every write-back is conditional on it.
    pub attempt: i64,
    /// How often it was marked as due; tells whether it was marked again while it was worked on.
    pub marked: i64,
    /// How many attempts before it failed one after another.
    pub failures: u32,
    /// How many before it were never finished, one after another: their processes ended, or failed at it.
    pub abandoned: u32,
    /// Whether a person or a backfill asked for it: it is synchronized also if it is older than its connection.
    pub asked: bool,
    /// Whether it is known to be an RMA of this connection's shop: ReturnGO or a person named it.
    pub of_this_shop: bool,
}

/// Who made an RMA pending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// Something in Brightpearl carries its number. Another shop on the same account may be the one that has it.
    Brightpearl,
    /// ReturnGO told of it.
    Returngo,
    /// A person or a backfill asked for it.
    Person,
}

/// How claimed work ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Both systems are in step, but for what a person has to decide.
    Settled {
        /// What a person has to decide.
        reviews: Vec<Review>,
        /// The RMA's credit.
        credit: Option<OrderId>,
    },
    /// It failed and is tried again.
    Failed {
        /// Why.
        error: String,
        /// When; none puts it to a person.
        again_at: Option<Timestamp>,
    },
    /// It cannot be done yet, for no fault of its own: it is tried again then, and no attempt is counted.
    Postponed {
        /// Why.
        why: String,
        /// When it is tried again.
        until: Timestamp,
    },
    /// It was not worked on, and is due as before.
    Released,
    /// ReturnGO does not know it, and nothing but Brightpearl named it: it is another shop's.
    OfAnotherShop,
}

/// How an RMA's work stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WorkState {
    /// It is due, now or later.
    Due,
    /// A worker has it.
    Claimed,
    /// Both systems are in step.
    InStep,
    /// A person has to decide something.
    NeedsReview,
    /// It is another shop's: what Brightpearl tells of it is ignored.
    OfAnotherShop,
}

impl WorkState {
    /// All states.
    pub const ALL: [Self; 5] =
        [Self::Due, Self::Claimed, Self::InStep, Self::NeedsReview, Self::OfAnotherShop];

    /// The name in the database and in tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Claimed => "claimed",
            Self::InStep => "in-step",
            Self::NeedsReview => "needs-review",
            Self::OfAnotherShop => "of-another-shop",
        }
    }
}

impl FromStr for WorkState {
    type Err = Unknown;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|known| known.as_str() == text).ok_or_else(|| Unknown::new("state", text))
    }
}

/// An RMA's work.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkItem {
    /// The connection.
    pub connection: ConnectionId,
    /// The RMA.
    pub rma: RmaId,
    /// How it stands.
    pub state: WorkState,
    /// The RMA's credit, once it is known.
    pub credit: Option<OrderId>,
    /// How often it was claimed.
    pub attempt: i64,
    /// How many attempts failed one after another.
    pub failures: u32,
    /// Why the last one failed.
    pub last_error: Option<String>,
    /// When it is tried next.
    pub due_at: Option<Timestamp>,
    /// Since when it is not in step.
    pub due_since: Option<Timestamp>,
    /// What a person has to decide.
    pub reviews: Vec<Review>,
    /// What a person has to decide, in the words of another version of this program.
    pub unreadable_reviews: Vec<UnreadableReview>,
    /// What a person has decided already, of what the last attempt found.
    pub resolved: Vec<Review>,
    /// How it fails, where a person has decided that it may.
    pub resolved_error: Option<String>,
    /// The process that works on it.
    pub worker: Option<WorkerId>,
    /// Whether a person or a backfill asked for it.
    pub asked: bool,
}

/// A question that another version of this program stored, of a kind that this one does not know. The next attempt asks
/// what is open in its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnreadableReview {
    /// What kind of question it is.
    pub code: String,
    /// The question.
    pub message: String,
}

/// What of a connection is not in sync, apart from what waits for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutOfSync {
    /// The connection.
    pub connection: ConnectionId,
    /// RMAs that are due for less than an hour.
    pub within_an_hour: u64,
    /// RMAs that are due for less than a day, and more than an hour.
    pub within_a_day: u64,
    /// RMAs that are due for longer.
    pub longer: u64,
    /// RMAs of which the last three attempts failed, or more.
    pub failing: u64,
    /// How one of them failed.
    pub last_error: Option<String>,
    /// When the first of them is tried again.
    pub next_attempt_at: Option<Timestamp>,
}

/// How a connection stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionStatus {
    /// The connection.
    pub connection: ConnectionId,
    /// Whether another connection is between the same account and shop, so that none of the two is worked on.
    pub blocked: bool,
    /// RMAs that are due.
    pub due: u64,
    /// RMAs that are worked on.
    pub claimed: u64,
    /// RMAs that are in step.
    pub in_step: u64,
    /// RMAs that wait for a person.
    pub needs_review: u64,
    /// Webhooks that wait to be handled.
    pub waiting_deliveries: u64,
    /// Since when the one of these waits that waits longest.
    pub deliveries_wait_since: Option<Timestamp>,
    /// Since when the RMA that waits longest is not in step, one that a waiting webhook is about among them; those
    /// that wait for a person are not counted.
    pub oldest_due: Option<Timestamp>,
}
