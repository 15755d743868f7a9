//! The transactions of an RMA, each with its key, its direction and its amount in the credit's currency.

use brightpearl::order::Order;
use returngo::{Rma, Transaction};
use rust_decimal::Decimal;

use super::money_flow::{MoneyFlow, money_flow};
use crate::{
    amounts,
    findings::Findings,
    keys,
    review::{Choice, Review, ReviewCode},
    rma_facts,
};

/// A transaction of an RMA with everything that the plan derives from it.
pub(crate) struct KeyedTransaction<'w> {
    pub(crate) transaction: &'w Transaction,
    /// The key of the payment that records it.
    pub(crate) key: String,
    pub(crate) flow: MoneyFlow,
    /// The amount in the credit's currency, or the review that asks for it. `None` without a credit.
    amount: Option<Result<Decimal, Box<Review>>>,
}

impl KeyedTransaction<'_> {
    /// Returns the amount in the credit's currency, if there is a credit and the amount is known in its currency.
    pub(crate) fn known_amount(&self) -> Option<Decimal> {
        self.amount.as_ref()?.as_ref().ok().copied()
    }

    /// Returns the amount in the credit's currency, or the review that asks for it.
    pub(super) fn amount_on(&self, credit: &Order) -> Result<Decimal, Box<Review>> {
        self.amount.clone().unwrap_or_else(|| amount_on(credit, self.transaction, &self.key))
    }
}

/// Returns the transactions of an RMA in the order of their creation, each once. An amount that ReturnGO does not report in the
/// credit's currency is the one that a person decided, at most `limit`.
pub(crate) fn keyed_transactions<'w>(
    rma: &'w Rma,
    credit: Option<&Order>,
    limit: Decimal,
    findings: &Findings,
) -> Vec<KeyedTransaction<'w>> {
    let keyed = |transaction: &'w Transaction| {
        let key = keys::refund(rma.id(), &transaction.id);
        let amount = credit.map(|credit| {
            amount_on(credit, transaction, &key)
                .or_else(|review| decided_amount(*review, transaction, credit, limit, findings))
        });
        KeyedTransaction { transaction, key, flow: money_flow(transaction), amount }
    };
    rma_facts::transactions(rma).into_iter().map(keyed).collect()
}

/// Returns the amount that a person decided for a refund that has none in the credit's currency.
fn decided_amount(
    review: Review,
    transaction: &Transaction,
    credit: &Order,
    limit: Decimal,
    findings: &Findings,
) -> Result<Decimal, Box<Review>> {
    let (money, currency) = (&transaction.amount, &credit.currency.order_currency_code);
    let effect = format!("Records refund {} with this amount, at most the order's total.", transaction.id);
    let review = review
        .resting_on([
            ("amount", format!("{} {}", money.amount.normalize(), money.currency)),
            ("currency", currency.to_string()),
        ])
        .offering([Choice::new("amount", format!("Record this amount in {currency}"), effect)]);
    findings.decisions().answer(review, |choice| {
        let amount = amounts::typed_in(choice, currency)?;
        let shown = |amount| amounts::shown(amount, currency);
        let is_within = amount <= limit;
        is_within
            .then_some(amount)
            .ok_or_else(|| format!("{} is above the order's total of {}", shown(amount), shown(limit)))
    })
}

/// Whether money was returned to the shopper, recorded or not.
pub(crate) fn has_refunded(transactions: &[KeyedTransaction<'_>]) -> bool {
    transactions
        .iter()
        .any(|keyed| keyed.flow == MoneyFlow::Refund && !keyed.transaction.amount.amount.is_zero())
}

/// Returns the refunded amount in the credit's currency, without a sign: the transaction's type gives the direction.
pub(super) fn amount_on(credit: &Order, refund: &Transaction, key: &str) -> Result<Decimal, Box<Review>> {
    let (id, currency) = (&refund.id, &credit.currency.order_currency_code);
    let amount = refund.amount.in_currency(currency).map(|amount| amount.abs());
    amount.and_then(|amount| amounts::payable(amount, currency)).ok_or_else(|| {
        let message = match amount {
            Some(amount) => format!(
                "The amount of refund {id} is {amount} {currency}, which cannot be paid in {currency}. Determine the amount \
                 that was paid, and record it by hand with the reference {key}."
            ),
            None => format!(
                "Refund {id} is in {}, but sales credit {} is in {currency}. Determine the amount in {currency}, and record \
                 it by hand with the reference {key}.",
                amounts::currencies(&refund.amount),
                credit.id
            ),
        };
        Review::about_transaction(ReviewCode::RefundCurrency, message, refund).into()
    })
}
