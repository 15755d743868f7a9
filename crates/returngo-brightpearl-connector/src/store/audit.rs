use std::str::FromStr;

use jiff::Timestamp;
use returngo::RmaId;
use serde::Serialize;

use super::{
    ConnectionId, Store, StoreError, Unknown,
    session::{Session, json},
};

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

/// How far somebody got who goes through the whole audit; the default is its beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct AuditPosition(pub i64);

/// What a step through the audit removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PrunedAudit {
    /// How many entries.
    pub removed: u64,
    /// From where to go on; none when nothing old is left.
    pub next: Option<AuditPosition>,
}

/// What kind of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AuditEvent {
    /// It was marked as due.
    Queued,
    /// A worker claimed it.
    Started,
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
    /// An attempt ended before it began: its process stopped.
    Released,
    /// A person was asked after the last attempt failed.
    NeedsReview,
    /// A person has decided what was asked.
    Resolved,
    /// A person lifted what was settled by hand.
    Reopened,
    /// A person wants it looked at again, with all attempts.
    Retried,
    /// A person had the store forget a write, so that it may be written again.
    Reset,
}

impl AuditEvent {
    /// All events.
    pub const ALL: [Self; 14] = [
        Self::Queued,
        Self::Started,
        Self::Intended,
        Self::Applied,
        Self::Refused,
        Self::Doubtful,
        Self::Settled,
        Self::Failed,
        Self::Released,
        Self::NeedsReview,
        Self::Resolved,
        Self::Reopened,
        Self::Retried,
        Self::Reset,
    ];

    /// The name in the database and in tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Started => "started",
            Self::Intended => "intended",
            Self::Applied => "applied",
            Self::Refused => "refused",
            Self::Doubtful => "doubtful",
            Self::Settled => "settled",
            Self::Failed => "failed",
            Self::Released => "released",
            Self::NeedsReview => "needs-review",
            Self::Resolved => "resolved",
            Self::Reopened => "reopened",
            Self::Retried => "retried",
            Self::Reset => "reset",
        }
    }
}

impl FromStr for AuditEvent {
    type Err = Unknown;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|known| known.as_str() == text).ok_or_else(|| Unknown::new("event", text))
    }
}

impl Store {
    /// The audit of an RMA, oldest first.
    pub async fn audit(&self, connection: &ConnectionId, rma: &RmaId) -> Result<Vec<AuditEntry>, StoreError> {
        of(&mut self.asking().await?, connection, rma).await
    }
}

/// Something to be told about an RMA.
#[derive(Serialize)]
pub(super) struct AuditRow {
    pub(super) connection: String,
    pub(super) rma: String,
    pub(super) attempt: Option<i64>,
    pub(super) event: &'static str,
    pub(super) detail: String,
}

/// Appends to the audit, in the transaction that does what it tells.
pub(super) async fn append(
    session: &mut Session<'_>,
    told: &[AuditRow],
    now: Timestamp,
) -> Result<(), StoreError> {
    const APPEND: &str = "
        INSERT INTO audit (connection, rma, at, attempt, event, detail)
        SELECT connection, rma, $2, attempt, event, detail
        FROM {input $1: connection text, rma text, attempt bigint, event text, detail text}";
    if told.is_empty() {
        return Ok(());
    }
    session.run(APPEND, &[(&json(told)?).into(), now.into()]).await.map(drop)
}

pub(super) async fn of(
    session: &mut Session<'_>,
    connection: &ConnectionId,
    rma: &RmaId,
) -> Result<Vec<AuditEntry>, StoreError> {
    const OF_RMA: &str = "
        SELECT at, attempt, event, detail FROM audit WHERE connection = $1 AND rma = $2 ORDER BY id";
    let rows = session.all(OF_RMA, &[connection.as_str().into(), (&rma.to_string()).into()]).await?;
    rows.iter()
        .map(|row| {
            Ok(AuditEntry {
                at: row.time("at")?,
                attempt: row.int_if_any("attempt")?,
                event: row.parsed::<AuditEvent>("event")?,
                detail: row.text("detail")?,
            })
        })
        .collect()
}
