//! Which row of the original order a returned unit was bought on, and how many units of it are left to credit.
//!
//! ReturnGO lists one item for each unit. Among the order's rows that are not components of a bundle, the
//! first of three rungs that has a row decides: the row's `externalRef` is the item's `shopLineItemId`; the
//! SKUs are equal; the SKUs are equal but for their case. Within the tier rows whose unit price fits what was
//! paid come first, then the lowest sequence, then the lowest id; a row without remaining passes to the next.

mod remaining;

use std::{borrow::Cow, cell::OnceCell, collections::HashMap, iter};

use brightpearl::{
    OrderRowId,
    order::{Order, OrderRow},
};
use returngo::Item;
use rust_decimal::Decimal;

use crate::{amounts::RowAmounts, findings::Findings};
pub(crate) use remaining::{EarlierCredits, MatchError, MatchedRow, RemainingQuantities};

/// The rows of an order that can be credited. They are indexed once for a whole plan, and a tier only when a unit
/// comes to it.
pub(crate) struct OrderRows<'o> {
    pub(crate) order: &'o Order,
    rows: Vec<CreditableRow<'o>>,
    by_reference: OnceCell<Index<'o>>,
    by_sku: OnceCell<Index<'o>>,
    by_folded_sku: OnceCell<Index<'o>>,
}

/// A row of the order that units can have been bought on.
pub(crate) struct CreditableRow<'o> {
    pub(crate) id: OrderRowId,
    pub(crate) row: &'o OrderRow,
    pub(crate) quantity: Decimal,
    unit_gross: OnceCell<Option<Decimal>>,
}

impl CreditableRow<'_> {
    pub(crate) fn amounts(&self) -> RowAmounts {
        RowAmounts { net: self.row.row_value.row_net.value, tax: self.row.row_value.row_tax.value }
    }

    /// What one unit cost, tax included.
    pub(crate) fn unit_gross(&self) -> Option<Decimal> {
        *self.unit_gross.get_or_init(|| unit_gross(self.row))
    }
}

/// The rows of the first tier that has one for a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct TierRows {
    pub(crate) match_tier: MatchTier,
    /// The first of them, as an index.
    first: usize,
}

/// What a unit and its row have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum MatchTier {
    /// The row's `externalRef` is the unit's `shopLineItemId`.
    Reference,
    /// The SKU.
    Sku,
    /// The SKU but for its case.
    FoldedSku,
}

impl<'o> OrderRows<'o> {
    /// The order's rows, lowest sequence first, then lowest id.
    pub(crate) fn of(order: &'o Order) -> Self {
        let rows = order.order_rows.iter().filter(|(_, row)| !row.composition.bundle_child);
        let creditable = rows.filter(|(_, row)| !is_negative(row)).map(|(id, row)| CreditableRow {
            id: *id,
            row,
            quantity: row.quantity.magnitude,
            unit_gross: OnceCell::new(),
        });
        let mut rows: Vec<_> = creditable.collect();
        rows.sort_by_key(|row| (row.row.order_row_sequence, row.id));
        let (by_reference, by_sku, by_folded_sku) = Default::default();
        Self { order, rows, by_reference, by_sku, by_folded_sku }
    }

    /// Says which rows are left out because nobody can have bought less than nothing.
    pub(crate) fn warn_of_negative(&self, findings: &mut Findings) {
        let rows = self.order.order_rows.iter().filter(|(_, row)| !row.composition.bundle_child);
        for (id, row) in rows.filter(|(_, row)| is_negative(row)) {
            let quantity = row.quantity.magnitude;
            findings.add_ignored(format!("Row {id} of the order has a quantity of {quantity}."));
        }
    }

    pub(crate) fn get(&self, at: usize) -> Option<&CreditableRow<'o>> {
        self.rows.get(at)
    }

    /// The rows that a unit may be on; none when no tier has one.
    pub(crate) fn tier(&self, unit: &Item) -> Option<TierRows> {
        let sku = unit.sku.as_deref();
        let on = |match_tier, text: &str| {
            let first = *self.index(match_tier).first.get(text)?;
            Some(TierRows { match_tier, first })
        };
        let by_reference = || on(MatchTier::Reference, unit.shop_line_item_id.as_ref()?.as_str());
        let by_sku = || on(MatchTier::Sku, sku?);
        let by_folded_sku = || on(MatchTier::FoldedSku, &sku?.to_lowercase());
        by_reference().or_else(by_sku).or_else(by_folded_sku)
    }

    /// The rows of a tier.
    pub(crate) fn rows(&self, tier: TierRows) -> impl Iterator<Item = &CreditableRow<'o>> {
        self.from(tier, tier.first).filter_map(|at| self.rows.get(at))
    }

    /// The rows of a tier, from this one of them on, as indices.
    fn from(&self, tier: TierRows, at: usize) -> impl Iterator<Item = usize> + Clone {
        let next = &self.index(tier.match_tier).next;
        iter::successors(Some(at), |at| *next.get(*at)?)
    }

    fn index(&self, match_tier: MatchTier) -> &Index<'o> {
        let sku = |row: &'o OrderRow| row.product_sku.as_deref();
        match match_tier {
            MatchTier::Reference => self
                .by_reference
                .get_or_init(|| Index::of(&self.rows, |row| row.external_ref.as_deref().map(Cow::Borrowed))),
            MatchTier::Sku => {
                self.by_sku.get_or_init(|| Index::of(&self.rows, |row| sku(row).map(Cow::Borrowed)))
            }
            MatchTier::FoldedSku => self
                .by_folded_sku
                .get_or_init(|| Index::of(&self.rows, |row| Some(sku(row)?.to_lowercase().into()))),
        }
    }
}

/// Rows by a text that they have, several of them in their order.
struct Index<'o> {
    first: HashMap<Cow<'o, str>, usize>,
    /// For each row the next one with the same text.
    next: Vec<Option<usize>>,
}

impl<'o> Index<'o> {
    /// From the last row to the first: what a text led to until then is the next row with it.
    fn of(rows: &[CreditableRow<'o>], text: impl Fn(&'o OrderRow) -> Option<Cow<'o, str>>) -> Self {
        let mut first = HashMap::with_capacity(rows.len());
        let texts = rows.iter().map(|row| text(row.row).filter(|text| !text.is_empty())).enumerate().rev();
        let mut next: Vec<_> = texts.map(|(at, text)| first.insert(text?, at)).collect();
        next.reverse();
        Self { first, next }
    }
}

/// Less than nothing; zero can have a sign as well.
pub(crate) fn is_negative(row: &OrderRow) -> bool {
    let quantity = row.quantity.magnitude;
    quantity.is_sign_negative() && !quantity.is_zero()
}

/// What one unit of a row cost, tax included.
pub(crate) fn unit_gross(row: &OrderRow) -> Option<Decimal> {
    let value = &row.row_value;
    value.row_net.value.checked_add(value.row_tax.value)?.checked_div(row.quantity.magnitude)
}
