//! The calls to ReturnGO of a day by an API key, over all processes and connections.

use jiff::{ToSpan, civil::Date};
use returngo::client::CallsMade;

use super::session::{Row, Session};
use crate::ledger::{CallLimits, KeyDigest, LedgerError, ReservedCalls};

/// For how many days the count is kept: processes whose clocks differ may still be in the day before.
const KEPT_DAYS: i64 = 7;

pub(super) async fn reserve(
    session: &mut Session<'_>,
    key: &KeyDigest,
    day: Date,
    are_writes: bool,
    wanted: u32,
    limits: &CallLimits,
) -> Result<ReservedCalls, LedgerError> {
    const BEGIN: &str = "
        INSERT INTO returngo_calls (api_key, day, reads, writes) VALUES ($1, $2, 0, 0)
        ON CONFLICT (api_key, day) DO NOTHING";
    const OLD: &str = "DELETE FROM returngo_calls WHERE api_key = $1 AND day < $2";
    const LOCK: &str = "SELECT reads, writes FROM returngo_calls WHERE api_key = $1 AND day = $2";
    let (id, text) = (key.as_str(), day.to_string());
    if session.run(BEGIN, &[id.into(), (&text).into()]).await? > 0 {
        let old = day.saturating_sub(KEPT_DAYS.days()).to_string();
        session.run(OLD, &[id.into(), (&old).into()]).await?;
    }
    let rows = session.lock_all(LOCK, &[id.into(), (&text).into()]).await?;
    let mut spent = of(rows.first(), day)?;
    let calls = wanted.min(limits.left(&spent, are_writes));
    let counted = if are_writes { &mut spent.writes } else { &mut spent.reads };
    *counted = counted.saturating_add(calls);
    set(session, key, &spent).await?;
    Ok(ReservedCalls { calls, spent })
}

/// Gives back what was reserved and not used.
pub(super) async fn give_back(
    session: &mut Session<'_>,
    key: &KeyDigest,
    unused: &CallsMade,
) -> Result<(), LedgerError> {
    const GIVE_BACK: &str = "
        UPDATE returngo_calls SET
            reads = CASE WHEN reads < $3 THEN 0 ELSE reads - $3 END,
            writes = CASE WHEN writes < $4 THEN 0 ELSE writes - $4 END
        WHERE api_key = $1 AND day = $2";
    let day = unused.day.to_string();
    let parameters =
        [key.as_str().into(), (&day).into(), i64::from(unused.reads).into(), i64::from(unused.writes).into()];
    session.run(GIVE_BACK, &parameters).await.map(drop)
}

pub(super) async fn spent(
    session: &mut Session<'_>,
    key: &KeyDigest,
    day: Date,
) -> Result<CallsMade, LedgerError> {
    const SPENT: &str = "SELECT reads, writes FROM returngo_calls WHERE api_key = $1 AND day = $2";
    let text = day.to_string();
    of(session.first(SPENT, &[key.as_str().into(), (&text).into()]).await?.as_ref(), day)
}

async fn set(session: &mut Session<'_>, key: &KeyDigest, spent: &CallsMade) -> Result<(), LedgerError> {
    const SET: &str = "UPDATE returngo_calls SET reads = $3, writes = $4 WHERE api_key = $1 AND day = $2";
    let day = spent.day.to_string();
    let parameters =
        [key.as_str().into(), (&day).into(), i64::from(spent.reads).into(), i64::from(spent.writes).into()];
    session.run(SET, &parameters).await.map(drop)
}

fn of(row: Option<&Row>, day: Date) -> Result<CallsMade, LedgerError> {
    let Some(row) = row else { return Ok(CallsMade { day, reads: 0, writes: 0 }) };
    Ok(CallsMade { day, reads: row.small_count("reads")?, writes: row.small_count("writes")? })
}
