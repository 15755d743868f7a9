//! Repairs times that were stored by a clock that was ahead.

use jiff::{SignedDuration, Timestamp};

use super::{Store, StoreError, session::Session};

impl Store {
    /// Reschedules everything that was scheduled by a clock that was ahead, if a process reported from a time in the future.
    /// Returns by how much the clock was ahead.
    pub async fn align_clock(&self, now: Timestamp) -> Result<Option<SignedDuration>, StoreError> {
        let mut session = self.writing().await?;
        let ahead = align(&mut session, now).await?;
        session.commit().await?;
        Ok(ahead)
    }
}

/// How much the clocks of different machines may differ.
const TOLERATED: SignedDuration = SignedDuration::from_mins(5);

/// Reschedules what was scheduled from a time in the future, if a clock was ahead. Returns by how much.
pub(super) async fn align(
    session: &mut Session<'_>,
    now: Timestamp,
) -> Result<Option<SignedDuration>, StoreError> {
    const LATEST: &str = "SELECT latest FROM store_clock WHERE id = 1";
    // While another process reports from that time, it is unknown which clock is wrong; doubts must not look older to that
    // process.
    const REPORTED_LATER: &str = "SELECT worker FROM process WHERE report_at > $1";
    const CONNECTIONS: &str = "SELECT id FROM connection ORDER BY id";
    const ALIGN: [&str; 7] = [
        "UPDATE job SET run_at = $1 WHERE state = 'pending' AND run_at > $1",
        "UPDATE job SET pending_since = $1 WHERE pending_since > $1",
        "UPDATE effect SET intended_at = $1 WHERE intended_at > $1",
        "UPDATE effect SET recorded_at = $1 WHERE recorded_at > $1",
        "UPDATE sweep SET run_at = $1, expedited_to = NULL WHERE run_at > $1 AND in_progress = 0",
        "UPDATE connection SET last_served_at = $1 WHERE last_served_at > $1",
        "UPDATE store_clock SET latest = $1 WHERE id = 1",
    ];
    // The longest lease of a sweep ends within an hour.
    const TAKEN_FOR_TOO_LONG: &str =
        "UPDATE sweep SET run_at = $1 WHERE run_at > $1 + 3600000000 AND in_progress <> 0";
    const SET_TURNS: &str = "
        UPDATE connection SET jobs_ready_at = CASE WHEN configuration IS NOT NULL AND blocked = 0 THEN (
            SELECT MIN(run_at) FROM job WHERE job.connection = connection.id AND run_at IS NOT NULL
        ) END WHERE jobs_ready_at > $1";
    let mut ahead = SignedDuration::ZERO;
    // Read without a lock first, because there is rarely anything to repair.
    for lock in [false, true] {
        let rows = if lock { session.lock_all(LATEST, &[]).await? } else { session.all(LATEST, &[]).await? };
        let Some(row) = rows.first() else { return Ok(None) };
        ahead = row.time("latest")?.duration_since(now);
        let tolerated = now.saturating_add(TOLERATED).unwrap_or(now);
        let is_reported = session.first(REPORTED_LATER, &[tolerated.into()]).await?.is_some();
        if ahead <= TOLERATED || is_reported {
            return Ok(None);
        }
    }
    session.lock_all(CONNECTIONS, &[]).await?;
    for statement in ALIGN {
        session.run(statement, &[now.into()]).await?;
    }
    session.run(TAKEN_FOR_TOO_LONG, &[now.into()]).await?;
    session.run(SET_TURNS, &[now.into()]).await?;
    Ok(Some(ahead))
}
