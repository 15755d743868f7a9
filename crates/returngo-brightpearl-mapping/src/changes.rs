//! An RMA that changed after its credit was made. The credit is left as it is: a person settles the difference.

use brightpearl::order::Order;
use returngo::Item;

use crate::{
    credit,
    credit_rows::{SurplusRow, UnitsOnCredit},
    findings::Findings,
    matching::{MatchError, RemainingQuantities},
    plan::ReviewCode,
    rma_facts::ids,
};

/// Asks about units that are on the RMA and not on the credit, and the other way round. `left` is what the order has left
/// behind all its credits: a unit that finds nothing left is not missing from this credit.
pub(crate) fn add_reviews<'r, 'o: 'r>(
    credit: &Order,
    units: &[&Item],
    on_credit: &UnitsOnCredit<'_>,
    left: impl FnOnce() -> Option<RemainingQuantities<'r, 'o>>,
    findings: &mut Findings,
) {
    let is_lacking = |unit: &&Item| on_credit.row_of(&unit.returned_item_id).is_none();
    let mut lacking: Vec<&Item> = units
        .iter()
        .copied()
        .filter(is_lacking)
        .filter(|unit| on_credit.by_key || unit.comes_back())
        .collect();
    if !lacking.is_empty()
        && let Some(mut left) = left()
    {
        lacking.retain(|unit| match left.allocate(unit, |_| true) {
            Err(error @ MatchError::NothingLeft(_)) => {
                credit::add_match_error(error, unit, left.rows.order, findings);
                false
            }
            _ => true,
        });
    }
    if !lacking.is_empty() {
        let message = format!(
            "Units of the RMA are not on its sales credit {}. Add a row for each by hand, its external reference \
             RGO-R{{row of the order}}-{{unit}}, or credit them elsewhere.",
            credit.id
        );
        findings.add_review_for_units(ReviewCode::CreditLacksItem, message, ids(&lacking));
    }
    for SurplusRow { row, units, first_unit } in &on_credit.surplus {
        let name = credit.order_rows.get(row).map_or("", |row| row.product_name.as_str());
        let message = format!(
            "Row {row} ({name}) of sales credit {} is for {units} more than the RMA has: units were taken off the RMA. Put \
             the row right by hand.",
            credit.id
        );
        findings.add_review_for_units(ReviewCode::CreditHasMore, message, first_unit);
    }
}
