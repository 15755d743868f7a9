use jiff::Timestamp;

/// What happened about an RMA. Entries are never changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// When.
    pub at: Timestamp,
    /// Which attempt, where it was one.
    pub attempt: Option<i64>,
    /// What.
    pub event: AuditEvent,
    /// The facts, in words; no secrets and no shoppers.
    pub detail: String,
}

/// What kind of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AuditEvent {
    /// It was marked as due.
    MarkedDue,
    /// A worker claimed it.
    Claimed,
    /// A write was intended.
    Intended,
    /// A write was applied.
    Applied,
    /// A write was refused.
    Refused,
    /// Nobody knows what became of a write.
    Doubtful,
    /// An attempt ended in step, or with something for a person.
    Settled,
    /// An attempt failed.
    Failed,
    /// A person was asked after the last attempt failed.
    PutToAPerson,
}

impl AuditEvent {
    /// The name in the database and in tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MarkedDue => "marked-due",
            Self::Claimed => "claimed",
            Self::Intended => "intended",
            Self::Applied => "applied",
            Self::Refused => "refused",
            Self::Doubtful => "doubtful",
            Self::Settled => "settled",
            Self::Failed => "failed",
            Self::PutToAPerson => "put-to-a-person",
        }
    }
}
