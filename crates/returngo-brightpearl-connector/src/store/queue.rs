//! What is due, and who has it. Every change holds the lock of the connection whose work it is.

use std::collections::BTreeSet;

use jiff::Timestamp;
use returngo::RmaId;
use serde::Serialize;

use super::{
    AuditEvent, Cause, Claim, ClaimRequest, ConnectionId, Store, StoreError,
    audit::{self, Told},
    connections::{self, Named},
    session::{Session, json},
};

impl Store {
    /// Marks RMAs as due, but for those that only Brightpearl names and another shop has.
    pub async fn mark_due(
        &self,
        connection: &ConnectionId,
        rmas: &[RmaId],
        cause: Cause,
        why: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut session = self.writing().await?;
        mark_due(&mut session, connection, rmas, cause, why, now).await?;
        session.commit().await
    }

    /// Claims due RMAs of one connection: of those with due work, the one that waited longest for its turn. Empty
    /// when nothing is due.
    pub async fn claim(&self, request: &ClaimRequest) -> Result<Vec<Claim>, StoreError> {
        let mut session = self.writing().await?;
        let claims = claim(&mut session, request).await?;
        session.commit().await?;
        Ok(claims)
    }
}

#[derive(Serialize)]
struct Marked {
    rma: String,
}

pub(super) async fn mark_due(
    session: &mut Session<'_>,
    connection: &ConnectionId,
    rmas: &[RmaId],
    cause: Cause,
    why: &str,
    now: Timestamp,
) -> Result<usize, StoreError> {
    // What is claimed stays so, and is due again when its holder is done. What waits for its next attempt is
    // tried at once, for something has changed; what waited for a person starts afresh.
    const MARK: &str = "
        INSERT INTO work (connection, rma, state, due_at, due_since, marked, marked_at, attempt, failures, reviews,
            asked, of_this_shop)
        SELECT $2, rma, 'due', $3, $3, 1, $3, 0, 0, '[]', $4, $5 FROM {input $1: rma text} WHERE true
        ON CONFLICT (connection, rma) DO UPDATE SET
            state = CASE WHEN work.state = 'claimed' THEN work.state ELSE 'due' END,
            due_at = CASE WHEN work.state = 'claimed' OR work.due_at < excluded.due_at
                THEN work.due_at ELSE excluded.due_at END,
            due_since = COALESCE(work.due_since, excluded.due_since),
            marked = work.marked + 1,
            marked_at = COALESCE(work.marked_at, excluded.marked_at),
            failures = CASE WHEN work.state = 'needs-review' THEN 0 ELSE work.failures END,
            asked = CASE WHEN excluded.asked = 1 THEN 1 ELSE work.asked END,
            of_this_shop = CASE WHEN excluded.of_this_shop = 1 THEN 1 ELSE work.of_this_shop END";
    connections::lock(session, connection).await?;
    let rmas: BTreeSet<_> = rmas.iter().collect();
    let mut rows: Vec<_> = rmas.iter().map(|rma| Marked { rma: rma.to_string() }).collect();
    if cause == Cause::Brightpearl {
        rows = not_of_another_shop(session, connection, &rows).await?;
    }
    let marked = rows.len();
    if marked == 0 {
        return Ok(0);
    }
    let [asked, of_this_shop] =
        [cause == Cause::Person, cause != Cause::Brightpearl].map(|is_so| i64::from(is_so).into());
    let input = json(&rows)?;
    let parameters = [(&input).into(), connection.as_str().into(), now.into(), asked, of_this_shop];
    session.run(MARK, &parameters).await?;
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
    connections::set_turns(session, &[Named { id: connection.as_str() }]).await?;
    Ok(marked)
}

/// Without RMAs that are known to be another shop's: this connection found that out, or one of the same account has
/// them.
async fn not_of_another_shop(
    session: &mut Session<'_>,
    connection: &ConnectionId,
    rows: &[Marked],
) -> Result<Vec<Marked>, StoreError> {
    const OF_THIS_SHOP_OR_UNKNOWN: &str = "
        SELECT input.rma AS rma FROM {input $1: rma text}
        LEFT JOIN work AS own ON own.connection = $2 AND own.rma = input.rma
        WHERE COALESCE(own.of_this_shop, 0) = 1
            OR (COALESCE(own.state, '') <> 'of-another-shop' AND NOT EXISTS (
                SELECT 1 FROM counterparts AS ours
                    JOIN counterparts AS theirs
                        ON theirs.account = ours.account AND theirs.shop <> ours.shop
                    JOIN work ON work.connection = theirs.connection AND work.rma = input.rma
                WHERE ours.connection = $2 AND work.of_this_shop = 1
            ))";
    let rows =
        session.all(OF_THIS_SHOP_OR_UNKNOWN, &[(&json(rows)?).into(), connection.as_str().into()]).await?;
    rows.iter().map(|row| Ok(Marked { rma: row.text("rma")? })).collect()
}

pub(super) async fn claim(
    session: &mut Session<'_>,
    request: &ClaimRequest,
) -> Result<Vec<Claim>, StoreError> {
    const NEXT: &str = "
        SELECT id FROM connection WHERE turn_at <= $2
            AND id NOT IN (SELECT input.id FROM {input $1: id text})
        ORDER BY turn_at, id LIMIT 1";
    const NEXT_OF: &str = "
        SELECT id FROM connection WHERE turn_at <= $2 AND id = $3
            AND id NOT IN (SELECT input.id FROM {input $1: id text})";
    // What was abandoned twice may be what its holders ended of: it is worked on alone, after everything else.
    const CLAIM: &str = "
        UPDATE work SET state = 'claimed', attempt = attempt + 1, worker = $2, due_at = NULL, marked_at = NULL
        WHERE connection = $1 AND rma IN (
            SELECT rma FROM work WHERE connection = $1 AND due_at <= $3
                AND CASE WHEN abandoned >= 2 THEN 1 ELSE 0 END = $5
            ORDER BY due_at, rma LIMIT $4
        ) RETURNING rma, attempt, marked, failures, abandoned, asked, of_this_shop";
    let now = request.now;
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
            let parameters = [id.into(), worker.into(), now.into(), limit.into(), abandoned.into()];
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
                asked: row.int("asked")? == 1,
                of_this_shop: row.int("of_this_shop")? == 1,
            })
        })
        .collect::<Result<Vec<_>, StoreError>>()?;
    claims.sort_unstable_by(|one, other| one.rma.cmp(&other.rma));
    let told: Vec<_> = claims
        .iter()
        .map(|claim| tell(claim, AuditEvent::Claimed, format!("by {}", request.worker)))
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

pub(super) fn tell(claim: &Claim, event: AuditEvent, detail: String) -> Told {
    Told {
        connection: claim.connection.to_string(),
        rma: claim.rma.to_string(),
        attempt: Some(claim.attempt),
        event: event.as_str(),
        detail,
    }
}
