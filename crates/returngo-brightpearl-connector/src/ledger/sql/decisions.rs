//! What people decide about work. Every change holds the lock of the connection whose work it is.

use jiff::Timestamp;

use super::{
    audit::{self, Told},
    connections::{self, Named},
    effects,
    session::{Session, json},
    work_items,
};
use crate::ledger::{AuditEvent, Decision, EffectOutcome, EffectRecord, LedgerError, WorkState};

pub(super) async fn put_aside(
    session: &mut Session<'_>,
    decision: &Decision,
    now: Timestamp,
) -> Result<bool, LedgerError> {
    // What is due or claimed stays so: its end compares what it finds with what was put aside. What changed while
    // it waited for the person is due.
    const PUT_ASIDE: &str = "
        UPDATE work SET
            state = CASE
                WHEN state <> 'needs-review' THEN state WHEN marked_at IS NULL THEN 'in-step' ELSE 'due'
            END,
            due_at = CASE WHEN state = 'needs-review' AND marked_at IS NOT NULL THEN $4 ELSE due_at END,
            due_since = CASE WHEN state = 'needs-review' THEN marked_at ELSE due_since END,
            resolved = NULLIF($3, '[]'), resolved_error = COALESCE(last_error, resolved_error),
            reviews = '[]', review_since = NULL, failures = 0, last_error = NULL
        WHERE connection = $1 AND rma = $2 AND review_since IS NOT NULL
        RETURNING state";
    let Decision { connection, rma, .. } = decision;
    connections::lock(session, connection).await?;
    let Some(item) = work_items::one(session, connection, rma).await? else { return Ok(false) };
    let resolved = json(&[item.resolved, item.reviews].concat())?;
    let rma = rma.to_string();
    let parameters = [connection.as_str().into(), (&rma).into(), (&resolved).into(), now.into()];
    let Some(row) = session.first(PUT_ASIDE, &parameters).await? else { return Ok(false) };
    tell(session, decision, AuditEvent::Resolved, decision.to_string(), now).await?;
    if item.state == WorkState::NeedsReview && row.parsed::<WorkState>("state")? == WorkState::Due {
        let why = "something changed while it waited for a person".to_owned();
        tell(session, decision, AuditEvent::MarkedDue, why, now).await?;
        connections::set_turns(session, &[Named { id: connection.as_str() }]).await?;
    }
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

/// Due now, with all attempts left, and everything that was put aside to be asked again.
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
            failures = 0, resolved = NULL, resolved_error = NULL
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
