//! The connections that have jobs ready, and the locks under which their jobs are changed.

use jiff::Timestamp;

use super::{
    ConnectionId, Lease, StoreError,
    session::{Session, json_column},
};

/// The connections of these leases, each once.
pub(super) fn of_leases<'a>(leases: impl Iterator<Item = &'a Lease>) -> Vec<&'a ConnectionId> {
    let mut connections: Vec<_> = leases.map(|lease| &lease.connection).collect();
    connections.sort_unstable();
    connections.dedup();
    connections
}

/// Locks a stored connection. Every change of its jobs holds this lock.
pub(super) async fn lock(session: &mut Session<'_>, id: &ConnectionId) -> Result<(), StoreError> {
    const LOCK: &str = "SELECT id FROM connection WHERE id = $1 AND configuration IS NOT NULL";
    match session.lock_all(LOCK, &[id.as_str().into()]).await?.is_empty() {
        true => Err(StoreError::NoConnection { connection: id.clone() }),
        false => Ok(()),
    }
}

/// Locks connections, always in the same order, so that no two processes wait for each other.
pub(super) async fn lock_all(
    session: &mut Session<'_>,
    connections: &[&ConnectionId],
) -> Result<(), StoreError> {
    const LOCK: &str = "
        SELECT id FROM connection WHERE id IN (SELECT input.id FROM {input $1: id text}) ORDER BY id";
    session.lock_all(LOCK, &[(&json_column("id", connections)?).into()]).await.map(drop)
}

/// Records that jobs of connections were taken or finished: other connections are processed before them.
pub(super) async fn mark_served(
    session: &mut Session<'_>,
    connections: &[&ConnectionId],
    now: Timestamp,
) -> Result<(), StoreError> {
    const SERVED: &str =
        "UPDATE connection SET last_served_at = $2 WHERE id IN (SELECT input.id FROM {input $1: id text})";
    session.run(SERVED, &[(&json_column("id", connections)?).into(), now.into()]).await.map(drop)
}

/// Sets the times from when the jobs of connections are ready. Has to follow every change of their jobs, in the same
/// transaction.
pub(super) async fn schedule(
    session: &mut Session<'_>,
    connections: &[&ConnectionId],
) -> Result<(), StoreError> {
    const SET: &str = "
        UPDATE connection SET
            jobs_ready_at = CASE WHEN configuration IS NOT NULL AND blocked = 0 THEN (
                SELECT CASE WHEN MIN(run_at) < connection.last_served_at THEN connection.last_served_at ELSE MIN(run_at) END
                FROM job WHERE job.connection = connection.id AND run_at IS NOT NULL
            ) END
        WHERE id IN (SELECT input.id FROM {input $1: id text})";
    session.run(SET, &[(&json_column("id", connections)?).into()]).await.map(drop)
}
