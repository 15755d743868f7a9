use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Serialize;

use crate::store::{ConnectionId, StoredUnreadable, Unreadable};

/// An object that cannot be decoded and was skipped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnreadableObject {
    /// The kind of object.
    pub kind: &'static str,
    /// The kind, for people.
    #[serde(skip)]
    pub kind_in_words: &'static str,
    /// Its number, or its position in a list.
    pub object: String,
    /// Why it cannot be decoded.
    pub reason: String,
}

impl From<&Unreadable> for UnreadableObject {
    fn from(Unreadable { kind, object, reason, .. }: &Unreadable) -> Self {
        Self {
            kind: kind.as_str(),
            kind_in_words: kind.in_words(),
            object: object.clone(),
            reason: reason.message.clone(),
        }
    }
}

impl UnreadableObject {
    pub(super) fn all(unreadable: &BTreeSet<Unreadable>) -> Vec<Self> {
        unreadable.iter().map(Self::from).collect()
    }
}

/// An object that was skipped and needs review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UnreadableReport {
    /// The object.
    #[serde(flatten)]
    pub object: UnreadableObject,
    /// The connection.
    pub connection: ConnectionId,
    /// How often it was skipped.
    pub times: u64,
    /// When it was skipped first.
    pub first_seen_at: Timestamp,
    /// When it was skipped last.
    pub last_seen_at: Timestamp,
}

impl From<&StoredUnreadable> for UnreadableReport {
    fn from(stored: &StoredUnreadable) -> Self {
        Self {
            object: (&stored.unreadable).into(),
            connection: stored.connection.clone(),
            times: stored.times,
            first_seen_at: stored.first_seen_at,
            last_seen_at: stored.last_seen_at,
        }
    }
}
