//! Reviews: what a user has to decide, and the decisions.

use brightpearl::OffsetDateTime;
use jiff::Timestamp;
use returngo::RmaId;
use returngo_brightpearl_mapping::{self as mapping, Effect, plan};
use returngo_brightpearl_sync::describe;
use serde::Serialize;

use super::{Context, JobReport, OperationError, UnreadableReport};
use crate::{
    engine::StoreJournal,
    store::{
        ConnectionId, Dismissal, EffectOutcome, EffectRecord, Job, JobState, RmaAction, StoredUnreadable,
    },
};

/// Everything that needs review: RMAs, oldest first, then objects that cannot be read. As JSON it is one list.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenReviews {
    /// RMAs.
    pub rmas: Vec<JobReport>,
    /// Objects that cannot be read.
    pub unreadable: Vec<UnreadableReview>,
}

impl Serialize for OpenReviews {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(untagged)]
        enum Entry<'r> {
            Rma(&'r JobReport),
            Unreadable(&'r UnreadableReview),
        }
        let rmas = self.rmas.iter().map(Entry::Rma);
        serializer.collect_seq(rmas.chain(self.unreadable.iter().map(Entry::Unreadable)))
    }
}

/// A review of an object that cannot be read. It has the form of an RMA's review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UnreadableReview {
    connection: ConnectionId,
    rma_id: Option<RmaId>,
    state: &'static str,
    reviews: [CodeAndMessage; 1],
    /// The object.
    pub unreadable: UnreadableReport,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct CodeAndMessage {
    code: &'static str,
    message: String,
}

impl From<&StoredUnreadable> for UnreadableReview {
    fn from(stored: &StoredUnreadable) -> Self {
        let message = stored.unreadable.to_string();
        Self {
            connection: stored.connection.clone(),
            rma_id: None,
            state: JobState::NeedsReview.as_str(),
            reviews: [CodeAndMessage { code: "Unreadable", message }],
            unreadable: stored.into(),
        }
    }
}

/// An RMA with its writes and decisions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReviewReport {
    /// The RMA.
    #[serde(flatten)]
    pub job: JobReport,
    /// Its writes.
    pub writes: Vec<WriteReport>,
    /// The decisions about it.
    pub decisions: Vec<DecisionReport>,
}

/// A write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WriteReport {
    /// Its key.
    pub key: String,
    /// The write in words.
    pub what: String,
    /// When it was intended.
    pub at: Timestamp,
    /// `applied`, `refused` or `unknown`.
    pub outcome: &'static str,
    /// The id that the system gave it.
    pub id: Option<String>,
    /// The error, unless it was applied.
    pub error: Option<String>,
}

/// A decision of a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DecisionReport {
    /// The review.
    pub review: String,
    /// The choice.
    pub choice: String,
    /// The user.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub note: Option<String>,
}

/// Objects that were dismissed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dismissed {
    /// The connection.
    pub connection: ConnectionId,
    /// How many.
    pub dismissed: u64,
}

/// An RMA that the user of the context decides about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The connection.
    pub connection: ConnectionId,
    /// The RMA.
    pub rma: RmaId,
    /// The reason for the decision.
    pub note: Option<String>,
}

impl Subject {
    pub(super) fn action(&self, context: &Context) -> RmaAction {
        let Self { connection, rma, note } = self.clone();
        RmaAction { connection, rma, by: context.actor.clone(), note }
    }
}

/// Lists what needs review, of one connection or of all.
///
/// # Errors
/// The connection is unknown or cannot be decrypted.
pub async fn list(
    context: &Context,
    connection: Option<&ConnectionId>,
) -> Result<OpenReviews, OperationError> {
    if let Some(connection) = connection {
        context.registry.configuration(connection).await?;
    }
    let rmas = context.store.reviews(connection).await?;
    let unreadable = context.store.unreadable(connection).await?;
    Ok(OpenReviews {
        rmas: rmas.into_iter().map(Into::into).collect(),
        unreadable: unreadable.iter().map(Into::into).collect(),
    })
}

/// Returns an RMA with its writes and decisions.
///
/// # Errors
/// The RMA is unknown.
pub async fn show(
    context: &Context,
    connection: &ConnectionId,
    rma: &RmaId,
) -> Result<ReviewReport, OperationError> {
    let job = job(context, connection, rma).await?;
    let writes = context.store.effects(connection, rma).await?;
    let decisions = context.store.decisions(connection, std::slice::from_ref(rma)).await?;
    Ok(ReviewReport {
        job,
        writes: writes.into_iter().map(Into::into).collect(),
        decisions: decisions.into_iter().map(|(_, decision)| decision.into()).collect(),
    })
}

/// Resolves the reviews of an RMA that the user settled by hand.
///
/// # Errors
/// The RMA needs no review.
pub async fn resolve(context: &Context, subject: &Subject) -> Result<JobReport, OperationError> {
    let Subject { connection, rma, .. } = subject;
    if !context.store.resolve_reviews(&subject.action(context), context.now()).await? {
        return Err(OperationError::NoReview { connection: connection.clone(), rma: rma.clone() });
    }
    job(context, connection, rma).await
}

/// Reopens the resolved reviews of an RMA.
///
/// # Errors
/// None of its reviews was resolved.
pub async fn reopen(context: &Context, subject: &Subject) -> Result<JobReport, OperationError> {
    let Subject { connection, rma, .. } = subject;
    if !context.store.reopen(&subject.action(context), context.now()).await? {
        return Err(OperationError::NothingResolved { connection: connection.clone(), rma: rma.clone() });
    }
    job(context, connection, rma).await
}

/// Queues an RMA now, and resets its attempt counter.
///
/// # Errors
/// The RMA is unknown.
pub async fn retry(context: &Context, subject: &Subject) -> Result<JobReport, OperationError> {
    context.store.retry(&subject.action(context), context.now()).await?;
    job(context, &subject.connection, &subject.rma).await
}

/// Retries every RMA whose attempts all failed, of one connection or of all.
///
/// # Errors
/// The connection is unknown, or the store fails: RMAs may have been queued by then.
pub async fn retry_failed(
    context: &Context,
    connection: Option<&ConnectionId>,
    note: Option<&str>,
) -> Result<Vec<JobReport>, OperationError> {
    if let Some(connection) = connection {
        context.registry.configuration(connection).await?;
    }
    let has_failed = |job: &Job| job.state == JobState::NeedsReview && job.last_error.is_some();
    let mut retried = Vec::new();
    for failed in context.store.reviews(connection).await?.into_iter().filter(has_failed) {
        let Job { connection, rma, .. } = failed;
        let subject = Subject { connection, rma, note: note.map(str::to_owned) };
        retried.push(retry(context, &subject).await?);
    }
    Ok(retried)
}

/// Dismisses objects that cannot be read; an empty list stands for all.
///
/// # Errors
/// One of the objects is not listed.
pub async fn dismiss(
    context: &Context,
    connection: &ConnectionId,
    objects: &[String],
    note: Option<&str>,
) -> Result<Dismissed, OperationError> {
    let open = context.store.unreadable(Some(connection)).await?;
    let unknown = objects.iter().find(|object| !open.iter().any(|open| open.unreadable.object == **object));
    if let Some(object) = unknown {
        return Err(OperationError::UnknownObject { connection: connection.clone(), object: object.clone() });
    }
    let dismissal = Dismissal {
        connection: connection.clone(),
        objects: objects.to_vec(),
        by: context.actor.clone(),
        note: note.map(str::to_owned),
    };
    let dismissed = context.store.dismiss_unreadable(&dismissal, context.now()).await?;
    Ok(Dismissed { connection: connection.clone(), dismissed })
}

/// The consequences of repeating writes.
#[derive(Debug, Clone, PartialEq)]
pub struct WriteAgainProposal {
    /// The writes that are repeated.
    pub repeated: Vec<RepeatedWrite>,
    /// The other writes that the RMA needs now: what each writes, and its key.
    pub others: Vec<(String, String)>,
}

/// A write that was applied, is missing now, and would be repeated.
#[derive(Debug, Clone, PartialEq)]
pub struct RepeatedWrite {
    /// Its key.
    pub key: String,
    /// When it was intended.
    pub at: Timestamp,
    /// The earlier write in words.
    pub wrote: String,
    /// The repeated write in words.
    pub writes: String,
}

/// Finds the consequences of repeating these writes of an RMA. Changes nothing.
///
/// # Errors
/// One of the writes was not applied, or the RMA does not need it now.
pub async fn propose_write_again(
    context: &Context,
    subject: &Subject,
    keys: &[String],
) -> Result<WriteAgainProposal, OperationError> {
    let Subject { connection, rma, .. } = subject;
    let writes = context.store.effects(connection, rma).await?;
    let connection = context.connection(connection).await?;
    let journal = StoreJournal::reading(&context.store, &connection.id);
    let world = connection.reader().await?.world_with(rma, &journal).await?;
    let effects = plan(&world, &connection.settings).effects;
    let repeated = keys.iter().map(|key| {
        let applied = applied(&writes, key, subject)?;
        let planned = planned(&effects, key, rma)?;
        Ok::<_, OperationError>(RepeatedWrite {
            key: key.clone(),
            at: applied.intended_at,
            wrote: applied.what.clone(),
            writes: describe(planned),
        })
    });
    let repeated = repeated.collect::<Result<_, _>>()?;
    let others = effects.iter().filter(|effect| !keys.iter().any(|key| key == effect.key()));
    let others = others.map(|effect| (describe(effect), effect.key().to_owned())).collect();
    Ok(WriteAgainProposal { repeated, others })
}

/// Resets writes of an RMA that were applied, and queues it: they are applied again if both systems still need them.
///
/// # Errors
/// One of the writes is no longer recorded as applied.
pub async fn write_again(
    context: &Context,
    subject: &Subject,
    keys: &[String],
) -> Result<JobReport, OperationError> {
    let Subject { connection, rma, .. } = subject;
    if context.store.reset_effects(&subject.action(context), keys, context.now()).await?.is_none() {
        return Err(OperationError::WritesChanged { keys: keys.join(", "), rma: rma.clone() });
    }
    job(context, connection, rma).await
}

fn applied<'w>(
    writes: &'w [EffectRecord],
    key: &str,
    subject: &Subject,
) -> Result<&'w EffectRecord, OperationError> {
    let Subject { connection, rma, .. } = subject;
    let Some(write) = writes.iter().find(|write| write.key == key) else {
        let keys: Vec<_> = writes.iter().map(|write| write.key.as_str()).collect();
        return Err(OperationError::NoSuchWrite(match keys.as_slice() {
            [] => format!("nothing was written for RMA {rma} of {connection}"),
            keys => format!(
                "nothing was written under {key} for RMA {rma} of {connection}; its keys are {}",
                keys.join(", ")
            ),
        }));
    };
    match write.outcome {
        Some(EffectOutcome::Applied { .. }) => Ok(write),
        _ => Err(OperationError::NotApplied { key: key.to_owned(), rma: rma.clone() }),
    }
}

/// A write that the RMA does not need stays recorded: otherwise it would be repeated unasked if a user deleted it on
/// purpose later.
fn planned<'e>(effects: &'e [Effect], key: &str, rma: &RmaId) -> Result<&'e Effect, OperationError> {
    let planned = effects.iter().find(|effect| effect.key() == key);
    planned.ok_or_else(|| OperationError::NotPlanned { key: key.to_owned(), rma: rma.clone() })
}

pub(super) async fn job(
    context: &Context,
    connection: &ConnectionId,
    rma: &RmaId,
) -> Result<JobReport, OperationError> {
    let job = context.store.work(connection, rma).await?;
    let unknown = || OperationError::UnknownRma { connection: connection.clone(), rma: rma.clone() };
    Ok(job.ok_or_else(unknown)?.into())
}

impl From<EffectRecord> for WriteReport {
    fn from(write: EffectRecord) -> Self {
        let (outcome, id, error) = match write.outcome {
            Some(EffectOutcome::Applied { remote_id, .. }) => ("applied", remote_id, None),
            Some(EffectOutcome::Refused { error }) => ("refused", None, Some(error)),
            Some(EffectOutcome::Unknown { error }) => ("unknown", None, Some(error)),
            None => ("unknown", None, None),
        };
        Self { key: write.key, what: write.what, at: write.intended_at, outcome, id, error }
    }
}

impl From<mapping::Decision> for DecisionReport {
    fn from(decision: mapping::Decision) -> Self {
        let mapping::Decision { review, choice, by, at, note, .. } = decision;
        let at = at.map(OffsetDateTime::timestamp).unwrap_or_default();
        Self { review, choice, by: by.unwrap_or_default(), at, note }
    }
}
