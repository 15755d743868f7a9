//! The payments without a key that record refunds, as a person decided.

use std::collections::BTreeMap;

use brightpearl::PaymentId;
use returngo::TransactionId;
use rust_decimal::Decimal;

use super::{
    keyed_transaction::KeyedTransaction,
    manual_payment::{ManualPayment, comparable},
};

/// The refunds that payments record, and what is left of each payment.
#[derive(Default)]
pub(super) struct CountedPayments<'w> {
    of: BTreeMap<&'w TransactionId, PaymentId>,
    left: BTreeMap<PaymentId, Decimal>,
}

impl<'w> CountedPayments<'w> {
    pub(super) fn records(&self, refund: &TransactionId) -> bool {
        self.of.contains_key(refund)
    }

    /// Returns what the counted refunds leave of a payment.
    pub(super) fn left_of(&self, manual: &ManualPayment<'_>) -> Decimal {
        let left = self.left.get(&manual.payment.payment_id).copied();
        left.unwrap_or_else(|| comparable(manual.payment))
    }

    pub(super) fn is_used_up(&self, manual: &ManualPayment<'_>) -> bool {
        self.left.get(&manual.payment.payment_id).is_some_and(|left| *left <= Decimal::ZERO)
    }

    /// Counts a refund as recorded by a payment. Returns false if the payment is too small: all refunds of a payment are at most
    /// its amount. Its first one is taken whatever its amount.
    pub(super) fn count(&mut self, refund: &KeyedTransaction<'w>, manual: ManualPayment<'_>) -> bool {
        let (id, amount) = (manual.payment.payment_id, refund.known_amount().unwrap_or_default());
        let left = self.left_of(&manual);
        if self.left.contains_key(&id) && amount > left {
            return false;
        }
        self.left.insert(id, left.saturating_sub(amount));
        self.of.insert(&refund.transaction.id, id);
        true
    }
}
