//! Records the results of runs.

use std::collections::HashMap;

use jiff::Timestamp;
use returngo_brightpearl_mapping::Review;
use serde::Serialize;

use super::{
    AuditEvent, JobOutcome, JobState, Lease, Store, StoreError,
    audit::{self, AuditRow},
    connection_queue, original_orders,
    queue::{LeaseRow, audit_row},
    session::{Session, json},
};
use crate::Failure;

impl Store {
    /// Records the results of runs. A result under a lost lease changes nothing. Returns the number of jobs that were
    /// changed.
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

/// The result of a run, as a row for a statement.
#[derive(Serialize)]
struct JobResultRow {
    connection: String,
    rma: String,
    attempt: i64,
    enqueued: i64,
    outcome: &'static str,
    /// The next state and time, unless the RMA was queued again during the run.
    state: &'static str,
    run_at: Option<i64>,
    reviews: Option<String>,
    resolved: Option<String>,
    credit: Option<String>,
    error: Option<String>,
    signature: Option<String>,
}

impl JobResultRow {
    fn of(
        lease: &Lease,
        outcome: &JobOutcome,
        resolved_by_rma: &Resolved,
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
            signature: None,
        };
        Ok(match outcome {
            JobOutcome::Settled { reviews, credit } => {
                let (known, open): (Vec<_>, Vec<_>) =
                    reviews.iter().partition(|review| resolved_by_rma.knows(review));
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
            JobOutcome::Failed { failure, again_at: None } if resolved_by_rma.covers(failure) => {
                Self { outcome: "left", state: "in-sync", run_at: None, ..ended }
            }
            JobOutcome::Failed { failure, again_at } => Self {
                outcome: "failed",
                state: if again_at.is_some() { "pending" } else { "needs-review" },
                run_at: again_at.map(Timestamp::as_microsecond),
                error: Some(failure.message.clone()),
                signature: Some(failure.signature.clone()),
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
    // `job.enqueued > input.enqueued`: the RMA was queued again during the run, so it stays pending. Both sides of every
    // assignment refer to the row before the statement.
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
            last_signature = CASE outcome WHEN 'failed' THEN signature WHEN 'released' THEN job.last_signature END,
            credit = COALESCE(input.credit, job.credit),
            reviews = COALESCE(input.reviews, job.reviews),
            resolved = CASE outcome WHEN 'settled' THEN input.resolved ELSE job.resolved END,
            resolved_error = CASE outcome WHEN 'settled' THEN NULL ELSE job.resolved_error END,
            resolved_signature = CASE outcome WHEN 'settled' THEN NULL ELSE job.resolved_signature END,
            review_since = CASE
                WHEN input.state IN ('in-sync', 'of-another-shop') THEN NULL
                WHEN input.state = 'needs-review' THEN COALESCE(job.review_since, $2)
                ELSE job.review_since
            END
        FROM {input $1: connection text, rma text, attempt bigint, enqueued bigint, outcome text, state text, run_at bigint, reviews text, resolved text, credit text, error text, signature text}
        WHERE job.connection = input.connection AND job.rma = input.rma
            AND job.attempt = input.attempt AND job.state = 'in-progress'
        RETURNING job.connection, job.rma, job.state";
    let connections = connection_queue::of_leases(outcomes.iter().map(|(lease, _)| lease));
    connection_queue::lock_all(session, &connections).await?;
    let resolved_by_rma = resolved_by_rma(session, outcomes).await?;
    let nothing = Resolved::default();
    let resolved_of = |lease: &Lease| resolved_by_rma.get(&name(lease)).unwrap_or(&nothing);
    let rows: Vec<_> = outcomes
        .iter()
        .map(|(lease, outcome)| JobResultRow::of(lease, outcome, resolved_of(lease), now))
        .collect::<Result<_, StoreError>>()?;
    let mut states = HashMap::new();
    for row in session.all(FINISH, &[(&json(&rows)?).into(), now.into()]).await? {
        states.insert((row.text("connection")?, row.text("rma")?), row.text("state")?);
    }
    connection_queue::mark_served(session, &connections, now).await?;
    connection_queue::schedule(session, &connections).await?;
    let ended = || outcomes.iter().filter(|(lease, _)| states.contains_key(&name(lease)));
    original_orders::release(session, &ended().map(|(lease, _)| LeaseRow::of(lease)).collect::<Vec<_>>())
        .await?;
    clear_doubts(session, ended(), now).await?;
    let mut entries = Vec::new();
    for (lease, outcome) in outcomes {
        if let Some(state) = states.get(&name(lease)) {
            entries.extend(audit_entries(lease, outcome, resolved_of(lease), state));
        }
    }
    audit::append(session, &entries, now).await?;
    Ok(states.len())
}

/// The credit that a run found.
#[derive(Serialize)]
struct FoundCredit {
    connection: String,
    rma: String,
    credit: Option<String>,
}

/// Settles doubtful writes: a run that ends in sync has read whether their credit exists, and does not end before a doubtful
/// write must be visible.
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
            JobOutcome::Settled { credit, .. } => Some(FoundCredit {
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

/// The decisions about an RMA.
#[derive(Default)]
struct Resolved {
    reviews: Vec<Review>,
    /// The signature of the failure that was resolved.
    failure: Option<String>,
}

impl Resolved {
    fn knows(&self, review: &Review) -> bool {
        self.reviews.iter().any(|known| known.is_same_as(review))
    }

    fn covers(&self, failure: &Failure) -> bool {
        self.failure.as_ref() == Some(&failure.signature)
    }
}

/// The decisions about the RMAs whose results need review.
async fn resolved_by_rma(
    session: &mut Session<'_>,
    outcomes: &[(Lease, JobOutcome)],
) -> Result<HashMap<(String, String), Resolved>, StoreError> {
    const DECIDED: &str = "
        SELECT job.connection, job.rma, COALESCE(resolved, '[]') AS resolved, resolved_signature
        FROM job JOIN {input $1: connection text, rma text, attempt bigint}
            ON job.connection = input.connection AND job.rma = input.rma
        WHERE resolved IS NOT NULL OR resolved_signature IS NOT NULL";
    let asks = |outcome: &JobOutcome| match outcome {
        JobOutcome::Settled { reviews, .. } => !reviews.is_empty(),
        JobOutcome::Failed { again_at, .. } => again_at.is_none(),
        JobOutcome::Postponed { .. } | JobOutcome::Released | JobOutcome::OfAnotherShop => false,
    };
    let asking: Vec<_> =
        outcomes.iter().filter(|(_, outcome)| asks(outcome)).map(|(lease, _)| LeaseRow::of(lease)).collect();
    if asking.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = session.all(DECIDED, &[(&json(&asking)?).into()]).await?;
    rows.iter()
        .map(|row| {
            // A list that another version stored is not decoded; its reviews are raised again.
            let reviews = serde_json::from_str(&row.text("resolved")?).unwrap_or_default();
            let resolved_by_rma = Resolved { reviews, failure: row.text_if_any("resolved_signature")? };
            Ok(((row.text("connection")?, row.text("rma")?), resolved_by_rma))
        })
        .collect()
}

/// The audit entries for a result; `state` is the next state.
fn audit_entries(
    lease: &Lease,
    outcome: &JobOutcome,
    resolved_by_rma: &Resolved,
    state: &str,
) -> Vec<AuditRow> {
    let again = if state == "pending" { "; pending: queued again during the run" } else { "" };
    match outcome {
        JobOutcome::Settled { reviews, credit } => {
            let mut detail =
                credit.map_or_else(|| "no credit".to_owned(), |credit| format!("credit {credit}"));
            for review in reviews {
                let error_scope =
                    if resolved_by_rma.knows(review) { "resolved before" } else { "needs review" };
                detail = format!("{detail}; {error_scope}: {}", review.message);
            }
            vec![audit_row(lease, AuditEvent::Settled, detail + again)]
        }
        JobOutcome::Failed { failure: Failure { message, .. }, again_at: Some(again_at) } => {
            vec![audit_row(lease, AuditEvent::Failed, format!("{message}; retry at {again_at}"))]
        }
        JobOutcome::Failed { failure: Failure { message, .. }, again_at: None } if state == "pending" => {
            vec![audit_row(lease, AuditEvent::Failed, format!("{message}{again}"))]
        }
        JobOutcome::Failed { failure: Failure { message, .. }, again_at: None } if state == "in-sync" => {
            vec![audit_row(lease, AuditEvent::Failed, format!("{message}; resolved before"))]
        }
        JobOutcome::Failed { failure: Failure { message, .. }, again_at: None } => vec![
            audit_row(lease, AuditEvent::Failed, message.clone()),
            audit_row(lease, AuditEvent::NeedsReview, "no attempts are left".to_owned()),
        ],
        JobOutcome::Postponed { why, until } => {
            vec![audit_row(lease, AuditEvent::Failed, format!("{why}; retry at {until}"))]
        }
        JobOutcome::Released => {
            vec![audit_row(lease, AuditEvent::Released, "not processed; still pending".to_owned())]
        }
        JobOutcome::OfAnotherShop => {
            let detail = "ReturnGO does not know this RMA: it belongs to another shop on the same account";
            vec![audit_row(lease, AuditEvent::Settled, detail.to_owned())]
        }
    }
}
