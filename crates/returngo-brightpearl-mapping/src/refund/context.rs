use std::collections::HashSet;

use brightpearl::OrderId;
use returngo::ReturnedItemId;

use super::{credit_payments::CreditPayments, keyed_transaction::KeyedTransaction};
use crate::{decisions::SettledReviews, settings::ConnectionSettings, world::World};

/// Everything that the recording of an RMA's refunds depends on.
pub(crate) struct RefundContext<'w> {
    pub(crate) world: &'w World,
    pub(crate) settings: &'w ConnectionSettings,
    /// The RMA's transactions, oldest first.
    pub(crate) transactions: Vec<KeyedTransaction<'w>>,
    /// The RMA's credit and the payments on it.
    pub(crate) payments: CreditPayments<'w>,
    /// The order on which money from the shopper is noted while there is no credit.
    pub(crate) order: Option<OrderId>,
    /// The reason why the RMA will never have a credit, if so.
    pub(crate) impossible: Option<String>,
    /// Units whose return method is not synchronized.
    pub(crate) skipped: HashSet<&'w ReturnedItemId>,
    /// The number of the RMA's units.
    pub(crate) units: usize,
    /// The number of units on the credit.
    pub(crate) credited_units: usize,
    /// Reviews that were resolved manually.
    pub(crate) settled: &'w SettledReviews,
}

impl RefundContext<'_> {
    /// Returns the credit, or the order while there is no credit.
    pub(super) fn order_to_note_on(&self) -> Option<OrderId> {
        self.payments.credit.map(|credit| credit.id).or(self.order)
    }
}
