//! What both systems show at one moment.

use std::collections::{BTreeMap, BTreeSet};

use brightpearl::{
    OrderId,
    accounting::{CustomerPayment, PaymentType},
    order::{Order, OrderRow},
};
use returngo::{Transaction, TransactionStatus};
use rust_decimal::Decimal;

use super::{Refund, keys};
use crate::{
    shops::{CANCELLED, Sold},
    world::World,
};

/// An order as it was sold, with the numbers of its rows.
pub(super) struct Sale {
    pub(super) id: OrderId,
    /// Row, quantity, net and tax.
    pub(super) rows: Vec<(u64, Decimal, Decimal, Decimal)>,
    /// How many units of each product were sold.
    pub(super) products: BTreeMap<u64, Decimal>,
}

/// A sales credit.
pub(super) struct Credit {
    pub(super) order: Order,
    pub(super) is_cancelled: bool,
    /// The RMAs whose it is: by its key, by claims, by the payments on it.
    pub(super) keyed_by: Option<String>,
    pub(super) claimed_by: BTreeSet<String>,
}

pub(super) struct Facts {
    pub(super) sales: Vec<Sale>,
    pub(super) credits: Vec<Credit>,
    pub(super) payments: Vec<CustomerPayment>,
    pub(super) refunds: BTreeMap<Refund, Transaction>,
}

impl Facts {
    pub(super) fn of(world: &World) -> Self {
        let (orders, payments, notes) = world.brightpearl.read(|api| {
            let orders: Vec<Order> = api.orders().cloned().collect();
            let notes: BTreeMap<OrderId, Vec<String>> = orders
                .iter()
                .filter(|order| order.is_sales_credit())
                .map(|order| {
                    (order.id, api.notes_on(order.id).iter().map(|note| note.text.clone()).collect())
                })
                .collect();
            (orders, api.payments().cloned().collect::<Vec<_>>(), notes)
        });
        let mut refunds = BTreeMap::new();
        for shop in &world.shops {
            shop.read(|api| {
                for rma in api.rmas() {
                    let of_rma = rma.transactions.iter();
                    refunds
                        .extend(of_rma.map(|one| ((rma.id().to_string(), one.id.to_string()), one.clone())));
                }
            });
        }
        let (credits, sales): (Vec<_>, Vec<_>) = orders.into_iter().partition(Order::is_sales_credit);
        let credits = credits.into_iter().map(|order| Credit {
            is_cancelled: order.order_status.order_status_id.get() == CANCELLED,
            keyed_by: order.external_ref.as_deref().and_then(keys::rma_of_credit).map(str::to_owned),
            claimed_by: notes[&order.id]
                .iter()
                .filter_map(|text| keys::claimed_by(text))
                .map(str::to_owned)
                .collect(),
            order,
        });
        Self { sales: sales.iter().map(Sale::of).collect(), credits: credits.collect(), payments, refunds }
    }

    /// Those that count.
    pub(super) fn live(&self) -> impl Iterator<Item = &Credit> {
        self.credits.iter().filter(|credit| !credit.is_cancelled)
    }

    pub(super) fn payments_on(&self, order: OrderId) -> impl Iterator<Item = &CustomerPayment> {
        self.payments.iter().filter(move |payment| payment.order_id == Some(order))
    }

    pub(super) fn happened(&self, refund: &Refund) -> bool {
        self.refunds.get(refund).is_some_and(|one| one.status == TransactionStatus::Success)
    }
}

impl Sale {
    fn of(order: &Order) -> Self {
        let rows = order.order_rows.iter().map(|(id, row)| {
            let value = &row.row_value;
            (id.get(), row.quantity.magnitude, value.row_net.value, value.row_tax.value)
        });
        Self { id: order.id, rows: rows.collect(), products: products(order) }
    }
}

impl Credit {
    /// The rows that carry one of our keys: order row, first unit, quantity, net, tax.
    pub(super) fn keyed_rows(&self) -> impl Iterator<Item = (u64, &str, Decimal, Decimal, Decimal)> {
        self.order.order_rows.values().filter_map(|row| {
            let (order_row, unit) = keys::row_and_unit(row.external_ref.as_deref()?)?;
            let value = &row.row_value;
            Some((order_row, unit, row.quantity.magnitude, value.row_net.value, value.row_tax.value))
        })
    }

    /// How many units it credits: products, and what stays with the shopper, which is on rows without a product.
    pub(super) fn units(&self) -> Decimal {
        let is_kept = |row: &OrderRow| row.external_ref.as_deref().and_then(keys::row_and_unit).is_some();
        let rows = self.order.order_rows.values();
        let units = rows.filter(|row| row.product().is_some() || is_kept(row));
        units.map(|row| row.quantity.magnitude).sum()
    }

    /// The RMA that it belongs to, as far as it says so itself.
    pub(super) fn rma(&self) -> Option<&str> {
        self.keyed_by.as_deref().or_else(|| self.claimed_by.first().map(String::as_str))
    }
}

/// How many units of each product an order has.
pub(super) fn products(order: &Order) -> BTreeMap<u64, Decimal> {
    let mut products = BTreeMap::new();
    for row in order.order_rows.values() {
        if let Some(product) = row.product() {
            *products.entry(product.get()).or_default() += row.quantity.magnitude;
        }
    }
    products
}

/// Money out less money in.
pub(super) fn paid(payment: &CustomerPayment) -> Decimal {
    match payment.payment_type {
        PaymentType::Payment => payment.amount_paid.abs(),
        PaymentType::Receipt => -payment.amount_paid.abs(),
        _ => Decimal::ZERO,
    }
}

/// The order that an RMA is for.
pub(super) fn order_of<'w>(world: &'w World, rma: &str) -> Option<&'w Sold> {
    let returned = world.setup.rmas.iter().find(|returned| returned.id.to_string() == rma)?;
    Some(&world.setup.orders[returned.order])
}
