//! The total of a credit, and the payments that are recorded on it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use brightpearl::{
    CurrencyCode, OrderId, PaymentId,
    accounting::{CustomerPayment, PaymentType},
    order::Order,
};
use returngo::TransactionId;
use rust_decimal::Decimal;

use super::{
    counted_payments::CountedPayments,
    keyed_transaction::KeyedTransaction,
    manual_payment::{self, Candidate, ManualPayment, comparable},
    money_flow::MoneyFlow,
};
use crate::{
    amounts, decisions::SettledReviews, findings::Findings, keys, rma_facts::Calendar, unique, world::World,
};

/// Returns the amount by which payments may exceed the credit's total: shares of rows are rounded for each unit.
pub(crate) fn tolerance(currency: &CurrencyCode, units: usize) -> Decimal {
    currency.minor_unit().saturating_mul(Decimal::from(units))
}

/// The payments of a snapshot, sorted by their meaning for an RMA's credit.
pub(crate) struct CreditPayments<'w> {
    pub(crate) credit: Option<&'w Order>,
    by_reference: HashMap<&'w str, Vec<&'w CustomerPayment>>,
    /// Payments that may be manually entered refunds.
    manual_payments: Vec<ManualPayment<'w>>,
    /// Payments on the credit that were not reversed by a receipt.
    standing: Vec<&'w CustomerPayment>,
    /// Payments with the RMA's keys for money that was not refunded.
    unbacked: Vec<UnbackedPayment<'w>>,
    /// The amount paid on the credit.
    pub(crate) paid: Decimal,
    /// The credit's total.
    pub(super) total: Decimal,
}

/// A payment with a key of the RMA without a successful refund in ReturnGO.
#[derive(Clone, Copy)]
pub(super) struct UnbackedPayment<'w> {
    pub(super) payment: &'w CustomerPayment,
    pub(super) key: &'w str,
    /// Whether ReturnGO still lists the transaction.
    pub(super) is_listed: bool,
}

/// The record of a refund in Brightpearl.
pub(super) enum RefundRecord<'w> {
    Missing,
    Matching(&'w CustomerPayment),
    Differing(String),
}

impl<'w> CreditPayments<'w> {
    /// Sorts the payments of a snapshot. Payments of other orders and currencies are ignored, unless they have one of the
    /// RMA's keys. The original sale also has payments that do not concern the RMA.
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
            let is_refund_payment =
                payment.payment_type == PaymentType::Payment && !payment.amount().is_zero();
            let unbacked = unbacked.filter(|_| is_refund_payment);
            let is_on_sale = payment.order_id.is_some_and(|order| sales.contains(&order));
            let is_reversed = unbacked.is_some() && reversed_by_receipt(payment, is_on_sale, &mut receipts);
            let problem = sorted.problem(payment);
            if listed.is_none() && !is_reversed {
                sorted.manual_payments.extend(if is_on_sale {
                    ManualPayment::on_sale(payment, &world.rma, &calendar)
                } else if sorted.is_on_credit(payment) {
                    ManualPayment::on_credit(payment)
                } else {
                    None
                });
            }
            match problem {
                None => sorted.add(payment, is_reversed),
                Some(problem) if listed.is_none() && unbacked.is_none() && !is_on_sale => {
                    findings.add_ignored(format!("{problem} The payment was ignored."));
                }
                Some(_) => {}
            }
            sorted.unbacked.extend(unbacked.filter(|_| !is_reversed));
        }
        sorted
    }

    fn is_on_credit(&self, payment: &CustomerPayment) -> bool {
        self.credit.is_some_and(|credit| payment.order_id.is_none_or(|order| order == credit.id))
    }

    fn add(&mut self, payment: &'w CustomerPayment, is_reversed: bool) {
        let amount = comparable(payment);
        match payment.payment_type {
            PaymentType::Payment => {
                self.paid = self.paid.saturating_add(amount);
                if !is_reversed {
                    self.standing.push(payment);
                }
            }
            // Money that was returned to the merchant (docs/evidence/brightpearl-accounting.md#sale-payment-totals).
            PaymentType::Receipt | PaymentType::Capture => self.paid = self.paid.saturating_sub(amount),
            _ => {}
        }
    }

    /// Iterates over the payments with a key of the RMA for money that was not refunded, and that were not reversed.
    pub(super) fn unbacked(&self) -> impl Iterator<Item = UnbackedPayment<'w>> {
        self.unbacked.iter().copied()
    }

    /// Returns the first payment on the credit that does not record a successful refund. Payments for settled refunds are
    /// accepted as they are.
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

    /// Returns why a payment does not count towards the credit, if so.
    fn problem(&self, payment: &CustomerPayment) -> Option<String> {
        let (id, order) = (payment.payment_id, payment.order_id);
        let on_order = || order.map_or_else(|| "no order".to_owned(), |order| format!("order {order}"));
        let Some(credit) = self.credit else {
            return Some(format!("Payment {id} is on {}, but the RMA has no credit.", on_order()));
        };
        if order.is_some_and(|order| order != credit.id) {
            return Some(format!("Payment {id} is on {} instead of sales credit {}.", on_order(), credit.id));
        }
        let (currency, expected) = (&payment.currency_code, &credit.currency.order_currency_code);
        (currency != expected).then(|| {
            format!("Payment {id} is in {currency}, but sales credit {} is in {expected}.", credit.id)
        })
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
                    "The refund is recorded {} times (payments {}).",
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
            return Some(format!("Payment {id} has type {} instead of PAYMENT.", payment.payment_type));
        }
        let shown = |amount: Decimal| amounts::shown(amount, &payment.currency_code);
        let in_minor_units = |amount: Decimal| amounts::comparable(amount, &payment.currency_code);
        (amount.map(in_minor_units) != Some(comparable(payment))).then(|| match amount {
            Some(amount) => {
                format!(
                    "Payment {id} is {}, but ReturnGO refunded {}.",
                    shown(payment.amount()),
                    shown(amount)
                )
            }
            None => {
                format!(
                    "Payment {id} is {}, but ReturnGO refunded another currency.",
                    shown(payment.amount())
                )
            }
        })
    }

    /// Returns the refunds that may have been entered manually, each with the payments that may record it. What counted refunds
    /// leave of a payment may record others.
    pub(super) fn manual_payments(
        &self,
        transactions: &[KeyedTransaction<'w>],
        counted: &CountedPayments<'_>,
    ) -> BTreeMap<&'w TransactionId, Vec<ManualPayment<'w>>> {
        let Some(credit) = self.credit else { return BTreeMap::new() };
        let refunds = transactions.iter().filter(|keyed| keyed.flow == MoneyFlow::Refund);
        let candidates: Vec<Candidate<'w>> = refunds
            .map(|keyed| Candidate {
                refund: keyed.transaction,
                amount: keyed.known_amount(),
                is_recorded: self.by_reference.contains_key(keyed.key.as_str())
                    || counted.records(&keyed.transaction.id),
            })
            .collect();
        let is_left = |manual: &&ManualPayment<'w>| !counted.is_used_up(manual);
        let payments = self.manual_payments.iter().filter(is_left);
        let payments: Vec<_> = payments.map(|manual| (*manual, counted.left_of(manual))).collect();
        manual_payment::attribute(&payments, &candidates, &credit.currency.order_currency_code)
    }

    /// Returns the payment with this id, if it has no key and may be a refund.
    pub(super) fn manual_payment(&self, id: PaymentId) -> Option<ManualPayment<'w>> {
        self.manual_payments.iter().find(|manual| manual.payment.payment_id == id).copied()
    }

    /// Whether the payments reach the credit's total.
    pub(crate) fn reach_total(&self, tolerance: Decimal) -> bool {
        self.total.saturating_sub(self.paid) <= tolerance
    }
}

/// Returns the order of the credit, or all candidate orders of the RMA if the credit names none.
fn sales_of(world: &World, credit: Option<&Order>) -> BTreeSet<OrderId> {
    match credit.and_then(|credit| credit.parent_order_id) {
        Some(sale) => BTreeSet::from([sale]),
        None => world.order.iter().chain(&world.orders).map(|order| order.id).collect(),
    }
}

/// Whether a receipt of the same amount on the same order, not dated before the payment, reversed it. A receipt reverses one
/// payment. On the sale, the customer's own payment for the order is a receipt too: a receipt with a lower id than the payment
/// reverses nothing.
fn reversed_by_receipt(
    payment: &CustomerPayment,
    is_on_sale: bool,
    receipts: &mut Vec<&CustomerPayment>,
) -> bool {
    let day = |payment: &CustomerPayment| payment.payment_date.or(payment.created_on).map(|at| at.date());
    let reverses = |receipt: &&CustomerPayment| {
        receipt.order_id == payment.order_id
            && receipt.currency_code == payment.currency_code
            && comparable(receipt) == comparable(payment)
            && (!is_on_sale || receipt.payment_id > payment.payment_id)
            && day(receipt).zip(day(payment)).is_none_or(|(receipt, payment)| receipt >= payment)
    };
    let at = receipts.iter().position(reverses);
    at.map(|at| receipts.remove(at)).is_some()
}

/// Returns the credit's total including tax: that of Brightpearl, else the sum of its rows.
pub(crate) fn total(credit: &Order) -> Decimal {
    match &credit.total_value {
        Some(total) => total.total,
        None => amounts::sum(credit.order_rows.values().flat_map(|row| {
            let value = &row.row_value;
            [value.row_net.value, value.row_tax.value]
        })),
    }
}

/// Whether rows can still be added to a credit.
pub(super) fn is_open(credit: &Order) -> bool {
    !credit.is_closed() && !credit.is_invoice_pending() && credit.invoice_reference().is_none()
}
