//! Changes of an RMA after its credit was created. The credit stays unchanged; each difference gets a review.

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

/// Adds reviews for units that are on the RMA but not on the credit, and the other way round. `remaining` returns the
/// order's remaining quantities after all its credits: a unit without remaining quantity is not missing from this credit.
pub(crate) fn add_reviews<'r, 'o: 'r>(
    credit: &Order,
    units: &[&Item],
    on_credit: &UnitsOnCredit<'_>,
    remaining: impl FnOnce() -> Option<RemainingQuantities<'r, 'o>>,
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
        && let Some(mut remaining) = remaining()
    {
        lacking.retain(|unit| match remaining.allocate(unit, |_| ()) {
            Err(error @ MatchError::NothingLeft(_)) => {
                credit::is_left_out(error, unit, remaining.rows.order, Some(credit.id), findings);
                false
            }
            _ => true,
        });
    }
    if !lacking.is_empty() {
        let message = format!(
            "Units of the RMA are not on its sales credit {}. Add a row for each unit with the external reference \
             RGO-R{{order row}}-{{unit}}, or credit the units elsewhere.",
            credit.id
        );
        findings.add_review_for_units(ReviewCode::CreditLacksItem, message, ids(&lacking));
    }
    for SurplusRow { row, units, first_unit } in &on_credit.surplus {
        let name = credit.order_rows.get(row).map_or("", |row| row.product_name.as_str());
        let message = format!(
            "Row {row} ({name}) of sales credit {} has {units} more than the RMA, because units were removed from the RMA. \
             Correct the row in Brightpearl.",
            credit.id
        );
        findings.add_review_for_units(ReviewCode::CreditHasMore, message, first_unit);
    }
}
