//! Users' decisions about RMAs. Every change holds the lock of the connection.

use std::{collections::BTreeMap, fmt};

use brightpearl::OffsetDateTime;
use jiff::Timestamp;
use returngo::RmaId;
use returngo_brightpearl_mapping as mapping;
use returngo_brightpearl_mapping::{Review, keys};
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    Activity, Actor, AuditEvent, ConnectionId, EffectOutcome, EffectRecord, JobState, Operation, Store,
    StoreError, activity,
    audit::{self, AuditRow},
    connection_queue, effects, jobs,
    session::{self, Row, Session, json_column},
};

/// An action of a user on an RMA, as it is audited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RmaAction {
    /// The connection.
    pub connection: ConnectionId,
    /// The RMA.
    pub rma: RmaId,
    /// The user.
    pub by: Actor,
    /// A note with the reason.
    pub note: Option<String>,
}

/// The user and the note, as in the audit.
impl fmt::Display for RmaAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.note {
            Some(note) => write!(f, "by {}: {note}", self.by),
            None => write!(f, "by {}", self.by),
        }
    }
}

/// The answer of a user to a review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The review's id.
    pub review: String,
    /// The digest of the review that was answered.
    pub digest: String,
    /// The choice.
    pub choice: String,
}

/// Whether an answer was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decided {
    /// It was stored, and the RMA is queued.
    Yes,
    /// The RMA does not have the review, or its facts have changed.
    ReviewChanged,
    /// The choice names a payment that was decided to be a refund of this RMA.
    PaymentTaken(RmaId),
}

impl Store {
    /// Resolves the reviews of an RMA, which the user settled by hand. From then on the connector writes nothing for their
    /// subjects until the RMA is [reopened](Self::reopen). The same reviews, and failures of the same kind, are not raised
    /// again; anything else is. The RMA is queued if a sweep found a change meanwhile. Returns false when the RMA does not
    /// need review.
    pub async fn resolve_reviews(&self, decision: &RmaAction, now: Timestamp) -> Result<bool, StoreError> {
        let mut session = self.writing().await?;
        let resolve_reviews = resolve_reviews(&mut session, decision, now).await?;
        session.commit().await?;
        Ok(resolve_reviews)
    }

    /// Queues an RMA now, with all attempts. Resolved reviews stay resolved. Returns false for an unknown RMA.
    pub async fn retry(&self, decision: &RmaAction, now: Timestamp) -> Result<bool, StoreError> {
        let mut session = self.writing().await?;
        let known = retry(&mut session, decision, now).await?;
        session.commit().await?;
        Ok(known)
    }

    /// Revokes the decisions about an RMA, and [retries](Self::retry) it: what was settled by hand, and answers on which nothing
    /// was written yet. Returns false when there are none.
    pub async fn reopen(&self, decision: &RmaAction, now: Timestamp) -> Result<bool, StoreError> {
        let mut session = self.writing().await?;
        let reopened = reopen(&mut session, decision, now).await?;
        session.commit().await?;
        Ok(reopened)
    }

    /// Stores the answer to an open review, and queues the RMA. A review that changed meanwhile is not answered. An answer
    /// replaces the one before.
    pub async fn decide(
        &self,
        action: &RmaAction,
        answer: &Answer,
        now: Timestamp,
    ) -> Result<Decided, StoreError> {
        let mut session = self.writing().await?;
        let decided = decide(&mut session, action, answer, now).await?;
        session.commit().await?;
        Ok(decided)
    }

    /// The decisions about the reviews of these RMAs.
    pub async fn decisions(
        &self,
        connection: &ConnectionId,
        rmas: &[RmaId],
    ) -> Result<Vec<(RmaId, mapping::Decision)>, StoreError> {
        of_rmas(&mut self.asking().await?, connection, rmas).await
    }

    /// Resets applied writes, so that they are repeated if the plan still has them, and [retries](Self::retry) the RMA.
    /// Returns their records, or none when not all of them were applied; then nothing is reset.
    pub async fn reset_effects(
        &self,
        decision: &RmaAction,
        keys: &[String],
        now: Timestamp,
    ) -> Result<Option<Vec<EffectRecord>>, StoreError> {
        let mut session = self.writing().await?;
        let forgotten = reset_effects(&mut session, decision, keys, now).await?;
        session.commit().await?;
        Ok(forgotten)
    }
}

pub(super) async fn resolve_reviews(
    session: &mut Session<'_>,
    decision: &RmaAction,
    now: Timestamp,
) -> Result<bool, StoreError> {
    // A pending job stays pending: its result is compared with the resolution. A job in progress is taken from its worker,
    // whose plan does not know the decision. One that changed while it needed review is queued.
    const PUT_ASIDE: &str = "
        UPDATE job SET
            state = CASE
                WHEN state = 'in-progress' THEN 'pending'
                WHEN state <> 'needs-review' THEN state WHEN enqueued_at IS NULL THEN 'in-sync' ELSE 'pending'
            END,
            attempt = CASE WHEN state = 'in-progress' THEN attempt + 1 ELSE attempt END, worker = NULL,
            run_at = CASE WHEN state = 'in-progress' OR (state = 'needs-review' AND enqueued_at IS NOT NULL)
                THEN $4 ELSE run_at END,
            pending_since = CASE WHEN state = 'needs-review' THEN enqueued_at ELSE pending_since END,
            resolved = NULLIF($3, '[]'), resolved_error = COALESCE(last_error, resolved_error),
            resolved_signature = COALESCE(last_signature, resolved_signature),
            reviews = '[]', review_since = NULL, failures = 0, last_error = NULL, last_signature = NULL
        WHERE connection = $1 AND rma = $2 AND review_since IS NOT NULL
        RETURNING state";
    let RmaAction { connection, rma, .. } = decision;
    connection_queue::lock(session, connection).await?;
    let Some(item) = jobs::one(session, connection, rma).await? else { return Ok(false) };
    let had_reviews = !item.reviews.is_empty();
    let reviews = unanswered(session, decision, item.reviews).await?;
    let mut settled = BTreeMap::new();
    for review in &reviews {
        settled.extend(review.ids().into_iter().map(|id| (id, Some(review.digest.clone()))));
    }
    if item.last_error.is_some() {
        settled.extend(failed_writes(session, decision).await?.into_iter().map(|id| (id, None)));
    } else if had_reviews && settled.is_empty() {
        return Ok(false);
    }
    let resolved = session::json(&[item.resolved, reviews].concat())?;
    let rma = rma.to_string();
    let parameters = [connection.as_str().into(), (&rma).into(), (&resolved).into(), now.into()];
    let Some(row) = session.first(PUT_ASIDE, &parameters).await? else { return Ok(false) };
    let resolved = json!({"reviews": settled.keys().collect::<Vec<_>>(), "note": decision.note});
    settle(session, decision, &settled, now).await?;
    record(session, decision, Operation::Resolve, resolved, now).await?;
    if item.state == JobState::InProgress {
        connection_queue::schedule(session, &[connection]).await?;
    }
    let named: Vec<&str> = settled.keys().map(String::as_str).collect();
    let detail = format!("{}, {decision}", named.join(", "));
    append_audit(session, decision, AuditEvent::Resolved, detail, now).await?;
    if item.state == JobState::NeedsReview && row.parsed::<JobState>("state")? == JobState::Pending {
        let why = "changed while it needed review".to_owned();
        append_audit(session, decision, AuditEvent::Queued, why, now).await?;
        connection_queue::schedule(session, &[connection]).await?;
    }
    Ok(true)
}

/// Returns the reviews that no answer waits to be applied to.
async fn unanswered(
    session: &mut Session<'_>,
    action: &RmaAction,
    reviews: Vec<Review>,
) -> Result<Vec<Review>, StoreError> {
    let answers = of_rmas(session, &action.connection, std::slice::from_ref(&action.rma)).await?;
    let is_open = |review: &Review| !answers.iter().any(|(_, answer)| answer.answers(review));
    Ok(reviews.into_iter().filter(is_open).collect())
}

/// The subjects of the writes that failed last, named as in reviews: a refund by its transaction, the credit by itself.
async fn failed_writes(session: &mut Session<'_>, decision: &RmaAction) -> Result<Vec<String>, StoreError> {
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

/// The row of a decision.
#[derive(Serialize)]
struct DecisionRow<'a> {
    review: &'a str,
    choice: &'a str,
    digest: Option<&'a str>,
}

async fn store(
    session: &mut Session<'_>,
    action: &RmaAction,
    rows: &[DecisionRow<'_>],
    now: Timestamp,
) -> Result<(), StoreError> {
    const STORE: &str = "
        INSERT INTO decision (connection, rma, review, choice, digest, decided_by, interface, decided_at, note)
        SELECT $2, $3, review, choice, digest, $4, $5, $6, NULLIF($7, '')
        FROM {input $1: review text, choice text, digest text} WHERE true
        ON CONFLICT (connection, rma, review) DO UPDATE SET choice = excluded.choice, digest = excluded.digest,
            decided_by = excluded.decided_by, interface = excluded.interface, decided_at = excluded.decided_at,
            note = excluded.note";
    if rows.is_empty() {
        return Ok(());
    }
    let (rows, rma) = (session::json(rows)?, action.rma.to_string());
    let parameters = [
        (&rows).into(),
        action.connection.as_str().into(),
        (&rma).into(),
        (&action.by.name).into(),
        action.by.interface.as_str().into(),
        now.into(),
        action.note.as_deref().unwrap_or_default().into(),
    ];
    session.run(STORE, &parameters).await.map(drop)
}

async fn settle(
    session: &mut Session<'_>,
    action: &RmaAction,
    reviews: &BTreeMap<String, Option<String>>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let row = |(review, digest)| {
        let (review, digest): (&String, &Option<String>) = (review, digest);
        DecisionRow { review, choice: mapping::Decision::SETTLED, digest: digest.as_deref() }
    };
    let rows: Vec<_> = reviews.iter().map(row).collect();
    store(session, action, &rows, now).await
}

pub(super) async fn decide(
    session: &mut Session<'_>,
    action: &RmaAction,
    answer: &Answer,
    now: Timestamp,
) -> Result<Decided, StoreError> {
    let RmaAction { connection, rma, .. } = action;
    connection_queue::lock(session, connection).await?;
    let job = jobs::one(session, connection, rma).await?;
    let is_answered = |review: &&Review| review.id == answer.review && review.digest == answer.digest;
    let Some(review) = job.iter().flat_map(|job| &job.reviews).find(is_answered) else {
        return Ok(Decided::ReviewChanged);
    };
    if let Some(other) = holder_of_payment(session, action, &answer.choice).await? {
        return Ok(Decided::PaymentTaken(other));
    }
    let (ids, Answer { choice, digest, .. }) = (review.ids(), answer);
    let row = |review| DecisionRow { review, choice, digest: Some(digest) };
    let rows: Vec<_> = ids.iter().map(String::as_str).map(row).collect();
    store(session, action, &rows, now).await?;
    take_back(session, action).await?;
    enqueue_now(session, action, now).await?;
    let detail = format!("{}: {choice}, {action}", answer.review);
    append_audit(session, action, AuditEvent::Decided, detail, now).await?;
    let detail = json!({"reviews": ids, "choice": choice, "digest": digest, "note": action.note});
    record(session, action, Operation::Decide, detail, now).await?;
    Ok(Decided::Yes)
}

/// The other RMA of the account for which the payment that a choice names was decided to be a refund, if any.
async fn holder_of_payment(
    session: &mut Session<'_>,
    action: &RmaAction,
    choice: &str,
) -> Result<Option<RmaId>, StoreError> {
    const HOLDER: &str = "
        SELECT decision.rma FROM decision
        WHERE decision.choice = $3 AND (decision.connection <> $1 OR decision.rma <> $2) AND (
            decision.connection = $1 OR EXISTS (
                SELECT 1 FROM counterparts theirs JOIN counterparts ours ON ours.account = theirs.account
                WHERE ours.connection = $1 AND theirs.connection = decision.connection
            )
        )
        ORDER BY decision.rma LIMIT 1";
    if !choice.starts_with("payment:") {
        return Ok(None);
    }
    let rma = action.rma.to_string();
    let parameters = [action.connection.as_str().into(), (&rma).into(), choice.into()];
    session.first(HOLDER, &parameters).await?.map(|row| row.parsed("rma")).transpose()
}

/// The decisions about the reviews of these RMAs.
pub(super) async fn of_rmas(
    session: &mut Session<'_>,
    connection: &ConnectionId,
    rmas: &[RmaId],
) -> Result<Vec<(RmaId, mapping::Decision)>, StoreError> {
    const OF_RMAS: &str = "
        SELECT rma, review, choice, digest, decided_by, decided_at, note FROM decision
        WHERE connection = $2 AND decision.rma IN (SELECT input.rma FROM {input $1: rma text})
        ORDER BY rma, review";
    let rmas = json_column("rma", rmas)?;
    let parameters = [(&rmas).into(), connection.as_str().into()];
    let decision = |row: &Row| {
        let decision = mapping::Decision {
            review: row.text("review")?,
            digest: row.text_if_any("digest")?,
            choice: row.text("choice")?,
            by: Some(row.text("decided_by")?),
            at: Some(OffsetDateTime::utc(row.time("decided_at")?)),
            note: row.text_if_any("note")?,
        };
        Ok((row.parsed("rma")?, decision))
    };
    session.all(OF_RMAS, &parameters).await?.iter().map(decision).collect()
}

/// Takes the job from its worker, whose plan does not rest on the decisions as they are now.
async fn take_back(session: &mut Session<'_>, action: &RmaAction) -> Result<(), StoreError> {
    const TAKE_BACK: &str = "
        UPDATE job SET state = 'pending', attempt = attempt + 1, worker = NULL, run_at = COALESCE(run_at, enqueued_at, 0)
        WHERE connection = $1 AND rma = $2 AND state = 'in-progress'";
    let rma = action.rma.to_string();
    session.run(TAKE_BACK, &[action.connection.as_str().into(), (&rma).into()]).await.map(drop)
}

/// The reviews whose decisions may be revoked: what was settled by hand, and answers on which nothing was written. A decision
/// is kept with what was written on it.
async fn revocable(session: &mut Session<'_>, action: &RmaAction) -> Result<Vec<String>, StoreError> {
    let RmaAction { connection, rma, .. } = action;
    let written = effects::of(session, connection, rma).await?;
    let is_written = |decision: &mapping::Decision| {
        let decided_at = decision.at.map(OffsetDateTime::timestamp).unwrap_or_default();
        written.iter().any(|effect| {
            !matches!(effect.outcome, Some(EffectOutcome::Refused { .. }))
                && effect.intended_at >= decided_at
                && decision.concerns(rma, &effect.key)
        })
    };
    let decisions = of_rmas(session, connection, std::slice::from_ref(rma)).await?;
    let may_be_revoked =
        |decision: &mapping::Decision| decision.choice == mapping::Decision::SETTLED || !is_written(decision);
    let revocable = decisions.into_iter().map(|(_, decision)| decision).filter(may_be_revoked);
    Ok(revocable.map(|decision| decision.review).collect())
}

/// Revokes what was settled by hand, and answers on which nothing was written yet.
pub(super) async fn reopen(
    session: &mut Session<'_>,
    decision: &RmaAction,
    now: Timestamp,
) -> Result<bool, StoreError> {
    const LIFT: &str = "
        DELETE FROM decision WHERE connection = $2 AND decision.rma = $3
            AND decision.review IN (SELECT input.review FROM {input $1: review text})";
    const ASK_AGAIN: &str = "
        UPDATE job SET resolved = NULL, resolved_error = NULL, resolved_signature = NULL
        WHERE connection = $1 AND rma = $2 AND (resolved IS NOT NULL OR resolved_error IS NOT NULL)";
    connection_queue::lock(session, &decision.connection).await?;
    let (connection, rma) = (decision.connection.as_str(), decision.rma.to_string());
    take_back(session, decision).await?;
    let revoked = json_column("review", revocable(session, decision).await?)?;
    let mut lifted = session.run(LIFT, &[(&revoked).into(), connection.into(), (&rma).into()]).await?;
    lifted += session.run(ASK_AGAIN, &[connection.into(), (&rma).into()]).await?;
    if lifted == 0 || !enqueue_now(session, decision, now).await? {
        return Ok(false);
    }
    append_audit(session, decision, AuditEvent::Reopened, decision.to_string(), now).await?;
    record(session, decision, Operation::Reopen, json!({"note": decision.note}), now).await?;
    Ok(true)
}

pub(super) async fn retry(
    session: &mut Session<'_>,
    decision: &RmaAction,
    now: Timestamp,
) -> Result<bool, StoreError> {
    connection_queue::lock(session, &decision.connection).await?;
    if !enqueue_now(session, decision, now).await? {
        return Ok(false);
    }
    append_audit(session, decision, AuditEvent::Retried, decision.to_string(), now).await?;
    record(session, decision, Operation::Retry, json!({"note": decision.note}), now).await?;
    Ok(true)
}

pub(super) async fn reset_effects(
    session: &mut Session<'_>,
    decision: &RmaAction,
    keys: &[String],
    now: Timestamp,
) -> Result<Option<Vec<EffectRecord>>, StoreError> {
    const FORGET: &str = "
        DELETE FROM effect WHERE connection = $1 AND rma = $2 AND key = $3 AND outcome = 'applied'";
    connection_queue::lock(session, &decision.connection).await?;
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
        append_audit(session, decision, AuditEvent::Reset, detail, now).await?;
    }
    enqueue_now(session, decision, now).await?;
    let detail = json!({"keys": keys, "note": decision.note});
    record(session, decision, Operation::WriteAgain, detail, now).await?;
    Ok(Some(forgotten))
}

/// Queues an RMA now, with all attempts.
async fn enqueue_now(
    session: &mut Session<'_>,
    decision: &RmaAction,
    now: Timestamp,
) -> Result<bool, StoreError> {
    const MAKE_DUE: &str = "
        UPDATE job SET
            state = CASE state WHEN 'in-progress' THEN state ELSE 'pending' END,
            run_at = CASE WHEN state = 'in-progress' OR run_at < $3 THEN run_at ELSE $3 END,
            pending_since = COALESCE(pending_since, $3), enqueued = enqueued + 1, enqueued_at = COALESCE(enqueued_at, $3),
            failures = 0
        WHERE connection = $1 AND rma = $2";
    let connection = decision.connection.as_str();
    let rma = decision.rma.to_string();
    let known = session.run(MAKE_DUE, &[connection.into(), (&rma).into(), now.into()]).await? > 0;
    connection_queue::schedule(session, &[&decision.connection]).await?;
    Ok(known)
}

async fn append_audit(
    session: &mut Session<'_>,
    decision: &RmaAction,
    event: AuditEvent,
    detail: String,
    now: Timestamp,
) -> Result<(), StoreError> {
    let entries = AuditRow {
        connection: decision.connection.to_string(),
        rma: decision.rma.to_string(),
        attempt: None,
        event: event.as_str(),
        detail,
    };
    audit::append(session, &[entries], now).await
}

async fn record(
    session: &mut Session<'_>,
    decision: &RmaAction,
    operation: Operation,
    detail: Value,
    now: Timestamp,
) -> Result<(), StoreError> {
    let RmaAction { connection, rma, by, .. } = decision;
    let activity = Activity {
        actor: by.clone(),
        operation,
        connection: connection.clone(),
        rma: Some(rma.clone()),
        detail,
        at: now,
    };
    activity::record(session, &activity).await
}
