//! What could not be read of a connection.

use jiff::Timestamp;
use serde::Serialize;

use super::session::{Session, json};
use crate::ledger::{ConnectionId, Dismissal, LedgerError, StoredUnreadable, Unreadable, UnreadableKind};

#[derive(Serialize)]
struct Row<'a> {
    kind: &'static str,
    object: &'a str,
    reason: &'a str,
}

#[derive(Serialize)]
struct Object<'a> {
    object: &'a str,
}

/// One of the same reason that was dismissed stays so.
pub(super) async fn report(
    session: &mut Session<'_>,
    connection: &ConnectionId,
    unreadable: &[Unreadable],
    now: Timestamp,
) -> Result<(), LedgerError> {
    const REPORT: &str = "
        INSERT INTO unreadable (connection, kind, object, reason, times, first_seen_at, last_seen_at)
        SELECT $2, kind, object, reason, 1, $3, $3 FROM {input $1: kind text, object text, reason text} WHERE true
        ON CONFLICT (connection, kind, object, reason)
        DO UPDATE SET times = unreadable.times + 1, last_seen_at = excluded.last_seen_at";
    // One statement may not change a row twice.
    let mut rows: Vec<_> = unreadable.iter().collect();
    rows.sort_unstable();
    rows.dedup();
    let rows: Vec<_> = rows
        .into_iter()
        .map(|Unreadable { kind, object, reason }| Row { kind: kind.as_str(), object, reason })
        .collect();
    session.run(REPORT, &[(&json(&rows)?).into(), connection.as_str().into(), now.into()]).await.map(drop)
}

pub(super) async fn open(
    session: &mut Session<'_>,
    connection: Option<&ConnectionId>,
) -> Result<Vec<StoredUnreadable>, LedgerError> {
    const OPEN: &str = "
        SELECT connection, kind, object, reason, times, first_seen_at, last_seen_at
        FROM unreadable JOIN connection ON connection.id = unreadable.connection
        WHERE dismissed_at IS NULL AND configuration IS NOT NULL AND ($1 = '' OR connection = $1)
        ORDER BY first_seen_at, connection, kind, object, reason";
    // No connection has an empty name.
    let connection = connection.map_or("", ConnectionId::as_str);
    let rows = session.all(OPEN, &[connection.into()]).await?;
    rows.iter()
        .map(|row| {
            Ok(StoredUnreadable {
                connection: row.parsed("connection")?,
                unreadable: Unreadable {
                    kind: row.parsed("kind")?,
                    object: row.text("object")?,
                    reason: row.text("reason")?,
                },
                times: row.count("times")?,
                first_seen_at: row.time("first_seen_at")?,
                last_seen_at: row.time("last_seen_at")?,
            })
        })
        .collect()
}

pub(super) async fn read(
    session: &mut Session<'_>,
    connection: &ConnectionId,
    kind: UnreadableKind,
    objects: &[String],
) -> Result<(), LedgerError> {
    const READ: &str = "
        DELETE FROM unreadable WHERE connection = $2 AND kind = $3
            AND object IN (SELECT input.object FROM {input $1: object text})";
    let rows = objects_of(objects)?;
    session.run(READ, &[(&rows).into(), connection.as_str().into(), kind.as_str().into()]).await.map(drop)
}

pub(super) async fn dismiss(
    session: &mut Session<'_>,
    dismissal: &Dismissal,
    now: Timestamp,
) -> Result<u64, LedgerError> {
    const DISMISS: &str = "
        UPDATE unreadable SET dismissed_at = $3, dismissed_by = $4, note = NULLIF($5, '')
        WHERE connection = $2 AND dismissed_at IS NULL
            AND ($6 = 0 OR object IN (SELECT input.object FROM {input $1: object text}))";
    let Dismissal { connection, objects, by, note } = dismissal;
    let rows = objects_of(objects)?;
    let some = i64::from(!objects.is_empty());
    let note = note.as_deref().unwrap_or_default();
    let parameters =
        [(&rows).into(), connection.as_str().into(), now.into(), by.into(), note.into(), some.into()];
    session.run(DISMISS, &parameters).await
}

fn objects_of(objects: &[String]) -> Result<String, LedgerError> {
    let rows: Vec<_> = objects.iter().map(|object| Object { object }).collect();
    json(&rows)
}
