//! Decisions about reviews.
//!
//! A decision is a fact like any other: the same snapshot with the same decisions gives the same plan.

use std::collections::BTreeSet;

use brightpearl::OffsetDateTime;
use returngo::{Item, ReturnedItemId, TransactionId};
use serde::{
    Deserialize, Serialize,
    de::{IntoDeserializer, value::Error},
};

use crate::plan::{Review, ReviewCode};

/// The decision about a review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    /// The review, by one of its [ids](Review::ids): `OverRefund:778120`.
    pub review: String,
    /// A digest of the facts behind the review.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// The choice. An unknown choice is ignored.
    pub choice: String,
    /// Who decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// When it was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<OffsetDateTime>,
    /// The reason, as entered by that person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Decision {
    /// The choice *settled manually*: nothing more is written for the refund, unit, fee or credit that the review names.
    pub const SETTLED: &'static str = "settled";

    /// Replaces a review's code if a write failed without a review: `Failed:778120` for a refund, `Failed` for the credit.
    pub const FAILED: &'static str = "Failed";

    fn is_settled(&self) -> bool {
        self.choice == Self::SETTLED
    }
}

/// The part of a return that waits for a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ReturnPart {
    Credit,
    Unit,
    Transaction,
    Cancellation,
    Nothing,
}

fn part(code: ReviewCode) -> ReturnPart {
    use ReviewCode::*;
    match code {
        OrderNotFound | OrderAmbiguous | OrderCancelled | OrderMismatch | ExceedsOrder | ForeignCredit
        | SeveralWarehouses | FeeNotConfigured | FeeUnclear | FieldMapFailed => ReturnPart::Credit,
        UnmatchedItem | AlreadyCredited | CurrencyDiffers | TaxUnclear | CreditLacksItem => ReturnPart::Unit,
        TenderMissing | TenderUnresolved | RefundCurrency | OverRefund | RecordedDifferently
        | PossibleDuplicate | NoJournal | CreditImpossible | UnknownTransaction => ReturnPart::Transaction,
        RequestCancelled => ReturnPart::Cancellation,
        CreditHasMore | UnexpectedGoods | GoodsForClosedRequest => ReturnPart::Nothing,
    }
}

impl Review {
    /// Returns the stable ids of the review: one for each transaction that it names, else one for each unit, else its code.
    /// The id of a review about the whole credit is its code.
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

/// The subject of a review.
enum Subject {
    Transactions,
    Units,
    Whole,
}

fn subject(review: &Review) -> Subject {
    match part(review.code) {
        ReturnPart::Credit | ReturnPart::Cancellation => Subject::Whole,
        _ if !review.transaction_ids.is_empty() => Subject::Transactions,
        _ if !review.item_ids.is_empty() => Subject::Units,
        _ => Subject::Whole,
    }
}

/// Reviews that were settled manually.
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
        self.ids.contains(code.to_string().as_str())
    }

    /// Whether the credit of a cancelled RMA keeps its status.
    pub(crate) fn cancellation(&self) -> bool {
        self.cancellation
    }

    /// Lists the ids of the settled reviews in their order.
    pub(crate) fn ids(&self) -> Vec<&str> {
        self.ids.iter().map(String::as_str).collect()
    }

    /// Returns the part of a review that is not settled.
    pub(crate) fn left_of(&self, mut review: Review) -> Option<Review> {
        let code = review.code;
        let is_open = |subject: &str| !self.ids.contains(format!("{code}:{subject}").as_str());
        match subject(&review) {
            _ if self.ids.is_empty() => Some(review),
            // Nothing waits for these reviews, so their changes are always reported.
            _ if part(code) == ReturnPart::Nothing => Some(review),
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
