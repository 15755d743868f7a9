use std::str::FromStr;

use jiff::Timestamp;
use returngo::RmaId;
use serde::Serialize;

use super::{
    ConnectionId, Store, StoreError, Unknown,
    session::{Session, json},
};

/// One event in the history of an RMA. Entries are never changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// When it happened.
    pub at: Timestamp,
    /// The attempt, for events of a run.
    pub attempt: Option<i64>,
    /// The kind of event.
    pub event: AuditEvent,
    /// The facts; without secrets and personal data.
    pub detail: String,
}

/// A position in the audit of all RMAs; the default is its beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct AuditPosition(pub i64);

/// What a step of pruning removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PrunedAudit {
    /// The number of entries removed.
    pub removed: u64,
    /// Where to continue; none when no old entries are left.
    pub next: Option<AuditPosition>,
}

/// The kind of an audit entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AuditEvent {
    /// The RMA was queued.
    Queued,
    /// A worker started a run.
    Started,
    /// A write is about to be sent.
    Intended,
    /// A write was applied.
    Applied,
    /// A write was rejected.
    Refused,
    /// It is unknown whether a write was applied.
    Doubtful,
    /// A run ended with both systems in sync, or with reviews.
    Settled,
    /// A run failed.
    Failed,
    /// A run ended before it began, because its process stopped.
    Released,
    /// The last attempt failed, so the RMA needs review.
    NeedsReview,
    /// A user answered a review.
    Decided,
    /// A user resolved the reviews.
    Resolved,
    /// A user reopened what was resolved.
    Reopened,
    /// A user requested a retry with all attempts.
    Retried,
    /// A user reset a write, so that it may be repeated.
    Reset,
}

impl AuditEvent {
    /// All kinds of events.
    pub const ALL: [Self; 15] = [
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
        Self::Decided,
        Self::Resolved,
        Self::Reopened,
        Self::Retried,
        Self::Reset,
    ];

    /// The name in the database and in output.
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
            Self::Decided => "decided",
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
    /// The audit of an RMA, oldest entry first.
    pub async fn audit(&self, connection: &ConnectionId, rma: &RmaId) -> Result<Vec<AuditEntry>, StoreError> {
        of(&mut self.asking().await?, connection, rma).await
    }
}

/// An entry to append.
#[derive(Serialize)]
pub(super) struct AuditRow {
    pub(super) connection: String,
    pub(super) rma: String,
    pub(super) attempt: Option<i64>,
    pub(super) event: &'static str,
    pub(super) detail: String,
}

/// Appends entries in the caller's transaction.
pub(super) async fn append(
    session: &mut Session<'_>,
    entries: &[AuditRow],
    now: Timestamp,
) -> Result<(), StoreError> {
    const APPEND: &str = "
        INSERT INTO audit (connection, rma, at, attempt, event, detail)
        SELECT connection, rma, $2, attempt, event, detail
        FROM {input $1: connection text, rma text, attempt bigint, event text, detail text}";
    if entries.is_empty() {
        return Ok(());
    }
    session.run(APPEND, &[(&json(entries)?).into(), now.into()]).await.map(drop)
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
