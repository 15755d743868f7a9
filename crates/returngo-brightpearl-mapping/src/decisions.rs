//! What people decided about reviews.
//!
//! A decision is a fact like any other: the same world with the same decisions gives the same plan.

use std::collections::BTreeSet;

use brightpearl::OffsetDateTime;
use returngo::{Item, ReturnedItemId, TransactionId};
use serde::{
    Deserialize, Serialize,
    de::{IntoDeserializer, value::Error},
};

use crate::plan::{Review, ReviewCode};

/// The answer of a person to a review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    /// The review, by one of its [ids](Review::ids): `OverRefund:778120`.
    pub review: String,
    /// The facts that the review rested on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// What was chosen. A choice that is not known is ignored.
    pub choice: String,
    /// Who decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// When it was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<OffsetDateTime>,
    /// Why, in the words of the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Decision {
    /// The choice *settled by hand*: nothing is written any more for what the review names.
    pub const SETTLED: &'static str = "settled";

    /// Stands for a review's code where a write failed and no review was raised: `Failed:778120` for a refund, `Failed` for
    /// the credit.
    pub const FAILED: &'static str = "Failed";

    fn is_settled(&self) -> bool {
        self.choice == Self::SETTLED
    }
}

/// Which part of a return a review holds up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Credit,
    Unit,
    Transaction,
    Cancellation,
    Nothing,
}

fn part(code: ReviewCode) -> Part {
    use ReviewCode::*;
    match code {
        OrderNotFound | OrderAmbiguous | OrderCancelled | OrderMismatch | ExceedsOrder | ForeignCredit
        | SeveralWarehouses | FeeNotConfigured | FeeUnclear | FieldMapFailed => Part::Credit,
        UnmatchedItem | AlreadyCredited | CurrencyDiffers | TaxUnclear | CreditLacksItem => Part::Unit,
        TenderMissing | TenderUnresolved | RefundCurrency | OverRefund | RecordedDifferently
        | PossibleDuplicate | NoJournal | CreditImpossible | UnknownTransaction => Part::Transaction,
        RequestCancelled => Part::Cancellation,
        CreditHasMore | UnexpectedGoods | GoodsForClosedRequest => Part::Nothing,
    }
}

impl Review {
    /// The stable ids of the review: one for each transaction that it names, else one for each unit, else its code.
    /// A review about the RMA's credit as a whole has its code as its id.
    ///
    /// ```
    /// use returngo_brightpearl_mapping::{Review, ReviewCode};
    ///
    /// let units = vec!["5600011".to_owned().into(), "5600012".to_owned().into()];
    /// let mut review =
    ///     Review { code: ReviewCode::UnmatchedItem, message: String::new(), item_ids: units, transaction_ids: Vec::new() };
    /// assert_eq!(review.ids(), ["UnmatchedItem:5600011", "UnmatchedItem:5600012"]);
    /// review.code = ReviewCode::OrderNotFound;
    /// assert_eq!(review.ids(), ["OrderNotFound"]);
    /// ```
    pub fn ids(&self) -> Vec<String> {
        let Self { code, item_ids, transaction_ids, .. } = self;
        match subject(self) {
            Subject::Transactions => transaction_ids.iter().map(|id| format!("{code}:{id}")).collect(),
            Subject::Units => item_ids.iter().map(|id| format!("{code}:{id}")).collect(),
            Subject::Whole => vec![code.to_string()],
        }
    }
}

/// What a review is about.
enum Subject {
    Transactions,
    Units,
    Whole,
}

fn subject(review: &Review) -> Subject {
    match part(review.code) {
        Part::Credit | Part::Cancellation => Subject::Whole,
        _ if !review.transaction_ids.is_empty() => Subject::Transactions,
        _ if !review.item_ids.is_empty() => Subject::Units,
        _ => Subject::Whole,
    }
}

/// What is settled by hand.
#[derive(Debug, Clone, Default)]
pub(crate) struct SettledReviews {
    ids: BTreeSet<String>,
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
            settled.ids.insert(id.to_owned());
            let part = match (known, subject) {
                (Ok(code), _) => part(code),
                (Err(_), Some(_)) if code == Decision::FAILED => Part::Transaction,
                (Err(_), None) if code == Decision::FAILED => Part::Credit,
                (Err(_), _) => Part::Nothing,
            };
            match (part, subject) {
                (Part::Credit, _) => settled.credit = settled.credit.max(Some(id.to_owned())),
                (Part::Cancellation, _) => settled.cancellation = true,
                (Part::Transaction, Some(subject)) => drop(settled.transactions.insert(subject.to_owned())),
                (Part::Unit, Some(subject)) => drop(settled.units.insert(subject.to_owned())),
                (Part::Transaction | Part::Unit | Part::Nothing, _) => {}
            }
        }
        settled
    }

    /// Whether nothing is written any more for a transaction.
    pub(crate) fn transaction(&self, id: &TransactionId) -> bool {
        self.transactions.contains(id.as_str())
    }

    /// Whether a unit is not credited any more.
    pub(crate) fn unit(&self, id: &ReturnedItemId) -> bool {
        self.units.contains(id.as_str())
    }

    /// The units that are still to be credited.
    pub(crate) fn to_credit<'a>(&self, units: &[&'a Item]) -> Vec<&'a Item> {
        units.iter().copied().filter(|unit| !self.unit(&unit.returned_item_id)).collect()
    }

    /// The review of the credit as a whole that was settled, if one was: no credit is created any more.
    pub(crate) fn credit(&self) -> Option<&str> {
        self.credit.as_deref()
    }

    /// Whether a review that has its code as its id is settled.
    pub(crate) fn whole(&self, code: ReviewCode) -> bool {
        self.ids.contains(code.to_string().as_str())
    }

    /// Whether the credit of a cancelled RMA keeps its status.
    pub(crate) fn cancellation(&self) -> bool {
        self.cancellation
    }

    /// The ids of the reviews that are settled, in their order.
    pub(crate) fn ids(&self) -> Vec<&str> {
        self.ids.iter().map(String::as_str).collect()
    }

    /// What is left of a review to ask.
    pub(crate) fn left_of(&self, mut review: Review) -> Option<Review> {
        let code = review.code;
        let is_open = |subject: &str| !self.ids.contains(format!("{code}:{subject}").as_str());
        match subject(&review) {
            _ if self.ids.is_empty() => Some(review),
            // It holds up nothing that could be left alone: what changes about it is told.
            _ if part(code) == Part::Nothing => Some(review),
            Subject::Transactions => {
                review.transaction_ids.retain(|id| is_open(id.as_str()));
                (!review.transaction_ids.is_empty()).then_some(review)
            }
            Subject::Units => {
                review.item_ids.retain(|id| is_open(id.as_str()));
                (!review.item_ids.is_empty()).then_some(review)
            }
            Subject::Whole => (!self.whole(code)).then_some(review),
        }
    }
}
