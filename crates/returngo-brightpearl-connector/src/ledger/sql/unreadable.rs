//! What could not be read of a connection.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::session::{Session, json};
use crate::ledger::{ConnectionId, Dismissal, LedgerError, StoredUnreadable, Unreadable, UnreadableKind};

#[derive(Serialize)]
struct Row<'a> {
    kind: &'static str,
    known_by: &'a str,
    reason: &'a str,
    object: &'a str,
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
        INSERT INTO unreadable (connection, kind, known_by, reason, object, times, first_seen_at, last_seen_at)
        SELECT $2, kind, known_by, reason, object, 1, $3, $3
        FROM {input $1: kind text, known_by text, reason text, object text} WHERE true
        ON CONFLICT (connection, kind, known_by, reason)
        DO UPDATE SET object = excluded.object, times = unreadable.times + 1, last_seen_at = excluded.last_seen_at";
    // One statement may not change a row twice, and two lists may show one row in two places.
    let rows: BTreeMap<_, _> = unreadable
        .iter()
        .map(|Unreadable { kind, object, known_by, reason }| {
            let known_by = known_by.as_ref().unwrap_or(object);
            ((kind, known_by, reason), Row { kind: kind.as_str(), known_by, reason, object })
        })
        .collect();
    let rows: Vec<_> = rows.into_values().collect();
    session.run(REPORT, &[(&json(&rows)?).into(), connection.as_str().into(), now.into()]).await.map(drop)
}

pub(super) async fn open(
    session: &mut Session<'_>,
    connection: Option<&ConnectionId>,
) -> Result<Vec<StoredUnreadable>, LedgerError> {
    const OPEN: &str = "
        SELECT connection, kind, known_by, object, reason, times, first_seen_at, last_seen_at
        FROM unreadable JOIN connection ON connection.id = unreadable.connection
        WHERE dismissed_at IS NULL AND configuration IS NOT NULL AND ($1 = '' OR connection = $1)
        ORDER BY first_seen_at, connection, kind, object, known_by, reason";
    // No connection has an empty name.
    let connection = connection.map_or("", ConnectionId::as_str);
    let rows = session.all(OPEN, &[connection.into()]).await?;
    rows.iter()
        .map(|row| {
            let (object, known_by) = (row.text("object")?, row.text("known_by")?);
            Ok(StoredUnreadable {
                connection: row.parsed("connection")?,
                unreadable: Unreadable {
                    kind: row.parsed("kind")?,
                    known_by: (known_by != object).then_some(known_by),
                    object,
                    reason: row.text("reason")?,
                },
                times: row.count("times")?,
                first_seen_at: row.time("first_seen_at")?,
                last_seen_at: row.time("last_seen_at")?,
            })
        })
        .collect()
}

/// Whether anything is noted of these objects.
pub(super) async fn knows(
    session: &mut Session<'_>,
    connection: &ConnectionId,
    objects: &[(UnreadableKind, String)],
) -> Result<bool, LedgerError> {
    const KNOWS: &str = "
        SELECT unreadable.object FROM unreadable JOIN {input $1: kind text, object text}
            ON input.kind = unreadable.kind AND input.object = unreadable.known_by
        WHERE connection = $2 LIMIT 1";
    let rows = read_of(objects)?;
    Ok(session.first(KNOWS, &[(&rows).into(), connection.as_str().into()]).await?.is_some())
}

pub(super) async fn read(
    session: &mut Session<'_>,
    connection: &ConnectionId,
    objects: &[(UnreadableKind, String)],
) -> Result<(), LedgerError> {
    const READ: &str = "
        DELETE FROM unreadable WHERE connection = $2 AND EXISTS (
            SELECT 1 FROM {input $1: kind text, object text}
            WHERE input.kind = unreadable.kind AND input.object = unreadable.known_by
        )";
    let rows = read_of(objects)?;
    session.run(READ, &[(&rows).into(), connection.as_str().into()]).await.map(drop)
}

/// Whether anything is noted of other objects of this kind than these.
pub(super) async fn knows_others(
    session: &mut Session<'_>,
    connection: &ConnectionId,
    kind: UnreadableKind,
    objects: &[String],
) -> Result<bool, LedgerError> {
    const KNOWS: &str = "
        SELECT object FROM unreadable
        WHERE connection = $2 AND kind = $3 AND known_by NOT IN (SELECT input.object FROM {input $1: object text})
        LIMIT 1";
    let rows = objects_of(objects)?;
    let parameters = [(&rows).into(), connection.as_str().into(), kind.as_str().into()];
    Ok(session.first(KNOWS, &parameters).await?.is_some())
}

pub(super) async fn read_others(
    session: &mut Session<'_>,
    connection: &ConnectionId,
    kind: UnreadableKind,
    objects: &[String],
) -> Result<(), LedgerError> {
    const READ: &str = "
        DELETE FROM unreadable
        WHERE connection = $2 AND kind = $3 AND known_by NOT IN (SELECT input.object FROM {input $1: object text})";
    let rows = objects_of(objects)?;
    session.run(READ, &[(&rows).into(), connection.as_str().into(), kind.as_str().into()]).await.map(drop)
}

#[derive(Serialize)]
struct Read<'a> {
    kind: &'static str,
    object: &'a str,
}

fn read_of(objects: &[(UnreadableKind, String)]) -> Result<String, LedgerError> {
    let rows: Vec<_> = objects.iter().map(|(kind, object)| Read { kind: kind.as_str(), object }).collect();
    json(&rows)
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
