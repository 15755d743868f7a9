use std::str::FromStr;

use jiff::Timestamp;
use returngo::RmaId;

use super::{
    Cause, ConnectionId, Store, StoreError, Unknown, connection_queue, queue,
    session::{Session, json_column},
};

/// The kinds of sweeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SweepName {
    /// Credits, goods-in notes and goods movements that changed in Brightpearl.
    Brightpearl,
    /// RMAs and transactions that changed in ReturnGO.
    Returngo,
    /// The webhook subscriptions in both systems.
    Subscriptions,
}

impl SweepName {
    /// All kinds.
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

/// The lease of a sweep. A stored connection has one sweep of each kind, scheduled at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SweepLease {
    /// The connection.
    pub connection: ConnectionId,
    /// The kind of sweep.
    pub sweep: SweepName,
    /// The position where the last one ended.
    pub cursor: Option<String>,
    /// When it was scheduled.
    pub run_at: Timestamp,
    /// When other processes may take it.
    pub taken_until: Timestamp,
    /// Whether it was [expedited](super::Store::expedite_sweep).
    pub expedited: bool,
}

/// The status of a sweep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SweepStatus {
    /// The connection.
    pub connection: ConnectionId,
    /// The kind of sweep.
    pub sweep: SweepName,
    /// When it is scheduled; while it is in progress, when other processes may take it.
    pub next_at: Timestamp,
    /// Whether it is in progress.
    pub is_in_progress: bool,
    /// When it last succeeded.
    pub succeeded_at: Option<Timestamp>,
    /// Since when it has failed.
    pub failing_since: Option<Timestamp>,
    /// The last error.
    pub error: Option<String>,
}

impl Store {
    /// Leases the next scheduled sweep of any connection, until `again_at`. Returns none when no sweep is scheduled before `now`. Of several
    /// processes one gets it.
    pub async fn take_sweep(
        &self,
        now: Timestamp,
        again_at: Timestamp,
    ) -> Result<Option<SweepLease>, StoreError> {
        let mut session = self.writing().await?;
        let lease = take(&mut session, now, again_at).await?;
        session.commit().await?;
        Ok(lease)
    }

    /// Stores the position of a sweep, and schedules the next one.
    pub async fn finish_sweep(
        &self,
        lease: &SweepLease,
        cursor: &str,
        run_at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut session = self.writing().await?;
        finish(&mut session, lease, cursor, run_at).await?;
        session.commit().await
    }

    /// Records the result of a sweep.
    pub async fn sweep_ended(
        &self,
        lease: &SweepLease,
        error: Option<&str>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut session = self.writing().await?;
        ended(&mut session, lease, error, now).await?;
        session.commit().await
    }

    /// The status of all sweeps, by connection.
    pub async fn sweeps(&self) -> Result<Vec<SweepStatus>, StoreError> {
        all(&mut self.asking().await?).await
    }

    /// Releases the lease of a sweep that failed: its position, and whether it is expedited, stay.
    pub async fn release_sweep(&self, lease: &SweepLease, run_at: Timestamp) -> Result<(), StoreError> {
        let mut session = self.writing().await?;
        release(&mut session, lease, run_at).await?;
        session.commit().await
    }

    /// Moves a sweep to this time if it is earlier. A sweep in progress runs again at that time.
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

    /// The same for this kind of sweep of every connection.
    pub async fn expedite_sweeps(&self, sweep: SweepName, to: Timestamp) -> Result<(), StoreError> {
        let mut session = self.writing().await?;
        expedite(&mut session, None, sweep, to).await?;
        session.commit().await
    }

    /// Queues RMAs that a sweep found, except for those that are pending already or need review because every attempt failed:
    /// a sweep finds those again and again. They are queued when their reviews are [resolved](Self::resolve_reviews). Returns
    /// the number of queued RMAs.
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

/// Schedules the sweeps of a connection at once; existing ones stay as they are.
pub(super) async fn start(
    session: &mut Session<'_>,
    connection: &ConnectionId,
    now: Timestamp,
) -> Result<(), StoreError> {
    const START: &str = "
        INSERT INTO sweep (connection, name, run_at) SELECT $2, name, $3 FROM {input $1: name text} WHERE true
        ON CONFLICT (connection, name) DO NOTHING";
    let names = json_column("name", SweepName::ALL.map(SweepName::as_str))?;
    session.run(START, &[(&names).into(), connection.as_str().into(), now.into()]).await.map(drop)
}

/// The value of `in_progress`: a process holds the lease.
const TAKEN: i64 = 1;

/// The value of `in_progress`: a process holds the lease, and the sweep was expedited, also for a process that takes it over.
const TAKEN_EXPEDITED: i64 = 2;

/// The scheduled time identifies the holder of a lease: see [`finish`].
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
    let lease = SweepLease {
        connection: row.parsed("connection")?,
        sweep: row.parsed("name")?,
        cursor: row.text_if_any("position")?,
        run_at: row.time("run_at")?,
        taken_until: again_at,
        expedited,
    };
    let taken = if expedited { TAKEN_EXPEDITED } else { TAKEN };
    let (connection, sweep) = (lease.connection.as_str(), lease.sweep.as_str());
    session.run(TAKE, &[connection.into(), sweep.into(), again_at.into(), taken.into()]).await?;
    Ok(Some(lease))
}

/// Whether the holder still has the lease and the connection is stored, both until the transaction ends.
pub(super) async fn is_held(session: &mut Session<'_>, lease: &SweepLease) -> Result<bool, StoreError> {
    const HELD: &str = "SELECT name FROM sweep WHERE connection = $1 AND name = $2 AND run_at = $3";
    let parameters =
        [lease.connection.as_str().into(), lease.sweep.as_str().into(), lease.taken_until.into()];
    Ok(!session.lock_all(HELD, &parameters).await?.is_empty())
}

/// Changes nothing if another process took the sweep, or the connection was removed.
pub(super) async fn finish(
    session: &mut Session<'_>,
    lease: &SweepLease,
    cursor: &str,
    run_at: Timestamp,
) -> Result<(), StoreError> {
    const FINISH: &str = "
        UPDATE sweep SET position = $4, in_progress = 0,
            run_at = CASE WHEN expedited_to < $5 THEN expedited_to ELSE $5 END
        WHERE connection = $1 AND name = $2 AND run_at = $3";
    let parameters = [
        lease.connection.as_str().into(),
        lease.sweep.as_str().into(),
        lease.taken_until.into(),
        cursor.into(),
        run_at.into(),
    ];
    session.run(FINISH, &parameters).await.map(drop)
}

/// Changes nothing if another process took the sweep, or the connection was removed.
pub(super) async fn release(
    session: &mut Session<'_>,
    lease: &SweepLease,
    run_at: Timestamp,
) -> Result<(), StoreError> {
    const RELEASE: &str = "
        UPDATE sweep SET in_progress = 0,
            run_at = CASE WHEN expedited_to < $4 THEN expedited_to ELSE $4 END,
            expedited_to = CASE WHEN in_progress = $5 THEN COALESCE(expedited_to, $4) ELSE expedited_to END
        WHERE connection = $1 AND name = $2 AND run_at = $3";
    let parameters = [
        lease.connection.as_str().into(),
        lease.sweep.as_str().into(),
        lease.taken_until.into(),
        run_at.into(),
        TAKEN_EXPEDITED.into(),
    ];
    session.run(RELEASE, &parameters).await.map(drop)
}

/// Changes nothing if the connection was removed.
pub(super) async fn ended(
    session: &mut Session<'_>,
    lease: &SweepLease,
    error: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    const SUCCEEDED: &str = "
        UPDATE sweep SET succeeded_at = $3, failing_since = NULL, error = NULL WHERE connection = $1 AND name = $2";
    const FAILED: &str = "
        UPDATE sweep SET failing_since = COALESCE(failing_since, $3), error = $4
        WHERE connection = $1 AND name = $2";
    let (connection, sweep) = (lease.connection.as_str().into(), lease.sweep.as_str().into());
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

/// The time of a sweep in progress identifies its holder: the earlier time is set when it ends.
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
    // A sweep does not find the same change again: the RMA is queued once its reviews are resolved.
    const REMEMBER_UNTIL_DECIDED: &str = "
        UPDATE job SET enqueued_at = COALESCE(enqueued_at, $3)
        WHERE connection = $2 AND state = 'needs-review' AND failures > 0
            AND rma IN (SELECT input.rma FROM {input $1: rma text})";
    if rmas.is_empty() {
        return Ok(0);
    }
    connection_queue::lock(session, connection).await?;
    let rows = json_column("rma", rmas)?;
    session.run(REMEMBER_UNTIL_DECIDED, &[(&rows).into(), connection.as_str().into(), now.into()]).await?;
    let found = session.all(NOBODY_LOOKS_AT, &[(&rows).into(), connection.as_str().into()]).await?;
    let found = found.iter().map(|row| row.parsed("rma")).collect::<Result<Vec<RmaId>, _>>()?;
    queue::enqueue(session, connection, &found, cause, why, now).await
}
