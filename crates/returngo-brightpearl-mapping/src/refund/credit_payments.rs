//! A credit's total and what is recorded as paid on it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use brightpearl::{
    CurrencyCode, OrderId,
    accounting::{CustomerPayment, PaymentType},
    order::Order,
};
use returngo::TransactionId;
use rust_decimal::Decimal;

use super::{
    KeyedTransaction, MoneyFlow,
    manual_payment::{self, Candidate, ManualPayment, comparable},
};
use crate::{
    amounts, decisions::SettledReviews, findings::Findings, keys, rma_facts::Calendar, unique, world::World,
};

/// How far payments may be above a credit's total, and still be it: shares of rows are rounded per unit.
pub(crate) fn tolerance(currency: &CurrencyCode, units: usize) -> Decimal {
    currency.minor_unit().saturating_mul(Decimal::from(units))
}

/// The payments of a world, sorted by what they mean for an RMA's credit.
pub(crate) struct CreditPayments<'w> {
    pub(crate) credit: Option<&'w Order>,
    by_reference: HashMap<&'w str, Vec<&'w CustomerPayment>>,
    /// Payments that may be refunds entered by hand.
    manual_payments: Vec<ManualPayment<'w>>,
    /// Payments on the credit that no receipt took back.
    standing: Vec<&'w CustomerPayment>,
    /// Payments under the RMA's keys for money that did not move.
    unbacked: Vec<UnbackedPayment<'w>>,
    /// What is paid on the credit.
    pub(crate) paid: Decimal,
    /// What the customer is owed by the credit.
    pub(super) total: Decimal,
}

/// A payment under a key of the RMA although ReturnGO does not say that the money moved.
#[derive(Clone, Copy)]
pub(super) struct UnbackedPayment<'w> {
    pub(super) payment: &'w CustomerPayment,
    pub(super) key: &'w str,
    /// Whether ReturnGO still lists the transaction.
    pub(super) is_listed: bool,
}

/// Whether Brightpearl has a refund.
pub(super) enum RefundRecord<'w> {
    Missing,
    Matching(&'w CustomerPayment),
    Differing(String),
}

impl<'w> CreditPayments<'w> {
    /// Payments of other orders and currencies are ignored, unless they carry one of the RMA's keys: those are
    /// compared later. The original sale has payments of its own, which say nothing about the RMA.
    pub(crate) fn of(
        world: &'w World,
        credit: Option<&'w Order>,
        transactions: &[KeyedTransaction<'_>],
        findings: &mut Findings,
    ) -> Self {
        let flows: HashMap<&str, MoneyFlow> =
            transactions.iter().map(|keyed| (keyed.key.as_str(), keyed.flow)).collect();
        let payments = unique::by_id(&world.payments, |payment| payment.payment_id);
        let mut receipts: Vec<&CustomerPayment> =
            payments.iter().copied().filter(|payment| payment.payment_type == PaymentType::Receipt).collect();
        let sales = sales_of(world, credit);
        let calendar = Calendar::of(&world.account);
        let mut sorted = Self {
            credit,
            by_reference: HashMap::new(),
            manual_payments: Vec::new(),
            standing: Vec::new(),
            unbacked: Vec::new(),
            paid: Decimal::ZERO,
            total: credit.map_or(Decimal::ZERO, total),
        };
        for payment in payments {
            let reference = manual_payment::reference(payment);
            let listed = reference.and_then(|key| Some((key, *flows.get(key)?)));
            let unlisted =
                || reference.filter(|key| keys::rma_of_refund(key).as_ref() == Some(world.rma.id()));
            if let Some((key, _)) = listed {
                sorted.by_reference.entry(key).or_default().push(payment);
            }
            let unbacked = match listed {
                Some((_, MoneyFlow::Refund)) => None,
                Some((key, _)) => Some(UnbackedPayment { payment, key, is_listed: true }),
                None => unlisted().map(|key| UnbackedPayment { payment, key, is_listed: false }),
            };
            let is_money_out = payment.payment_type == PaymentType::Payment && !payment.amount().is_zero();
            let unbacked = unbacked.filter(|_| is_money_out);
            let is_on_sale = payment.order_id.is_some_and(|order| sales.contains(&order));
            let is_taken_back = unbacked.is_some() && take_back(payment, is_on_sale, &mut receipts);
            let problem = sorted.problem(payment);
            if listed.is_none() && !is_taken_back {
                sorted.manual_payments.extend(if is_on_sale {
                    ManualPayment::on_sale(payment, &world.rma, &calendar)
                } else if sorted.is_on_credit(payment) {
                    ManualPayment::on_credit(payment)
                } else {
                    None
                });
            }
            match problem {
                None => sorted.add(payment, is_taken_back),
                Some(problem) if listed.is_none() && unbacked.is_none() && !is_on_sale => {
                    findings.add_ignored(problem);
                }
                Some(_) => {}
            }
            sorted.unbacked.extend(unbacked.filter(|_| !is_taken_back));
        }
        sorted
    }

    fn is_on_credit(&self, payment: &CustomerPayment) -> bool {
        self.credit.is_some_and(|credit| payment.order_id.is_none_or(|order| order == credit.id))
    }

    fn add(&mut self, payment: &'w CustomerPayment, is_taken_back: bool) {
        let amount = comparable(payment);
        match payment.payment_type {
            PaymentType::Payment => {
                self.paid = self.paid.saturating_add(amount);
                if !is_taken_back {
                    self.standing.push(payment);
                }
            }
            // Money that came back (docs/evidence/brightpearl-accounting.md#sale-payment-totals).
            PaymentType::Receipt | PaymentType::Capture => self.paid = self.paid.saturating_sub(amount),
            _ => {}
        }
    }

    /// The payments under a key of the RMA for money that did not move and that no receipt took back.
    pub(super) fn unbacked(&self) -> impl Iterator<Item = UnbackedPayment<'w>> {
        self.unbacked.iter().copied()
    }

    /// The first payment on the credit that does not record a refund that succeeded. What is recorded under the key
    /// of a refund that a person settled is as that person wants it.
    pub(super) fn unexplained(
        &self,
        transactions: &[KeyedTransaction<'_>],
        settled: &SettledReviews,
    ) -> Option<&'w CustomerPayment> {
        let is_explained = |payment: &CustomerPayment| {
            let of_payment = |keyed: &&KeyedTransaction<'_>| {
                manual_payment::reference(payment) == Some(keyed.key.as_str())
            };
            transactions.iter().find(of_payment).is_some_and(|keyed| {
                keyed.flow == MoneyFlow::Refund
                    && (settled.transaction(&keyed.transaction.id)
                        || matches!(self.record_of(keyed), RefundRecord::Matching(_)))
            })
        };
        self.standing.iter().copied().find(|payment| !is_explained(payment))
    }

    /// Why a payment does not count on the credit.
    fn problem(&self, payment: &CustomerPayment) -> Option<String> {
        let (id, order) = (payment.payment_id, payment.order_id);
        let on_order = || order.map_or_else(|| "no order".to_owned(), |order| format!("order {order}"));
        let Some(credit) = self.credit else {
            return Some(format!("Payment {id} is on {}, and the RMA has no credit.", on_order()));
        };
        if order.is_some_and(|order| order != credit.id) {
            return Some(format!("Payment {id} is on {}, the RMA's credit is {}.", on_order(), credit.id));
        }
        let (currency, expected) = (&payment.currency_code, &credit.currency.order_currency_code);
        (currency != expected)
            .then(|| format!("Payment {id} is in {currency}, sales credit {} is in {expected}.", credit.id))
    }

    /// Finds the payment that has the key of a refund, and compares it with the refund.
    pub(super) fn record_of(&self, refund: &KeyedTransaction<'_>) -> RefundRecord<'w> {
        let amount = refund.known_amount();
        match self.by_reference.get(refund.key.as_str()).map(Vec::as_slice) {
            None | Some([]) => RefundRecord::Missing,
            Some([payment]) => match self.difference(payment, amount) {
                None => RefundRecord::Matching(payment),
                Some(difference) => RefundRecord::Differing(difference),
            },
            Some(several) => {
                let ids: Vec<_> = several.iter().map(|payment| payment.payment_id.to_string()).collect();
                RefundRecord::Differing(format!(
                    "The refund is recorded {} times, as payments {}.",
                    ids.len(),
                    ids.join(", ")
                ))
            }
        }
    }

    fn difference(&self, payment: &CustomerPayment, amount: Option<Decimal>) -> Option<String> {
        let id = payment.payment_id;
        if let Some(problem) = self.problem(payment) {
            return Some(problem);
        }
        if payment.payment_type != PaymentType::Payment {
            return Some(format!(
                "Payment {id} is of type {}, a refund is of type PAYMENT.",
                payment.payment_type
            ));
        }
        let shown = |amount: Decimal| amounts::shown(amount, &payment.currency_code);
        let in_minor_units = |amount: Decimal| amounts::comparable(amount, &payment.currency_code);
        (amount.map(in_minor_units) != Some(comparable(payment))).then(|| match amount {
            Some(amount) => {
                format!("Payment {id} is {}, ReturnGO refunded {}.", shown(payment.amount()), shown(amount))
            }
            None => {
                format!("Payment {id} is {}, ReturnGO refunded in another currency.", shown(payment.amount()))
            }
        })
    }

    /// The refunds that may have been entered by hand, each with the payment that may be it.
    pub(super) fn manual_payments<'t>(
        &self,
        transactions: &[KeyedTransaction<'t>],
    ) -> BTreeMap<&'t TransactionId, Vec<ManualPayment<'w>>> {
        let Some(credit) = self.credit else { return BTreeMap::new() };
        let refunds = transactions.iter().filter(|keyed| keyed.flow == MoneyFlow::Refund);
        let candidates: Vec<Candidate<'t>> = refunds
            .map(|keyed| Candidate {
                refund: keyed.transaction,
                amount: keyed.known_amount(),
                is_recorded: self.by_reference.contains_key(keyed.key.as_str()),
            })
            .collect();
        manual_payment::attribute(&self.manual_payments, &candidates, &credit.currency.order_currency_code)
    }

    /// Whether payments reach the credit's total.
    pub(crate) fn is_refunded(&self, tolerance: Decimal) -> bool {
        self.total.saturating_sub(self.paid) <= tolerance
    }
}

/// The order that the credit is for; of a credit that names none, any that the RMA may be for.
fn sales_of(world: &World, credit: Option<&Order>) -> BTreeSet<OrderId> {
    match credit.and_then(|credit| credit.parent_order_id) {
        Some(sale) => BTreeSet::from([sale]),
        None => world.order.iter().chain(&world.orders).map(|order| order.id).collect(),
    }
}

/// Whether a receipt of the same amount on the same order, not dated before the payment, took it back. A receipt takes
/// back one payment. On the sale the customer's own payment for the order is a receipt too: one that is as old as the payment
/// takes nothing back.
fn take_back(payment: &CustomerPayment, is_on_sale: bool, receipts: &mut Vec<&CustomerPayment>) -> bool {
    let day = |payment: &CustomerPayment| payment.payment_date.or(payment.created_on).map(|at| at.date());
    let took_back = |receipt: &&CustomerPayment| {
        receipt.order_id == payment.order_id
            && receipt.currency_code == payment.currency_code
            && comparable(receipt) == comparable(payment)
            && (!is_on_sale || receipt.payment_id > payment.payment_id)
            && day(receipt).zip(day(payment)).is_none_or(|(receipt, payment)| receipt >= payment)
    };
    let at = receipts.iter().position(took_back);
    at.map(|at| receipts.remove(at)).is_some()
}

/// What the customer is owed by a credit, tax included: Brightpearl's own total, else the sum of the rows.
pub(crate) fn total(credit: &Order) -> Decimal {
    match &credit.total_value {
        Some(total) => total.total,
        None => amounts::sum(credit.order_rows.values().flat_map(|row| {
            let value = &row.row_value;
            [value.row_net.value, value.row_tax.value]
        })),
    }
}

/// Whether a row can still be added to a credit.
pub(super) fn is_open(credit: &Order) -> bool {
    !credit.is_closed() && !credit.is_invoice_pending() && credit.invoice_reference().is_none()
}
