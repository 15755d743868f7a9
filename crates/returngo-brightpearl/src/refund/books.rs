//! A credit's total and what is recorded as paid on it.

use std::collections::{HashMap, HashSet};

use brightpearl::{
    CurrencyCode,
    accounting::{CustomerPayment, PaymentType},
    order::Order,
};
use rust_decimal::Decimal;

use super::Keyed;
use crate::{amounts, findings::Findings, unique, world::World};

/// How far payments may be above a credit's total, and still be it: shares of rows are rounded per unit.
pub(crate) fn tolerance(currency: &CurrencyCode, units: usize) -> Decimal {
    currency.minor_unit().saturating_mul(Decimal::from(units))
}

/// The payments of a world, sorted by what they mean for an RMA's credit.
pub(crate) struct Books<'w> {
    pub(crate) credit: Option<&'w Order>,
    by_reference: HashMap<&'w str, Vec<&'w CustomerPayment>>,
    /// Amounts of payments that carry none of this RMA's keys.
    typed_in: HashSet<Decimal>,
    /// What is paid on the credit.
    pub(crate) paid: Decimal,
    /// What the customer is owed by the credit.
    pub(super) total: Decimal,
}

/// Whether Brightpearl has a refund.
pub(super) enum Recorded<'w> {
    No,
    Yes(&'w CustomerPayment),
    Differently(String),
}

impl<'w> Books<'w> {
    /// Payments of other orders and currencies are ignored, unless they carry one of the RMA's keys: those are
    /// compared later.
    pub(crate) fn of(
        world: &'w World,
        credit: Option<&'w Order>,
        transactions: &[Keyed<'_>],
        findings: &mut Findings,
    ) -> Self {
        let keys: HashSet<&str> = transactions.iter().map(|transaction| transaction.key.as_str()).collect();
        let mut books = Self {
            credit,
            by_reference: HashMap::new(),
            typed_in: HashSet::new(),
            paid: Decimal::ZERO,
            total: credit.map_or(Decimal::ZERO, total),
        };
        for payment in unique::by_id(&world.payments, |payment| payment.payment_id) {
            let reference = payment.transaction_ref.as_deref().filter(|reference| keys.contains(*reference));
            if let Some(reference) = reference {
                books.by_reference.entry(reference).or_default().push(payment);
            }
            match books.problem(payment) {
                None => books.add(payment, reference.is_some()),
                Some(problem) if reference.is_none() => findings.ignored(problem),
                Some(_) => {}
            }
        }
        books
    }

    fn add(&mut self, payment: &CustomerPayment, ours: bool) {
        match payment.payment_type {
            PaymentType::Payment => {
                self.paid = self.paid.saturating_add(payment.amount());
                if !ours {
                    self.typed_in.insert(payment.amount().normalize());
                }
            }
            // Money that came back (brightpearl-accounting-warehouse.md A2).
            PaymentType::Receipt | PaymentType::Capture => {
                self.paid = self.paid.saturating_sub(payment.amount())
            }
            _ => {}
        }
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
        (amount != Some(payment.amount())).then(|| match amount {
            Some(amount) => {
                format!("Payment {id} is {}, ReturnGO refunded {}.", shown(payment.amount()), shown(amount))
            }
            None => {
                format!("Payment {id} is {}, ReturnGO refunded in another currency.", shown(payment.amount()))
            }
        })
    }

    /// Whether a payment of this amount is on the credit that carries none of the RMA's keys.
    pub(super) fn has_typed_in(&self, amount: Decimal) -> bool {
        self.typed_in.contains(&amount.normalize())
    }

    /// Whether payments reach the credit's total.
    pub(crate) fn is_refunded(&self, tolerance: Decimal) -> bool {
        self.total.saturating_sub(self.paid) <= tolerance
    }
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
