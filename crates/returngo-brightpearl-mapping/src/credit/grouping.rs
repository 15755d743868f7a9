//! The units that form one row of the credit.

use brightpearl::{
    OrderId, OrderRowId,
    order::{Order, OrderRow},
};
use returngo::Item;

use super::prices::{PricedUnit, Prices};
use crate::{
    field_map::{FieldValues, RowFields},
    findings::Findings,
    matching::{CreditableRow, MatchError, MatchTier, MatchedRow, OrderRows, RemainingQuantities},
    plan::WarningCode,
    review::{Choice, Review, ReviewCode},
    settings::{ConnectionSettings, PriceSource},
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

/// The units to credit, by the way in which they are credited.
pub(super) struct MatchedUnits<'a> {
    pub(super) groups: Vec<CreditGroup<'a>>,
    /// Units that are credited without a row of the order, as a person decided.
    pub(super) without_row: Vec<PricedUnit<'a>>,
    /// Units that are on other credits, as a person decided.
    pub(super) left_out: Vec<&'a Item>,
}

/// The answer to the review of a unit that matches no row.
enum UnmatchedAnswer {
    Row(MatchedRow),
    WithoutRow,
}

/// Matches each unit to a row of the order. Units of the same row form one group. If some of them come in a parcel and
/// some do not, they form two groups, those in a parcel first. A unit about which a person decided is a group of its own.
pub(super) fn by_row<'a>(
    units: &[&'a Item],
    remaining: &mut RemainingQuantities<'_, '_>,
    prices: &Prices<'_>,
    findings: &mut Findings,
) -> MatchedUnits<'a> {
    let mut matched = Vec::with_capacity(units.len());
    let (mut without_row, mut left_out) = (Vec::new(), Vec::new());
    for &unit in units {
        let Some(mut priced) = priced(unit, remaining, prices, findings) else { continue };
        let row = match remaining.allocate(unit, |row| prices.rank(&priced, row)) {
            Ok(row) => row,
            Err(error @ MatchError::NothingLeft(_)) => {
                left_out.extend(is_left_out(error, unit, prices.order, None, findings).then_some(unit));
                continue;
            }
            Err(error) => match unmatched(error, &priced, remaining, prices, findings) {
                Some(UnmatchedAnswer::Row(row)) => row,
                Some(UnmatchedAnswer::WithoutRow) => {
                    without_row.push(priced);
                    continue;
                }
                None => continue,
            },
        };
        if let Some(order_row) = remaining.rows.get(row.row) {
            if prices.settle_amount(&mut priced, order_row, findings).is_none() {
                continue;
            }
            warn_of_sku_case(row.match_tier, unit, order_row, findings);
            prices.warn_of_drift(&priced, order_row, findings);
        }
        matched.push((row, priced));
    }
    MatchedUnits { groups: group_matched(matched), without_row, left_out }
}

/// Returns the unit with its price. `None` while a review asks for it.
fn priced<'a>(
    unit: &'a Item,
    remaining: &RemainingQuantities<'_, '_>,
    prices: &Prices<'_>,
    findings: &mut Findings,
) -> Option<PricedUnit<'a>> {
    let mut priced = prices.price(unit);
    if let Some((code, problem)) = price_problem(&priced, remaining, prices) {
        priced.decided = Some(prices.ask_amount(code, problem, unit, findings)?);
    }
    if has_unnamed_method(unit, prices.settings) {
        let problem = "The unit's return method has no name, but the settings `return_methods.skip` and `warehouses` refer to \
                       methods by name. Name the method in ReturnGO.";
        findings.add_review_for_units(ReviewCode::UnmatchedItem, problem, [&unit.returned_item_id]);
        return None;
    }
    Some(priced)
}

/// Returns why a unit's price is not known, if so.
fn price_problem(
    priced: &PricedUnit<'_>,
    remaining: &RemainingQuantities<'_, '_>,
    prices: &Prices<'_>,
) -> Option<(ReviewCode, String)> {
    let unit = priced.unit;
    prices.problem(priced).or_else(|| {
        let missing = prices.missing(unit).filter(|_| remaining.has_several_prices(unit))?;
        let problem = format!(
            "ReturnGO does not report {missing}, and the matching rows of the order have different prices."
        );
        Some((ReviewCode::TaxUnclear, problem))
    })
}

/// Whether settings refer to return methods by name, and the unit's method has none.
fn has_unnamed_method(unit: &Item, settings: &ConnectionSettings) -> bool {
    let needs_name = !settings.return_methods.skip.is_empty() || !settings.warehouses.is_empty();
    needs_name && unit.return_method.as_ref().is_some_and(|method| method.name.is_empty())
}

/// Whether a unit has a credit row of its own. The key of such a row names the unit, which its SKU alone does not find again.
fn is_alone(row: &MatchedRow, priced: &PricedUnit<'_>) -> bool {
    row.match_tier == MatchTier::Decision || priced.decided.is_some()
}

fn group_matched(mut matched: Vec<(MatchedRow, PricedUnit<'_>)>) -> Vec<CreditGroup<'_>> {
    matched.sort_by_key(|(row, priced)| (row.row, is_alone(row, priced), !priced.unit.comes_back()));
    let is_same = |(left, one): &(MatchedRow, PricedUnit<'_>),
                   (right, other): &(MatchedRow, PricedUnit<'_>)| {
        left.row == right.row
            && one.unit.comes_back() == other.unit.comes_back()
            && !is_alone(left, one)
            && !is_alone(right, other)
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

/// The largest number of order rows that a review offers.
const MAX_OFFERED: usize = 12;

/// Asks about a unit that matches no row. Returns the answer, if there is one.
fn unmatched(
    error: MatchError,
    priced: &PricedUnit<'_>,
    remaining: &mut RemainingQuantities<'_, '_>,
    prices: &Prices<'_>,
    findings: &mut Findings,
) -> Option<UnmatchedAnswer> {
    let unit = priced.unit;
    let open: Vec<_> = remaining.open_rows().map(|(_, row)| (row.id, row.row.product_name.clone())).collect();
    let credits = |row: &str| match prices.source {
        PriceSource::Brightpearl => format!("Credits the unit on {row}, at the price of that row."),
        PriceSource::Returngo => {
            format!("Credits the unit on {row}, at the price that ReturnGO says was paid.")
        }
    };
    let row = |(id, name): &(OrderRowId, String)| {
        let named = format!("order row {id}");
        Choice::new(format!("row:{id}"), format!("Credit {named} ({name})"), credits(&named))
    };
    let offered = open.iter().take(MAX_OFFERED).map(row);
    let others = (open.len() > MAX_OFFERED)
        .then(|| Choice::new("row", "Credit another order row, by its id", credits("this order row")));
    let paid = prices.price_without_row(priced).map(|amounts| {
        let effect = format!(
            "Adds a row without a product of {} including tax, the price that ReturnGO says was paid.",
            prices.shown(amounts.gross())
        );
        Choice::new(PAID_PRICE, "Credit it without a product, at the price that was paid", effect)
    });
    let review = Review::about_units(
        ReviewCode::UnmatchedItem,
        unmatched_message(&error, unit, prices.order),
        [&unit.returned_item_id],
    )
    .resting_on([
        ("order", prices.order.id.to_string()),
        ("sku", or_none(unit.sku.as_deref()).to_owned()),
        ("price", priced.paid.map(|paid| paid.gross().normalize().to_string()).unwrap_or_default()),
    ])
    .offering(offered.chain(others).chain(paid));
    findings.ask(review, |choice| {
        let Some(id) = choice.strip_prefix("row:") else { return Ok(UnmatchedAnswer::WithoutRow) };
        let row = id.trim().parse().map_err(|_| format!("{id} is not the id of an order row"))?;
        let row =
            remaining.allocate_to(row).ok_or_else(|| format!("order row {id} has no unit left to credit"))?;
        Ok(UnmatchedAnswer::Row(row))
    })
}

/// The choice to credit at the price that ReturnGO says was paid.
pub(super) const PAID_PRICE: &str = "paid-price";

fn unmatched_message(error: &MatchError, unit: &Item, order: &Order) -> String {
    let (line, sku, id) = (line_of(unit), quoted(unit.sku.as_deref()), order.id);
    let almost = || almost_equal(unit, order).map(|text| format!(" {text}")).unwrap_or_default();
    match error {
        MatchError::BelowOneUnit => format!(
            "The row of sales order {id} for order line {line}, SKU {sku}, has a quantity below 1, so nothing can be credited. \
             Check the order."
        ),
        _ => {
            format!("No row of sales order {id} matches the order line {line} or the SKU {sku}.{}", almost())
        }
    }
}

/// Describes the row that a unit nearly matches: a component of a bundle, or a SKU with other spaces.
fn almost_equal(unit: &Item, order: &Order) -> Option<String> {
    let sku = unit.sku.as_deref()?;
    let with = |row: &&OrderRow| row.product_sku.as_deref().is_some_and(|theirs| theirs.trim() == sku.trim());
    let row = order.order_rows.values().find(with)?;
    if row.composition.bundle_child {
        let parent = row.composition.parent_order_row_id.and_then(|id| order.order_rows.get(&id));
        let name = parent.map_or("a bundle", |parent| parent.product_name.as_str());
        return Some(format!(
            "SKU {sku:?} is a component of bundle {name}: choose the bundle's row, or return the bundle."
        ));
    }
    let theirs = row.product_sku.as_deref().filter(|theirs| *theirs != sku)?;
    Some(format!("The order has the SKU {theirs:?}, which differs by spaces only."))
}

/// Whether a person decided to leave out a unit that is on a credit already. Adds the review otherwise.
/// `own` is the RMA's own credit, if it has one.
pub(crate) fn is_left_out(
    error: MatchError,
    unit: &Item,
    order: &Order,
    own: Option<OrderId>,
    findings: &mut Findings,
) -> bool {
    let MatchError::NothingLeft(users) = error else { return false };
    let own = own.map(|id| id.to_string());
    let others: Vec<String> =
        users.credits.into_iter().filter(|credit| Some(credit) != own.as_ref()).collect();
    let message = format!(
        "No units of order line {}, SKU {}, are left to credit on sales order {}: {}. Check the order for duplicate \
         credits, and the units of the RMA.",
        line_of(unit),
        quoted(unit.sku.as_deref()),
        order.id,
        users.summary
    );
    let effect = "Leaves the unit out of the RMA's sales credit.";
    let review = Review::about_units(ReviewCode::AlreadyCredited, message, [&unit.returned_item_id])
        .resting_on([
            ("order", order.id.to_string()),
            ("line", line_of(unit).to_owned()),
            ("sku", or_none(unit.sku.as_deref()).to_owned()),
            ("credits", others.join(",")),
        ])
        .offering([Choice::new(ON_CREDIT, "It is on that credit already", effect)]);
    findings.ask(review, |_| Ok(())).is_some()
}

/// The choice that a unit is on another credit.
pub(crate) const ON_CREDIT: &str = "on-credit";

fn line_of(unit: &Item) -> &str {
    or_none(unit.shop_line_item_id.as_ref().map(|id| id.as_str()))
}

/// Shows a text in quotation marks if it has spaces at its ends.
fn quoted(text: Option<&str>) -> String {
    match text {
        Some(text) if text.trim() != text => format!("{text:?}"),
        other => or_none(other).to_owned(),
    }
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
