//! Which units form one row of the credit.

use brightpearl::order::Order;
use returngo::Item;

use super::prices::Prices;
use crate::{
    field_map::{FieldValues, RowFields},
    findings::Findings,
    matching::{CreditableRow, MatchError, MatchTier, MatchedRow, OrderRows, RemainingQuantities},
    plan::{ReviewCode, WarningCode},
    settings::ConnectionSettings,
    world::AccountFacts,
};

/// Units that form one row of the credit.
pub(super) struct CreditGroup<'a> {
    /// The order's row, as an index.
    pub(super) row: usize,
    /// Whether they come back in a parcel: a row with a product waits for stock.
    pub(super) comes_back: bool,
    /// What they and the row have in common.
    pub(super) match_tier: MatchTier,
    pub(super) units: Vec<&'a Item>,
    /// What the field map says about the row.
    pub(super) fields: RowFields,
}

/// Puts each unit on a row of the order. Units on the same row form one row of the credit; if some of them come
/// in a parcel and some in none, two, the parcel's first.
pub(super) fn by_row<'a>(
    units: &[&'a Item],
    remaining: &mut RemainingQuantities<'_, '_>,
    prices: &Prices<'_>,
    findings: &mut Findings,
) -> Vec<CreditGroup<'a>> {
    let mut placed = Vec::with_capacity(units.len());
    for &unit in units {
        if let Some((code, problem)) = prices.problem(unit) {
            findings.add_review_for_units(code, problem, [&unit.returned_item_id]);
            continue;
        }
        if let Some(what) = prices.unclear(unit).filter(|_| remaining.has_several_prices(unit)) {
            let problem = format!(
                "ReturnGO does not say {what}, and the rows of the order that fit the unit have several prices. \
                 Credit the unit by hand."
            );
            findings.add_review_for_units(ReviewCode::TaxUnclear, problem, [&unit.returned_item_id]);
            continue;
        }
        if has_unknown_method(unit, prices.settings) {
            let problem = "The unit's return method has no name, and settings go by it (`return_methods.skip`, \
                           `warehouses`). Credit the unit by hand, or leave it out.";
            findings.add_review_for_units(
                ReviewCode::UnmatchedItem,
                problem.to_owned(),
                [&unit.returned_item_id],
            );
            continue;
        }
        match remaining.allocate(unit, |row| prices.price_matches(unit, row)) {
            Ok(place) => {
                if let Some(row) = remaining.rows.get(place.row) {
                    warn_of_sku_case(place.match_tier, unit, row, findings);
                    prices.warn_of_drift(unit, row, findings);
                }
                placed.push((place, unit));
            }
            Err(error) => add_match_error(error, unit, prices.order, findings),
        }
    }
    group_matched(placed)
}

/// Whether settings go by the name of return methods, and the unit's has none.
fn has_unknown_method(unit: &Item, settings: &ConnectionSettings) -> bool {
    let goes_by_name = !settings.return_methods.skip.is_empty() || !settings.warehouses.is_empty();
    goes_by_name && unit.return_method.as_ref().is_some_and(|method| method.name.is_empty())
}

/// The groups of units that are placed, by row.
fn group_matched(mut placed: Vec<(MatchedRow, &Item)>) -> Vec<CreditGroup<'_>> {
    placed.sort_by_key(|(place, unit)| (place.row, !unit.comes_back()));
    let same = |(left, one): &(MatchedRow, &Item), (right, other): &(MatchedRow, &Item)| {
        left.row == right.row && one.comes_back() == other.comes_back()
    };
    let groups = placed.chunk_by(same).filter_map(|group| {
        let (place, first) = group.first()?;
        Some(CreditGroup {
            row: place.row,
            comes_back: first.comes_back(),
            match_tier: place.match_tier,
            units: group.iter().map(|(_, unit)| *unit).collect(),
            fields: RowFields::default(),
        })
    });
    groups.collect()
}

/// Divides groups whose units the field map treats differently; the group of the lowest unit comes first. None when
/// a value of the map has to be asked about.
pub(super) fn by_fields<'a>(
    groups: Vec<CreditGroup<'a>>,
    rows: &OrderRows<'_>,
    fields: Option<&FieldValues<'_>>,
    account: &AccountFacts,
    findings: &mut Findings,
) -> Option<Vec<CreditGroup<'a>>> {
    let Some(fields) = fields else { return Some(groups) };
    let mut divided = Vec::new();
    let mut clear = true;
    for group in groups {
        let Some(row) = rows.get(group.row) else { continue };
        let first = divided.len();
        for unit in group.units {
            let of_unit = fields.of_unit(unit, row.row, findings);
            let Some(of_unit) = of_unit.filter(|of_unit| are_known(of_unit, unit, account, findings)) else {
                clear = false;
                continue;
            };
            let same =
                divided.iter_mut().skip(first).find(|known: &&mut CreditGroup<'a>| known.fields == of_unit);
            match same {
                Some(known) => known.units.push(unit),
                None => divided.push(CreditGroup { units: vec![unit], fields: of_unit, ..group }),
            }
        }
    }
    clear.then_some(divided)
}

/// Whether the account has the codes that the field map gives, as far as its codes were read.
fn are_known(fields: &RowFields, unit: &Item, account: &AccountFacts, findings: &mut Findings) -> bool {
    let nominal = fields.nominal_code.as_ref().filter(|code| {
        !account.nominal_codes.is_empty() && !account.nominal_codes.iter().any(|known| known.code == **code)
    });
    let tax = fields
        .tax_code
        .as_ref()
        .filter(|code| !account.tax_codes.is_empty() && account.tax_code(code).is_none());
    let nominal =
        nominal.map(|code| format!("`rows[].nominalCode` the code {code}, which is no nominal code"));
    let tax = tax.map(|code| format!("`rows[].taxCode` the code {code}, which is no tax code"));
    let unknown: Vec<String> = nominal.into_iter().chain(tax).collect();
    for given in &unknown {
        let message = format!("The field map gives {given} of the account. Put the map right.");
        findings.add_review_for_units(ReviewCode::FieldMapFailed, message, [&unit.returned_item_id]);
    }
    unknown.is_empty()
}

pub(crate) fn add_match_error(error: MatchError, unit: &Item, order: &Order, findings: &mut Findings) {
    let (sku, line) =
        (described(unit.sku.as_deref()), described(unit.shop_line_item_id.as_ref().map(|id| id.as_str())));
    let order = order.id;
    let (code, message) = match error {
        MatchError::NoRow => (
            ReviewCode::UnmatchedItem,
            format!(
                "No row of sales order {order} has the order line {line} or the SKU {sku}. Credit the unit by hand: add a \
                 row to the credit whose external reference ends with the unit's id."
            ),
        ),
        MatchError::BelowOneUnit => (
            ReviewCode::UnmatchedItem,
            format!(
                "The row of sales order {order} for order line {line}, SKU {sku}, is for less than one unit, so there is \
                 nothing on it to credit. Look at the order, and credit the unit by hand."
            ),
        ),
        MatchError::NothingLeft(taken) => (
            ReviewCode::AlreadyCredited,
            format!(
                "Sales order {order} has no unit of order line {line}, SKU {sku}, left to credit: {taken}. Check the order's \
                 credits, and the units of the RMA."
            ),
        ),
    };
    findings.add_review_for_units(code, message, [&unit.returned_item_id]);
}

fn described(text: Option<&str>) -> &str {
    text.unwrap_or("(none)")
}

fn warn_of_sku_case(match_tier: MatchTier, unit: &Item, row: &CreditableRow<'_>, findings: &mut Findings) {
    if match_tier == MatchTier::FoldedSku {
        let (ours, theirs) = (described(row.row.product_sku.as_deref()), described(unit.sku.as_deref()));
        let message =
            format!("The SKU is {theirs} in ReturnGO and {ours} in Brightpearl; taken as the same.");
        findings.add_warning_for_units(WarningCode::SkuCase, message, [&unit.returned_item_id]);
    }
}
