//! The rows of the credit: product, name, amounts and codes.

use std::collections::HashMap;

use brightpearl::{CurrencyCode, OrderRowId, order::NewCreditRow};
use returngo::Item;
use rust_decimal::Decimal;

use super::{
    discounts::is_goods,
    grouping::CreditGroup,
    prices::{PricedUnit, Prices},
};
use crate::{
    amounts::{self, PartlyCreditedRow, RowAmounts, RowScales},
    findings::Findings,
    keys,
    matching::{CreditableRow, MatchTier, RemainingQuantities},
    plan::ReviewCode,
    rma_facts::ids,
    settings::PriceSource,
};

/// The origin of a credit row that stands for units.
pub(crate) struct RowOrigin<'a> {
    pub(crate) units: Vec<&'a Item>,
    pub(crate) order_row: OrderRowId,
    pub(crate) match_tier: MatchTier,
    pub(crate) comes_back: bool,
    /// Whether the order's discounts apply to the row.
    pub(crate) is_goods: bool,
    /// The amounts of the whole order row.
    pub(crate) whole: RowAmounts,
    /// The quantity of the order row.
    pub(crate) quantity: Decimal,
    /// Units that were credited before, or are about to be credited by other RMAs.
    pub(crate) before: Decimal,
    /// The amounts of those units.
    pub(crate) credited_before: RowAmounts,
    /// Units that are about to be credited by other RMAs.
    pub(crate) in_flight: Decimal,
}

/// Units of a row that are already credited, and their amounts.
#[derive(Clone, Copy)]
struct PriorUnits {
    units: Decimal,
    amounts: RowAmounts,
}

/// Returns the rows of the credit and their origins, in the order of the original rows.
pub(super) fn price<'a>(
    groups: Vec<CreditGroup<'a>>,
    remaining: &RemainingQuantities<'_, '_>,
    prices: &Prices<'_>,
    findings: &mut Findings,
) -> (Vec<NewCreditRow>, Vec<RowOrigin<'a>>) {
    let mut credited: HashMap<usize, PriorUnits> = HashMap::with_capacity(groups.len());
    let mut priced = (Vec::with_capacity(groups.len()), Vec::with_capacity(groups.len()));
    for group in groups {
        let Some(row) = remaining.rows.get(group.row) else { continue };
        let credited = credited.entry(group.row).or_insert_with(|| PriorUnits {
            units: remaining.credited_units(group.row),
            amounts: remaining.credited_amounts(group.row),
        });
        let prior = *credited;
        credited.units = credited.units.saturating_add(Decimal::from(group.units.len()));
        let units: Vec<&Item> = group.units.iter().map(|priced| priced.unit).collect();
        match body(&group, row, prior, prices) {
            Ok(body) => {
                credited.amounts = credited.amounts.plus(RowAmounts { net: body.net, tax: body.tax });
                let origin = RowOrigin {
                    order_row: row.id,
                    match_tier: group.match_tier,
                    comes_back: group.comes_back,
                    is_goods: is_goods(row.row),
                    whole: row.amounts(),
                    quantity: row.quantity,
                    before: prior.units,
                    credited_before: remaining.credited_amounts(group.row),
                    in_flight: remaining.in_flight_units(group.row),
                    units,
                };
                priced.extend([(body, origin)]);
            }
            Err(problem) => {
                let message = format!(
                    "Row {} of sales order {} cannot be credited: {problem}. Credit the units manually.",
                    row.id, prices.order.id
                );
                findings.add_review_for_units(ReviewCode::UnmatchedItem, message, ids(&units));
            }
        }
    }
    priced
}

fn body(
    group: &CreditGroup<'_>,
    row: &CreditableRow<'_>,
    prior: PriorUnits,
    prices: &Prices<'_>,
) -> Result<NewCreditRow, String> {
    if prices.source == PriceSource::Brightpearl {
        check_not_negative(row, &prices.order.currency.order_currency_code)?;
    }
    let amounts = amounts_of(prices, &group.units, row, prior)
        .ok_or("its amounts cannot be divided by its quantity")?;
    let tax_code = group.fields.tax_code.as_ref().or(row.row.row_value.tax_code.as_ref());
    let first = group.units.first().ok_or("it has no returned unit")?.unit;
    let nominal_code = group.fields.nominal_code.as_ref().or(row.row.nominal_code.as_ref());
    Ok(NewCreditRow {
        product_id: row.row.product().filter(|_| group.comes_back),
        name: Some(name(group, row, first)),
        quantity: Decimal::from(group.units.len()),
        tax_code: tax_code.ok_or("it has no tax code")?.clone(),
        net: amounts.net,
        tax: amounts.tax,
        nominal_code: nominal_code.cloned(),
        external_ref: Some(keys::row(row.id, &first.returned_item_id)),
    })
}

/// A row with negative amounts, such as a discount, lowered the order's total: returning it owes the customer nothing.
/// Returns the amounts to credit for units of a row, some of which are already credited.
fn amounts_of(
    prices: &Prices<'_>,
    units: &[PricedUnit<'_>],
    row: &CreditableRow<'_>,
    prior: PriorUnits,
) -> Option<RowAmounts> {
    let scales = RowScales::of(prices.currency());
    let is_decided = units.iter().any(|priced| priced.decided.is_some());
    match prices.source {
        PriceSource::Brightpearl if !is_decided => {
            let row = PartlyCreditedRow {
                whole: row.amounts(),
                quantity: row.quantity,
                credited_units: prior.units,
                credited: prior.amounts,
            };
            row.share(Decimal::from(units.len()), scales)
        }
        PriceSource::Brightpearl | PriceSource::Returngo => {
            let paid: Vec<_> = units.iter().map(|priced| priced.paid).collect::<Option<_>>()?;
            let net = amounts::sum(paid.iter().map(|paid| paid.net));
            let tax = amounts::sum(paid.iter().map(|paid| paid.tax));
            Some(RowAmounts { net, tax }.rounded(scales))
        }
    }
}

fn check_not_negative(row: &CreditableRow<'_>, currency: &CurrencyCode) -> Result<(), String> {
    let RowAmounts { net, tax } = row.amounts();
    let is_negative = |amount: Decimal| amount.is_sign_negative() && !amount.is_zero();
    if is_negative(net) || is_negative(tax) {
        let [net, tax] = [net, tax].map(|amount| amounts::shown(amount, currency));
        return Err(format!("its amounts are negative (net {net}, tax {tax})"));
    }
    Ok(())
}

/// Returns a row for a unit that is credited without a row of the order, at the price that was paid.
pub(super) fn without_row(priced: &PricedUnit<'_>, prices: &Prices<'_>) -> Option<NewCreditRow> {
    let amounts = prices.price_without_row(priced)?;
    let (tax_code, nominal_code) = prices.codes_without_row()?;
    let unit = priced.unit;
    let name = if unit.full_name.is_empty() {
        format!("Returned unit {}", unit.returned_item_id)
    } else {
        unit.full_name.clone()
    };
    Some(NewCreditRow {
        nominal_code,
        external_ref: Some(keys::row(NO_ROW, &unit.returned_item_id)),
        ..NewCreditRow::free_text(name, tax_code.as_str(), amounts.net, amounts.tax)
    })
}

/// Stands for the order row in the key of a row that has none.
const NO_ROW: OrderRowId = OrderRowId::new(0);

/// Returns the row's name. A row without a product waits for no stock and needs a name.
fn name(group: &CreditGroup<'_>, row: &CreditableRow<'_>, first: &Item) -> String {
    let names = [group.fields.name.as_ref(), Some(&row.row.product_name), Some(&first.full_name)];
    let name = names.into_iter().flatten().find(|name| !name.is_empty());
    name.cloned().unwrap_or_else(|| format!("Returned unit {}", first.returned_item_id))
}
