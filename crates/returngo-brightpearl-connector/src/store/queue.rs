//! The queue of jobs. Every change holds the lock of the connection.

use std::collections::BTreeSet;

use jiff::Timestamp;
use returngo::RmaId;
use serde::Serialize;

use super::{
    Activity, Actor, AuditEvent, Cause, ConnectionId, Lease, LeaseRequest, Operation, Store, StoreError,
    activity,
    audit::{self, AuditRow},
    connection_queue,
    session::{Session, json_column},
};

/// A user's request to queue RMAs.
#[derive(Debug, Clone)]
pub struct QueueRequest {
    /// The user.
    pub by: Actor,
    /// The operation.
    pub operation: Operation,
    /// The connection.
    pub connection: ConnectionId,
    /// The RMAs, each with its origin.
    pub rmas: Vec<(RmaId, Cause)>,
    /// The reason, for the audit.
    pub why: String,
}

impl Store {
    /// Queues RMAs as a user requested, and returns how many. As [`enqueue`](Self::enqueue), it leaves out those of
    /// another shop.
    pub async fn enqueue_requested(
        &self,
        request: &QueueRequest,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        let mut session = self.writing().await?;
        let enqueued = enqueue_requested(&mut session, request, now).await?;
        session.commit().await?;
        Ok(enqueued)
    }

    /// Queues RMAs, except for those that only Brightpearl named and that belong to another shop.
    pub async fn enqueue(
        &self,
        connection: &ConnectionId,
        rmas: &[RmaId],
        cause: Cause,
        why: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut session = self.writing().await?;
        enqueue(&mut session, connection, rmas, cause, why, now).await?;
        session.commit().await
    }

    /// Leases pending RMAs of the connection that has waited longest. Returns none when nothing is pending.
    pub async fn lease(&self, request: &LeaseRequest) -> Result<Vec<Lease>, StoreError> {
        let mut session = self.writing().await?;
        let leases = lease(&mut session, request).await?;
        session.commit().await?;
        Ok(leases)
    }
}

async fn enqueue_requested(
    session: &mut Session<'_>,
    request: &QueueRequest,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let QueueRequest { by, operation, connection, rmas, why } = request;
    let mut enqueued = 0;
    for cause in [Cause::Brightpearl, Cause::Returngo, Cause::User] {
        let of_cause: Vec<RmaId> =
            rmas.iter().filter(|(_, of)| *of == cause).map(|(rma, _)| rma.clone()).collect();
        if !of_cause.is_empty() {
            enqueued += enqueue(session, connection, &of_cause, cause, why, now).await?;
        }
    }
    if enqueued > 0 {
        let one = match rmas.as_slice() {
            [(rma, _)] => Some(rma.clone()),
            _ => None,
        };
        let activity = Activity {
            actor: by.clone(),
            operation: *operation,
            connection: connection.clone(),
            rma: one,
            detail: serde_json::json!({"enqueued": enqueued}),
            at: now,
        };
        activity::record(session, &activity).await?;
    }
    Ok(enqueued)
}

pub(super) async fn enqueue(
    session: &mut Session<'_>,
    connection: &ConnectionId,
    rmas: &[RmaId],
    cause: Cause,
    why: &str,
    now: Timestamp,
) -> Result<usize, StoreError> {
    // A job in progress stays so, and is pending again when its run ends. A job that waits for its next attempt runs at once,
    // because something has changed. The failures of one that needed review are reset.
    const MARK: &str = "
        INSERT INTO job (connection, rma, state, run_at, pending_since, enqueued, enqueued_at, attempt, failures, reviews,
            requested, of_this_shop)
        SELECT $2, rma, 'pending', $3, $3, 1, $3, 0, 0, '[]', $4, $5 FROM {input $1: rma text} WHERE true
        ON CONFLICT (connection, rma) DO UPDATE SET
            state = CASE WHEN job.state = 'in-progress' THEN job.state ELSE 'pending' END,
            run_at = CASE WHEN job.state = 'in-progress' OR job.run_at < excluded.run_at
                THEN job.run_at ELSE excluded.run_at END,
            pending_since = COALESCE(job.pending_since, excluded.pending_since),
            enqueued = job.enqueued + 1,
            enqueued_at = COALESCE(job.enqueued_at, excluded.enqueued_at),
            failures = CASE WHEN job.state = 'needs-review' THEN 0 ELSE job.failures END,
            requested = CASE WHEN excluded.requested = 1 THEN 1 ELSE job.requested END,
            of_this_shop = CASE WHEN excluded.of_this_shop = 1 THEN 1 ELSE job.of_this_shop END";
    connection_queue::lock(session, connection).await?;
    let rmas: BTreeSet<_> = rmas.iter().collect();
    let mut rows: Vec<String> = rmas.iter().map(ToString::to_string).collect();
    if cause == Cause::Brightpearl {
        rows = not_of_another_shop(session, connection, &rows).await?;
    }
    let enqueued = rows.len();
    if enqueued == 0 {
        return Ok(0);
    }
    let [requested, of_this_shop] =
        [cause == Cause::User, cause != Cause::Brightpearl].map(|is_so| i64::from(is_so).into());
    let input = json_column("rma", &rows)?;
    let parameters = [(&input).into(), connection.as_str().into(), now.into(), requested, of_this_shop];
    session.run(MARK, &parameters).await?;
    let entries: Vec<_> = rows
        .into_iter()
        .map(|rma| AuditRow {
            connection: connection.to_string(),
            rma,
            attempt: None,
            event: AuditEvent::Queued.as_str(),
            detail: why.to_owned(),
        })
        .collect();
    audit::append(session, &entries, now).await?;
    connection_queue::schedule(session, &[connection]).await?;
    Ok(enqueued)
}

/// Without RMAs that are known to belong to another shop: this connection found that out, or another one of the account has
/// them.
async fn not_of_another_shop(
    session: &mut Session<'_>,
    connection: &ConnectionId,
    rmas: &[String],
) -> Result<Vec<String>, StoreError> {
    const OF_THIS_SHOP_OR_UNKNOWN: &str = "
        SELECT input.rma AS rma FROM {input $1: rma text}
        LEFT JOIN job AS own ON own.connection = $2 AND own.rma = input.rma
        WHERE COALESCE(own.of_this_shop, 0) = 1
            OR (COALESCE(own.state, '') <> 'of-another-shop' AND NOT EXISTS (
                SELECT 1 FROM counterparts AS ours
                    JOIN counterparts AS theirs
                        ON theirs.account = ours.account AND theirs.shop <> ours.shop
                    JOIN job ON job.connection = theirs.connection AND job.rma = input.rma
                WHERE ours.connection = $2 AND job.of_this_shop = 1
            ))";
    let rows = session
        .all(OF_THIS_SHOP_OR_UNKNOWN, &[(&json_column("rma", rmas)?).into(), connection.as_str().into()])
        .await?;
    rows.iter().map(|row| row.text("rma")).collect()
}

pub(super) async fn lease(
    session: &mut Session<'_>,
    request: &LeaseRequest,
) -> Result<Vec<Lease>, StoreError> {
    const NEXT: &str = "
        SELECT id FROM connection WHERE jobs_ready_at <= $2
            AND id NOT IN (SELECT input.id FROM {input $1: id text})
        ORDER BY jobs_ready_at, id LIMIT 1";
    const NEXT_OF: &str = "
        SELECT id FROM connection WHERE jobs_ready_at <= $2 AND id = $3
            AND id NOT IN (SELECT input.id FROM {input $1: id text})";
    // A job that was abandoned twice may be what ended its processes: it runs alone, after all others.
    const CLAIM: &str = "
        UPDATE job SET state = 'in-progress', attempt = attempt + 1, worker = $2, run_at = NULL, enqueued_at = NULL
        WHERE connection = $1 AND rma IN (
            SELECT rma FROM job WHERE connection = $1 AND run_at <= $3
                AND CASE WHEN abandoned >= 2 THEN 1 ELSE 0 END = $5
            ORDER BY run_at, rma LIMIT $4
        ) RETURNING rma, attempt, enqueued, failures, abandoned, requested, of_this_shop";
    let now = request.now;
    let except = json_column("id", &request.except)?;
    let next = match &request.only {
        None => session.lock_one(NEXT, &[(&except).into(), now.into()]).await?,
        Some(only) => {
            session.lock_one(NEXT_OF, &[(&except).into(), now.into(), only.as_str().into()]).await?
        }
    };
    let Some(next) = next else { return Ok(Vec::new()) };
    let connection: ConnectionId = next.parsed("id")?;
    let id = connection.as_str();
    connection_queue::mark_served(session, &[&connection], now).await?;
    let mut rows = Vec::new();
    for (limit, abandoned) in [(i64::from(request.limit), 0), (1, 1)] {
        if rows.is_empty() {
            let worker = &request.worker.0;
            let parameters = [id.into(), worker.into(), now.into(), limit.into(), abandoned.into()];
            rows = session.all(CLAIM, &parameters).await?;
        }
    }
    connection_queue::schedule(session, &[&connection]).await?;
    let mut leases = rows
        .iter()
        .map(|row| {
            Ok(Lease {
                connection: connection.clone(),
                rma: row.parsed("rma")?,
                attempt: row.int("attempt")?,
                enqueued: row.int("enqueued")?,
                failures: row.small_count("failures")?,
                abandoned: row.small_count("abandoned")?,
                requested: row.int("requested")? == 1,
                of_this_shop: row.int("of_this_shop")? == 1,
            })
        })
        .collect::<Result<Vec<_>, StoreError>>()?;
    leases.sort_unstable_by(|one, other| one.rma.cmp(&other.rma));
    let entries: Vec<_> = leases
        .iter()
        .map(|lease| audit_row(lease, AuditEvent::Started, format!("by {}", request.worker)))
        .collect();
    audit::append(session, &entries, now).await?;
    Ok(leases)
}

/// A lease, as a row for a statement.
#[derive(Serialize)]
pub(super) struct LeaseRow {
    connection: String,
    rma: String,
    attempt: i64,
}

impl LeaseRow {
    pub(super) fn of(lease: &Lease) -> Self {
        Self { connection: lease.connection.to_string(), rma: lease.rma.to_string(), attempt: lease.attempt }
    }
}

pub(super) fn audit_row(lease: &Lease, event: AuditEvent, detail: String) -> AuditRow {
    AuditRow {
        connection: lease.connection.to_string(),
        rma: lease.rma.to_string(),
        attempt: Some(lease.attempt),
        event: event.as_str(),
        detail,
    }
}
