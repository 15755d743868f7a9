//! Decisions about reviews.
//!
//! A decision is a fact like any other: the same snapshot with the same decisions gives the same plan.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use brightpearl::OffsetDateTime;
use returngo::{Item, ReturnedItemId, RmaId, TransactionId};
use serde::{
    Deserialize, Serialize,
    de::{IntoDeserializer, value::Error},
};

use crate::{
    keys,
    review::{Choice, ReturnPart, Review, ReviewCode, Subject, part, subject},
};

/// The decision about a review.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    /// The review, by one of its [ids](Review::ids): `OverRefund:778120`.
    pub review: String,
    /// The [digest](Review::digest) of the review that was answered. If the facts have changed since, the decision is not
    /// applied. Without a digest it is applied whatever the facts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// The id of one of the review's [choices](Review::choices), with the value of a choice that is typed in: `row:884120`,
    /// `amount:12.00`.
    pub choice: String,
    /// Who decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// When it was decided.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<OffsetDateTime>,
    /// The reason, as entered by that person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Decision {
    /// Returns the JSON Schema of decisions, which is committed as `schema/decision.json`.
    #[cfg(feature = "schema")]
    pub fn json_schema() -> serde_json::Value {
        schemars::schema_for!(Self).to_value()
    }

    /// Returns the decisions that answer a review with a choice: one for each unit or refund that the review names. They are
    /// applied to the facts that the review shows, and to no others.
    pub fn answering(review: &Review, choice: impl Into<String>, by: impl Into<String>) -> Vec<Self> {
        let (choice, by) = (choice.into(), by.into());
        let decision = |review_id| Self {
            review: review_id,
            digest: Some(review.digest.clone()),
            choice: choice.clone(),
            by: Some(by.clone()),
            at: None,
            note: None,
        };
        review.ids().into_iter().map(decision).collect()
    }

    /// The choice *settled manually*: nothing more is written for the refund, unit, fee or credit that the review names.
    pub const SETTLED: &'static str = Choice::SETTLED;

    /// Replaces a review's code if a write failed without a review: `Failed:778120` for a refund, `Failed` for the credit.
    pub const FAILED: &'static str = "Failed";

    /// Whether the write with this key may follow from the decision: that of the credit, or of the transaction that the review
    /// names.
    pub fn concerns(&self, rma: &RmaId, key: &str) -> bool {
        match self.about().map(|(code, subject)| (part(code), subject)) {
            Some((ReturnPart::Transaction, subject)) => {
                let refund = keys::refund(rma, &TransactionId::new(subject));
                let rest = key.strip_prefix(refund.as_str());
                rest.is_some_and(|rest| subject.is_empty() || rest.is_empty() || rest.starts_with('-'))
            }
            _ => key == keys::credit(rma) || key == keys::adopted(rma) || key.contains("-status-"),
        }
    }

    /// Whether it answers a review with a choice, on the facts that the review shows. A review that is settled by hand is not
    /// answered.
    pub fn answers(&self, review: &Review) -> bool {
        !self.is_settled()
            && self.digest.as_deref() == Some(review.digest.as_str())
            && review.ids().contains(&self.review)
    }

    fn is_settled(&self) -> bool {
        self.choice == Self::SETTLED
    }

    /// The code of the review, and its subject: a unit, a transaction or a fee. `None` if the code is unknown.
    fn about(&self) -> Option<(ReviewCode, &str)> {
        let (code, subject) = self.review.split_once(':').unwrap_or((self.review.as_str(), ""));
        let code: Result<ReviewCode, Error> = ReviewCode::deserialize(code.into_deserializer());
        code.ok().map(|code| (code, subject))
    }

    /// The review of a decision whose question does not arise any more, if the decision would change what is written for
    /// these parts of a return.
    pub(crate) fn question_if_unasked(&self, concerns: impl Fn(ReturnPart, &str) -> bool) -> Option<Review> {
        let (code, subject) = self.about()?;
        let kind = self.choice.split_once(':').map_or(self.choice.as_str(), |(kind, _)| kind);
        let is_obsolete = match part(code) {
            ReturnPart::Credit => matches!(kind, "order" | "credit" | "create" | Self::DROPPED),
            ReturnPart::Unit => kind == Self::DROPPED,
            ReturnPart::Transaction => !matches!(kind, "amount" | "method"),
            ReturnPart::Cancellation | ReturnPart::Nothing => true,
        };
        if is_obsolete || !concerns(part(code), subject) {
            return None;
        }
        let by = self.by.as_deref().map(|by| format!(" of {by}")).unwrap_or_default();
        let message = format!(
            "The decision{by} ({}) about {} was not applied: its facts have changed, and the question does not arise any more.",
            self.choice, self.review
        );
        let review = match part(code) {
            ReturnPart::Unit => Review::about_units(code, message, [&ReturnedItemId::new(subject)]),
            ReturnPart::Transaction => Review::about_unlisted(code, message, TransactionId::new(subject)),
            _ if subject.is_empty() => Review::about_units(code, message, []),
            _ => Review::about_units(code, message, []).named(subject),
        };
        let effect = "Drops the decision: writes what is planned without it.";
        let dropped = Choice::new(Self::DROPPED, "Plan without the decision", effect);
        Some(review.resting_on([("decision", self.choice.clone())]).offering([dropped]))
    }

    /// The choice to note a transaction on its order. Read the notes of the order to see whether that was done.
    pub const NOTED: &'static str = "note";

    /// The choice to drop an earlier decision.
    const DROPPED: &'static str = "drop";
}

/// The decisions about an RMA's reviews.
#[derive(Debug, Clone, Default)]
pub(crate) struct Decisions {
    settled: SettledReviews,
    /// The latest decision about each review, except for those that settle one.
    chosen: BTreeMap<String, Decision>,
    /// The reviews of this plan that a decision was looked up for.
    asked: Rc<RefCell<BTreeSet<String>>>,
}

impl Decisions {
    pub(crate) fn of(decisions: &[Decision]) -> Self {
        let mut chosen: BTreeMap<String, Decision> = BTreeMap::new();
        let order = |decision: &Decision| (decision.at.map(|at| at.timestamp()), decision.choice.clone());
        for decision in decisions.iter().filter(|decision| !decision.is_settled()) {
            match chosen.get(&decision.review) {
                Some(known) if order(known) >= order(decision) => {}
                _ => drop(chosen.insert(decision.review.clone(), decision.clone())),
            }
        }
        Self { settled: SettledReviews::of(decisions), chosen, asked: Rc::default() }
    }

    pub(crate) fn settled(&self) -> &SettledReviews {
        &self.settled
    }

    /// Returns the decision about a review, unless the facts have changed since or the review does not offer the choice.
    pub(crate) fn latest(&self, review: &Review) -> Option<&Decision> {
        let decision = self.chosen.get(&review.id)?;
        let is_current =
            decision.digest.as_deref().is_none_or(|digest| review.changed_since(digest).is_empty());
        let is_offered = review.choices.iter().any(|choice| choice.is_taken_by(&decision.choice));
        (is_current && is_offered).then_some(decision)
    }

    /// Returns the decisions about reviews that this plan did not ask: the facts behind them have changed.
    pub(crate) fn unasked(&self) -> Vec<&Decision> {
        let asked = self.asked.borrow();
        self.chosen
            .iter()
            .filter(|(review, _)| !asked.contains(*review))
            .map(|(_, decision)| decision)
            .collect()
    }

    /// Returns the choice of the decision about the review with this id, whether it is applied or not.
    pub(crate) fn choice_of(&self, review: &str) -> Option<&str> {
        self.chosen.get(review).map(|decision| decision.choice.as_str())
    }

    /// Returns the value of the choice that answers a review, as `interpret` reads its id.
    ///
    /// # Errors
    /// The review, if it is open. It says why a decision about it was not applied, if there is one.
    pub(crate) fn answer<T>(
        &self,
        review: Review,
        interpret: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<T, Box<Review>> {
        let decision = if self.chosen.is_empty() { None } else { self.chosen.get(&review.id) };
        let Some(decision) = decision else { return Err(review.into()) };
        self.asked.borrow_mut().insert(review.id.clone());
        let changed =
            decision.digest.as_deref().map(|digest| review.changed_since(digest)).unwrap_or_default();
        let reason = if !changed.is_empty() {
            format!("since then, these facts have changed: {}", changed.join(", "))
        } else if review.choices.iter().any(|choice| choice.is_taken_by(&decision.choice)) {
            match interpret(&decision.choice) {
                Ok(value) => return Ok(value),
                Err(reason) => reason,
            }
        } else {
            "the review does not offer this choice".to_owned()
        };
        let by = decision.by.as_deref().map(|by| format!(" of {by}")).unwrap_or_default();
        let message =
            format!("{} The decision{by} ({}) was not applied: {reason}.", review.message, decision.choice);
        Err(Review { message, ..review }.into())
    }
}

/// Reviews that were settled manually.
#[derive(Debug, Clone, Default)]
pub(crate) struct SettledReviews {
    /// The ids of the reviews, with the digests of those that were settled on known facts.
    ids: BTreeMap<String, Option<String>>,
    transactions: BTreeSet<String>,
    units: BTreeSet<String>,
    credit: Option<String>,
    cancellation: bool,
}

impl SettledReviews {
    pub(crate) fn of(decisions: &[Decision]) -> Self {
        let mut settled = Self::default();
        for decision in decisions.iter().filter(|decision| decision.is_settled()) {
            let id = decision.review.as_str();
            let (code, subject) = id.split_once(':').map_or((id, None), |(code, id)| (code, Some(id)));
            let known: Result<ReviewCode, Error> = ReviewCode::deserialize(code.into_deserializer());
            settled.ids.insert(id.to_owned(), decision.digest.clone());
            let part = match (known, subject) {
                (Ok(code), _) => part(code),
                (Err(_), Some(_)) if code == Decision::FAILED => ReturnPart::Transaction,
                (Err(_), None) if code == Decision::FAILED => ReturnPart::Credit,
                (Err(_), _) => ReturnPart::Nothing,
            };
            match (part, subject) {
                (ReturnPart::Credit, _) => settled.credit = settled.credit.max(Some(id.to_owned())),
                (ReturnPart::Cancellation, _) => settled.cancellation = true,
                (ReturnPart::Transaction, Some(subject)) => {
                    settled.transactions.insert(subject.to_owned());
                }
                (ReturnPart::Unit, Some(subject)) => {
                    settled.units.insert(subject.to_owned());
                }
                (ReturnPart::Transaction | ReturnPart::Unit | ReturnPart::Nothing, _) => {}
            }
        }
        settled
    }

    /// Whether a transaction is settled, so that nothing more is written for it.
    pub(crate) fn transaction(&self, id: &TransactionId) -> bool {
        self.transactions.contains(id.as_str())
    }

    /// Whether a unit is settled, so that it is not credited.
    pub(crate) fn unit(&self, id: &ReturnedItemId) -> bool {
        self.units.contains(id.as_str())
    }

    /// Returns the units that are not settled.
    pub(crate) fn to_credit<'a>(&self, units: &[&'a Item]) -> Vec<&'a Item> {
        units.iter().copied().filter(|unit| !self.unit(&unit.returned_item_id)).collect()
    }

    /// Returns the settled review of the whole credit, if any: no credit is created then.
    pub(crate) fn credit(&self) -> Option<&str> {
        self.credit.as_deref()
    }

    /// Whether the review whose id is this code is settled.
    pub(crate) fn whole(&self, code: ReviewCode) -> bool {
        self.ids.contains_key(code.to_string().as_str())
    }

    /// Whether the credit of a cancelled RMA keeps its status.
    pub(crate) fn cancellation(&self) -> bool {
        self.cancellation
    }

    /// Lists the ids of the settled reviews in their order.
    pub(crate) fn ids(&self) -> Vec<&str> {
        self.ids.keys().map(String::as_str).collect()
    }

    /// Returns the part of a review that is not settled.
    pub(crate) fn left_of(&self, mut review: Review) -> Option<Review> {
        let code = review.code;
        let is_open = |subject: &str| !self.ids.contains_key(format!("{code}:{subject}").as_str());
        match subject(&review) {
            _ if self.ids.is_empty() => Some(review),
            // Nothing waits for these reviews, so their changes are always reported.
            _ if part(code) == ReturnPart::Nothing => {
                let is_settled = |id: &String| {
                    self.ids.get(id).is_some_and(|digest| digest.as_ref() == Some(&review.digest))
                };
                (!review.ids().iter().all(is_settled)).then_some(review)
            }
            Subject::Transactions => {
                review.transaction_ids.retain(|id| is_open(id.as_str()));
                (!review.transaction_ids.is_empty()).then_some(review)
            }
            Subject::Units => {
                review.item_ids.retain(|id| is_open(id.as_str()));
                (!review.item_ids.is_empty()).then_some(review)
            }
            Subject::Whole => (!self.whole(code) && !self.ids.contains_key(&review.id)).then_some(review),
        }
    }
}
