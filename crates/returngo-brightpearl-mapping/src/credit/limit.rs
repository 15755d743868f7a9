//! The limit of an order's credits: they never exceed the order, neither its rows nor its total.
//!
//! Fee rows are ignored: a fee lowers the customer's refund, but does not allow more goods to be credited.
//! Adjustment rows are ignored too: they record refunds above the goods.

use std::collections::BTreeMap;

use brightpearl::{
    OrderRowId,
    order::{NewCreditRow, Order, OrderRow},
};
use returngo::{Item, Rma};
use rust_decimal::Decimal;

use super::{prices::Prices, rows::RowOrigin};
use crate::{
    amounts::{self, RowAmounts, RowScales},
    findings::Findings,
    keys,
    matching::{EarlierCredits, is_negative},
    review::{Choice, Review, ReviewCode},
    rma_facts::ids,
    settings::PriceSource,
};

/// Whether the order's rows still cover its credits once these rows are added. Adds a review otherwise. If a person decided so,
/// rows are lowered to what earlier credits left.
pub(super) fn rows_are_within(
    bodies: &mut [NewCreditRow],
    rows: &[RowOrigin<'_>],
    earlier: &EarlierCredits<'_>,
    prices: &Prices<'_>,
    findings: &mut Findings,
) -> bool {
    let mut is_within = true;
    for over in over_rows(bodies, rows, prices) {
        let message = format!(
            "{}. No credit was created. Check the order's other credits{}.",
            over.problem,
            listed(earlier)
        );
        let left = over.left(bodies, rows);
        let [net, tax] = [left.net, left.tax].map(|amount| prices.shown(amount));
        let effect =
            format!("Credits what earlier credits left of order row {}: net {net}, tax {tax}.", over.row);
        let review = Review::about_units(ReviewCode::ExceedsOrder, message, ids(&units(rows)))
            .named(over.row)
            .resting_on([("row", over.row.to_string()), ("left", format!("{net} {tax}"))])
            .offering([Choice::new("credit", "Credit what is left", effect)]);
        match findings.ask(review, |_| Ok(())) {
            Some(()) => over.lower(bodies, rows),
            None => is_within = false,
        }
    }
    is_within
}

/// Whether the order's total still covers its credits once these rows are added. Adds a review otherwise. `others` are rows of
/// the credit that do not stand for a row of the order.
pub(super) fn total_is_within(
    rma: &Rma,
    bodies: &[NewCreditRow],
    rows: &[RowOrigin<'_>],
    others: &[NewCreditRow],
    earlier: &EarlierCredits<'_>,
    prices: &Prices<'_>,
    findings: &mut Findings,
) -> bool {
    let Some(problem) = over_total(bodies, rows, others, earlier, prices) else { return true };
    let message = format!(
        "{problem}. No credit was created. Check the order's other credits{}, or credit the remaining amount by hand with the external \
         reference {}.",
        listed(earlier),
        keys::credit(rma.id())
    );
    let review = Review::about_units(ReviewCode::ExceedsOrder, message, ids(&units(rows))).named("total");
    findings.add_review(review);
    false
}

fn units<'a>(rows: &[RowOrigin<'a>]) -> Vec<&'a Item> {
    rows.iter().flat_map(|row| row.units.iter().copied()).collect()
}

/// A row of the order whose credits would exceed its amounts.
struct OverRow {
    row: OrderRowId,
    /// By how much.
    excess: RowAmounts,
    problem: String,
}

impl OverRow {
    /// Returns what this credit may credit of the row.
    fn left(&self, bodies: &[NewCreditRow], rows: &[RowOrigin<'_>]) -> RowAmounts {
        let of_row = bodies.iter().zip(rows).filter(|(_, row)| row.order_row == self.row);
        let now = of_row.fold(RowAmounts::default(), |sum, (body, _)| {
            sum.plus(RowAmounts { net: body.net, tax: body.tax })
        });
        let left = now.plus(self.excess.negated());
        RowAmounts { net: left.net.max(Decimal::ZERO), tax: left.tax.max(Decimal::ZERO) }
    }

    /// Lowers the credit rows of the order row by the excess, the last one first.
    fn lower(&self, bodies: &mut [NewCreditRow], rows: &[RowOrigin<'_>]) {
        let mut excess = self.excess;
        for (body, _) in bodies.iter_mut().zip(rows).rev().filter(|(_, row)| row.order_row == self.row) {
            let (net, tax) = (excess.net.min(body.net), excess.tax.min(body.tax));
            body.net = body.net.saturating_sub(net);
            body.tax = body.tax.saturating_sub(tax);
            excess = excess.plus(RowAmounts { net, tax }.negated());
        }
    }
}

/// The credited units and amounts of one order row.
#[derive(Default)]
struct OfRow {
    amounts: RowAmounts,
    units: Decimal,
}

/// Lists the order rows whose credits would exceed their net amount or tax.
fn over_rows(bodies: &[NewCreditRow], rows: &[RowOrigin<'_>], prices: &Prices<'_>) -> Vec<OverRow> {
    let currency = &prices.order.currency.order_currency_code;
    let scales = RowScales::of(currency);
    let mut credited: BTreeMap<OrderRowId, (OfRow, RowAmounts)> = BTreeMap::new();
    for (body, row) in bodies.iter().zip(rows) {
        let (of_row, _) = credited.entry(row.order_row).or_insert_with(|| {
            (OfRow { amounts: row.credited_before, units: row.before }, row.whole.rounded(scales))
        });
        of_row.amounts = of_row.amounts.plus(RowAmounts { net: body.net, tax: body.tax });
        of_row.units = of_row.units.saturating_add(body.quantity);
    }
    let over = credited.into_iter().filter_map(|(id, (of_row, whole))| {
        let slack = slack(prices, of_row.units);
        let sum = of_row.amounts.rounded(scales);
        let is_over = sum.net.saturating_sub(whole.net) > slack || sum.tax.saturating_sub(whole.tax) > slack;
        is_over.then(|| OverRow {
            row: id,
            excess: RowAmounts {
                net: sum.net.saturating_sub(whole.net).max(Decimal::ZERO),
                tax: sum.tax.saturating_sub(whole.tax).max(Decimal::ZERO),
            },
            problem: format!(
                "Row {id} of sales order {} has net {} and tax {} {currency}. With this RMA, its credits would total net {} and \
                 tax {} {currency}",
                prices.order.id, whole.net, whole.tax, sum.net, sum.tax
            ),
        })
    });
    over.collect()
}

/// Returns the problem if the order's credits would exceed its total.
fn over_total(
    bodies: &[NewCreditRow],
    rows: &[RowOrigin<'_>],
    others: &[NewCreditRow],
    earlier: &EarlierCredits<'_>,
    prices: &Prices<'_>,
) -> Option<String> {
    let order = prices.order;
    let currency = &order.currency.order_currency_code;
    let total = total(order);
    let shown_scale = if currency.decimals() == 0 { 0 } else { 2 };
    let scale = total.scale().max(shown_scale);
    let goods =
        earlier.credits.iter().flat_map(|credit| credit.order_rows.values()).filter(|row| counts(row));
    let on_credits = amounts::sum(goods.map(|row| row.row_value.gross()));
    let in_flight = earlier.in_flight.iter().flat_map(|entry| &entry.rows);
    let in_flight = amounts::sum(in_flight.flat_map(|row| [row.net, row.tax]));
    let now = amounts::sum(bodies.iter().chain(others).flat_map(|row| [row.net, row.tax]));
    let before = on_credits.saturating_add(in_flight);
    // Of several credit rows for one order row, each counts those ahead of it as credited before.
    let mut units_before: BTreeMap<OrderRowId, Decimal> = BTreeMap::new();
    for row in rows {
        units_before.entry(row.order_row).or_insert(row.before);
    }
    let units_now = rows.iter().map(|row| Decimal::from(row.units.len()));
    let units = amounts::sum(units_before.into_values().chain(units_now));
    let all = amounts::round(before.saturating_add(now), scale);
    (all.saturating_sub(total) > slack(prices, units)).then(|| {
        let [total, before, now] = [total, before, now].map(|amount| amounts::shown(amount, currency));
        format!(
            "Sales order {} has a total of {total}. Its other credits total {before} without fees, and this RMA would add \
             {now}",
            order.id
        )
    })
}

/// Returns the order's total: that of Brightpearl, else the sum of its rows.
fn total(order: &Order) -> Decimal {
    let of_rows = || {
        let rows = order.order_rows.values().filter(|row| !is_negative(row));
        amounts::sum(rows.map(|row| row.row_value.gross()))
    };
    order.total_value.as_ref().map_or_else(of_rows, |total| total.total)
}

/// Whether a credit row credits part of the order.
fn counts(row: &OrderRow) -> bool {
    let is_fee = row.external_ref.as_deref().is_some_and(keys::is_fee);
    let is_adjustment = row.product().is_none()
        && keys::mentioned(&row.product_name).any(|key| keys::rma_of_refund(key).is_some());
    !is_fee && !is_adjustment && !is_negative(row)
}

/// Returns the tolerance of the sums: paid prices are rounded for each unit.
fn slack(prices: &Prices<'_>, units: Decimal) -> Decimal {
    match prices.source {
        PriceSource::Brightpearl => Decimal::ZERO,
        PriceSource::Returngo => prices.order.currency.order_currency_code.minor_unit().saturating_mul(units),
    }
}

fn listed(earlier: &EarlierCredits<'_>) -> String {
    let id = |credit: &&Order| credit.id.to_string();
    let credits: Vec<String> = earlier.credits.iter().map(id).collect();
    if credits.is_empty() { String::new() } else { format!(" ({})", credits.join(", ")) }
}
