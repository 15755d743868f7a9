//! The day's calls to ReturnGO by an API key, of all processes and connections.

use jiff::{ToSpan, civil::Date};
use returngo::client::CallsMade;

use super::{
    Store, StoreError,
    session::{Row, Session},
};

/// An API key of ReturnGO, as a keyed digest from which the key cannot be derived.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct KeyDigest(String);

impl KeyDigest {
    /// This digest.
    pub fn new(digest: impl Into<String>) -> Self {
        Self(digest.into())
    }

    /// The stored text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The limits for the calls of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallLimits {
    /// The calls of the day; none is unlimited.
    pub per_day: Option<u32>,
    /// Calls reserved for writes; writes that were made count.
    pub for_writes: u32,
    /// Calls reserved for other processes, including their writes.
    pub for_others: u32,
}

impl CallLimits {
    /// The calls of this kind that are left of the day.
    pub fn left(&self, spent: &CallsMade, are_writes: bool) -> u32 {
        let Some(per_day) = self.per_day else { return u32::MAX };
        let for_writes = if are_writes { 0 } else { self.for_writes.saturating_sub(spent.writes) };
        let kept = for_writes.max(self.for_others);
        [spent.reads, spent.writes, kept].into_iter().fold(per_day, u32::saturating_sub)
    }
}

/// Calls to ReturnGO that a process may make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReservedCalls {
    /// The number of calls.
    pub calls: u32,
    /// All calls of the day that were made or reserved, including these.
    pub spent: CallsMade,
}

impl Store {
    /// Reserves calls to ReturnGO with an API key for a day in UTC: as many as wanted, or as are left. Processes and
    /// connections that share the key never get the same calls.
    pub async fn reserve_returngo_calls(
        &self,
        key: &KeyDigest,
        day: Date,
        are_writes: bool,
        wanted: u32,
        limits: &CallLimits,
    ) -> Result<ReservedCalls, StoreError> {
        let mut session = self.writing().await?;
        let reserved = reserve(&mut session, key, day, are_writes, wanted, limits).await?;
        session.commit().await?;
        Ok(reserved)
    }

    /// Returns calls that were reserved and not made.
    pub async fn give_back_returngo_calls(
        &self,
        key: &KeyDigest,
        unused: &CallsMade,
    ) -> Result<(), StoreError> {
        let mut session = self.writing().await?;
        give_back(&mut session, key, unused).await?;
        session.commit().await
    }

    /// The calls of a day in UTC that were made or reserved, by all processes.
    pub async fn returngo_calls(&self, key: &KeyDigest, day: Date) -> Result<CallsMade, StoreError> {
        spent(&mut self.asking().await?, key, day).await
    }
}

/// The number of days for which calls are kept: processes whose clocks differ may still be in the day before.
const KEPT_DAYS: i64 = 7;

pub(super) async fn reserve(
    session: &mut Session<'_>,
    key: &KeyDigest,
    day: Date,
    are_writes: bool,
    wanted: u32,
    limits: &CallLimits,
) -> Result<ReservedCalls, StoreError> {
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

/// Returns reserved calls that were not made.
pub(super) async fn give_back(
    session: &mut Session<'_>,
    key: &KeyDigest,
    unused: &CallsMade,
) -> Result<(), StoreError> {
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
) -> Result<CallsMade, StoreError> {
    const SPENT: &str = "SELECT reads, writes FROM returngo_calls WHERE api_key = $1 AND day = $2";
    let text = day.to_string();
    of(session.first(SPENT, &[key.as_str().into(), (&text).into()]).await?.as_ref(), day)
}

async fn set(session: &mut Session<'_>, key: &KeyDigest, spent: &CallsMade) -> Result<(), StoreError> {
    const SET: &str = "UPDATE returngo_calls SET reads = $3, writes = $4 WHERE api_key = $1 AND day = $2";
    let day = spent.day.to_string();
    let parameters =
        [key.as_str().into(), (&day).into(), i64::from(spent.reads).into(), i64::from(spent.writes).into()];
    session.run(SET, &parameters).await.map(drop)
}

fn of(row: Option<&Row>, day: Date) -> Result<CallsMade, StoreError> {
    let Some(row) = row else { return Ok(CallsMade { day, reads: 0, writes: 0 }) };
    Ok(CallsMade { day, reads: row.small_count("reads")?, writes: row.small_count("writes")? })
}
