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
    Keyed, Movement, amount_on,
    manual_payment::{self, Candidate, ManualPayment},
    movement,
};
use crate::{
    amounts, decisions::Settled, findings::Findings, keys, rma_facts::Calendar, unique, world::World,
};

/// How far payments may be above a credit's total, and still be it: shares of rows are rounded per unit.
pub(crate) fn tolerance(currency: &CurrencyCode, units: usize) -> Decimal {
    currency.minor_unit().saturating_mul(Decimal::from(units))
}

/// The payments of a world, sorted by what they mean for an RMA's credit.
pub(crate) struct Books<'w> {
    pub(crate) credit: Option<&'w Order>,
    by_reference: HashMap<&'w str, Vec<&'w CustomerPayment>>,
    /// Payments that may be refunds entered by hand.
    manual_payments: Vec<ManualPayment<'w>>,
    /// Payments on the credit that no receipt took back.
    standing: Vec<&'w CustomerPayment>,
    /// Payments under the RMA's keys for money that did not move.
    unmoved: Vec<Unmoved<'w>>,
    /// What is paid on the credit.
    pub(crate) paid: Decimal,
    /// What the customer is owed by the credit.
    pub(super) total: Decimal,
}

/// A payment under a key of the RMA although ReturnGO does not say that the money moved.
#[derive(Clone, Copy)]
pub(super) struct Unmoved<'w> {
    pub(super) payment: &'w CustomerPayment,
    pub(super) key: &'w str,
    /// Whether ReturnGO still lists the transaction.
    pub(super) is_listed: bool,
}

/// Whether Brightpearl has a refund.
pub(super) enum Recorded<'w> {
    No,
    Yes(&'w CustomerPayment),
    Differently(String),
}

impl<'w> Books<'w> {
    /// Payments of other orders and currencies are ignored, unless they carry one of the RMA's keys: those are
    /// compared later. The original sale has payments of its own, which say nothing about the RMA.
    pub(crate) fn of(
        world: &'w World,
        credit: Option<&'w Order>,
        transactions: &[Keyed<'_>],
        findings: &mut Findings,
    ) -> Self {
        let movements: HashMap<&str, Movement> =
            transactions.iter().map(|keyed| (keyed.key.as_str(), movement(keyed.transaction))).collect();
        let payments = unique::by_id(&world.payments, |payment| payment.payment_id);
        let mut receipts: Vec<&CustomerPayment> =
            payments.iter().copied().filter(|payment| payment.payment_type == PaymentType::Receipt).collect();
        let sales = sales_of(world, credit);
        let calendar = Calendar::of(&world.account);
        let mut books = Self {
            credit,
            by_reference: HashMap::new(),
            manual_payments: Vec::new(),
            standing: Vec::new(),
            unmoved: Vec::new(),
            paid: Decimal::ZERO,
            total: credit.map_or(Decimal::ZERO, total),
        };
        for payment in payments {
            let reference = manual_payment::reference(payment);
            let listed = reference.and_then(|key| Some((key, *movements.get(key)?)));
            let unlisted =
                || reference.filter(|key| keys::rma_of_refund(key).as_ref() == Some(world.rma.id()));
            if let Some((key, _)) = listed {
                books.by_reference.entry(key).or_default().push(payment);
            }
            let unmoved = match listed {
                Some((_, Movement::Refund)) => None,
                Some((key, _)) => Some(Unmoved { payment, key, is_listed: true }),
                None => unlisted().map(|key| Unmoved { payment, key, is_listed: false }),
            };
            let is_money_out = payment.payment_type == PaymentType::Payment && !payment.amount().is_zero();
            let unmoved = unmoved.filter(|_| is_money_out);
            let is_on_sale = payment.order_id.is_some_and(|order| sales.contains(&order));
            let is_taken_back = unmoved.is_some() && take_back(payment, is_on_sale, &mut receipts);
            let problem = books.problem(payment);
            if listed.is_none() && !is_taken_back {
                books.manual_payments.extend(if is_on_sale {
                    ManualPayment::on_sale(payment, &world.rma, &calendar)
                } else if books.is_on_credit(payment) {
                    ManualPayment::on_credit(payment)
                } else {
                    None
                });
            }
            match problem {
                None => books.add(payment, is_taken_back),
                Some(problem) if listed.is_none() && unmoved.is_none() && !is_on_sale => {
                    findings.ignored(problem);
                }
                Some(_) => {}
            }
            books.unmoved.extend(unmoved.filter(|_| !is_taken_back));
        }
        books
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
    pub(super) fn unmoved(&self) -> impl Iterator<Item = Unmoved<'w>> {
        self.unmoved.iter().copied()
    }

    /// The first payment on the credit that does not record a refund that succeeded. What is recorded under the key
    /// of a refund that a person settled is as that person wants it.
    pub(super) fn unexplained(
        &self,
        transactions: &[Keyed<'_>],
        settled: &Settled,
    ) -> Option<&'w CustomerPayment> {
        let credit = self.credit?;
        let is_explained = |payment: &CustomerPayment| {
            let of_payment =
                |keyed: &&Keyed<'_>| manual_payment::reference(payment) == Some(keyed.key.as_str());
            transactions.iter().find(of_payment).is_some_and(|Keyed { transaction, key }| {
                let amount = || amount_on(credit, transaction).ok();
                movement(transaction) == Movement::Refund
                    && (settled.transaction(&transaction.id)
                        || matches!(self.recorded(key, amount()), Recorded::Yes(_)))
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

    /// Whether a refund of this amount is recorded under this key.
    pub(super) fn recorded(&self, key: &str, amount: Option<Decimal>) -> Recorded<'w> {
        match self.by_reference.get(key).map(Vec::as_slice) {
            None | Some([]) => Recorded::No,
            Some([payment]) => match self.difference(payment, amount) {
                None => Recorded::Yes(payment),
                Some(difference) => Recorded::Differently(difference),
            },
            Some(several) => {
                let ids: Vec<_> = several.iter().map(|payment| payment.payment_id.to_string()).collect();
                Recorded::Differently(format!(
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
        transactions: &[Keyed<'t>],
    ) -> BTreeMap<&'t TransactionId, Vec<ManualPayment<'w>>> {
        let Some(credit) = self.credit else { return BTreeMap::new() };
        let refunds = transactions.iter().filter(|keyed| movement(keyed.transaction) == Movement::Refund);
        let candidates: Vec<Candidate<'t>> = refunds
            .map(|Keyed { transaction, key }| Candidate {
                refund: transaction,
                amount: amount_on(credit, transaction).ok(),
                is_recorded: self.by_reference.contains_key(key.as_str()),
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

/// The amount of a payment as it is compared with others.
pub(super) fn comparable(payment: &CustomerPayment) -> Decimal {
    amounts::comparable(payment.amount(), &payment.currency_code)
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
