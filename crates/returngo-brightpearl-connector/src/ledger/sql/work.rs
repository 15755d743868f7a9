//! What is due, who has it, and how it ended. Every change holds the lock of the connection whose work it is.

use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::Timestamp;
use returngo::RmaId;
use serde::Serialize;

use super::{
    audit::{self, Told},
    connections::{self, Named},
    session::{Session, json, unreadable},
};
use crate::ledger::{AuditEvent, Claim, ClaimRequest, ConnectionId, LedgerError, Outcome};

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
    const CLAIM: &str = "
        UPDATE work SET state = 'claimed', attempt = attempt + 1, worker = $2, due_at = $3, marked_at = NULL
        WHERE connection = $1 AND rma IN (
            SELECT rma FROM work WHERE connection = $1 AND due_at <= $4 ORDER BY due_at, rma LIMIT $5
        ) RETURNING rma, attempt, marked, failures";
    let now = request.now;
    let until = now.checked_add(request.lease).map_err(|error| unreadable("the lease", error))?;
    let except: Vec<_> = request.except.iter().map(|id| Named { id: id.as_str() }).collect();
    let next = session.lock_one(NEXT, &[(&json(&except)?).into(), now.into()]).await?;
    let Some(next) = next else { return Ok(Vec::new()) };
    let connection: ConnectionId = next.parsed("id")?;
    let id = connection.as_str();
    connections::served(session, &[Named { id }], now).await?;
    let limit = i64::from(request.limit);
    let rows = session
        .all(CLAIM, &[id.into(), (&request.worker.0).into(), until.into(), now.into(), limit.into()])
        .await?;
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
struct Held {
    connection: String,
    rma: String,
    attempt: i64,
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
    let rows: Vec<_> = claims
        .iter()
        .map(|claim| Held {
            connection: claim.connection.to_string(),
            rma: claim.rma.to_string(),
            attempt: claim.attempt,
        })
        .collect();
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

/// How a claim ended, as a row for a statement.
#[derive(Serialize)]
struct Ended {
    connection: String,
    rma: String,
    attempt: i64,
    marked: i64,
    outcome: &'static str,
    /// The state it is in, and when it is due, unless it was marked again in between.
    state: &'static str,
    due_at: Option<i64>,
    reviews: Option<String>,
    credit: Option<String>,
    error: Option<String>,
}

impl Ended {
    fn of(claim: &Claim, outcome: &Outcome, now: Timestamp) -> Result<Self, LedgerError> {
        let ended = Self {
            connection: claim.connection.to_string(),
            rma: claim.rma.to_string(),
            attempt: claim.attempt,
            marked: claim.marked,
            outcome: "released",
            state: "due",
            due_at: Some(now.as_microsecond()),
            reviews: None,
            credit: None,
            error: None,
        };
        Ok(match outcome {
            Outcome::Settled { reviews, credit } => Self {
                outcome: "settled",
                state: if reviews.is_empty() { "in-step" } else { "needs-review" },
                due_at: None,
                reviews: Some(json(reviews)?),
                credit: credit.map(|credit| credit.to_string()),
                ..ended
            },
            Outcome::Failed { error, again_at } => Self {
                outcome: "failed",
                state: if again_at.is_some() { "due" } else { "needs-review" },
                due_at: again_at.map(Timestamp::as_microsecond),
                error: Some(error.clone()),
                ..ended
            },
            Outcome::Released => ended,
        })
    }
}

pub(super) async fn finish(
    session: &mut Session<'_>,
    outcomes: &[(Claim, Outcome)],
    now: Timestamp,
) -> Result<usize, LedgerError> {
    // `work.marked > input.marked`: it was marked again while it was worked on, so it stays due. Both sides of
    // every assignment are those before the statement.
    const FINISH: &str = "
        UPDATE work SET
            state = CASE WHEN work.marked > input.marked THEN 'due' ELSE input.state END,
            due_at = CASE WHEN work.marked > input.marked THEN $2 ELSE input.due_at END,
            due_since = CASE
                WHEN work.marked > input.marked AND outcome = 'settled' THEN COALESCE(work.marked_at, $2)
                WHEN work.marked > input.marked OR input.state = 'due' THEN work.due_since
            END,
            worker = NULL,
            failures = CASE outcome WHEN 'settled' THEN 0 WHEN 'failed' THEN work.failures + 1
                ELSE work.failures END,
            last_error = CASE outcome WHEN 'settled' THEN NULL WHEN 'failed' THEN error ELSE work.last_error END,
            credit = COALESCE(input.credit, work.credit),
            reviews = COALESCE(input.reviews, work.reviews),
            review_since = CASE
                WHEN input.state = 'in-step' THEN NULL
                WHEN input.state = 'needs-review' THEN COALESCE(work.review_since, $2)
                ELSE work.review_since
            END
        FROM {input $1: connection text, rma text, attempt bigint, marked bigint, outcome text, state text, due_at bigint, reviews text, credit text, error text}
        WHERE work.connection = input.connection AND work.rma = input.rma
            AND work.attempt = input.attempt AND work.state = 'claimed'
        RETURNING work.connection, work.rma, work.state";
    let rows: Vec<_> = outcomes
        .iter()
        .map(|(claim, outcome)| Ended::of(claim, outcome, now))
        .collect::<Result<_, LedgerError>>()?;
    let connections = connections::of_claims(outcomes.iter().map(|(claim, _)| claim));
    connections::lock_all(session, &connections).await?;
    let mut states = HashMap::new();
    for row in session.all(FINISH, &[(&json(&rows)?).into(), now.into()]).await? {
        states.insert((row.text("connection")?, row.text("rma")?), row.text("state")?);
    }
    connections::served(session, &connections, now).await?;
    connections::set_turns(session, &connections).await?;
    let mut told = Vec::new();
    for (claim, outcome) in outcomes {
        let state = states.get(&(claim.connection.to_string(), claim.rma.to_string()));
        if let Some(state) = state {
            told.extend(story(claim, outcome, state));
        }
    }
    audit::append(session, &told, now).await?;
    Ok(states.len())
}

/// What the audit says about an end; `state` is the one it led to.
fn story(claim: &Claim, outcome: &Outcome, state: &str) -> Vec<Told> {
    let again = if state == "due" { "; due again: it was marked in between" } else { "" };
    match outcome {
        Outcome::Settled { reviews, credit } => {
            let mut detail =
                credit.map_or_else(|| "no credit".to_owned(), |credit| format!("credit {credit}"));
            for review in reviews {
                detail = format!("{detail}; for a person: {}", review.message);
            }
            vec![tell(claim, AuditEvent::Settled, detail + again)]
        }
        Outcome::Failed { error, again_at: Some(again_at) } => {
            vec![tell(claim, AuditEvent::Failed, format!("{error}; tried again at {again_at}"))]
        }
        Outcome::Failed { error, again_at: None } if state == "due" => {
            vec![tell(claim, AuditEvent::Failed, format!("{error}{again}"))]
        }
        Outcome::Failed { error, again_at: None } => vec![
            tell(claim, AuditEvent::Failed, error.clone()),
            tell(claim, AuditEvent::PutToAPerson, "no attempt is left".to_owned()),
        ],
        Outcome::Released => {
            vec![tell(claim, AuditEvent::Released, "not worked on; due as before".to_owned())]
        }
    }
}

fn tell(claim: &Claim, event: AuditEvent, detail: String) -> Told {
    Told {
        connection: claim.connection.to_string(),
        rma: claim.rma.to_string(),
        attempt: Some(claim.attempt),
        event: event.as_str(),
        detail,
    }
}
