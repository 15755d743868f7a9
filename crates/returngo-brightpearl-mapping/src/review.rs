//! Reviews: the decisions that a plan needs, with the choices that answer them.

use std::fmt;

use api_client_core::fingerprint;
use returngo::{ReturnedItemId, Transaction, TransactionId};
use serde::{Deserialize, Serialize};

/// A decision that is needed. Nothing is planned for the part concerned; the rest of the plan continues.
///
/// A [`Decision`](crate::Decision) that names the review by its id and one of its choices answers it.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Review {
    /// The stable id: the code, and the first transaction, unit or fee concerned. See [`Review::ids`].
    #[serde(default)]
    pub id: String,
    /// A digest of the facts behind the review. A decision that was made on other facts is not applied.
    #[serde(default)]
    pub digest: String,
    /// The kind of review.
    pub code: ReviewCode,
    /// The problem with its facts, and what to do.
    pub message: String,
    /// The units concerned, lowest id first.
    #[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))]
    pub item_ids: Vec<ReturnedItemId>,
    /// The transactions concerned, lowest id first.
    #[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transaction_ids: Vec<TransactionId>,
    /// The answers. The last one is always [`Choice::SETTLED`].
    #[serde(default)]
    pub choices: Vec<Choice>,
}

/// An answer to a review.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Choice {
    /// The id, with the object that it names after a colon: `row:884120`. The id of a choice whose value is typed in has no
    /// colon, and the decision adds it: `amount` is chosen as `amount:12.00`.
    pub id: String,
    /// What is chosen, in a few words.
    pub label: String,
    /// What will be written, in one sentence.
    pub effect: String,
}

impl Choice {
    /// The choice that every review has: a person settles it, and nothing more is written for what the review names.
    pub const SETTLED: &'static str = "settled";

    /// The ids of choices whose value is typed in.
    const TYPED_IN: [&'static str; 6] = ["amount", "codes", "method", "order", "row", "status"];

    pub(crate) fn new(id: impl Into<String>, label: impl Into<String>, effect: impl Into<String>) -> Self {
        Self { id: id.into(), label: label.into(), effect: effect.into() }
    }

    /// Whether the value of the choice is typed in: a decision names it as `amount:12.00`.
    pub fn is_typed_in(&self) -> bool {
        Self::TYPED_IN.contains(&self.id.as_str())
    }

    /// Whether a decision with this id takes the choice.
    pub fn is_taken_by(&self, decided: &str) -> bool {
        match decided.split_once(':') {
            Some((id, value)) if self.is_typed_in() => id == self.id && !value.trim().is_empty(),
            _ => decided == self.id && !self.is_typed_in(),
        }
    }
}

impl Review {
    /// Creates a review of a whole return.
    pub fn new(code: ReviewCode, message: impl Into<String>) -> Self {
        Self::about(code, message.into(), Vec::new(), Vec::new())
    }

    /// Creates a review about these units.
    pub(crate) fn about_units<'a>(
        code: ReviewCode,
        message: impl Into<String>,
        units: impl IntoIterator<Item = &'a ReturnedItemId>,
    ) -> Self {
        Self::about(code, message.into(), units.into_iter().cloned().collect(), Vec::new())
    }

    /// Creates a review about this transaction.
    pub(crate) fn about_transaction(
        code: ReviewCode,
        message: impl Into<String>,
        transaction: &Transaction,
    ) -> Self {
        Self::about(code, message.into(), transaction.return_item_ids.clone(), vec![transaction.id.clone()])
    }

    /// Creates a review about a transaction that ReturnGO does not list.
    pub(crate) fn about_unlisted(code: ReviewCode, message: String, transaction: TransactionId) -> Self {
        Self::about(code, message, Vec::new(), vec![transaction])
    }

    fn about(
        code: ReviewCode,
        message: String,
        mut item_ids: Vec<ReturnedItemId>,
        mut transaction_ids: Vec<TransactionId>,
    ) -> Self {
        item_ids.sort();
        transaction_ids.sort();
        let digest = fact("message", &message);
        let choices = vec![settled(code)];
        let mut review =
            Self { id: String::new(), digest, code, message, item_ids, transaction_ids, choices };
        review.set_id();
        review
    }

    /// Whether another review asks the same about the same facts, whatever the words.
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.digest == other.digest && self.ids() == other.ids()
    }

    /// Whether the whole credit waits for the review.
    pub(crate) fn is_of_credit(&self) -> bool {
        part(self.code) == ReturnPart::Credit
    }

    /// The position of the review: those of the whole credit come first, in the order in which they are listed here.
    pub(crate) fn rank(&self) -> usize {
        use ReviewCode::*;
        let of_credit = [
            FeeNotConfigured,
            FeeUnclear,
            SeveralWarehouses,
            OrderNotFound,
            OrderAmbiguous,
            OrderCancelled,
            OrderMismatch,
            NothingShipped,
            OrderDiscount,
            ExceedsOrder,
            ForeignCredit,
        ];
        of_credit.iter().position(|code| *code == self.code).unwrap_or(of_credit.len())
    }

    /// Sets the id after the units or transactions have changed.
    pub(crate) fn set_id(&mut self) {
        if let Some(id) = self.ids().into_iter().next() {
            self.id = id;
        }
    }

    /// Names the part of a whole return that the review is about, such as a kind of fee: there may be several reviews of the
    /// code.
    #[must_use]
    pub(crate) fn named(mut self, part: impl fmt::Display) -> Self {
        self.id = format!("{}:{part}", self.code);
        self
    }

    /// Names the facts on which a decision about the review rests. Without them, its message is the only one.
    #[must_use]
    pub(crate) fn resting_on<'f>(mut self, facts: impl IntoIterator<Item = (&'f str, String)>) -> Self {
        let facts: Vec<String> = facts.into_iter().map(|(name, value)| fact(name, &value)).collect();
        self.digest = facts.join(" ");
        self
    }

    /// Offers these choices before the one to settle the review by hand.
    #[must_use]
    pub(crate) fn offering(mut self, choices: impl IntoIterator<Item = Choice>) -> Self {
        let settled = self.choices.pop();
        self.choices.extend(choices);
        self.choices.extend(settled);
        self
    }

    /// Returns the names of the facts that differ from those of an older digest.
    pub(crate) fn changed_since(&self, digest: &str) -> Vec<&str> {
        let facts = |digest: &'_ str| -> Vec<(String, String)> {
            let pairs = digest.split(' ').filter_map(|fact| fact.split_once('='));
            pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
        };
        let before = facts(digest);
        let now = self.digest.split(' ').filter_map(|fact| fact.split_once('='));
        now.filter(|(name, value)| !before.iter().any(|(known, old)| known == name && old == value))
            .map(|(name, _)| name)
            .collect()
    }

    /// Returns the stable ids of the review: one for each transaction that it names, else one for each unit, else its code.
    /// The id of a review about the whole credit is its code.
    ///
    /// ```
    /// use returngo_brightpearl_mapping::{Review, ReviewCode};
    ///
    /// let mut review = Review::new(ReviewCode::UnmatchedItem, "No row matches.");
    /// review.item_ids = vec!["5600011".to_owned().into(), "5600012".to_owned().into()];
    /// assert_eq!(review.ids(), ["UnmatchedItem:5600011", "UnmatchedItem:5600012"]);
    /// review.code = ReviewCode::OrderNotFound;
    /// assert_eq!(review.ids(), ["OrderNotFound"]);
    /// ```
    pub fn ids(&self) -> Vec<String> {
        let Self { code, item_ids, transaction_ids, .. } = self;
        match subject(self) {
            Subject::Transactions => transaction_ids.iter().map(|id| format!("{code}:{id}")).collect(),
            Subject::Units => item_ids.iter().map(|id| format!("{code}:{id}")).collect(),
            Subject::Whole if self.id.starts_with(&format!("{code}:")) => vec![self.id.clone()],
            Subject::Whole => vec![code.to_string()],
        }
    }
}

/// One fact of a digest. Its name is one word, so that the names of facts can be told from a digest.
fn fact(name: &str, value: &str) -> String {
    format!("{name}={:016x}", fingerprint(value.as_bytes()))
}

fn settled(code: ReviewCode) -> Choice {
    let effect = match part(code) {
        ReturnPart::Credit => "Creates no sales credit for the RMA; a person credits it in Brightpearl.",
        _ if code == ReviewCode::NoJournal => "Writes nothing; a person posts the journal in Brightpearl.",
        ReturnPart::Unit => "Writes nothing for the unit; a person credits it in Brightpearl.",
        ReturnPart::Transaction => "Writes nothing for the transaction; a person records it in Brightpearl.",
        ReturnPart::Cancellation => "Leaves the sales credit as it is.",
        ReturnPart::Nothing => "Writes nothing, and closes the review.",
    };
    Choice::new(Choice::SETTLED, "Settle it by hand", effect)
}

/// The part of a return that waits for a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReturnPart {
    Credit,
    Unit,
    Transaction,
    Cancellation,
    Nothing,
}

pub(crate) fn part(code: ReviewCode) -> ReturnPart {
    use ReviewCode::*;
    match code {
        OrderNotFound | OrderAmbiguous | OrderCancelled | OrderMismatch | NothingShipped | OrderDiscount
        | ExceedsOrder | ForeignCredit | SeveralWarehouses | FeeNotConfigured | FeeUnclear
        | FieldMapFailed => ReturnPart::Credit,
        UnmatchedItem | AlreadyCredited | CurrencyDiffers | TaxUnclear | CreditLacksItem => ReturnPart::Unit,
        TenderMissing | TenderUnresolved | PeriodLocked | RefundCurrency | OverRefund
        | RecordedDifferently | PossibleDuplicate | NoJournal | CreditImpossible | UnknownTransaction => {
            ReturnPart::Transaction
        }
        RequestCancelled => ReturnPart::Cancellation,
        CreditHasMore | UnexpectedGoods | GoodsForClosedRequest => ReturnPart::Nothing,
    }
}

/// The subject of a review.
pub(crate) enum Subject {
    Transactions,
    Units,
    Whole,
}

pub(crate) fn subject(review: &Review) -> Subject {
    match part(review.code) {
        ReturnPart::Credit | ReturnPart::Cancellation => Subject::Whole,
        _ if !review.transaction_ids.is_empty() => Subject::Transactions,
        _ if !review.item_ids.is_empty() => Subject::Units,
        _ => Subject::Whole,
    }
}

/// The reason for a review.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ReviewCode {
    /// No sales order was found for the RMA. The credit waits.
    OrderNotFound,
    /// Several sales orders match the RMA. The credit waits.
    OrderAmbiguous,
    /// The sales order is cancelled. The credit waits.
    OrderCancelled,
    /// The sales order belongs to another shop order. The credit waits.
    OrderMismatch,
    /// Nothing of the sales order was shipped. The credit waits.
    NothingShipped,
    /// Whether the order's discount applies to the returned units is unclear. The credit waits.
    OrderDiscount,
    /// The credits of the order would exceed a row of it or its total. The credit waits.
    ExceedsOrder,
    /// Another program created a credit for the order, or a credit with the same key exists. The credit waits.
    ForeignCredit,
    /// No row of the order matches a unit. The unit waits.
    UnmatchedItem,
    /// The rows that match a unit have no remaining quantity. The unit waits.
    AlreadyCredited,
    /// A unit's price is not known in the order's currency. The unit waits.
    CurrencyDiffers,
    /// ReturnGO does not report the paid price or tax of a unit. The unit waits.
    TaxUnclear,
    /// The parcels go to different warehouses. The credit waits.
    SeveralWarehouses,
    /// No account is configured for a fee. The credit waits.
    FeeNotConfigured,
    /// A fee is ambiguous. The credit waits.
    FeeUnclear,
    /// The field map has no valid value. The credit waits; for a custom field, only that field waits.
    FieldMapFailed,
    /// A unit of the RMA is not on its credit.
    CreditLacksItem,
    /// A unit of the credit is no longer on its RMA.
    CreditHasMore,
    /// The RMA was cancelled or rejected, but has a credit.
    RequestCancelled,
    /// No payment method is configured for this kind of refund.
    TenderMissing,
    /// The configured payment method cannot be used.
    TenderUnresolved,
    /// A refund is dated in a locked accounting period. It waits.
    PeriodLocked,
    /// A refund has no valid amount in the credit's currency.
    RefundCurrency,
    /// A refund would raise the payments above the credit's total.
    OverRefund,
    /// The recorded payment differs from the refund in ReturnGO.
    RecordedDifferently,
    /// A payment on the credit or on the original sale may already record the refund.
    PossibleDuplicate,
    /// A payment has no journal.
    NoJournal,
    /// A refund was paid, but will not get a credit.
    CreditImpossible,
    /// A transaction has an unknown type or status.
    UnknownTransaction,
    /// Goods were received that were not expected.
    UnexpectedGoods,
    /// Goods were received for an RMA that was cancelled or rejected.
    GoodsForClosedRequest,
}

impl fmt::Display for ReviewCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{self:?}"))
    }
}
