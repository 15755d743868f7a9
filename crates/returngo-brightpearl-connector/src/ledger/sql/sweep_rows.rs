use serde::Serialize;

use super::session::{Session, json};
use crate::ledger::{
    ConnectionId, LedgerError, SweepName, SweepRowChanges, SweepRowKey, SweepRows, SweepTurn,
};

pub(super) async fn all(
    session: &mut Session<'_>,
    connection: &ConnectionId,
    sweep: SweepName,
) -> Result<SweepRows, LedgerError> {
    const ALL: &str = "SELECT part, key, what FROM sweep_row WHERE connection = $1 AND sweep = $2";
    let rows = session.all(ALL, &[connection.as_str().into(), sweep.as_str().into()]).await?;
    rows.iter()
        .map(|row| Ok((SweepRowKey { part: row.parsed("part")?, key: row.text("key")? }, row.text("what")?)))
        .collect()
}

#[derive(Serialize)]
struct Stored<'a> {
    part: &'static str,
    key: &'a str,
    what: Option<&'a str>,
}

/// For the holder of the turn alone.
pub(super) async fn change(
    session: &mut Session<'_>,
    turn: &SweepTurn,
    changes: &SweepRowChanges,
) -> Result<(), LedgerError> {
    const REMOVE: &str = "
        DELETE FROM sweep_row WHERE connection = $2 AND sweep = $3
            AND EXISTS (SELECT 1 FROM {input $1: part text, key text}
                WHERE input.part = sweep_row.part AND input.key = sweep_row.key)";
    const PUT: &str = "
        INSERT INTO sweep_row (connection, sweep, part, key, what)
        SELECT $2, $3, part, key, what FROM {input $1: part text, key text, what text} WHERE true
        ON CONFLICT (connection, sweep, part, key) DO UPDATE SET what = excluded.what";
    let (put, remove): (Vec<_>, Vec<_>) = changes
        .0
        .iter()
        .map(|(key, what)| Stored { part: key.part.as_str(), key: &key.key, what: what.as_deref() })
        .partition(|row| row.what.is_some());
    for (statement, rows) in [(REMOVE, remove), (PUT, put)] {
        if !rows.is_empty() {
            let (connection, sweep) = (turn.connection.as_str(), turn.sweep.as_str());
            session.run(statement, &[(&json(&rows)?).into(), connection.into(), sweep.into()]).await?;
        }
    }
    Ok(())
}
