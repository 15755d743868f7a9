//! Payments without a key of the connector. Each may be a refund that was entered manually.

use std::collections::BTreeMap;

use brightpearl::{
    CurrencyCode,
    accounting::{CustomerPayment, PaymentType},
};
use returngo::{Rma, RmaId, Transaction, TransactionId};
use rust_decimal::Decimal;

use crate::{amounts, keys, rma_facts::Calendar};

/// The largest number of refunds whose sums are compared with a payment. Above it, any of them may be part of it.
const MOST_ADDED_UP: usize = 8;

/// A payment that may be a manually entered refund.
#[derive(Clone, Copy)]
pub(super) struct ManualPayment<'w> {
    pub(super) payment: &'w CustomerPayment,
    pub(super) role: OrderRole,
}

/// The role of the order that a payment is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OrderRole {
    Credit,
    Sale,
}

/// How a payment matches a refund, strongest match first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum MatchStrength {
    Number,
    Amount,
    Sum,
    Unexplained,
}

impl<'w> ManualPayment<'w> {
    /// Returns a payment on the credit whose reference is not the key of a refund of the RMA.
    pub(super) fn on_credit(payment: &'w CustomerPayment) -> Option<Self> {
        is_money_out(payment).then_some(Self { payment, role: OrderRole::Credit })
    }

    /// Returns a payment on the original sale that was made on the day of the RMA or later and has no key of another RMA.
    /// The later of its two dates decides. A payment without dates, or with a key of the RMA, counts as new.
    pub(super) fn on_sale(payment: &'w CustomerPayment, rma: &Rma, calendar: &Calendar) -> Option<Self> {
        let day = |at| calendar.local(at).date();
        let made = payment.payment_date.map(day).max(payment.created_on.map(day));
        let is_older = made.zip(rma.created_at.map(day)).is_some_and(|(made, rma)| made < rma);
        let may_be = match key_owner(payment) {
            Some(owner) => owner == *rma.id(),
            None => !is_older,
        };
        (may_be && is_money_out(payment)).then_some(Self { payment, role: OrderRole::Sale })
    }
}

fn is_money_out(payment: &CustomerPayment) -> bool {
    payment.payment_type == PaymentType::Payment && !payment.amount().is_zero()
}

/// Returns the reference of a payment without surrounding spaces.
pub(super) fn reference(payment: &CustomerPayment) -> Option<&str> {
    payment.transaction_ref.as_deref().map(str::trim).filter(|reference| !reference.is_empty())
}

/// Returns the amount of a payment in the form in which amounts are compared.
pub(super) fn comparable(payment: &CustomerPayment) -> Decimal {
    amounts::comparable(payment.amount(), &payment.currency_code)
}

/// Returns the RMA whose key a payment has, although ReturnGO lists no such transaction.
fn key_owner(payment: &CustomerPayment) -> Option<RmaId> {
    reference(payment).and_then(keys::rma_of_refund)
}

/// A successful refund to compare with payments.
pub(super) struct Candidate<'w> {
    pub(super) refund: &'w Transaction,
    /// The amount in the credit's currency, if it is known.
    pub(super) amount: Option<Decimal>,
    /// Whether a payment with the refund's own key exists.
    pub(super) is_recorded: bool,
}

/// Returns the refunds that payments may record, each with its payments, strongest match first. Each payment comes with the
/// amount that is compared.
pub(super) fn attribute<'w, 't>(
    payments: &[(ManualPayment<'w>, Decimal)],
    refunds: &[Candidate<'t>],
    currency: &CurrencyCode,
) -> BTreeMap<&'t TransactionId, Vec<ManualPayment<'w>>> {
    let mut attributed: BTreeMap<_, Vec<(MatchStrength, ManualPayment<'w>)>> = BTreeMap::new();
    for (manual, amount) in payments {
        let (by, behind) = refunds_behind(*manual, *amount, refunds, currency);
        for refund in behind {
            attributed.entry(&refund.id).or_default().push((by, *manual));
        }
    }
    let in_order = attributed.into_iter().map(|(refund, mut payments)| {
        payments.sort_by_key(|(by, manual)| (*by, manual.payment.payment_id));
        (refund, payments.into_iter().map(|(_, manual)| manual).collect())
    });
    in_order.collect()
}

/// Returns the refunds that a payment may record: by the processor's number, else by amount, else by the sum of several
/// amounts. Any other payment on the credit may record any of them.
fn refunds_behind<'t>(
    manual: ManualPayment<'_>,
    amount: Decimal,
    refunds: &[Candidate<'t>],
    currency: &CurrencyCode,
) -> (MatchStrength, Vec<&'t Transaction>) {
    let payment = manual.payment;
    let has_key = key_owner(payment).is_some();
    let numbered: Vec<_> =
        refunds.iter().filter(|one| !has_key && is_numbered(payment, one.refund)).collect();
    if !numbered.is_empty() {
        return (MatchStrength::Number, numbered.into_iter().map(|one| one.refund).collect());
    }
    let is_comparable = payment.currency_code == *currency;
    let unrecorded: Vec<(&Transaction, Option<Decimal>)> = refunds
        .iter()
        .filter(|one| is_comparable && !one.is_recorded)
        .map(|one| (one.refund, one.amount.map(|amount| amounts::comparable(amount, currency))))
        .collect();
    let equal: Vec<_> =
        unrecorded.iter().filter(|(_, refunded)| *refunded == Some(amount)).map(|(one, _)| *one).collect();
    if !equal.is_empty() || has_key {
        return (MatchStrength::Amount, equal);
    }
    let amounts: Vec<Decimal> = unrecorded.iter().map(|(_, refunded)| refunded.unwrap_or_default()).collect();
    let several = in_sums(&amounts, amount);
    if several.contains(&true) {
        let in_sum = unrecorded.iter().zip(several).filter(|(_, is_in_sum)| *is_in_sum);
        return (MatchStrength::Sum, in_sum.map(|((one, _), _)| *one).collect());
    }
    let any = unrecorded.iter().filter(|_| manual.role == OrderRole::Credit);
    (MatchStrength::Unexplained, any.map(|(one, _)| *one).collect())
}

fn is_numbered(payment: &CustomerPayment, refund: &Transaction) -> bool {
    let number = refund.external_reference_id.as_deref().map(str::trim);
    reference(payment).is_some_and(|reference| Some(reference) == number)
}

/// Marks the amounts that are part of a sum of several amounts that equals the total.
fn in_sums(amounts: &[Decimal], total: Decimal) -> Vec<bool> {
    let sum_of = |amounts: &mut dyn Iterator<Item = Decimal>| {
        amounts.fold(Decimal::ZERO, |sum, one| sum.saturating_add(one))
    };
    let all = sum_of(&mut amounts.iter().copied());
    if total > all || amounts.iter().all(|one| *one >= total) {
        return vec![false; amounts.len()];
    }
    if amounts.len() > MOST_ADDED_UP {
        return amounts.iter().map(|one| *one < total).collect();
    }
    let mut found = vec![false; amounts.len()];
    for subset in 1_u32..1 << amounts.len() {
        let is_in = |place: usize| subset & (1 << place) != 0;
        let mut chosen = amounts.iter().enumerate().filter(|(place, _)| is_in(*place)).map(|(_, one)| *one);
        if sum_of(&mut chosen) == total {
            found.iter_mut().enumerate().for_each(|(place, found)| *found |= is_in(place));
        }
    }
    found
}
