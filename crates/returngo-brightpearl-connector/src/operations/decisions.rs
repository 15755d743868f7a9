//! Decisions: the answers of a user to reviews.

use brightpearl::OffsetDateTime;
use returngo::RmaId;
use returngo_brightpearl_mapping::{Choice, Decision, Effect, Review, ReviewCode, plan};
use returngo_brightpearl_sync::describe;
use serde::Serialize;

use super::{Context, JobReport, OperationError, reviews::Subject};
use crate::{
    engine::StoreJournal,
    store::{Answer, ConnectionId, Decided, Job},
};

/// The answer to a review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// The review's id; none if the RMA has one open review.
    pub review: Option<String>,
    /// The id of the choice, with the value of a choice that is typed in, or its number, counted from 1.
    pub choice: String,
}

/// The consequences of an answer, on what both systems show now.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DecisionProposal {
    /// The connection.
    pub connection: ConnectionId,
    /// The RMA.
    pub rma_id: RmaId,
    /// The review that is answered.
    pub review: Review,
    /// The choice, as it is stored.
    pub choice: String,
    /// What the choice writes, in one sentence.
    pub effect: String,
    /// The writes that follow from the choice: in the plan with it and not in the plan without it.
    pub writes: Vec<ProposedWrite>,
    /// Reviews that are open after the choice.
    pub open: Vec<Review>,
}

/// A write that follows from a choice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProposedWrite {
    /// Its key.
    pub key: String,
    /// The write in words.
    pub what: String,
}

/// Finds the consequences of an answer. Changes nothing; makes one call to ReturnGO.
///
/// # Errors
/// The RMA has no such review, the review does not offer the choice, or its facts have changed.
pub async fn propose(
    context: &Context,
    subject: &Subject,
    selection: &Selection,
) -> Result<DecisionProposal, OperationError> {
    let Subject { connection, rma, note } = subject;
    let job = context.store.work(connection, rma).await?;
    let unknown = || OperationError::UnknownRma { connection: connection.clone(), rma: rma.clone() };
    let review = review(&job.ok_or_else(unknown)?, selection.review.as_deref())?;
    let (offered, choice) = choice(&review, &selection.choice)?;
    let mut proposed = Decision::answering(&review, &choice, &context.actor.name);
    for decision in &mut proposed {
        decision.at = Some(OffsetDateTime::utc(context.now()));
        decision.note.clone_from(note);
    }
    let opened = context.connection(connection).await?;
    let journal = StoreJournal::reading(&context.store, &opened.id).with_proposed(rma, &proposed);
    let mut world = opened.reader().await?.world_with(rma, &journal).await?;
    let after = plan(&world, &opened.settings);
    if let Some(open) = after.reviews.iter().find(|open| open.id == review.id) {
        let (review, rma, reason) = (review.id, rma.clone(), open.message.clone());
        return Err(OperationError::DecisionNotApplied { review, rma, reason });
    }
    world.decisions.retain(|decision| !proposed.contains(decision));
    let before = plan(&world, &opened.settings).effects;
    let is_new = |effect: &&Effect| before.iter().all(|known| known != *effect);
    let writes = after.effects.iter().filter(is_new);
    let writes = writes.map(|effect| ProposedWrite { key: effect.key().to_owned(), what: describe(effect) });
    Ok(DecisionProposal {
        connection: connection.clone(),
        rma_id: rma.clone(),
        choice,
        effect: offered.effect,
        writes: writes.collect(),
        open: after.reviews,
        review,
    })
}

/// Stores a proposed answer, and queues the RMA.
///
/// # Errors
/// The review has changed since it was proposed.
pub async fn decide(
    context: &Context,
    subject: &Subject,
    proposal: &DecisionProposal,
) -> Result<JobReport, OperationError> {
    let DecisionProposal { review, choice, .. } = proposal;
    let answer = Answer { review: review.id.clone(), digest: review.digest.clone(), choice: choice.clone() };
    match context.store.decide(&subject.action(context), &answer, context.now()).await? {
        Decided::Yes => super::reviews::job(context, &subject.connection, &subject.rma).await,
        Decided::PaymentTaken(other) => {
            let (choice, rma) = (choice.clone(), subject.rma.clone());
            Err(OperationError::PaymentTaken { choice, rma, other })
        }
        Decided::ReviewChanged => {
            Err(OperationError::ReviewChanged { review: review.id.clone(), rma: subject.rma.clone() })
        }
    }
}

/// Lists the reviews with this code that are not answered, of one connection or of all: the RMA, and the id of the review.
///
/// # Errors
/// The connection is unknown.
pub async fn open_reviews(
    context: &Context,
    connection: Option<&ConnectionId>,
    code: ReviewCode,
    note: Option<&str>,
) -> Result<Vec<(Subject, String)>, OperationError> {
    if let Some(connection) = connection {
        context.registry.configuration(connection).await?;
    }
    let mut open = Vec::new();
    for Job { connection, rma, reviews, .. } in context.store.reviews(connection).await? {
        let answers = context.store.decisions(&connection, std::slice::from_ref(&rma)).await?;
        let is_answered = |review: &Review| answers.iter().any(|(_, answer)| answer.answers(review));
        let subject = Subject { connection, rma, note: note.map(str::to_owned) };
        let of_code = reviews.into_iter().filter(|review| review.code == code && !is_answered(review));
        open.extend(of_code.map(|review| (subject.clone(), review.id)));
    }
    Ok(open)
}

/// Returns the open review with this id, or the only one.
fn review(job: &Job, id: Option<&str>) -> Result<Review, OperationError> {
    let listed = || {
        let ids: Vec<&str> = job.reviews.iter().map(|review| review.id.as_str()).collect();
        ids.join(", ")
    };
    let found = match (id, job.reviews.as_slice()) {
        (_, []) => {
            return Err(OperationError::NoReview {
                connection: job.connection.clone(),
                rma: job.rma.clone(),
            });
        }
        (None, [only]) => Some(only),
        (None, _) => None,
        (Some(id), reviews) => reviews.iter().find(|review| review.id == id),
    };
    found.cloned().ok_or_else(|| OperationError::WhichReview { rma: job.rma.clone(), reviews: listed() })
}

/// Returns the choice with this id or number, and its id with the value.
fn choice(review: &Review, given: &str) -> Result<(Choice, String), OperationError> {
    let given = given.trim();
    let numbered = given.parse::<usize>().ok().and_then(|number| review.choices.get(number.checked_sub(1)?));
    let found = match numbered {
        Some(choice) if !choice.is_typed_in() => Some((choice, choice.id.clone())),
        _ => {
            let taken = review.choices.iter().find(|choice| choice.is_taken_by(given));
            taken.map(|choice| (choice, given.to_owned()))
        }
    };
    let (choice, id) = found.ok_or_else(|| {
        let shown = |choice: &Choice| {
            if choice.is_typed_in() { format!("{}:VALUE", choice.id) } else { choice.id.clone() }
        };
        let choices: Vec<String> = review.choices.iter().map(shown).collect();
        OperationError::NoSuchChoice {
            review: review.id.clone(),
            given: given.to_owned(),
            choices: choices.join(", "),
        }
    })?;
    if id == Choice::SETTLED {
        return Err(OperationError::SettleByResolving { review: review.id.clone() });
    }
    Ok((choice.clone(), id))
}
