use std::str::FromStr;

use jiff::Timestamp;
use returngo::RmaId;
use serde::Serialize;

use super::{
    Cause, ConnectionId, Store, StoreError, SweepRowChanges, Unknown, connections, queue,
    session::{Session, json},
    sweep_rows,
};

/// What a sweep looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SweepName {
    /// Credits, goods and movements that changed in Brightpearl.
    Brightpearl,
    /// RMAs and transactions that changed in ReturnGO.
    Returngo,
    /// Whether both systems' webhooks are subscribed.
    Subscriptions,
}

impl SweepName {
    /// All sweeps.
    pub const ALL: [Self; 3] = [Self::Brightpearl, Self::Returngo, Self::Subscriptions];

    /// The name in the database and in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Brightpearl => "brightpearl",
            Self::Returngo => "returngo",
            Self::Subscriptions => "subscriptions",
        }
    }
}

impl FromStr for SweepName {
    type Err = Unknown;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|known| known.as_str() == text).ok_or_else(|| Unknown::new("sweep", text))
    }
}

/// A sweep whose turn it is. A connection that is stored gets one of each name, due at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SweepLease {
    /// The connection.
    pub connection: ConnectionId,
    /// What to look at.
    pub sweep: SweepName,
    /// Where the last one got to, as it said.
    pub cursor: Option<String>,
    /// When it was due.
    pub run_at: Timestamp,
    /// Until when nobody else takes it.
    pub taken_until: Timestamp,
    /// Whether it was [hastened](super::Store::hasten_sweep).
    pub expedited: bool,
}

/// How a sweep went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SweepStatus {
    /// The connection.
    pub connection: ConnectionId,
    /// What it looks at.
    pub sweep: SweepName,
    /// When it is due; while it is under way, when another process takes it over.
    pub next_at: Timestamp,
    /// Whether it is under way.
    pub is_in_progress: bool,
    /// When it last came to its end.
    pub succeeded_at: Option<Timestamp>,
    /// When it first failed since.
    pub failing_since: Option<Timestamp>,
    /// Why it failed last.
    pub error: Option<String>,
}

impl Store {
    /// Takes the next sweep that is due, of any connection, and sets when it is due again. None when no sweep
    /// is due. Of several processes one gets it.
    pub async fn take_sweep(
        &self,
        now: Timestamp,
        again_at: Timestamp,
    ) -> Result<Option<SweepLease>, StoreError> {
        let mut session = self.writing().await?;
        let turn = take(&mut session, now, again_at).await?;
        session.commit().await?;
        Ok(turn)
    }

    /// Remembers where a sweep has got to, and when it is due again.
    pub async fn finish_sweep(
        &self,
        turn: &SweepLease,
        cursor: &str,
        run_at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut session = self.writing().await?;
        finish(&mut session, turn, cursor, run_at).await?;
        session.commit().await
    }

    /// Notes how a sweep ended: with an error, or well.
    pub async fn sweep_ended(
        &self,
        turn: &SweepLease,
        error: Option<&str>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut session = self.writing().await?;
        ended(&mut session, turn, error, now).await?;
        session.commit().await
    }

    /// How the sweeps of every connection went, by connection.
    pub async fn sweeps(&self) -> Result<Vec<SweepStatus>, StoreError> {
        all(&mut self.asking().await?).await
    }

    /// The same, and changes the sweep's rows, both or neither. False, and nothing is changed, when another process took
    /// the sweep since, or the connection is gone.
    pub async fn finish_sweep_with(
        &self,
        turn: &SweepLease,
        cursor: &str,
        rows: &SweepRowChanges,
        run_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut session = self.writing().await?;
        let is_held = is_held(&mut session, turn).await?;
        if is_held {
            sweep_rows::change(&mut session, turn, rows).await?;
            finish(&mut session, turn, cursor, run_at).await?;
        }
        session.commit().await?;
        Ok(is_held)
    }

    /// Gives a turn back that came to nothing: where the sweep has got to, and its haste, stay as they were.
    pub async fn release_sweep(&self, turn: &SweepLease, run_at: Timestamp) -> Result<(), StoreError> {
        let mut session = self.writing().await?;
        release(&mut session, turn, run_at).await?;
        session.commit().await
    }

    /// Makes a sweep due at this time, if that is sooner: one that is under way once more when it is done.
    pub async fn expedite_sweep(
        &self,
        connection: &ConnectionId,
        sweep: SweepName,
        to: Timestamp,
    ) -> Result<(), StoreError> {
        let mut session = self.writing().await?;
        expedite(&mut session, Some(connection), sweep, to).await?;
        session.commit().await
    }

    /// The same of every connection's sweep of this name.
    pub async fn expedite_sweeps(&self, sweep: SweepName, to: Timestamp) -> Result<(), StoreError> {
        let mut session = self.writing().await?;
        expedite(&mut session, None, sweep, to).await?;
        session.commit().await
    }

    /// Marks RMAs as due that a sweep found, but for those that are due already, or were put to a person because
    /// every attempt failed: a sweep finds them again and again. These are due when the person has
    /// [put them aside](Self::put_aside). Gives back how many were marked.
    pub async fn enqueue_found(
        &self,
        connection: &ConnectionId,
        rmas: &[RmaId],
        cause: Cause,
        why: &str,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        let mut session = self.writing().await?;
        let enqueued = enqueue_found(&mut session, connection, rmas, cause, why, now).await?;
        session.commit().await?;
        Ok(enqueued)
    }
}

#[derive(Serialize)]
struct Named {
    name: &'static str,
}

/// Gives a connection its sweeps, due at once; those that it has stay as they are.
pub(super) async fn start(
    session: &mut Session<'_>,
    connection: &ConnectionId,
    now: Timestamp,
) -> Result<(), StoreError> {
    const START: &str = "
        INSERT INTO sweep (connection, name, run_at) SELECT $2, name, $3 FROM {input $1: name text} WHERE true
        ON CONFLICT (connection, name) DO NOTHING";
    let names = SweepName::ALL.map(|sweep| Named { name: sweep.as_str() });
    session.run(START, &[(&json(&names)?).into(), connection.as_str().into(), now.into()]).await.map(drop)
}

/// In `taken`: somebody takes the turn.
const TAKEN: i64 = 1;

/// In `taken`: somebody takes the turn, and it was hastened. It is so for whoever takes it over.
const TAKEN_EXPEDITED: i64 = 2;

/// The time when it is due again also tells whether a turn is still its holder's: see [`finish`].
pub(super) async fn take(
    session: &mut Session<'_>,
    now: Timestamp,
    again_at: Timestamp,
) -> Result<Option<SweepLease>, StoreError> {
    const NEXT: &str = "
        SELECT connection, name, position, run_at, in_progress, expedited_to FROM sweep WHERE run_at <= $1
            AND NOT EXISTS (SELECT 1 FROM connection WHERE connection.id = sweep.connection AND blocked = 1)
        ORDER BY run_at, connection, name LIMIT 1";
    const TAKE: &str = "
        UPDATE sweep SET run_at = $3, in_progress = $4, expedited_to = NULL WHERE connection = $1 AND name = $2";
    let Some(row) = session.lock_one(NEXT, &[now.into()]).await? else { return Ok(None) };
    let expedited = row.int_if_any("expedited_to")?.is_some() || row.int("in_progress")? == TAKEN_EXPEDITED;
    let turn = SweepLease {
        connection: row.parsed("connection")?,
        sweep: row.parsed("name")?,
        cursor: row.text_if_any("position")?,
        run_at: row.time("run_at")?,
        taken_until: again_at,
        expedited,
    };
    let taken = if expedited { TAKEN_EXPEDITED } else { TAKEN };
    let (connection, sweep) = (turn.connection.as_str(), turn.sweep.as_str());
    session.run(TAKE, &[connection.into(), sweep.into(), again_at.into(), taken.into()]).await?;
    Ok(Some(turn))
}

/// Whether the sweep is still its holder's and the connection is there, both until the transaction ends.
pub(super) async fn is_held(session: &mut Session<'_>, turn: &SweepLease) -> Result<bool, StoreError> {
    const HELD: &str = "SELECT name FROM sweep WHERE connection = $1 AND name = $2 AND run_at = $3";
    let parameters = [turn.connection.as_str().into(), turn.sweep.as_str().into(), turn.taken_until.into()];
    Ok(!session.lock_all(HELD, &parameters).await?.is_empty())
}

/// Changes nothing if somebody else took the sweep since, or the connection is gone.
pub(super) async fn finish(
    session: &mut Session<'_>,
    turn: &SweepLease,
    cursor: &str,
    run_at: Timestamp,
) -> Result<(), StoreError> {
    const FINISH: &str = "
        UPDATE sweep SET position = $4, in_progress = 0,
            run_at = CASE WHEN expedited_to < $5 THEN expedited_to ELSE $5 END
        WHERE connection = $1 AND name = $2 AND run_at = $3";
    let parameters = [
        turn.connection.as_str().into(),
        turn.sweep.as_str().into(),
        turn.taken_until.into(),
        cursor.into(),
        run_at.into(),
    ];
    session.run(FINISH, &parameters).await.map(drop)
}

/// Changes nothing if somebody else took the sweep since, or the connection is gone.
pub(super) async fn release(
    session: &mut Session<'_>,
    turn: &SweepLease,
    run_at: Timestamp,
) -> Result<(), StoreError> {
    const RELEASE: &str = "
        UPDATE sweep SET in_progress = 0,
            run_at = CASE WHEN expedited_to < $4 THEN expedited_to ELSE $4 END,
            expedited_to = CASE WHEN in_progress = $5 THEN COALESCE(expedited_to, $4) ELSE expedited_to END
        WHERE connection = $1 AND name = $2 AND run_at = $3";
    let parameters = [
        turn.connection.as_str().into(),
        turn.sweep.as_str().into(),
        turn.taken_until.into(),
        run_at.into(),
        TAKEN_EXPEDITED.into(),
    ];
    session.run(RELEASE, &parameters).await.map(drop)
}

/// Changes nothing if the connection is gone.
pub(super) async fn ended(
    session: &mut Session<'_>,
    turn: &SweepLease,
    error: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError> {
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

pub(super) async fn all(session: &mut Session<'_>) -> Result<Vec<SweepStatus>, StoreError> {
    const ALL: &str = "
        SELECT connection, name, run_at, in_progress, succeeded_at, failing_since, error FROM sweep
        ORDER BY connection, name";
    let rows = session.all(ALL, &[]).await?;
    rows.iter()
        .map(|row| {
            Ok(SweepStatus {
                connection: row.parsed("connection")?,
                sweep: row.parsed("name")?,
                next_at: row.time("run_at")?,
                is_in_progress: row.int("in_progress")? != 0,
                succeeded_at: row.time_if_any("succeeded_at")?,
                failing_since: row.time_if_any("failing_since")?,
                error: row.text_if_any("error")?,
            })
        })
        .collect()
}

/// The time of one that is taken is its holder's: it is set when that one is done.
pub(super) async fn expedite(
    session: &mut Session<'_>,
    connection: Option<&ConnectionId>,
    sweep: SweepName,
    to: Timestamp,
) -> Result<(), StoreError> {
    const HASTEN: &str = "
        UPDATE sweep SET
            expedited_to = CASE WHEN expedited_to < $3 THEN expedited_to ELSE $3 END,
            run_at = CASE WHEN in_progress = 0 AND run_at > $3 THEN $3 ELSE run_at END
        WHERE ($1 = '' OR connection = $1) AND name = $2";
    // No connection has an empty name.
    let connection = connection.map_or("", ConnectionId::as_str);
    session.run(HASTEN, &[connection.into(), sweep.as_str().into(), to.into()]).await.map(drop)
}

#[derive(Serialize)]
struct Found {
    rma: String,
}

pub(super) async fn enqueue_found(
    session: &mut Session<'_>,
    connection: &ConnectionId,
    rmas: &[RmaId],
    cause: Cause,
    why: &str,
    now: Timestamp,
) -> Result<usize, StoreError> {
    const NOBODY_LOOKS_AT: &str = "
        SELECT input.rma AS rma FROM {input $1: rma text}
        LEFT JOIN job ON job.connection = $2 AND job.rma = input.rma
        WHERE job.rma IS NULL OR NOT (state = 'pending' OR (state = 'needs-review' AND failures > 0))";
    // Sweeps do not come back to a change: it is looked at once the person has decided.
    const REMEMBER_UNTIL_DECIDED: &str = "
        UPDATE job SET enqueued_at = COALESCE(enqueued_at, $3)
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
    queue::enqueue(session, connection, &found, cause, why, now).await
}
