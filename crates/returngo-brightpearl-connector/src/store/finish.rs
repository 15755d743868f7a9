//! How claimed work ended, and what that leads to.

use std::collections::HashMap;

use jiff::Timestamp;
use returngo_brightpearl_mapping::Review;
use serde::Serialize;

use super::{
    AuditEvent, Claim, Outcome, Store, StoreError, WorkState,
    audit::{self, Told},
    connections, failure, original_orders,
    queue::{Held, tell},
    session::{Session, json},
};

impl Store {
    /// Writes back how claimed work ended; a claim that is no longer held changes nothing. Gives back how many
    /// were.
    pub async fn finish(&self, outcomes: &[(Claim, Outcome)], now: Timestamp) -> Result<usize, StoreError> {
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
    marked: i64,
    outcome: &'static str,
    /// The state it is in, and when it is due, unless it was marked again in between.
    state: &'static str,
    due_at: Option<i64>,
    reviews: Option<String>,
    resolved: Option<String>,
    credit: Option<String>,
    error: Option<String>,
}

impl Ended {
    fn of(claim: &Claim, outcome: &Outcome, decided: &Decided, now: Timestamp) -> Result<Self, StoreError> {
        let ended = Self {
            connection: claim.connection.to_string(),
            rma: claim.rma.to_string(),
            attempt: claim.attempt,
            marked: claim.marked,
            outcome: "released",
            state: "due",
            due_at: Some(now.as_microsecond()),
            reviews: None,
            resolved: None,
            credit: None,
            error: None,
        };
        Ok(match outcome {
            Outcome::Settled { reviews, credit } => {
                let (known, open): (Vec<_>, Vec<_>) =
                    reviews.iter().partition(|review| decided.reviews.contains(review));
                Self {
                    outcome: "settled",
                    state: if open.is_empty() { "in-step" } else { "needs-review" },
                    due_at: None,
                    reviews: Some(json(&open)?),
                    resolved: (!known.is_empty()).then(|| json(&known)).transpose()?,
                    credit: credit.map(|credit| credit.to_string()),
                    ..ended
                }
            }
            Outcome::Failed { error, again_at: None } if decided.covers(error) => {
                Self { outcome: "left", state: "in-step", due_at: None, ..ended }
            }
            Outcome::Failed { error, again_at } => Self {
                outcome: "failed",
                state: if again_at.is_some() { "due" } else { "needs-review" },
                due_at: again_at.map(Timestamp::as_microsecond),
                error: Some(error.clone()),
                ..ended
            },
            Outcome::Postponed { why, until } => Self {
                outcome: "postponed",
                due_at: Some(until.as_microsecond()),
                error: Some(why.clone()),
                ..ended
            },
            Outcome::Released => ended,
            Outcome::OfAnotherShop => Self {
                outcome: "of another shop",
                state: WorkState::OfAnotherShop.as_str(),
                due_at: None,
                ..ended
            },
        })
    }
}

pub(super) async fn finish(
    session: &mut Session<'_>,
    outcomes: &[(Claim, Outcome)],
    now: Timestamp,
) -> Result<usize, StoreError> {
    // `work.marked > input.marked`: it was marked again while it was worked on, so it stays due. Both sides of
    // every assignment are those before the statement.
    const FINISH: &str = "
        UPDATE work SET
            state = CASE WHEN work.marked > input.marked THEN 'due' ELSE input.state END,
            due_at = CASE WHEN work.marked > input.marked THEN $2 ELSE input.due_at END,
            due_since = CASE
                WHEN work.marked > input.marked AND outcome IN ('settled', 'left', 'of another shop') THEN COALESCE(work.marked_at, $2)
                WHEN work.marked > input.marked OR input.state = 'due' THEN work.due_since
            END,
            worker = NULL, abandoned = 0,
            of_this_shop = CASE outcome WHEN 'settled' THEN 1 ELSE work.of_this_shop END,
            failures = CASE WHEN outcome = 'failed' THEN work.failures + 1
                WHEN outcome IN ('postponed', 'released') THEN work.failures ELSE 0 END,
            last_error = CASE WHEN outcome IN ('failed', 'postponed') THEN error
                WHEN outcome = 'released' THEN work.last_error END,
            credit = COALESCE(input.credit, work.credit),
            reviews = COALESCE(input.reviews, work.reviews),
            resolved = CASE outcome WHEN 'settled' THEN input.resolved ELSE work.resolved END,
            resolved_error = CASE outcome WHEN 'settled' THEN NULL ELSE work.resolved_error END,
            review_since = CASE
                WHEN input.state IN ('in-step', 'of-another-shop') THEN NULL
                WHEN input.state = 'needs-review' THEN COALESCE(work.review_since, $2)
                ELSE work.review_since
            END
        FROM {input $1: connection text, rma text, attempt bigint, marked bigint, outcome text, state text, due_at bigint, reviews text, resolved text, credit text, error text}
        WHERE work.connection = input.connection AND work.rma = input.rma
            AND work.attempt = input.attempt AND work.state = 'claimed'
        RETURNING work.connection, work.rma, work.state";
    let connections = connections::of_claims(outcomes.iter().map(|(claim, _)| claim));
    connections::lock_all(session, &connections).await?;
    let decided = decided(session, outcomes).await?;
    let nothing = Decided::default();
    let decided_of = |claim: &Claim| decided.get(&name(claim)).unwrap_or(&nothing);
    let rows: Vec<_> = outcomes
        .iter()
        .map(|(claim, outcome)| Ended::of(claim, outcome, decided_of(claim), now))
        .collect::<Result<_, StoreError>>()?;
    let mut states = HashMap::new();
    for row in session.all(FINISH, &[(&json(&rows)?).into(), now.into()]).await? {
        states.insert((row.text("connection")?, row.text("rma")?), row.text("state")?);
    }
    connections::served(session, &connections, now).await?;
    connections::set_turns(session, &connections).await?;
    let ended = || outcomes.iter().filter(|(claim, _)| states.contains_key(&name(claim)));
    original_orders::release(session, &ended().map(|(claim, _)| Held::of(claim)).collect::<Vec<_>>()).await?;
    clear_doubts(session, ended(), now).await?;
    let mut told = Vec::new();
    for (claim, outcome) in outcomes {
        if let Some(state) = states.get(&name(claim)) {
            told.extend(story(claim, outcome, decided_of(claim), state));
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
    outcomes: impl Iterator<Item = &(Claim, Outcome)>,
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
        .filter_map(|(claim, outcome)| match outcome {
            Outcome::Settled { credit, .. } => Some(Found {
                connection: claim.connection.to_string(),
                rma: claim.rma.to_string(),
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

fn name(claim: &Claim) -> (String, String) {
    (claim.connection.to_string(), claim.rma.to_string())
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
    outcomes: &[(Claim, Outcome)],
) -> Result<HashMap<(String, String), Decided>, StoreError> {
    const DECIDED: &str = "
        SELECT work.connection, work.rma, COALESCE(resolved, '[]') AS resolved, resolved_error
        FROM work JOIN {input $1: connection text, rma text, attempt bigint}
            ON work.connection = input.connection AND work.rma = input.rma
        WHERE resolved IS NOT NULL OR resolved_error IS NOT NULL";
    let asks = |outcome: &Outcome| match outcome {
        Outcome::Settled { reviews, .. } => !reviews.is_empty(),
        Outcome::Failed { again_at, .. } => again_at.is_none(),
        Outcome::Postponed { .. } | Outcome::Released | Outcome::OfAnotherShop => false,
    };
    let asking: Vec<_> =
        outcomes.iter().filter(|(_, outcome)| asks(outcome)).map(|(claim, _)| Held::of(claim)).collect();
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
fn story(claim: &Claim, outcome: &Outcome, decided: &Decided, state: &str) -> Vec<Told> {
    let again = if state == "due" { "; due again: it was marked in between" } else { "" };
    match outcome {
        Outcome::Settled { reviews, credit } => {
            let mut detail =
                credit.map_or_else(|| "no credit".to_owned(), |credit| format!("credit {credit}"));
            for review in reviews {
                let whose = if decided.reviews.contains(review) { "decided before" } else { "for a person" };
                detail = format!("{detail}; {whose}: {}", review.message);
            }
            vec![tell(claim, AuditEvent::Settled, detail + again)]
        }
        Outcome::Failed { error, again_at: Some(again_at) } => {
            vec![tell(claim, AuditEvent::Failed, format!("{error}; tried again at {again_at}"))]
        }
        Outcome::Failed { error, again_at: None } if state == "due" => {
            vec![tell(claim, AuditEvent::Failed, format!("{error}{again}"))]
        }
        Outcome::Failed { error, again_at: None } if state == "in-step" => {
            vec![tell(claim, AuditEvent::Failed, format!("{error}; decided before"))]
        }
        Outcome::Failed { error, again_at: None } => vec![
            tell(claim, AuditEvent::Failed, error.clone()),
            tell(claim, AuditEvent::PutToAPerson, "no attempt is left".to_owned()),
        ],
        Outcome::Postponed { why, until } => {
            vec![tell(claim, AuditEvent::Failed, format!("{why}; tried again at {until}"))]
        }
        Outcome::Released => {
            vec![tell(claim, AuditEvent::Released, "not worked on; due as before".to_owned())]
        }
        Outcome::OfAnotherShop => {
            let detail = "ReturnGO does not know this RMA: it belongs to another shop on the same account";
            vec![tell(claim, AuditEvent::Settled, detail.to_owned())]
        }
    }
}
