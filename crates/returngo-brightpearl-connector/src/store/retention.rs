//! Removes old rows.

use jiff::Timestamp;
use serde::Serialize;

use super::{
    AuditPosition, PrunedAudit, Store, StoreError,
    session::{Session, json},
};

impl Store {
    /// Removes up to `limit` processed webhooks that were last received before this time; returns their number.
    pub async fn prune_inbox(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let mut session = self.writing().await?;
        let removed = prune_inbox(&mut session, before, limit).await?;
        session.commit().await?;
        Ok(removed)
    }

    /// Removes, of the next `limit` entries of the audit, those from before this time, except for RMAs that are out of sync.
    pub async fn prune_audit(
        &self,
        from: AuditPosition,
        before: Timestamp,
        limit: u32,
    ) -> Result<PrunedAudit, StoreError> {
        let mut session = self.writing().await?;
        let pruned = prune_audit(&mut session, from, before, limit).await?;
        session.commit().await?;
        Ok(pruned)
    }
}

#[derive(Serialize)]
struct Numbered {
    id: i64,
}

pub(super) async fn prune_inbox(
    session: &mut Session<'_>,
    before: Timestamp,
    limit: u32,
) -> Result<u64, StoreError> {
    // In the order in which `receive` and `finish_deliveries` lock them.
    const LOCK: &str = "
        SELECT id FROM inbox WHERE id IN (
            SELECT id FROM inbox WHERE waiting_since IS NULL AND again_at IS NULL AND received_at < $1 ORDER BY received_at LIMIT $2
        ) ORDER BY digest";
    // A webhook that was received again before it was locked stays.
    const REMOVE: &str = "
        DELETE FROM inbox WHERE id IN (SELECT input.id FROM {input $1: id bigint})
            AND waiting_since IS NULL AND again_at IS NULL AND received_at < $2";
    let rows = session.lock_all(LOCK, &[before.into(), i64::from(limit).into()]).await?;
    let rows =
        rows.iter().map(|row| Ok(Numbered { id: row.int("id")? })).collect::<Result<Vec<_>, StoreError>>()?;
    session.run(REMOVE, &[(&json(&rows)?).into(), before.into()]).await
}

/// Entries are in the order of time, so the first step without old entries is the last one.
pub(super) async fn prune_audit(
    session: &mut Session<'_>,
    from: AuditPosition,
    before: Timestamp,
    limit: u32,
) -> Result<PrunedAudit, StoreError> {
    const LOOK: &str = "
        SELECT MAX(id) AS last, COUNT(*) FILTER (WHERE at < $2) AS old
        FROM (SELECT id, at FROM audit WHERE id > $1 ORDER BY id LIMIT $3) AS step";
    // Entries of an RMA that is out of sync stay until it is in sync, unless its connection was removed.
    const REMOVE: &str = "
        DELETE FROM audit WHERE id > $1 AND id <= $2 AND at < $3 AND NOT EXISTS (
            SELECT 1 FROM job JOIN connection ON connection.id = job.connection
            WHERE job.connection = audit.connection AND job.rma = audit.rma
                AND state NOT IN ('in-sync', 'of-another-shop') AND configuration IS NOT NULL
        )";
    let looked = session.first(LOOK, &[from.0.into(), before.into(), i64::from(limit).into()]).await?;
    let Some(looked) = looked else { return Ok(PrunedAudit::default()) };
    match (looked.int_if_any("last")?, looked.count("old")?) {
        (None, _) | (_, 0) => Ok(PrunedAudit::default()),
        (Some(last), _) => {
            let removed = session.run(REMOVE, &[from.0.into(), last.into(), before.into()]).await?;
            Ok(PrunedAudit { removed, next: Some(AuditPosition(last)) })
        }
    }
}
