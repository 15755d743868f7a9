//! What people decide about work. Every change holds the lock of the connection whose work it is.

use jiff::Timestamp;

use super::{
    audit::{self, Told},
    connections::{self, Named},
    effects,
    session::{Session, json},
    work_items,
};
use crate::ledger::{AuditEvent, Decision, EffectOutcome, EffectRecord, LedgerError};

pub(super) async fn put_aside(
    session: &mut Session<'_>,
    decision: &Decision,
    now: Timestamp,
) -> Result<bool, LedgerError> {
    // What is due or claimed stays so: its end compares what it finds with what was put aside.
    const PUT_ASIDE: &str = "
        UPDATE work SET
            state = CASE state WHEN 'needs-review' THEN 'in-step' ELSE state END,
            resolved = NULLIF($3, '[]'), resolved_error = COALESCE(last_error, resolved_error),
            reviews = '[]', review_since = NULL, failures = 0, last_error = NULL
        WHERE connection = $1 AND rma = $2 AND review_since IS NOT NULL";
    let Decision { connection, rma, .. } = decision;
    connections::lock(session, connection).await?;
    let Some(item) = work_items::one(session, connection, rma).await? else { return Ok(false) };
    let resolved = json(&[item.resolved, item.reviews].concat())?;
    let rma = rma.to_string();
    let parameters = [connection.as_str().into(), (&rma).into(), (&resolved).into()];
    if session.run(PUT_ASIDE, &parameters).await? == 0 {
        return Ok(false);
    }
    tell(session, decision, AuditEvent::Resolved, decision.to_string(), now).await?;
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

pub(super) async fn forget_effect(
    session: &mut Session<'_>,
    decision: &Decision,
    key: &str,
    now: Timestamp,
) -> Result<Option<EffectRecord>, LedgerError> {
    const FORGET: &str = "
        DELETE FROM effect WHERE connection = $1 AND rma = $2 AND key = $3 AND outcome = 'applied'";
    connections::lock(session, &decision.connection).await?;
    let known = effects::of(session, &decision.connection, &decision.rma).await?;
    let Some(known) = known.into_iter().find(|effect| effect.key == key) else { return Ok(None) };
    let Some(EffectOutcome::Applied { remote_id, .. }) = &known.outcome else { return Ok(None) };
    let rma = decision.rma.to_string();
    session.run(FORGET, &[decision.connection.as_str().into(), (&rma).into(), key.into()]).await?;
    make_due(session, decision, now).await?;
    let written = remote_id.as_ref().map(|id| format!("as {id} ")).unwrap_or_default();
    let detail = format!("{key}, written {written}at {}, {decision}", known.intended_at);
    tell(session, decision, AuditEvent::Forgotten, detail, now).await?;
    Ok(Some(known))
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
