//! What people decide about work. Every change holds the lock of the connection whose work it is.

use std::collections::BTreeSet;

use jiff::Timestamp;
use returngo::RmaId;
use returngo_brightpearl_mapping::{self as mapping, Review, keys};
use serde::Serialize;

use super::{
    audit::{self, Told},
    connections::{self, Named},
    effects,
    session::{Row, Session, json},
    work_items,
};
use crate::ledger::{
    AuditEvent, ConnectionId, Decision, EffectOutcome, EffectRecord, LedgerError, SettledReview, WorkState,
};

pub(super) async fn put_aside(
    session: &mut Session<'_>,
    decision: &Decision,
    now: Timestamp,
) -> Result<bool, LedgerError> {
    // What is due stays so: its end compares what it finds with what was put aside. What is in progress is taken from its
    // worker, whose plan knows nothing of the decision. What changed while it waited for the person is due.
    const PUT_ASIDE: &str = "
        UPDATE work SET
            state = CASE
                WHEN state = 'claimed' THEN 'due'
                WHEN state <> 'needs-review' THEN state WHEN marked_at IS NULL THEN 'in-step' ELSE 'due'
            END,
            attempt = CASE WHEN state = 'claimed' THEN attempt + 1 ELSE attempt END, worker = NULL,
            due_at = CASE WHEN state = 'claimed' OR (state = 'needs-review' AND marked_at IS NOT NULL)
                THEN $4 ELSE due_at END,
            due_since = CASE WHEN state = 'needs-review' THEN marked_at ELSE due_since END,
            resolved = NULLIF($3, '[]'), resolved_error = COALESCE(last_error, resolved_error),
            reviews = '[]', review_since = NULL, failures = 0, last_error = NULL
        WHERE connection = $1 AND rma = $2 AND review_since IS NOT NULL
        RETURNING state";
    let Decision { connection, rma, .. } = decision;
    connections::lock(session, connection).await?;
    let Some(item) = work_items::one(session, connection, rma).await? else { return Ok(false) };
    let mut settled: BTreeSet<String> = item.reviews.iter().flat_map(Review::ids).collect();
    if item.last_error.is_some() {
        settled.extend(failed_writes(session, decision).await?);
    }
    let resolved = json(&[item.resolved, item.reviews].concat())?;
    let rma = rma.to_string();
    let parameters = [connection.as_str().into(), (&rma).into(), (&resolved).into(), now.into()];
    let Some(row) = session.first(PUT_ASIDE, &parameters).await? else { return Ok(false) };
    settle(session, decision, settled, now).await?;
    if item.state == WorkState::Claimed {
        connections::set_turns(session, &[Named { id: connection.as_str() }]).await?;
    }
    tell(session, decision, AuditEvent::Resolved, decision.to_string(), now).await?;
    if item.state == WorkState::NeedsReview && row.parsed::<WorkState>("state")? == WorkState::Due {
        let why = "something changed while it waited for a person".to_owned();
        tell(session, decision, AuditEvent::MarkedDue, why, now).await?;
        connections::set_turns(session, &[Named { id: connection.as_str() }]).await?;
    }
    Ok(true)
}

/// What the writes that failed last are for, as reviews name it: a refund by its transaction, the credit by itself.
async fn failed_writes(session: &mut Session<'_>, decision: &Decision) -> Result<Vec<String>, LedgerError> {
    const FAILED: &str = "
        SELECT key, kind FROM effect WHERE connection = $1 AND rma = $2 AND kind IN ('credit', 'payment')
            AND (outcome IS NULL OR outcome <> 'applied')";
    let rma = decision.rma.to_string();
    let rows = session.all(FAILED, &[decision.connection.as_str().into(), (&rma).into()]).await?;
    let mut named = Vec::new();
    for row in &rows {
        let key = row.text("key")?;
        let of_payment = key.strip_prefix(&format!("{}-", keys::credit(&decision.rma)));
        named.push(match of_payment {
            Some(transaction) => format!("{}:{transaction}", mapping::Decision::FAILED),
            None => mapping::Decision::FAILED.to_owned(),
        });
    }
    Ok(named)
}

#[derive(Serialize)]
struct Settled {
    review: String,
}

/// What is stored of a review that was settled by hand.
const SETTLED: &str = "settled";

async fn settle(
    session: &mut Session<'_>,
    decision: &Decision,
    reviews: BTreeSet<String>,
    now: Timestamp,
) -> Result<(), LedgerError> {
    const SETTLE: &str = "
        INSERT INTO decision (connection, rma, review, choice, decided_by, decided_at, note)
        SELECT $2, $3, review, $4, $5, $6, NULLIF($7, '') FROM {input $1: review text} WHERE true
        ON CONFLICT (connection, rma, review) DO UPDATE SET choice = excluded.choice,
            decided_by = excluded.decided_by, decided_at = excluded.decided_at, note = excluded.note";
    let rows: Vec<_> = reviews.into_iter().map(|review| Settled { review }).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let (rows, rma) = (json(&rows)?, decision.rma.to_string());
    let parameters = [
        (&rows).into(),
        decision.connection.as_str().into(),
        (&rma).into(),
        SETTLED.into(),
        decision.by.as_str().into(),
        now.into(),
        decision.note.as_deref().unwrap_or_default().into(),
    ];
    session.run(SETTLE, &parameters).await.map(drop)
}

#[derive(Serialize)]
struct Asked {
    rma: String,
}

/// What was settled by hand about these RMAs.
pub(super) async fn settled(
    session: &mut Session<'_>,
    connection: &ConnectionId,
    rmas: &[RmaId],
) -> Result<Vec<(RmaId, SettledReview)>, LedgerError> {
    const OF_RMAS: &str = "
        SELECT rma, review, decided_by, decided_at, note FROM decision
        WHERE connection = $2 AND choice = $3 AND decision.rma IN (SELECT input.rma FROM {input $1: rma text})
        ORDER BY rma, review";
    let rmas: Vec<_> = rmas.iter().map(|rma| Asked { rma: rma.to_string() }).collect();
    let rmas = json(&rmas)?;
    let parameters = [(&rmas).into(), connection.as_str().into(), SETTLED.into()];
    let settled = |row: &Row| {
        let review = SettledReview {
            review: row.text("review")?,
            by: row.text("decided_by")?,
            at: row.time("decided_at")?,
            note: row.text_if_any("note")?,
        };
        Ok((row.parsed("rma")?, review))
    };
    session.all(OF_RMAS, &parameters).await?.iter().map(settled).collect()
}

/// Lifts what was settled by hand.
pub(super) async fn reopen(
    session: &mut Session<'_>,
    decision: &Decision,
    now: Timestamp,
) -> Result<bool, LedgerError> {
    const LIFT: &str = "DELETE FROM decision WHERE connection = $1 AND rma = $2";
    const ASK_AGAIN: &str = "
        UPDATE work SET resolved = NULL, resolved_error = NULL
        WHERE connection = $1 AND rma = $2 AND (resolved IS NOT NULL OR resolved_error IS NOT NULL)";
    connections::lock(session, &decision.connection).await?;
    let (connection, rma) = (decision.connection.as_str(), decision.rma.to_string());
    let mut lifted = 0;
    for statement in [LIFT, ASK_AGAIN] {
        lifted += session.run(statement, &[connection.into(), (&rma).into()]).await?;
    }
    if lifted == 0 || !make_due(session, decision, now).await? {
        return Ok(false);
    }
    tell(session, decision, AuditEvent::Reopened, decision.to_string(), now).await?;
    Ok(true)
}

pub(super) async fn begin_again(
    session: &mut Session<'_>,
    decision: &Decision,
    now: Timestamp,
) -> Result<bool, LedgerError> {
    connections::lock(session, &decision.connection).await?;
    if !make_due(session, decision, now).await? {
        return Ok(false);
    }
    tell(session, decision, AuditEvent::Retried, decision.to_string(), now).await?;
    Ok(true)
}

pub(super) async fn forget_effects(
    session: &mut Session<'_>,
    decision: &Decision,
    keys: &[String],
    now: Timestamp,
) -> Result<Option<Vec<EffectRecord>>, LedgerError> {
    const FORGET: &str = "
        DELETE FROM effect WHERE connection = $1 AND rma = $2 AND key = $3 AND outcome = 'applied'";
    connections::lock(session, &decision.connection).await?;
    let known = effects::of(session, &decision.connection, &decision.rma).await?;
    let applied = |key: &String| {
        let effect = known.iter().find(|effect| effect.key == *key)?;
        matches!(effect.outcome, Some(EffectOutcome::Applied { .. })).then(|| effect.clone())
    };
    let Some(forgotten) = keys.iter().map(applied).collect::<Option<Vec<_>>>() else { return Ok(None) };
    let rma = decision.rma.to_string();
    for EffectRecord { key, intended_at, outcome, .. } in &forgotten {
        session
            .run(FORGET, &[decision.connection.as_str().into(), (&rma).into(), key.as_str().into()])
            .await?;
        let written = match outcome {
            Some(EffectOutcome::Applied { remote_id: Some(id), .. }) => format!("as {id} "),
            _ => String::new(),
        };
        let detail = format!("{key}, written {written}at {intended_at}, {decision}");
        tell(session, decision, AuditEvent::Forgotten, detail, now).await?;
    }
    make_due(session, decision, now).await?;
    Ok(Some(forgotten))
}

/// Due now, with all attempts left.
async fn make_due(
    session: &mut Session<'_>,
    decision: &Decision,
    now: Timestamp,
) -> Result<bool, LedgerError> {
    const MAKE_DUE: &str = "
        UPDATE work SET
            state = CASE state WHEN 'claimed' THEN state ELSE 'due' END,
            due_at = CASE WHEN state = 'claimed' OR due_at < $3 THEN due_at ELSE $3 END,
            due_since = COALESCE(due_since, $3), marked = marked + 1, marked_at = COALESCE(marked_at, $3),
            failures = 0
        WHERE connection = $1 AND rma = $2";
    let connection = decision.connection.as_str();
    let rma = decision.rma.to_string();
    let known = session.run(MAKE_DUE, &[connection.into(), (&rma).into(), now.into()]).await? > 0;
    connections::set_turns(session, &[Named { id: connection }]).await?;
    Ok(known)
}

async fn tell(
    session: &mut Session<'_>,
    decision: &Decision,
    event: AuditEvent,
    detail: String,
    now: Timestamp,
) -> Result<(), LedgerError> {
    let told = Told {
        connection: decision.connection.to_string(),
        rma: decision.rma.to_string(),
        attempt: None,
        event: event.as_str(),
        detail,
    };
    audit::append(session, &[told], now).await
}
