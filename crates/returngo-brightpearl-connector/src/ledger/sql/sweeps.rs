use jiff::Timestamp;
use serde::Serialize;

use super::session::{Session, json};
use crate::ledger::{ConnectionId, LedgerError, SweepName, SweepTurn};

#[derive(Serialize)]
struct Named {
    name: &'static str,
}

/// Gives a connection its sweeps, due at once; those that it has stay as they are.
pub(super) async fn start(
    session: &mut Session<'_>,
    connection: &ConnectionId,
    now: Timestamp,
) -> Result<(), LedgerError> {
    const START: &str = "
        INSERT INTO sweep (connection, name, due_at) SELECT $2, name, $3 FROM {input $1: name text} WHERE true
        ON CONFLICT (connection, name) DO NOTHING";
    let names = SweepName::ALL.map(|sweep| Named { name: sweep.as_str() });
    session.run(START, &[(&json(&names)?).into(), connection.as_str().into(), now.into()]).await.map(drop)
}

/// The time when it is due again also tells whether a turn is still its holder's: see [`finish`].
pub(super) async fn take(
    session: &mut Session<'_>,
    now: Timestamp,
    again_at: Timestamp,
) -> Result<Option<SweepTurn>, LedgerError> {
    const NEXT: &str = "
        SELECT connection, name, position, due_at FROM sweep WHERE due_at <= $1
        ORDER BY due_at, connection, name LIMIT 1";
    const TAKE: &str = "UPDATE sweep SET due_at = $3 WHERE connection = $1 AND name = $2";
    let Some(row) = session.lock_one(NEXT, &[now.into()]).await? else { return Ok(None) };
    let turn = SweepTurn {
        connection: row.parsed("connection")?,
        sweep: row.parsed("name")?,
        cursor: row.text_if_any("position")?,
        due_at: row.time("due_at")?,
        taken_until: again_at,
    };
    let key = [turn.connection.as_str().into(), turn.sweep.as_str().into(), again_at.into()];
    session.run(TAKE, &key).await?;
    Ok(Some(turn))
}

/// Changes nothing if somebody else took the sweep since, or the connection is gone.
pub(super) async fn finish(
    session: &mut Session<'_>,
    turn: &SweepTurn,
    cursor: &str,
    due_at: Timestamp,
) -> Result<(), LedgerError> {
    const FINISH: &str = "
        UPDATE sweep SET position = $4, due_at = $5 WHERE connection = $1 AND name = $2 AND due_at = $3";
    let parameters = [
        turn.connection.as_str().into(),
        turn.sweep.as_str().into(),
        turn.taken_until.into(),
        cursor.into(),
        due_at.into(),
    ];
    session.run(FINISH, &parameters).await.map(drop)
}
