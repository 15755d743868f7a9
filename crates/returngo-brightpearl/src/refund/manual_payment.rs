//! Payments without a key of ours: each may be a refund that was entered by hand.

use std::collections::BTreeMap;

use brightpearl::{
    CurrencyCode,
    accounting::{CustomerPayment, PaymentType},
};
use returngo::{Rma, Transaction, TransactionId};
use rust_decimal::Decimal;

use super::books::comparable;
use crate::{amounts, keys, rma_facts::Calendar};

/// Of more refunds it is not worked out which of them add up to a payment: it may be any.
const MOST_ADDED_UP: usize = 8;

/// A payment that may be a refund entered by hand.
#[derive(Clone, Copy)]
pub(super) struct ManualPayment<'w> {
    pub(super) payment: &'w CustomerPayment,
    pub(super) place: Place,
}

/// The order that such a payment is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Credit,
    Sale,
}

impl<'w> ManualPayment<'w> {
    /// A payment on the credit that no refund of the RMA has the key of.
    pub(super) fn on_credit(payment: &'w CustomerPayment) -> Option<Self> {
        is_money_out(payment).then_some(Self { payment, place: Place::Credit })
    }

    /// A payment on the original sale, made on the day of the RMA or later, under none of our keys. Of its two dates the
    /// later one counts; without any it may be new.
    pub(super) fn on_sale(payment: &'w CustomerPayment, rma: &Rma, calendar: &Calendar) -> Option<Self> {
        let day = |at| calendar.local(at).date();
        let made = payment.payment_date.map(day).max(payment.created_on.map(day));
        let is_older = made.zip(rma.created_at.map(day)).is_some_and(|(made, rma)| made < rma);
        let may_be = is_money_out(payment) && !has_key(payment) && !is_older;
        may_be.then_some(Self { payment, place: Place::Sale })
    }
}

fn is_money_out(payment: &CustomerPayment) -> bool {
    payment.payment_type == PaymentType::Payment && !payment.amount().is_zero()
}

/// Whether a payment carries a key of ours: of another RMA, or of a transaction that ReturnGO does not list any more.
fn has_key(payment: &CustomerPayment) -> bool {
    payment.transaction_ref.as_deref().is_some_and(|reference| keys::rma_of_refund(reference).is_some())
}

/// A refund that succeeded, as it is compared with payments.
pub(super) struct Candidate<'w> {
    pub(super) refund: &'w Transaction,
    /// In the credit's currency, if it is known in it.
    pub(super) amount: Option<Decimal>,
    /// Whether a payment under the refund's own key is there.
    pub(super) is_recorded: bool,
}

/// The refunds that payments may be, each with the first such payment.
pub(super) fn attribute<'w, 't>(
    payments: &[ManualPayment<'w>],
    refunds: &[Candidate<'t>],
    currency: &CurrencyCode,
) -> BTreeMap<&'t TransactionId, ManualPayment<'w>> {
    let mut attributed = BTreeMap::new();
    for manual in payments {
        for refund in refunds_behind(*manual, refunds, currency) {
            attributed.entry(&refund.id).or_insert(*manual);
        }
    }
    attributed
}

/// The refunds that a payment may be: by the processor's number, else by amount, else by the amounts of several. What
/// is on the credit and explained by none of this may be any of them.
fn refunds_behind<'t>(
    manual: ManualPayment<'_>,
    refunds: &[Candidate<'t>],
    currency: &CurrencyCode,
) -> Vec<&'t Transaction> {
    let payment = manual.payment;
    let of = |candidates: Vec<&Candidate<'t>>| candidates.into_iter().map(|one| one.refund).collect();
    let has_key = has_key(payment);
    let numbered =
        refunds.iter().filter(|one| !has_key && is_numbered(payment, one.refund)).collect::<Vec<_>>();
    if !numbered.is_empty() {
        return of(numbered);
    }
    if payment.currency_code != *currency {
        return Vec::new();
    }
    let amount = comparable(payment);
    let unrecorded: Vec<(&Candidate<'t>, Option<Decimal>)> = refunds
        .iter()
        .filter(|one| !one.is_recorded)
        .map(|one| (one, one.amount.map(|amount| amounts::comparable(amount, currency))))
        .collect();
    let equal: Vec<_> =
        unrecorded.iter().filter(|(_, refunded)| *refunded == Some(amount)).map(|(one, _)| *one).collect();
    if !equal.is_empty() || has_key {
        return of(equal);
    }
    let amounts: Vec<Decimal> = unrecorded.iter().map(|(_, refunded)| refunded.unwrap_or_default()).collect();
    let several = in_sums(&amounts, amount);
    let may_be_any = manual.place == Place::Credit && !several.contains(&true);
    let chosen = unrecorded.iter().zip(several).filter(|(_, is_in_sum)| *is_in_sum || may_be_any);
    of(chosen.map(|((one, _), _)| *one).collect())
}

fn is_numbered(payment: &CustomerPayment, refund: &Transaction) -> bool {
    let number = |text: &Option<String>| {
        text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    number(&payment.transaction_ref)
        .is_some_and(|reference| Some(reference) == number(&refund.external_reference_id))
}

/// Which of these amounts are in any sum of several of them that comes to the total.
fn in_sums(amounts: &[Decimal], total: Decimal) -> Vec<bool> {
    if amounts.len() > MOST_ADDED_UP {
        return vec![true; amounts.len()];
    }
    let mut found = vec![false; amounts.len()];
    for subset in 1_u32..1 << amounts.len() {
        let is_in = |place: &usize| subset & (1 << place) != 0;
        let places = || (0..amounts.len()).filter(is_in);
        let sum = places()
            .filter_map(|place| amounts.get(place))
            .fold(Decimal::ZERO, |sum, one| sum.saturating_add(*one));
        if sum == total {
            found
                .iter_mut()
                .enumerate()
                .filter(|(place, _)| is_in(place))
                .for_each(|(_, found)| *found = true);
        }
    }
    found
}
