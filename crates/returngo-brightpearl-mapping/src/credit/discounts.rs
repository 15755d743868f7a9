//! The order's discounts: rows with negative amounts that lower what the goods cost.
//!
//! A credit gets a share of each discount, in the proportion of the goods that it credits. The share is the difference of two
//! rounded running totals, so that full returns credit the discount exactly.

use brightpearl::{
    CurrencyCode, OrderRowId,
    order::{NewCreditRow, Order, OrderRow},
};
use returngo::Item;
use rust_decimal::Decimal;

use super::{
    grouping::PAID_PRICE,
    prices::{PricedUnit, Prices},
};
use crate::{
    amounts::{self, RowAmounts, RowScales},
    findings::Findings,
    keys,
    matching::is_negative,
    review::{Choice, Review, ReviewCode},
    rma_facts::ids,
    settings::OrderDiscounts as Mode,
};

/// The discounts of an order.
pub(super) struct OrderDiscounts<'o> {
    rows: Vec<(OrderRowId, &'o OrderRow)>,
    /// What all goods of the order cost, including tax.
    goods: Decimal,
}

/// The goods of a credit, and those of the order that were credited before.
pub(super) struct CreditedGoods<'u, 'a> {
    /// What earlier credits credited, including tax.
    pub(super) before: Decimal,
    /// What this credit credits, including tax, for each group of units.
    pub(super) now: Vec<(&'u [PricedUnit<'a>], Decimal)>,
}

/// How the discounts of an order apply to a credit.
pub(super) enum DiscountAnswer {
    /// The credit gets these rows.
    Rows(Vec<NewCreditRow>),
    /// The credit is at the price that ReturnGO says was paid, which is net of discounts.
    PaidPrice,
}

impl<'o> OrderDiscounts<'o> {
    pub(super) fn of(order: &'o Order) -> Self {
        let rows =
            order.order_rows.iter().filter(|(_, row)| !row.composition.bundle_child && !is_negative(row));
        let discounts = rows.filter(|(_, row)| is_discount(row)).map(|(id, row)| (*id, row));
        let goods = order.order_rows.values().filter(|row| is_goods(row)).map(|row| row.row_value.gross());
        Self { rows: discounts.collect(), goods: amounts::sum(goods) }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty() || self.goods.is_zero()
    }

    /// Returns the discount as a share of the goods, without a sign.
    pub(super) fn share_of_goods(&self) -> Decimal {
        let all = amounts::sum(self.rows.iter().map(|(_, row)| row.row_value.gross()));
        all.abs().checked_div(self.goods).unwrap_or_default()
    }

    /// Returns the shares of the discounts for a credit. `None` if they cannot be calculated.
    fn shares(&self, before: Decimal, now: Decimal, currency: &CurrencyCode) -> Option<Vec<NewCreditRow>> {
        let scales = RowScales::of(currency);
        let mut shares = Vec::with_capacity(self.rows.len());
        for (id, row) in &self.rows {
            let whole = RowAmounts { net: row.row_value.row_net.value, tax: row.row_value.row_tax.value };
            let until = |credited| whole.running_total(credited, self.goods, scales);
            let share = until(before.checked_add(now)?)?.plus(until(before)?.negated());
            if share.gross().is_zero() {
                continue;
            }
            let name = if row.product_name.is_empty() { "Discount" } else { row.product_name.as_str() };
            shares.push(NewCreditRow {
                nominal_code: row.nominal_code.clone(),
                external_ref: Some(keys::discount(*id)),
                ..NewCreditRow::free_text(
                    name,
                    row.row_value.tax_code.as_ref()?.as_str(),
                    share.net,
                    share.tax,
                )
            });
        }
        Some(shares)
    }

    /// Decides how the discounts apply to a credit. `None` while a review asks for it.
    pub(super) fn apply(
        &self,
        credited: &CreditedGoods<'_, '_>,
        prices: &Prices<'_>,
        findings: &mut Findings,
    ) -> Option<DiscountAnswer> {
        let now = amounts::sum(credited.now.iter().map(|(_, gross)| *gross));
        let shares = self.shares(credited.before, now, prices.currency());
        let discount = gross(shares.as_deref().unwrap_or_default());
        let comparison = Comparison::of(credited, now, discount);
        match (prices.settings.order_discounts, shares) {
            (Mode::Ignore, _) => return Some(DiscountAnswer::Rows(Vec::new())),
            (Mode::Spread, Some(shares)) => return Some(DiscountAnswer::Rows(shares)),
            (Mode::Auto, Some(shares)) if comparison.agrees(prices) => {
                return Some(DiscountAnswer::Rows(shares));
            }
            _ => {}
        }
        self.ask(credited, now, &comparison, prices, findings)
    }

    fn ask(
        &self,
        credited: &CreditedGoods<'_, '_>,
        now: Decimal,
        comparison: &Comparison,
        prices: &Prices<'_>,
        findings: &mut Findings,
    ) -> Option<DiscountAnswer> {
        let shares = self.shares(credited.before, now, prices.currency());
        let [with, without] =
            [comparison.discount, Decimal::ZERO].map(|discount| now.saturating_add(discount));
        let units: Vec<&Item> =
            credited.now.iter().flat_map(|(units, _)| units.iter().map(|priced| priced.unit)).collect();
        let paid = if comparison.units == 0 {
            "ReturnGO does not report what was paid in the order's currency".to_owned()
        } else {
            format!(
                "without it {}; ReturnGO says that {} was paid",
                prices.shown(comparison.without_discount),
                prices.shown(comparison.paid)
            )
        };
        let message = format!(
            "Sales order {} has discounts of {}. With their share, the units that can be compared come to {}, {paid}.",
            prices.order.id,
            prices.shown(amounts::sum(self.rows.iter().map(|(_, row)| row.row_value.gross()))),
            prices.shown(comparison.with_discount)
        );
        let spread = shares.is_some().then(|| {
            let effect =
                format!("Adds the share of the discounts: the goods come to {}.", prices.shown(with));
            Choice::new("spread", "Deduct the share of the discounts", effect)
        });
        let ignore = Choice::new(
            "ignore",
            "Leave the discounts out",
            format!("Credits the goods without the discounts: {}.", prices.shown(without)),
        );
        let all_paid = credited.now.iter().flat_map(|(units, _)| *units).all(|priced| priced.paid.is_some());
        let at_paid_price = all_paid.then(|| {
            let effect = format!("Credits what ReturnGO says was paid: {}.", prices.shown(comparison.paid));
            Choice::new(PAID_PRICE, "Credit the price that was paid", effect)
        });
        let facts = [("discount", with), ("goods", without), ("paid", comparison.paid)];
        let review = Review::about_units(ReviewCode::OrderDiscount, message, ids(&units))
            .resting_on(facts.map(|(name, amount)| (name, amount.normalize().to_string())))
            .offering(spread.into_iter().chain([ignore]).chain(at_paid_price));
        findings.ask(review, |choice| match choice {
            "spread" => Ok(DiscountAnswer::Rows(shares.unwrap_or_default())),
            PAID_PRICE => Ok(DiscountAnswer::PaidPrice),
            _ => Ok(DiscountAnswer::Rows(Vec::new())),
        })
    }
}

/// The units whose price ReturnGO reports in the order's currency: what they come to on the credit, and what was paid.
struct Comparison {
    units: usize,
    /// The credit's share of the discounts.
    discount: Decimal,
    with_discount: Decimal,
    without_discount: Decimal,
    paid: Decimal,
}

impl Comparison {
    fn of(credited: &CreditedGoods<'_, '_>, now: Decimal, discount: Decimal) -> Self {
        let (mut units, mut goods, mut paid) = (0, Decimal::ZERO, Decimal::ZERO);
        for (group, gross) in &credited.now {
            let comparable: Vec<Decimal> =
                group.iter().filter_map(|priced| priced.paid.map(RowAmounts::gross)).collect();
            let share = gross.checked_mul(Decimal::from(comparable.len())).unwrap_or_default();
            goods = goods.saturating_add(share.checked_div(Decimal::from(group.len())).unwrap_or_default());
            paid = paid.saturating_add(amounts::sum(comparable.iter().copied()));
            units += comparable.len();
        }
        let of_goods = discount.checked_mul(goods).and_then(|part| part.checked_div(now)).unwrap_or_default();
        Self { units, discount, with_discount: goods.saturating_add(of_goods), without_discount: goods, paid }
    }

    /// Whether the credit with the discounts agrees with what was paid, or nothing can be compared.
    fn agrees(&self, prices: &Prices<'_>) -> bool {
        let tolerance = prices.tolerance().saturating_mul(Decimal::from(self.units));
        amounts::distance(self.with_discount, self.paid) <= tolerance
    }
}

/// Whether a row is a discount: free text that lowers what the goods cost.
fn is_discount(row: &OrderRow) -> bool {
    let gross = row.row_value.gross();
    row.product().is_none() && gross.is_sign_negative() && !gross.is_zero()
}

/// Whether a row is for goods that cost something.
pub(super) fn is_goods(row: &OrderRow) -> bool {
    let gross = row.row_value.gross();
    row.product().is_some()
        && !row.composition.bundle_child
        && !is_negative(row)
        && gross.is_sign_positive()
        && !gross.is_zero()
}

fn gross(rows: &[NewCreditRow]) -> Decimal {
    amounts::sum(rows.iter().flat_map(|row| [row.net, row.tax]))
}
