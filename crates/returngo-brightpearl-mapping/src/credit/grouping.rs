//! The units that form one row of the credit.

use brightpearl::order::Order;
use returngo::Item;

use super::prices::{PricedUnit, Prices};
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
    /// The index of the order's row.
    pub(super) row: usize,
    /// Whether the units come back in a parcel: a row with a product waits for stock.
    pub(super) comes_back: bool,
    pub(super) match_tier: MatchTier,
    pub(super) units: Vec<PricedUnit<'a>>,
    /// The values of the field map for the row.
    pub(super) fields: RowFields,
}

/// Matches each unit to a row of the order. Units of the same row form one group. If some of them come in a parcel and
/// some do not, they form two groups, those in a parcel first.
pub(super) fn by_row<'a>(
    units: &[&'a Item],
    remaining: &mut RemainingQuantities<'_, '_>,
    prices: &Prices<'_>,
    findings: &mut Findings,
) -> Vec<CreditGroup<'a>> {
    let mut matched = Vec::with_capacity(units.len());
    for &unit in units {
        let priced = prices.price(unit);
        if let Some((code, problem)) = problem(&priced, remaining, prices) {
            findings.add_review_for_units(code, problem, [&unit.returned_item_id]);
            continue;
        }
        match remaining.allocate(unit, |row| prices.price_matches(&priced, row)) {
            Ok(row) => {
                if let Some(order_row) = remaining.rows.get(row.row) {
                    warn_of_sku_case(row.match_tier, unit, order_row, findings);
                    prices.warn_of_drift(&priced, order_row, findings);
                }
                matched.push((row, priced));
            }
            Err(error) => add_match_error(error, unit, prices.order, findings),
        }
    }
    group_matched(matched)
}

/// Returns why a unit cannot be matched to a row or credited, if so.
fn problem(
    priced: &PricedUnit<'_>,
    remaining: &RemainingQuantities<'_, '_>,
    prices: &Prices<'_>,
) -> Option<(ReviewCode, String)> {
    let unit = priced.unit;
    if let Some(problem) = prices.problem(priced) {
        return Some(problem);
    }
    if let Some(missing) = prices.missing(unit).filter(|_| remaining.has_several_prices(unit)) {
        let problem = format!(
            "ReturnGO does not report {missing}, and the matching rows of the order have different prices. Credit the unit \
             manually."
        );
        return Some((ReviewCode::TaxUnclear, problem));
    }
    has_unnamed_method(unit, prices.settings).then(|| {
        let problem = "The unit's return method has no name, but the settings `return_methods.skip` and `warehouses` refer to \
                       methods by name. Credit the unit manually, or leave it out.";
        (ReviewCode::UnmatchedItem, problem.to_owned())
    })
}

/// Whether settings refer to return methods by name, and the unit's method has none.
fn has_unnamed_method(unit: &Item, settings: &ConnectionSettings) -> bool {
    let needs_name = !settings.return_methods.skip.is_empty() || !settings.warehouses.is_empty();
    needs_name && unit.return_method.as_ref().is_some_and(|method| method.name.is_empty())
}

fn group_matched(mut matched: Vec<(MatchedRow, PricedUnit<'_>)>) -> Vec<CreditGroup<'_>> {
    matched.sort_by_key(|(row, priced)| (row.row, !priced.unit.comes_back()));
    let is_same = |(left, one): &(MatchedRow, PricedUnit<'_>),
                   (right, other): &(MatchedRow, PricedUnit<'_>)| {
        left.row == right.row && one.unit.comes_back() == other.unit.comes_back()
    };
    let groups = matched.chunk_by(is_same).filter_map(|group| {
        let (row, first) = group.first()?;
        Some(CreditGroup {
            row: row.row,
            comes_back: first.unit.comes_back(),
            match_tier: row.match_tier,
            units: group.iter().map(|(_, priced)| *priced).collect(),
            fields: RowFields::default(),
        })
    });
    groups.collect()
}

/// Splits groups whose units get different values from the field map. The group of the lowest unit comes first.
/// Returns `None` if a value needs a review.
pub(super) fn by_fields<'a>(
    groups: Vec<CreditGroup<'a>>,
    rows: &OrderRows<'_>,
    fields: Option<&FieldValues<'_>>,
    account: &AccountFacts,
    findings: &mut Findings,
) -> Option<Vec<CreditGroup<'a>>> {
    let Some(fields) = fields else { return Some(groups) };
    let mut split = Vec::new();
    let mut is_clear = true;
    for group in groups {
        let Some(row) = rows.get(group.row) else { continue };
        let first = split.len();
        for priced in group.units {
            let of_unit = fields.of_unit(priced.unit, row.row, findings);
            let Some(of_unit) = of_unit.filter(|of_unit| are_known(of_unit, priced.unit, account, findings))
            else {
                is_clear = false;
                continue;
            };
            let same =
                split.iter_mut().skip(first).find(|known: &&mut CreditGroup<'a>| known.fields == of_unit);
            match same {
                Some(known) => known.units.push(priced),
                None => split.push(CreditGroup { units: vec![priced], fields: of_unit, ..group }),
            }
        }
    }
    is_clear.then_some(split)
}

/// Whether the account has the codes of the field map, as far as its codes were read.
fn are_known(fields: &RowFields, unit: &Item, account: &AccountFacts, findings: &mut Findings) -> bool {
    let nominal = fields.nominal_code.as_ref().filter(|code| {
        !account.nominal_codes.is_empty() && !account.nominal_codes.iter().any(|known| known.code == **code)
    });
    let tax = fields
        .tax_code
        .as_ref()
        .filter(|code| !account.tax_codes.is_empty() && account.tax_code(code).is_none());
    let nominal = nominal.map(|code| format!("`rows[].nominalCode`: the account has no nominal code {code}"));
    let tax = tax.map(|code| format!("`rows[].taxCode`: the account has no tax code {code}"));
    let unknown: Vec<String> = nominal.into_iter().chain(tax).collect();
    for problem in &unknown {
        let message =
            format!("Invalid value of the field map for {problem}. Correct the setting `field_map`.");
        findings.add_review_for_units(ReviewCode::FieldMapFailed, message, [&unit.returned_item_id]);
    }
    unknown.is_empty()
}

/// Adds the review for a unit that matches no row.
pub(crate) fn add_match_error(error: MatchError, unit: &Item, order: &Order, findings: &mut Findings) {
    let sku = or_none(unit.sku.as_deref());
    let line = or_none(unit.shop_line_item_id.as_ref().map(|id| id.as_str()));
    let order = order.id;
    let (code, message) = match error {
        MatchError::NoRow => (
            ReviewCode::UnmatchedItem,
            format!(
                "No row of sales order {order} matches the order line {line} or the SKU {sku}. Credit the unit manually: add a \
                 row to the credit whose external reference ends with the unit's id."
            ),
        ),
        MatchError::BelowOneUnit => (
            ReviewCode::UnmatchedItem,
            format!(
                "The row of sales order {order} for order line {line}, SKU {sku}, has a quantity below 1, so nothing can be \
                 credited. Check the order and credit the unit manually."
            ),
        ),
        MatchError::NothingLeft(usage) => (
            ReviewCode::AlreadyCredited,
            format!(
                "No units of order line {line}, SKU {sku}, are left to credit on sales order {order}: {usage}. Check the order for \
                 duplicate credits, and the units of the RMA."
            ),
        ),
    };
    findings.add_review_for_units(code, message, [&unit.returned_item_id]);
}

fn or_none(text: Option<&str>) -> &str {
    text.unwrap_or("(none)")
}

fn warn_of_sku_case(tier: MatchTier, unit: &Item, row: &CreditableRow<'_>, findings: &mut Findings) {
    if tier == MatchTier::FoldedSku {
        let (ours, theirs) = (or_none(row.row.product_sku.as_deref()), or_none(unit.sku.as_deref()));
        let message = format!(
            "The SKU is {theirs} in ReturnGO and {ours} in Brightpearl. They are treated as the same."
        );
        findings.add_warning_for_units(WarningCode::SkuCase, message, [&unit.returned_item_id]);
    }
}
