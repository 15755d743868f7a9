//! What a row of the credit says: product, name, amounts, codes.

use std::collections::HashMap;

use brightpearl::{CurrencyCode, OrderRowId, order::NewCreditRow};
use returngo::Item;
use rust_decimal::Decimal;

use super::{
    grouping::CreditGroup,
    prices::{Prices, PriorUnits},
};
use crate::{
    amounts::{self, RowAmounts},
    findings::Findings,
    keys,
    matching::{CreditableRow, MatchTier, RemainingQuantities},
    plan::ReviewCode,
    rma_facts::ids,
    settings::PriceSource,
};

/// How a row of the credit that stands for units came about.
pub(crate) struct RowOrigin<'a> {
    pub(crate) units: Vec<&'a Item>,
    pub(crate) order_row: OrderRowId,
    pub(crate) match_tier: MatchTier,
    pub(crate) comes_back: bool,
    /// What the whole row of the order comes to.
    pub(crate) whole: RowAmounts,
    /// How many units the row of the order is for.
    pub(crate) quantity: Decimal,
    /// How many of them were credited before, or are about to be credited by other RMAs.
    pub(crate) before: Decimal,
    /// What those came to.
    pub(crate) credited_before: RowAmounts,
    /// How many of those are about to be credited by other RMAs.
    pub(crate) in_flight: Decimal,
}

/// The rows of the credit and how they came about, in the order of the original's rows.
pub(super) fn price<'a>(
    groups: Vec<CreditGroup<'a>>,
    remaining: &RemainingQuantities<'_, '_>,
    prices: &Prices<'_>,
    findings: &mut Findings,
) -> (Vec<NewCreditRow>, Vec<RowOrigin<'a>>) {
    let mut taken: HashMap<usize, PriorUnits> = HashMap::with_capacity(groups.len());
    let mut priced = (Vec::with_capacity(groups.len()), Vec::with_capacity(groups.len()));
    for group in groups {
        let Some(row) = remaining.rows.get(group.row) else { continue };
        let taken = taken.entry(group.row).or_insert_with(|| PriorUnits {
            units: remaining.credited_units(group.row),
            amounts: remaining.credited_amounts(group.row),
        });
        let before = *taken;
        taken.units = taken.units.saturating_add(Decimal::from(group.units.len()));
        match body(&group, row, before, prices) {
            Ok(body) => {
                taken.amounts = taken.amounts.plus(RowAmounts { net: body.net, tax: body.tax });
                let credited = RowOrigin {
                    order_row: row.id,
                    match_tier: group.match_tier,
                    comes_back: group.comes_back,
                    whole: row.amounts(),
                    quantity: row.quantity,
                    before: before.units,
                    credited_before: remaining.credited_amounts(group.row),
                    in_flight: remaining.in_flight_units(group.row),
                    units: group.units,
                };
                priced.extend([(body, credited)]);
            }
            Err(problem) => {
                let message = format!(
                    "Row {} of sales order {} {problem}. Credit it by hand.",
                    row.id, prices.order.id
                );
                findings.add_review_for_units(ReviewCode::UnmatchedItem, message, ids(&group.units));
            }
        }
    }
    priced
}

fn body(
    group: &CreditGroup<'_>,
    row: &CreditableRow<'_>,
    before: PriorUnits,
    prices: &Prices<'_>,
) -> Result<NewCreditRow, String> {
    if prices.settings.price_source == PriceSource::Brightpearl {
        is_owed_for(row, &prices.order.currency.order_currency_code)?;
    }
    let amounts = prices.of_units(&group.units, row, before).ok_or("has no amounts that can be divided")?;
    let tax_code = group.fields.tax_code.as_ref().or(row.row.row_value.tax_code.as_ref());
    let first = group.units.first().ok_or("is for no unit")?;
    let nominal_code = group.fields.nominal_code.as_ref().or(row.row.nominal_code.as_ref());
    Ok(NewCreditRow {
        product_id: row.row.product().filter(|_| group.comes_back),
        name: Some(name(group, row, first)),
        quantity: Decimal::from(group.units.len()),
        tax_code: tax_code.ok_or("has no tax code")?.clone(),
        net: amounts.net,
        tax: amounts.tax,
        nominal_code: nominal_code.cloned(),
        external_ref: Some(keys::row(row.id, &first.returned_item_id)),
    })
}

/// Nobody is owed money for sending back what lowered the bill.
fn is_owed_for(row: &CreditableRow<'_>, currency: &CurrencyCode) -> Result<(), String> {
    let RowAmounts { net, tax } = row.amounts();
    let is_negative = |amount: Decimal| amount.is_sign_negative() && !amount.is_zero();
    if is_negative(net) || is_negative(tax) {
        let [net, tax] = [net, tax].map(|amount| amounts::shown(amount, currency));
        return Err(format!("comes to {net} and {tax} tax, and nothing is owed for what lowered the bill"));
    }
    Ok(())
}

/// A row without a product waits for no stock, and then needs a name.
fn name(group: &CreditGroup<'_>, row: &CreditableRow<'_>, first: &Item) -> String {
    let names = [group.fields.name.as_ref(), Some(&row.row.product_name), Some(&first.full_name)];
    let name = names.into_iter().flatten().find(|name| !name.is_empty());
    name.cloned().unwrap_or_else(|| format!("Returned unit {}", first.returned_item_id))
}
