//! How claimed work ended, and what that leads to.

use std::collections::HashMap;

use jiff::Timestamp;
use returngo_brightpearl_mapping::Review;
use serde::Serialize;

use super::{
    AuditEvent, JobOutcome, JobState, Lease, Store, StoreError,
    audit::{self, AuditRow},
    connections, failure, original_orders,
    queue::{Held, tell},
    session::{Session, json},
};

impl Store {
    /// Writes back how claimed work ended; a claim that is no longer held changes nothing. Gives back how many
    /// were.
    pub async fn finish(
        &self,
        outcomes: &[(Lease, JobOutcome)],
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        let mut session = self.writing().await?;
        let finished = finish(&mut session, outcomes, now).await?;
        session.commit().await?;
        Ok(finished)
    }
}

/// How a claim ended, as a row for a statement.
#[derive(Serialize)]
struct Ended {
    connection: String,
    rma: String,
    attempt: i64,
    enqueued: i64,
    outcome: &'static str,
    /// The state it is in, and when it is due, unless it was marked again in between.
    state: &'static str,
    run_at: Option<i64>,
    reviews: Option<String>,
    resolved: Option<String>,
    credit: Option<String>,
    error: Option<String>,
}

impl Ended {
    fn of(
        lease: &Lease,
        outcome: &JobOutcome,
        decided: &Decided,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let ended = Self {
            connection: lease.connection.to_string(),
            rma: lease.rma.to_string(),
            attempt: lease.attempt,
            enqueued: lease.enqueued,
            outcome: "released",
            state: "pending",
            run_at: Some(now.as_microsecond()),
            reviews: None,
            resolved: None,
            credit: None,
            error: None,
        };
        Ok(match outcome {
            JobOutcome::Settled { reviews, credit } => {
                let (known, open): (Vec<_>, Vec<_>) =
                    reviews.iter().partition(|review| decided.reviews.contains(review));
                Self {
                    outcome: "settled",
                    state: if open.is_empty() { "in-sync" } else { "needs-review" },
                    run_at: None,
                    reviews: Some(json(&open)?),
                    resolved: (!known.is_empty()).then(|| json(&known)).transpose()?,
                    credit: credit.map(|credit| credit.to_string()),
                    ..ended
                }
            }
            JobOutcome::Failed { error, again_at: None } if decided.covers(error) => {
                Self { outcome: "left", state: "in-sync", run_at: None, ..ended }
            }
            JobOutcome::Failed { error, again_at } => Self {
                outcome: "failed",
                state: if again_at.is_some() { "pending" } else { "needs-review" },
                run_at: again_at.map(Timestamp::as_microsecond),
                error: Some(error.clone()),
                ..ended
            },
            JobOutcome::Postponed { why, until } => Self {
                outcome: "postponed",
                run_at: Some(until.as_microsecond()),
                error: Some(why.clone()),
                ..ended
            },
            JobOutcome::Released => ended,
            JobOutcome::OfAnotherShop => Self {
                outcome: "of another shop",
                state: JobState::OfAnotherShop.as_str(),
                run_at: None,
                ..ended
            },
        })
    }
}

pub(super) async fn finish(
    session: &mut Session<'_>,
    outcomes: &[(Lease, JobOutcome)],
    now: Timestamp,
) -> Result<usize, StoreError> {
    // `work.marked > input.marked`: it was marked again while it was worked on, so it stays due. Both sides of
    // every assignment are those before the statement.
    const FINISH: &str = "
        UPDATE job SET
            state = CASE WHEN job.enqueued > input.enqueued THEN 'pending' ELSE input.state END,
            run_at = CASE WHEN job.enqueued > input.enqueued THEN $2 ELSE input.run_at END,
            pending_since = CASE
                WHEN job.enqueued > input.enqueued AND outcome IN ('settled', 'left', 'of another shop') THEN COALESCE(job.enqueued_at, $2)
                WHEN job.enqueued > input.enqueued OR input.state = 'pending' THEN job.pending_since
            END,
            worker = NULL, abandoned = 0,
            of_this_shop = CASE outcome WHEN 'settled' THEN 1 ELSE job.of_this_shop END,
            failures = CASE WHEN outcome = 'failed' THEN job.failures + 1
                WHEN outcome IN ('postponed', 'released') THEN job.failures ELSE 0 END,
            last_error = CASE WHEN outcome IN ('failed', 'postponed') THEN error
                WHEN outcome = 'released' THEN job.last_error END,
            credit = COALESCE(input.credit, job.credit),
            reviews = COALESCE(input.reviews, job.reviews),
            resolved = CASE outcome WHEN 'settled' THEN input.resolved ELSE job.resolved END,
            resolved_error = CASE outcome WHEN 'settled' THEN NULL ELSE job.resolved_error END,
            review_since = CASE
                WHEN input.state IN ('in-sync', 'of-another-shop') THEN NULL
                WHEN input.state = 'needs-review' THEN COALESCE(job.review_since, $2)
                ELSE job.review_since
            END
        FROM {input $1: connection text, rma text, attempt bigint, enqueued bigint, outcome text, state text, run_at bigint, reviews text, resolved text, credit text, error text}
        WHERE job.connection = input.connection AND job.rma = input.rma
            AND job.attempt = input.attempt AND job.state = 'in-progress'
        RETURNING job.connection, job.rma, job.state";
    let connections = connections::of_leases(outcomes.iter().map(|(lease, _)| lease));
    connections::lock_all(session, &connections).await?;
    let decided = decided(session, outcomes).await?;
    let nothing = Decided::default();
    let decided_of = |lease: &Lease| decided.get(&name(lease)).unwrap_or(&nothing);
    let rows: Vec<_> = outcomes
        .iter()
        .map(|(lease, outcome)| Ended::of(lease, outcome, decided_of(lease), now))
        .collect::<Result<_, StoreError>>()?;
    let mut states = HashMap::new();
    for row in session.all(FINISH, &[(&json(&rows)?).into(), now.into()]).await? {
        states.insert((row.text("connection")?, row.text("rma")?), row.text("state")?);
    }
    connections::mark_served(session, &connections, now).await?;
    connections::schedule(session, &connections).await?;
    let ended = || outcomes.iter().filter(|(lease, _)| states.contains_key(&name(lease)));
    original_orders::release(session, &ended().map(|(lease, _)| Held::of(lease)).collect::<Vec<_>>()).await?;
    clear_doubts(session, ended(), now).await?;
    let mut told = Vec::new();
    for (lease, outcome) in outcomes {
        if let Some(state) = states.get(&name(lease)) {
            told.extend(story(lease, outcome, decided_of(lease), state));
        }
    }
    audit::append(session, &told, now).await?;
    Ok(states.len())
}

/// What became of a credit.
#[derive(Serialize)]
struct Found {
    connection: String,
    rma: String,
    credit: Option<String>,
}

/// Settles doubtful writes: an attempt that finds nothing more to do has read whether their credit exists. It does not
/// end before a doubtful write must have been visible.
async fn clear_doubts(
    session: &mut Session<'_>,
    outcomes: impl Iterator<Item = &(Lease, JobOutcome)>,
    now: Timestamp,
) -> Result<(), StoreError> {
    const CLEAR: &str = "
        UPDATE effect SET
            outcome = CASE WHEN input.credit IS NULL THEN 'refused' ELSE 'applied' END,
            remote_id = input.credit, already_existed = 0, recorded_at = $2,
            error = CASE WHEN input.credit IS NULL THEN 'it was not found later' END
        FROM {input $1: connection text, rma text, credit text}
        WHERE effect.connection = input.connection AND effect.rma = input.rma AND kind = 'credit'
            AND (outcome IS NULL OR outcome = 'unknown')";
    let found: Vec<_> = outcomes
        .filter_map(|(lease, outcome)| match outcome {
            JobOutcome::Settled { credit, .. } => Some(Found {
                connection: lease.connection.to_string(),
                rma: lease.rma.to_string(),
                credit: credit.map(|credit| credit.to_string()),
            }),
            _ => None,
        })
        .collect();
    if !found.is_empty() {
        session.run(CLEAR, &[(&json(&found)?).into(), now.into()]).await?;
    }
    Ok(())
}

fn name(lease: &Lease) -> (String, String) {
    (lease.connection.to_string(), lease.rma.to_string())
}

/// What a person has decided about an RMA.
#[derive(Default)]
struct Decided {
    reviews: Vec<Review>,
    error: Option<String>,
}

impl Decided {
    fn covers(&self, error: &str) -> bool {
        self.error.as_deref().is_some_and(|decided| failure::is_the_same(decided, error))
    }
}

/// What a person has decided about those whose end asks for something.
async fn decided(
    session: &mut Session<'_>,
    outcomes: &[(Lease, JobOutcome)],
) -> Result<HashMap<(String, String), Decided>, StoreError> {
    const DECIDED: &str = "
        SELECT job.connection, job.rma, COALESCE(resolved, '[]') AS resolved, resolved_error
        FROM job JOIN {input $1: connection text, rma text, attempt bigint}
            ON job.connection = input.connection AND job.rma = input.rma
        WHERE resolved IS NOT NULL OR resolved_error IS NOT NULL";
    let asks = |outcome: &JobOutcome| match outcome {
        JobOutcome::Settled { reviews, .. } => !reviews.is_empty(),
        JobOutcome::Failed { again_at, .. } => again_at.is_none(),
        JobOutcome::Postponed { .. } | JobOutcome::Released | JobOutcome::OfAnotherShop => false,
    };
    let asking: Vec<_> =
        outcomes.iter().filter(|(_, outcome)| asks(outcome)).map(|(lease, _)| Held::of(lease)).collect();
    if asking.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = session.all(DECIDED, &[(&json(&asking)?).into()]).await?;
    rows.iter()
        .map(|row| {
            // What another version stored in words of its own is asked again.
            let reviews = serde_json::from_str(&row.text("resolved")?).unwrap_or_default();
            let decided = Decided { reviews, error: row.text_if_any("resolved_error")? };
            Ok(((row.text("connection")?, row.text("rma")?), decided))
        })
        .collect()
}

/// What the audit says about an end; `state` is the one it led to.
fn story(lease: &Lease, outcome: &JobOutcome, decided: &Decided, state: &str) -> Vec<AuditRow> {
    let again = if state == "pending" { "; due again: it was marked in between" } else { "" };
    match outcome {
        JobOutcome::Settled { reviews, credit } => {
            let mut detail =
                credit.map_or_else(|| "no credit".to_owned(), |credit| format!("credit {credit}"));
            for review in reviews {
                let error_scope =
                    if decided.reviews.contains(review) { "decided before" } else { "for a person" };
                detail = format!("{detail}; {error_scope}: {}", review.message);
            }
            vec![tell(lease, AuditEvent::Settled, detail + again)]
        }
        JobOutcome::Failed { error, again_at: Some(again_at) } => {
            vec![tell(lease, AuditEvent::Failed, format!("{error}; tried again at {again_at}"))]
        }
        JobOutcome::Failed { error, again_at: None } if state == "pending" => {
            vec![tell(lease, AuditEvent::Failed, format!("{error}{again}"))]
        }
        JobOutcome::Failed { error, again_at: None } if state == "in-sync" => {
            vec![tell(lease, AuditEvent::Failed, format!("{error}; decided before"))]
        }
        JobOutcome::Failed { error, again_at: None } => vec![
            tell(lease, AuditEvent::Failed, error.clone()),
            tell(lease, AuditEvent::NeedsReview, "no attempt is left".to_owned()),
        ],
        JobOutcome::Postponed { why, until } => {
            vec![tell(lease, AuditEvent::Failed, format!("{why}; tried again at {until}"))]
        }
        JobOutcome::Released => {
            vec![tell(lease, AuditEvent::Released, "not worked on; due as before".to_owned())]
        }
        JobOutcome::OfAnotherShop => {
            let detail = "ReturnGO does not know this RMA: it belongs to another shop on the same account";
            vec![tell(lease, AuditEvent::Settled, detail.to_owned())]
        }
    }
}
