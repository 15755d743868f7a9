//! The running processes, and the release of jobs whose process is silent.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use jiff::Timestamp;
use returngo::RmaId;
use serde::Serialize;

use super::{
    AuditEvent, ConnectionId, Store, StoreError, WorkerId,
    audit::{self, AuditRow},
    connection_queue,
    session::{Session, json, unreadable},
};

/// How long a process may be silent before others release its jobs. They measure the time on their own clocks.
pub const LEASE: Duration = Duration::from_secs(45);

/// How often a process reports.
pub const REPORT_EVERY: Duration = Duration::from_secs(10);

/// A process that is registered or holds jobs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// The id.
    pub worker: WorkerId,
    /// How many times it has reported; none if it is no longer registered.
    pub reports: Option<i64>,
    /// When it last reported, by its own clock.
    pub report_at: Option<Timestamp>,
    /// The number of RMAs that it holds, by connection.
    pub holds: Vec<(ConnectionId, u64)>,
}

impl Process {
    /// Until when it holds its jobs without another report, by its own clock.
    pub fn holds_until(&self) -> Option<Timestamp> {
        self.report_at?.checked_add(LEASE).ok()
    }
}

impl Store {
    /// Registers a process that has just started. The jobs of earlier processes of this name are released: only one process
    /// of a name runs at a time.
    pub async fn register(&self, name: &str, now: Timestamp) -> Result<WorkerId, StoreError> {
        let mut session = self.writing().await?;
        let worker = register(&mut session, name, now).await?;
        session.commit().await?;
        Ok(worker)
    }

    /// Counts a report of a process. Returns false when it is no longer registered and holds nothing.
    pub async fn report(&self, worker: &WorkerId, now: Timestamp) -> Result<bool, StoreError> {
        let mut session = self.writing().await?;
        let is_registered = report(&mut session, worker, now).await?;
        session.commit().await?;
        Ok(is_registered)
    }

    /// The processes that are registered or hold jobs.
    pub async fn processes(&self) -> Result<Vec<Process>, StoreError> {
        all(&mut self.reading().await?).await
    }

    /// Releases the jobs of a process and its registration; with a count of `reports`, only if it has not reported since.
    /// Returns the number of released jobs.
    pub async fn release_process(
        &self,
        worker: &WorkerId,
        reports: Option<i64>,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        let mut session = self.writing().await?;
        let released = release(&mut session, worker, reports, now).await?;
        session.commit().await?;
        Ok(released)
    }

    /// Releases the jobs of a process except for these RMAs. Returns their number.
    pub async fn release_others(
        &self,
        worker: &WorkerId,
        in_progress: &BTreeSet<(ConnectionId, RmaId)>,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        if !holds_others(&mut self.asking().await?, worker, in_progress).await? {
            return Ok(0);
        }
        let mut session = self.writing().await?;
        let released = release_others(&mut session, worker, in_progress, now).await?;
        session.commit().await?;
        Ok(released)
    }
}

/// Registers a process. The jobs of earlier processes of the same name are released.
pub(super) async fn register(
    session: &mut Session<'_>,
    name: &str,
    now: Timestamp,
) -> Result<WorkerId, StoreError> {
    const EARLIER: &str = "SELECT worker FROM process WHERE name = $1 ORDER BY id";
    const REGISTER: &str = "
        INSERT INTO process (name, worker, reports, report_at) VALUES ($1, $2, 0, $3) RETURNING id";
    const SET_WORKER: &str = "UPDATE process SET worker = $2 WHERE id = $1";
    for row in session.all(EARLIER, &[name.into()]).await? {
        release(session, &WorkerId(row.text("worker")?), None, now).await?;
    }
    // Unique until the id is set, which is never used again.
    let provisional = format!("{name}#");
    let row = session.first(REGISTER, &[name.into(), (&provisional).into(), now.into()]).await?;
    let row = row.ok_or_else(|| unreadable("id", "the process was not stored"))?;
    let id = row.int("id")?;
    let worker = format!("{name}#{id}");
    session.run(SET_WORKER, &[id.into(), (&worker).into()]).await?;
    note_time(session, now).await?;
    Ok(WorkerId(worker))
}

/// Counts a report. Returns false when the process is not registered: a new one of its name has started, or it was silent for
/// too long.
pub(super) async fn report(
    session: &mut Session<'_>,
    worker: &WorkerId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    const REPORT: &str = "UPDATE process SET reports = reports + 1, report_at = $2 WHERE worker = $1";
    // The process first, as in `register`, so that the two do not wait for each other.
    let is_registered = session.run(REPORT, &[(&worker.0).into(), now.into()]).await? > 0;
    note_time(session, now).await?;
    Ok(is_registered)
}

async fn note_time(session: &mut Session<'_>, now: Timestamp) -> Result<(), StoreError> {
    const NOTE: &str = "UPDATE store_clock SET latest = $1 WHERE id = 1 AND latest < $1";
    session.run(NOTE, &[now.into()]).await.map(drop)
}

/// The processes that are registered or hold jobs.
pub(super) async fn all(session: &mut Session<'_>) -> Result<Vec<Process>, StoreError> {
    const REGISTERED: &str = "SELECT worker, reports, report_at FROM process ORDER BY worker";
    const HOLDING: &str = "
        SELECT worker, connection, COUNT(*) AS rmas FROM job WHERE worker IS NOT NULL AND state = 'in-progress'
        GROUP BY worker, connection ORDER BY worker, connection";
    let mut processes = BTreeMap::new();
    for row in session.all(REGISTERED, &[]).await? {
        let worker = WorkerId(row.text("worker")?);
        let (reports, report_at) = (Some(row.int("reports")?), Some(row.time("report_at")?));
        processes.insert(worker.clone(), Process { worker, reports, report_at, holds: Vec::new() });
    }
    for row in session.all(HOLDING, &[]).await? {
        let worker = WorkerId(row.text("worker")?);
        let process = processes.entry(worker.clone()).or_insert_with(|| Process {
            worker,
            reports: None,
            report_at: None,
            holds: Vec::new(),
        });
        process.holds.push((row.parsed("connection")?, row.count("rmas")?));
    }
    Ok(processes.into_values().collect())
}

/// Releases the jobs of a process and its registration, unless it has reported since. Returns the number of released jobs.
pub(super) async fn release(
    session: &mut Session<'_>,
    worker: &WorkerId,
    reports: Option<i64>,
    now: Timestamp,
) -> Result<usize, StoreError> {
    const UNREGISTER: &str = "DELETE FROM process WHERE worker = $1";
    const UNREGISTER_IF_SILENT: &str = "DELETE FROM process WHERE worker = $1 AND reports = $2";
    const IS_REGISTERED: &str = "SELECT id FROM process WHERE worker = $1";
    match reports {
        None => drop(session.run(UNREGISTER, &[(&worker.0).into()]).await?),
        Some(reports) => {
            session.run(UNREGISTER_IF_SILENT, &[(&worker.0).into(), reports.into()]).await?;
            if session.first(IS_REGISTERED, &[(&worker.0).into()]).await?.is_some() {
                return Ok(0);
            }
        }
    }
    let why = format!("process {worker} does not report any more; pending again");
    release_but(session, worker, &BTreeSet::new(), &why, now).await
}

#[derive(Serialize)]
struct Kept {
    connection: String,
    rma: String,
}

fn kept(in_progress: &BTreeSet<(ConnectionId, RmaId)>) -> Result<String, StoreError> {
    let rows = in_progress
        .iter()
        .map(|(connection, rma)| Kept { connection: connection.to_string(), rma: rma.to_string() });
    json(&rows.collect::<Vec<_>>())
}

/// Whether a process holds jobs other than these RMAs.
pub(super) async fn holds_others(
    session: &mut Session<'_>,
    worker: &WorkerId,
    in_progress: &BTreeSet<(ConnectionId, RmaId)>,
) -> Result<bool, StoreError> {
    const OTHERS: &str = "
        SELECT rma FROM job WHERE worker = $2 AND state = 'in-progress' AND NOT EXISTS (
            SELECT 1 FROM {input $1: connection text, rma text}
            WHERE input.connection = job.connection AND input.rma = job.rma
        ) LIMIT 1";
    let parameters = kept(in_progress)?;
    Ok(session.first(OTHERS, &[(&parameters).into(), (&worker.0).into()]).await?.is_some())
}

/// Releases the jobs of a process other than these RMAs, which failed runs have left.
pub(super) async fn release_others(
    session: &mut Session<'_>,
    worker: &WorkerId,
    in_progress: &BTreeSet<(ConnectionId, RmaId)>,
    now: Timestamp,
) -> Result<usize, StoreError> {
    release_but(session, worker, in_progress, "its work had failed; pending again", now).await
}

async fn release_but(
    session: &mut Session<'_>,
    worker: &WorkerId,
    in_progress: &BTreeSet<(ConnectionId, RmaId)>,
    why: &str,
    now: Timestamp,
) -> Result<usize, StoreError> {
    const CONNECTIONS: &str = "SELECT DISTINCT connection FROM job WHERE worker = $1 ORDER BY connection";
    const RELEASE: &str = "
        UPDATE job SET state = 'pending', run_at = $3, worker = NULL, abandoned = abandoned + 1
        WHERE worker = $2 AND state = 'in-progress' AND NOT EXISTS (
            SELECT 1 FROM {input $1: connection text, rma text}
            WHERE input.connection = job.connection AND input.rma = job.rma
        ) RETURNING connection, rma, attempt";
    // Writes in progress when the process ended may become visible from now on.
    const STILL_DOUBTFUL: &str = "
        UPDATE effect SET intended_at = $3 WHERE connection = $1 AND rma = $2 AND outcome IS NULL";
    let kept = kept(in_progress)?;
    let worker = &worker.0;
    let connections: Vec<ConnectionId> = session
        .all(CONNECTIONS, &[worker.into()])
        .await?
        .iter()
        .map(|row| row.parsed("connection"))
        .collect::<Result<_, _>>()?;
    let connections: Vec<&ConnectionId> = connections.iter().collect();
    connection_queue::lock_all(session, &connections).await?;
    let mut entries = Vec::new();
    for row in session.all(RELEASE, &[(&kept).into(), worker.into(), now.into()]).await? {
        let (connection, rma) = (row.text("connection")?, row.text("rma")?);
        session.run(STILL_DOUBTFUL, &[(&connection).into(), (&rma).into(), now.into()]).await?;
        entries.push(AuditRow {
            connection,
            rma,
            attempt: Some(row.int("attempt")?),
            event: AuditEvent::Released.as_str(),
            detail: why.to_owned(),
        });
    }
    connection_queue::schedule(session, &connections).await?;
    audit::append(session, &entries, now).await?;
    Ok(entries.len())
}
