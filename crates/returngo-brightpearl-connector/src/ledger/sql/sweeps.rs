use jiff::Timestamp;
use returngo::RmaId;
use serde::Serialize;

use super::{
    connections,
    session::{Session, json},
    work,
};
use crate::ledger::{Cause, ConnectionId, LedgerError, SweepName, SweepStatus, SweepTurn};

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

/// In `taken`: somebody takes the turn.
const TAKEN: i64 = 1;

/// In `taken`: somebody takes the turn, and it was hastened. It is so for whoever takes it over.
const TAKEN_IN_HASTE: i64 = 2;

/// The time when it is due again also tells whether a turn is still its holder's: see [`finish`].
pub(super) async fn take(
    session: &mut Session<'_>,
    now: Timestamp,
    again_at: Timestamp,
) -> Result<Option<SweepTurn>, LedgerError> {
    const NEXT: &str = "
        SELECT connection, name, position, due_at, taken, hastened_to FROM sweep WHERE due_at <= $1
            AND NOT EXISTS (SELECT 1 FROM connection WHERE connection.id = sweep.connection AND blocked = 1)
        ORDER BY due_at, connection, name LIMIT 1";
    const TAKE: &str = "
        UPDATE sweep SET due_at = $3, taken = $4, hastened_to = NULL WHERE connection = $1 AND name = $2";
    let Some(row) = session.lock_one(NEXT, &[now.into()]).await? else { return Ok(None) };
    let hastened = row.int_if_any("hastened_to")?.is_some() || row.int("taken")? == TAKEN_IN_HASTE;
    let turn = SweepTurn {
        connection: row.parsed("connection")?,
        sweep: row.parsed("name")?,
        cursor: row.text_if_any("position")?,
        due_at: row.time("due_at")?,
        taken_until: again_at,
        hastened,
    };
    let taken = if hastened { TAKEN_IN_HASTE } else { TAKEN };
    let (connection, sweep) = (turn.connection.as_str(), turn.sweep.as_str());
    session.run(TAKE, &[connection.into(), sweep.into(), again_at.into(), taken.into()]).await?;
    Ok(Some(turn))
}

/// Whether the sweep is still its holder's and the connection is there, both until the transaction ends.
pub(super) async fn is_held(session: &mut Session<'_>, turn: &SweepTurn) -> Result<bool, LedgerError> {
    const HELD: &str = "SELECT name FROM sweep WHERE connection = $1 AND name = $2 AND due_at = $3";
    let parameters = [turn.connection.as_str().into(), turn.sweep.as_str().into(), turn.taken_until.into()];
    Ok(!session.lock_all(HELD, &parameters).await?.is_empty())
}

/// Changes nothing if somebody else took the sweep since, or the connection is gone.
pub(super) async fn finish(
    session: &mut Session<'_>,
    turn: &SweepTurn,
    cursor: &str,
    due_at: Timestamp,
) -> Result<(), LedgerError> {
    const FINISH: &str = "
        UPDATE sweep SET position = $4, taken = 0,
            due_at = CASE WHEN hastened_to < $5 THEN hastened_to ELSE $5 END
        WHERE connection = $1 AND name = $2 AND due_at = $3";
    let parameters = [
        turn.connection.as_str().into(),
        turn.sweep.as_str().into(),
        turn.taken_until.into(),
        cursor.into(),
        due_at.into(),
    ];
    session.run(FINISH, &parameters).await.map(drop)
}

/// Changes nothing if somebody else took the sweep since, or the connection is gone.
pub(super) async fn release(
    session: &mut Session<'_>,
    turn: &SweepTurn,
    due_at: Timestamp,
) -> Result<(), LedgerError> {
    const RELEASE: &str = "
        UPDATE sweep SET taken = 0,
            due_at = CASE WHEN hastened_to < $4 THEN hastened_to ELSE $4 END,
            hastened_to = CASE WHEN taken = $5 THEN COALESCE(hastened_to, $4) ELSE hastened_to END
        WHERE connection = $1 AND name = $2 AND due_at = $3";
    let parameters = [
        turn.connection.as_str().into(),
        turn.sweep.as_str().into(),
        turn.taken_until.into(),
        due_at.into(),
        TAKEN_IN_HASTE.into(),
    ];
    session.run(RELEASE, &parameters).await.map(drop)
}

/// Changes nothing if the connection is gone.
pub(super) async fn ended(
    session: &mut Session<'_>,
    turn: &SweepTurn,
    error: Option<&str>,
    now: Timestamp,
) -> Result<(), LedgerError> {
    const SUCCEEDED: &str = "
        UPDATE sweep SET succeeded_at = $3, failing_since = NULL, error = NULL WHERE connection = $1 AND name = $2";
    const FAILED: &str = "
        UPDATE sweep SET failing_since = COALESCE(failing_since, $3), error = $4
        WHERE connection = $1 AND name = $2";
    let (connection, sweep) = (turn.connection.as_str().into(), turn.sweep.as_str().into());
    match error {
        None => session.run(SUCCEEDED, &[connection, sweep, now.into()]).await,
        Some(error) => session.run(FAILED, &[connection, sweep, now.into(), error.into()]).await,
    }
    .map(drop)
}

pub(super) async fn all(session: &mut Session<'_>) -> Result<Vec<SweepStatus>, LedgerError> {
    const ALL: &str = "
        SELECT connection, name, due_at, taken, succeeded_at, failing_since, error FROM sweep
        ORDER BY connection, name";
    let rows = session.all(ALL, &[]).await?;
    rows.iter()
        .map(|row| {
            Ok(SweepStatus {
                connection: row.parsed("connection")?,
                sweep: row.parsed("name")?,
                next_at: row.time("due_at")?,
                is_under_way: row.int("taken")? != 0,
                succeeded_at: row.time_if_any("succeeded_at")?,
                failing_since: row.time_if_any("failing_since")?,
                error: row.text_if_any("error")?,
            })
        })
        .collect()
}

/// The time of one that is taken is its holder's: it is set when that one is done.
pub(super) async fn hasten(
    session: &mut Session<'_>,
    connection: Option<&ConnectionId>,
    sweep: SweepName,
    to: Timestamp,
) -> Result<(), LedgerError> {
    const HASTEN: &str = "
        UPDATE sweep SET
            hastened_to = CASE WHEN hastened_to < $3 THEN hastened_to ELSE $3 END,
            due_at = CASE WHEN taken = 0 AND due_at > $3 THEN $3 ELSE due_at END
        WHERE ($1 = '' OR connection = $1) AND name = $2";
    // No connection has an empty name.
    let connection = connection.map_or("", ConnectionId::as_str);
    session.run(HASTEN, &[connection.into(), sweep.as_str().into(), to.into()]).await.map(drop)
}

#[derive(Serialize)]
struct Found {
    rma: String,
}

pub(super) async fn mark_found(
    session: &mut Session<'_>,
    connection: &ConnectionId,
    rmas: &[RmaId],
    cause: Cause,
    why: &str,
    now: Timestamp,
) -> Result<usize, LedgerError> {
    const NOBODY_LOOKS_AT: &str = "
        SELECT input.rma AS rma FROM {input $1: rma text}
        LEFT JOIN work ON work.connection = $2 AND work.rma = input.rma
        WHERE work.rma IS NULL OR NOT (state = 'due' OR (state = 'needs-review' AND failures > 0))";
    // Sweeps do not come back to a change: it is looked at once the person has decided.
    const REMEMBER_UNTIL_DECIDED: &str = "
        UPDATE work SET marked_at = COALESCE(marked_at, $3)
        WHERE connection = $2 AND state = 'needs-review' AND failures > 0
            AND rma IN (SELECT input.rma FROM {input $1: rma text})";
    if rmas.is_empty() {
        return Ok(0);
    }
    connections::lock(session, connection).await?;
    let rows: Vec<_> = rmas.iter().map(|rma| Found { rma: rma.to_string() }).collect();
    let rows = json(&rows)?;
    session.run(REMEMBER_UNTIL_DECIDED, &[(&rows).into(), connection.as_str().into(), now.into()]).await?;
    let found = session.all(NOBODY_LOOKS_AT, &[(&rows).into(), connection.as_str().into()]).await?;
    let found = found.iter().map(|row| row.parsed("rma")).collect::<Result<Vec<RmaId>, _>>()?;
    work::mark_due(session, connection, &found, cause, why, now).await
}
