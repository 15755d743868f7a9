use std::{fmt, str::FromStr};

use jiff::Timestamp;

use super::{ConnectionId, Unknown};

/// What kind of thing could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnreadableKind {
    /// A row of ReturnGO's list of RMAs.
    RmaRow,
    /// A row of ReturnGO's list of transactions.
    TransactionRow,
    /// An order, or a sales credit.
    Order,
    /// A row of a search for orders.
    OrderRow,
    /// A goods-in note.
    GoodsInNote,
    /// A row of a search for goods movements.
    GoodsMovementRow,
    /// A webhook.
    Webhook,
    /// An entry of one of the account's lists: a payment method, a tax code and the like.
    AccountEntry,
}

impl UnreadableKind {
    /// All kinds.
    pub const ALL: [Self; 8] = [
        Self::RmaRow,
        Self::TransactionRow,
        Self::Order,
        Self::OrderRow,
        Self::GoodsInNote,
        Self::GoodsMovementRow,
        Self::Webhook,
        Self::AccountEntry,
    ];

    /// The name in the database, in JSON and in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RmaRow => "rma-row",
            Self::TransactionRow => "transaction-row",
            Self::Order => "order",
            Self::OrderRow => "order-row",
            Self::GoodsInNote => "goods-in-note",
            Self::GoodsMovementRow => "goods-movement-row",
            Self::Webhook => "webhook",
            Self::AccountEntry => "account-entry",
        }
    }

    /// What it is and whose, for people.
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::RmaRow => "row of ReturnGO's list of RMAs",
            Self::TransactionRow => "row of ReturnGO's list of transactions",
            Self::Order => "order in Brightpearl",
            Self::OrderRow => "row of Brightpearl's order search",
            Self::GoodsInNote => "goods-in note in Brightpearl",
            Self::GoodsMovementRow => "row of Brightpearl's search for goods movements",
            Self::Webhook => "webhook",
            Self::AccountEntry => "entry of the account's set-up in Brightpearl",
        }
    }
}

impl FromStr for UnreadableKind {
    type Err = Unknown;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|known| known.as_str() == text)
            .ok_or_else(|| Unknown::new("kind of object", text))
    }
}

/// Something that could not be read and was passed over.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unreadable {
    /// What kind of thing it is.
    pub kind: UnreadableKind,
    /// Its number, or its place in a list.
    pub object: String,
    /// What knows it again where its place does not: a row may move, and another be in its place.
    pub known_by: Option<String>,
    /// Why it could not be read.
    pub reason: String,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.kind.in_words(), self.object, self.reason)
    }
}

/// What could not be read of a connection, and waits for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredUnreadable {
    /// The connection.
    pub connection: ConnectionId,
    /// What it is.
    pub unreadable: Unreadable,
    /// How often it was met.
    pub times: u64,
    /// When it was met first.
    pub first_seen_at: Timestamp,
    /// When it was met last.
    pub last_seen_at: Timestamp,
}

/// What a person says about objects that could not be read: nothing is left to do about them.
#[derive(Debug, Clone)]
pub struct Dismissal {
    /// The connection.
    pub connection: ConnectionId,
    /// These objects; none stands for all.
    pub objects: Vec<String>,
    /// Who.
    pub by: String,
    /// Why.
    pub note: Option<String>,
}
