use jiff::Timestamp;
use returngo::RmaId;
use serde::Serialize;

use super::session::{Session, json};
use crate::ledger::{AuditEntry, AuditEvent, ConnectionId, LedgerError};

/// Something to be told about an RMA.
#[derive(Serialize)]
pub(super) struct Told {
    pub(super) connection: String,
    pub(super) rma: String,
    pub(super) attempt: Option<i64>,
    pub(super) event: &'static str,
    pub(super) detail: String,
}

/// Appends to the audit, in the transaction that does what it tells.
pub(super) async fn append(
    session: &mut Session<'_>,
    told: &[Told],
    now: Timestamp,
) -> Result<(), LedgerError> {
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
) -> Result<Vec<AuditEntry>, LedgerError> {
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
