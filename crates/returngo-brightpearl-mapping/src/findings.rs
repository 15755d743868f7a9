//! The reviews and warnings of a plan.

use std::{collections::HashMap, hash::Hash};

use returngo::{ReturnedItemId, Transaction, TransactionId};

use crate::{
    decisions::{Decisions, SettledReviews},
    plan::{Warning, WarningCode},
    review::{Choice, ReturnPart, Review, ReviewCode},
};

/// Collects reviews and warnings. Findings with the same code and message are merged into one, which names all their units
/// and transactions.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    decisions: Decisions,
    reviews: FindingList<Review>,
    warnings: FindingList<Warning>,
}

impl Findings {
    /// Creates an empty collection. Reviews that these decisions answer are not added.
    pub(crate) fn with(decisions: Decisions) -> Self {
        Self { decisions, ..Self::default() }
    }

    pub(crate) fn settled(&self) -> &SettledReviews {
        self.decisions.settled()
    }

    pub(crate) fn decisions(&self) -> &Decisions {
        &self.decisions
    }

    /// Returns the answer to a review, as `interpret` reads the id of the choice. Adds the review if it is open.
    pub(crate) fn ask<T>(
        &mut self,
        review: Review,
        interpret: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        self.decisions.answer(review, interpret).map_err(|review| self.add_review(review)).ok()
    }

    /// Asks about decisions whose questions do not arise any more and that would change what is written for these parts of a
    /// return. Returns whether there are any.
    pub(crate) fn ask_about_unasked(&mut self, concerns: impl Fn(ReturnPart, &str) -> bool) -> bool {
        let unasked = self.decisions.unasked().into_iter();
        let questions: Vec<Review> =
            unasked.filter_map(|decision| decision.question_if_unasked(&concerns)).collect();
        let is_any = !questions.is_empty();
        questions.into_iter().for_each(|question| self.add_review(question));
        is_any
    }

    /// Adds a review about these units.
    pub(crate) fn add_review_for_units<'a>(
        &mut self,
        code: ReviewCode,
        message: impl Into<String>,
        units: impl IntoIterator<Item = &'a ReturnedItemId>,
    ) {
        self.add_review(Review::about_units(code, message, units));
    }

    /// Adds a review about this transaction.
    pub(crate) fn add_review_for_transaction(
        &mut self,
        code: ReviewCode,
        message: impl Into<String>,
        transaction: &Transaction,
    ) {
        self.add_review(Review::about_transaction(code, message, transaction));
    }

    /// Adds a warning about these units.
    pub(crate) fn add_warning_for_units<'a>(
        &mut self,
        code: WarningCode,
        message: impl Into<String>,
        units: impl IntoIterator<Item = &'a ReturnedItemId>,
    ) {
        let (message, item_ids) = (message.into(), units.into_iter().cloned().collect());
        self.warnings.add(Warning { code, message, item_ids, transaction_ids: Vec::new() });
    }

    /// Adds a warning about this transaction.
    pub(crate) fn add_warning_for_transaction(
        &mut self,
        code: WarningCode,
        message: impl Into<String>,
        transaction: &Transaction,
    ) {
        self.warnings.add(Warning::about(code, message, transaction));
    }

    /// Adds a warning that a fact was ignored.
    pub(crate) fn add_ignored(&mut self, fact: impl Into<String>) {
        self.add_warning_for_units(WarningCode::ForeignFact, fact, []);
    }

    pub(crate) fn add_review(&mut self, review: impl Into<Box<Review>>) {
        if let Some(review) = self.settled().left_of(*review.into()) {
            self.reviews.add(review);
        }
    }

    pub(crate) fn add_warning(&mut self, warning: Warning) {
        self.warnings.add(warning);
    }

    /// Creates an empty collection with the same decisions.
    pub(crate) fn fork(&self) -> Self {
        Self::with(self.decisions.clone())
    }

    /// Adds what another collection found.
    pub(crate) fn absorb(&mut self, other: Self) {
        other.reviews.list.into_iter().for_each(|review| self.reviews.add(review));
        other.warnings.list.into_iter().for_each(|warning| self.warnings.add(warning));
    }

    /// Adds the reviews of the whole credit, of those that `find` adds.
    pub(crate) fn add_reviews_of_credit(&mut self, find: impl FnOnce(&mut Self)) {
        let mut found = self.fork();
        find(&mut found);
        found
            .reviews
            .list
            .into_iter()
            .filter(Review::is_of_credit)
            .for_each(|review| self.add_review(review));
    }

    /// Whether a review is open.
    pub(crate) fn has_reviews(&self) -> bool {
        !self.reviews.list.is_empty()
    }

    pub(crate) fn into_lists(self) -> (Vec<Review>, Vec<Warning>) {
        let mut reviews = self.reviews.list;
        reviews.sort_by_key(Review::rank);
        (reviews, self.warnings.list)
    }
}

impl Warning {
    /// Creates a warning about this transaction.
    pub(crate) fn about(code: WarningCode, message: impl Into<String>, transaction: &Transaction) -> Self {
        Self {
            code,
            message: message.into(),
            item_ids: transaction.return_item_ids.clone(),
            transaction_ids: vec![transaction.id.clone()],
        }
    }
}

/// A review or a warning.
trait Finding {
    type Code: Copy + Eq + Hash;

    fn code(&self) -> Self::Code;
    /// Findings with the same text and code are merged.
    fn text(&self) -> String;
    fn subjects(&mut self) -> (&mut Vec<ReturnedItemId>, &mut Vec<TransactionId>);

    /// Called after the units or transactions have changed.
    fn has_changed(&mut self) {}
}

impl Finding for Review {
    type Code = ReviewCode;

    fn code(&self) -> ReviewCode {
        self.code
    }

    /// A value that is typed in is for one unit or transaction.
    fn text(&self) -> String {
        let is_single = self.choices.iter().any(Choice::is_typed_in);
        let of = if is_single { self.id.as_str() } else { "" };
        format!("{of} {} {}", self.digest, self.message)
    }

    fn subjects(&mut self) -> (&mut Vec<ReturnedItemId>, &mut Vec<TransactionId>) {
        (&mut self.item_ids, &mut self.transaction_ids)
    }

    fn has_changed(&mut self) {
        self.set_id();
    }
}

impl Finding for Warning {
    type Code = WarningCode;

    fn code(&self) -> WarningCode {
        self.code
    }

    fn text(&self) -> String {
        self.message.clone()
    }

    fn subjects(&mut self) -> (&mut Vec<ReturnedItemId>, &mut Vec<TransactionId>) {
        (&mut self.item_ids, &mut self.transaction_ids)
    }
}

#[derive(Debug)]
struct FindingList<F: Finding> {
    list: Vec<F>,
    by_text: HashMap<(F::Code, String), usize>,
}

impl<F: Finding> Default for FindingList<F> {
    fn default() -> Self {
        Self { list: Vec::new(), by_text: HashMap::new() }
    }
}

impl<F: Finding> FindingList<F> {
    fn add(&mut self, mut finding: F) {
        let key = (finding.code(), finding.text());
        let at = *self.by_text.entry(key).or_insert(self.list.len());
        let (units, transactions) = finding.subjects();
        match self.list.get_mut(at) {
            Some(known) => {
                let (known_units, known_transactions) = known.subjects();
                units.drain(..).for_each(|unit| insert(known_units, unit));
                transactions.drain(..).for_each(|id| insert(known_transactions, id));
                known.has_changed();
            }
            None => {
                units.sort();
                transactions.sort();
                finding.has_changed();
                self.list.push(finding);
            }
        }
    }
}

/// Inserts into a sorted list, unless the entry is already there.
fn insert<T: Ord>(list: &mut Vec<T>, one: T) {
    if let Err(at) = list.binary_search(&one) {
        list.insert(at, one);
    }
}
