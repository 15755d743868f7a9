//! What is due, and who has it. Every change holds the lock of the connection whose work it is.

use std::collections::{BTreeSet, HashSet};

use jiff::Timestamp;
use returngo::RmaId;
use serde::Serialize;

use super::{
    audit::{self, Told},
    connections::{self, Named},
    session::{Session, json, unreadable},
};
use crate::ledger::{AuditEvent, Claim, ClaimRequest, ConnectionId, LedgerError};

#[derive(Serialize)]
struct Marked {
    rma: String,
}

pub(super) async fn mark_due(
    session: &mut Session<'_>,
    connection: &ConnectionId,
    rmas: &[RmaId],
    why: &str,
    now: Timestamp,
) -> Result<(), LedgerError> {
    // What is claimed stays so, and is due again when its holder is done. What waits for its next attempt is
    // tried at once, for something has changed; what waited for a person starts afresh.
    const MARK: &str = "
        INSERT INTO work (connection, rma, state, due_at, due_since, marked, marked_at, attempt, failures, reviews)
        SELECT $2, rma, 'due', $3, $3, 1, $3, 0, 0, '[]' FROM {input $1: rma text} WHERE true
        ON CONFLICT (connection, rma) DO UPDATE SET
            state = CASE WHEN work.state = 'claimed' THEN work.state ELSE 'due' END,
            due_at = CASE WHEN work.state = 'claimed' OR work.due_at < excluded.due_at
                THEN work.due_at ELSE excluded.due_at END,
            due_since = COALESCE(work.due_since, excluded.due_since),
            marked = work.marked + 1,
            marked_at = COALESCE(work.marked_at, excluded.marked_at),
            failures = CASE WHEN work.state = 'needs-review' THEN 0 ELSE work.failures END";
    connections::lock(session, connection).await?;
    let rmas: BTreeSet<_> = rmas.iter().collect();
    let rows: Vec<_> = rmas.iter().map(|rma| Marked { rma: rma.to_string() }).collect();
    if rows.is_empty() {
        return Ok(());
    }
    session.run(MARK, &[(&json(&rows)?).into(), connection.as_str().into(), now.into()]).await?;
    let told: Vec<_> = rows
        .into_iter()
        .map(|row| Told {
            connection: connection.to_string(),
            rma: row.rma,
            attempt: None,
            event: AuditEvent::MarkedDue.as_str(),
            detail: why.to_owned(),
        })
        .collect();
    audit::append(session, &told, now).await?;
    connections::set_turns(session, &[Named { id: connection.as_str() }]).await
}

pub(super) async fn claim(
    session: &mut Session<'_>,
    request: &ClaimRequest,
) -> Result<Vec<Claim>, LedgerError> {
    const NEXT: &str = "
        SELECT id FROM connection WHERE turn_at <= $2 AND busy_until <= $2
            AND id NOT IN (SELECT input.id FROM {input $1: id text})
        ORDER BY turn_at, id LIMIT 1";
    const NEXT_OF: &str = "
        SELECT id FROM connection WHERE turn_at <= $2 AND busy_until <= $2 AND id = $3
            AND id NOT IN (SELECT input.id FROM {input $1: id text})";
    // What was abandoned twice may be what its holders ended of: it is worked on alone, after everything else.
    const CLAIM: &str = "
        UPDATE work SET state = 'claimed', attempt = attempt + 1, worker = $2, due_at = $3, marked_at = NULL,
            abandoned = CASE state WHEN 'claimed' THEN abandoned + 1 ELSE 0 END
        WHERE connection = $1 AND rma IN (
            SELECT rma FROM work WHERE connection = $1 AND due_at <= $4
                AND CASE WHEN state = 'claimed' AND abandoned >= 1 THEN 1 ELSE 0 END = $6
            ORDER BY due_at, rma LIMIT $5
        ) RETURNING rma, attempt, marked, failures, abandoned";
    let now = request.now;
    let until = now.checked_add(request.lease).map_err(|error| unreadable("the lease", error))?;
    let except: Vec<_> = request.except.iter().map(|id| Named { id: id.as_str() }).collect();
    let except = json(&except)?;
    let next = match &request.only {
        None => session.lock_one(NEXT, &[(&except).into(), now.into()]).await?,
        Some(only) => {
            session.lock_one(NEXT_OF, &[(&except).into(), now.into(), only.as_str().into()]).await?
        }
    };
    let Some(next) = next else { return Ok(Vec::new()) };
    let connection: ConnectionId = next.parsed("id")?;
    let id = connection.as_str();
    connections::served(session, &[Named { id }], now).await?;
    let mut rows = Vec::new();
    for (limit, abandoned) in [(i64::from(request.limit), 0), (1, 1)] {
        if rows.is_empty() {
            let worker = &request.worker.0;
            let parameters =
                [id.into(), worker.into(), until.into(), now.into(), limit.into(), abandoned.into()];
            rows = session.all(CLAIM, &parameters).await?;
        }
    }
    connections::set_turns(session, &[Named { id }]).await?;
    let mut claims = rows
        .iter()
        .map(|row| {
            Ok(Claim {
                connection: connection.clone(),
                rma: row.parsed("rma")?,
                attempt: row.int("attempt")?,
                marked: row.int("marked")?,
                failures: row.small_count("failures")?,
                abandoned: row.small_count("abandoned")?,
            })
        })
        .collect::<Result<Vec<_>, LedgerError>>()?;
    claims.sort_unstable_by(|one, other| one.rma.cmp(&other.rma));
    let told: Vec<_> = claims
        .iter()
        .map(|claim| tell(claim, AuditEvent::Claimed, format!("by {} until {until}", request.worker)))
        .collect();
    audit::append(session, &told, now).await?;
    Ok(claims)
}

/// A claim, as a row for a statement.
#[derive(Serialize)]
pub(super) struct Held {
    connection: String,
    rma: String,
    attempt: i64,
}

impl Held {
    pub(super) fn of(claim: &Claim) -> Self {
        Self { connection: claim.connection.to_string(), rma: claim.rma.to_string(), attempt: claim.attempt }
    }
}

pub(super) async fn renew(
    session: &mut Session<'_>,
    claims: &[Claim],
    until: Timestamp,
) -> Result<Vec<Claim>, LedgerError> {
    const RENEW: &str = "
        UPDATE work SET due_at = $2 FROM {input $1: connection text, rma text, attempt bigint}
        WHERE work.connection = input.connection AND work.rma = input.rma
            AND work.attempt = input.attempt AND state = 'claimed'
        RETURNING work.connection AS connection, work.rma AS rma";
    let rows: Vec<_> = claims.iter().map(Held::of).collect();
    let connections = connections::of_claims(claims.iter());
    connections::lock_all(session, &connections).await?;
    let mut held = HashSet::new();
    for row in session.all(RENEW, &[(&json(&rows)?).into(), until.into()]).await? {
        held.insert((row.text("connection")?, row.text("rma")?));
    }
    connections::set_turns(session, &connections).await?;
    let still = |claim: &&Claim| held.contains(&(claim.connection.to_string(), claim.rma.to_string()));
    Ok(claims.iter().filter(still).cloned().collect())
}

pub(super) fn tell(claim: &Claim, event: AuditEvent, detail: String) -> Told {
    Told {
        connection: claim.connection.to_string(),
        rma: claim.rma.to_string(),
        attempt: Some(claim.attempt),
        event: event.as_str(),
        detail,
    }
}
