//! The limit of an order's credits: they never exceed the order, neither its rows nor its total.
//!
//! Fee rows are ignored: a fee lowers the customer's refund, but does not allow more goods to be credited.
//! Adjustment rows are ignored too: they record refunds above the goods.

use std::collections::BTreeMap;

use brightpearl::{
    OrderRowId,
    order::{NewCreditRow, Order, OrderRow},
};
use returngo::Item;
use rust_decimal::Decimal;

use super::{prices::Prices, rows::RowOrigin};
use crate::{
    amounts::{self, RowAmounts, RowScales},
    findings::Findings,
    keys,
    matching::{EarlierCredits, is_negative},
    plan::ReviewCode,
    rma_facts::ids,
    settings::PriceSource,
};

/// Whether the order's rows and total still cover its credits once these rows are added. Adds a review otherwise.
pub(super) fn is_within(
    bodies: &[NewCreditRow],
    rows: &[RowOrigin<'_>],
    earlier: &EarlierCredits<'_>,
    prices: &Prices<'_>,
    findings: &mut Findings,
) -> bool {
    let units: Vec<&Item> = rows.iter().flat_map(|row| row.units.iter().copied()).collect();
    let problems: Vec<String> = over_rows(bodies, rows, prices)
        .into_iter()
        .chain(over_total(bodies, rows, earlier, prices))
        .collect();
    for problem in &problems {
        let message = format!(
            "{problem}. No credit was created. Check the order's other credits{}, or create the credit manually with the \
             remaining amounts.",
            listed(earlier)
        );
        findings.add_review_for_units(ReviewCode::ExceedsOrder, message, ids(&units));
    }
    problems.is_empty()
}

/// The credited units and amounts of one order row.
#[derive(Default)]
struct OfRow {
    amounts: RowAmounts,
    units: Decimal,
}

/// Lists the order rows whose credits would exceed their net amount or tax.
fn over_rows(bodies: &[NewCreditRow], rows: &[RowOrigin<'_>], prices: &Prices<'_>) -> Vec<String> {
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
        is_over.then(|| {
            format!(
                "Row {id} of sales order {} has net {} and tax {} {currency}. With this RMA, its credits would total net {} and \
                 tax {} {currency}",
                prices.order.id, whole.net, whole.tax, sum.net, sum.tax
            )
        })
    });
    over.collect()
}

/// Returns the problem if the order's credits would exceed its total.
fn over_total(
    bodies: &[NewCreditRow],
    rows: &[RowOrigin<'_>],
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
    let now = amounts::sum(bodies.iter().flat_map(|row| [row.net, row.tax]));
    let before = on_credits.saturating_add(in_flight);
    let units =
        amounts::sum(rows.iter().map(|row| row.before.saturating_add(Decimal::from(row.units.len()))));
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
    match prices.settings.price_source {
        PriceSource::Brightpearl => Decimal::ZERO,
        PriceSource::Returngo => prices.order.currency.order_currency_code.minor_unit().saturating_mul(units),
    }
}

fn listed(earlier: &EarlierCredits<'_>) -> String {
    let id = |credit: &&Order| credit.id.to_string();
    let credits: Vec<String> = earlier.credits.iter().map(id).collect();
    if credits.is_empty() { String::new() } else { format!(" ({})", credits.join(", ")) }
}
