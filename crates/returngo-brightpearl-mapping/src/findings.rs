//! The reviews and warnings of a plan.

use std::{collections::HashMap, hash::Hash};

use returngo::{ReturnedItemId, Transaction};

use crate::{
    decisions::SettledReviews,
    plan::{Finding, Review, ReviewCode, Warning, WarningCode},
};

/// Collects reviews and warnings. Findings with the same code and message are merged into one, which names all their units
/// and transactions.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// Reviews that were resolved manually. They are not added again.
    settled: SettledReviews,
    reviews: FindingList<ReviewCode>,
    warnings: FindingList<WarningCode>,
}

impl Findings {
    /// Creates an empty collection that leaves out resolved reviews.
    pub(crate) fn with_settled(settled: SettledReviews) -> Self {
        Self { settled, ..Self::default() }
    }

    /// Adds a review about these units.
    pub(crate) fn add_review_for_units<'a>(
        &mut self,
        code: ReviewCode,
        message: impl Into<String>,
        units: impl IntoIterator<Item = &'a ReturnedItemId>,
    ) {
        self.add_review(finding_for_units(code, message, units));
    }

    /// Adds a review about this transaction.
    pub(crate) fn add_review_for_transaction(
        &mut self,
        code: ReviewCode,
        message: impl Into<String>,
        transaction: &Transaction,
    ) {
        self.add_review(finding_for_transaction(code, message, transaction));
    }

    /// Adds a warning about these units.
    pub(crate) fn add_warning_for_units<'a>(
        &mut self,
        code: WarningCode,
        message: impl Into<String>,
        units: impl IntoIterator<Item = &'a ReturnedItemId>,
    ) {
        self.warnings.add(finding_for_units(code, message, units));
    }

    /// Adds a warning about this transaction.
    pub(crate) fn add_warning_for_transaction(
        &mut self,
        code: WarningCode,
        message: impl Into<String>,
        transaction: &Transaction,
    ) {
        self.warnings.add(finding_for_transaction(code, message, transaction));
    }

    /// Adds a warning that a fact was ignored.
    pub(crate) fn add_ignored(&mut self, fact: impl Into<String>) {
        self.add_warning_for_units(WarningCode::ForeignFact, fact, []);
    }

    pub(crate) fn add_review(&mut self, review: Review) {
        if let Some(review) = self.settled.left_of(review) {
            self.reviews.add(review);
        }
    }

    pub(crate) fn add_warning(&mut self, warning: Warning) {
        self.warnings.add(warning);
    }

    /// Whether a review is open.
    pub(crate) fn has_reviews(&self) -> bool {
        !self.reviews.list.is_empty()
    }

    pub(crate) fn into_lists(self) -> (Vec<Review>, Vec<Warning>) {
        (self.reviews.list, self.warnings.list)
    }
}

pub(crate) fn finding_for_units<'a, C>(
    code: C,
    message: impl Into<String>,
    units: impl IntoIterator<Item = &'a ReturnedItemId>,
) -> Finding<C> {
    let item_ids = units.into_iter().cloned().collect();
    Finding { code, message: message.into(), item_ids, transaction_ids: Vec::new() }
}

pub(crate) fn finding_for_transaction<C>(
    code: C,
    message: impl Into<String>,
    transaction: &Transaction,
) -> Finding<C> {
    Finding {
        code,
        message: message.into(),
        item_ids: transaction.return_item_ids.clone(),
        transaction_ids: vec![transaction.id.clone()],
    }
}

#[derive(Debug)]
struct FindingList<C> {
    list: Vec<Finding<C>>,
    by_text: HashMap<(C, String), usize>,
}

impl<C> Default for FindingList<C> {
    fn default() -> Self {
        Self { list: Vec::new(), by_text: HashMap::new() }
    }
}

impl<C: Copy + Eq + Hash> FindingList<C> {
    fn add(&mut self, mut finding: Finding<C>) {
        let at = *self.by_text.entry((finding.code, finding.message.clone())).or_insert(self.list.len());
        match self.list.get_mut(at) {
            Some(known) => {
                finding.item_ids.into_iter().for_each(|unit| insert(&mut known.item_ids, unit));
                finding.transaction_ids.into_iter().for_each(|id| insert(&mut known.transaction_ids, id));
            }
            None => {
                finding.item_ids.sort();
                finding.transaction_ids.sort();
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
