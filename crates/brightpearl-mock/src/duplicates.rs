use std::collections::BTreeMap;

use brightpearl::{OrderId, PaymentId};
use serde::Serialize;

use crate::state::Account;

/// Credits and payments that exist more than once under the same reference. Check it at the end of a test that
/// repeats requests, loses answers or duplicates webhooks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Duplicates {
    /// Sales credits with the same `externalRef`, regardless of their instance.
    pub credits: BTreeMap<String, Vec<OrderId>>,
    /// Payments with the same `transactionRef`, regardless of their method.
    pub payments: BTreeMap<String, Vec<PaymentId>>,
}

impl Duplicates {
    /// Whether there are no duplicates.
    pub fn is_empty(&self) -> bool {
        self.credits.is_empty() && self.payments.is_empty()
    }

    /// Returns the number of surplus credits and payments.
    pub fn count(&self) -> usize {
        let credits: usize = self.credits.values().map(|ids| ids.len() - 1).sum();
        let payments: usize = self.payments.values().map(|ids| ids.len() - 1).sum();
        credits + payments
    }
}

pub(crate) fn credits_by_external_ref(account: &Account) -> BTreeMap<String, Vec<OrderId>> {
    let credits = account.orders.values().filter(|order| order.is_sales_credit());
    grouped(credits.filter_map(|credit| Some((credit.external_ref.clone()?, credit.id))))
}

pub(crate) fn payments_by_reference(account: &Account) -> BTreeMap<String, Vec<PaymentId>> {
    let payments = account.payments.values();
    grouped(payments.filter_map(|payment| Some((payment.transaction_ref.clone()?, payment.payment_id))))
}

pub(crate) fn find(account: &Account) -> Duplicates {
    let mut duplicates =
        Duplicates { credits: credits_by_external_ref(account), payments: payments_by_reference(account) };
    duplicates.credits.retain(|_, ids| ids.len() > 1);
    duplicates.payments.retain(|_, ids| ids.len() > 1);
    duplicates
}

fn grouped<I>(pairs: impl Iterator<Item = (String, I)>) -> BTreeMap<String, Vec<I>> {
    let mut groups: BTreeMap<String, Vec<I>> = BTreeMap::new();
    for (reference, id) in pairs {
        groups.entry(reference).or_default().push(id);
    }
    groups
}
