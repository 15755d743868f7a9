use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What a person changes of a connection. It is recorded, and holds no secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionChange {
    /// Who.
    pub by: String,
    /// The fields that change.
    pub fields: Vec<FieldChange>,
}

/// A field that changes. Of a secret both values are absent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    /// Its name.
    pub field: String,
    /// Its value before; absent when it was not set.
    pub before: Option<String>,
    /// Its value from now on; absent when it is not set.
    pub after: Option<String>,
}

/// A change that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedChange {
    /// When.
    pub at: Timestamp,
    /// What, and by whom.
    pub change: ConnectionChange,
}
