//! The row of the original order on which a returned unit was bought.
//!
//! ReturnGO lists one item for each unit. Components of bundles are not matched. The first of three match tiers with a
//! row decides: external reference (`shopLineItemId`), SKU, SKU ignoring case. Within the tier, free rows come last for a
//! unit that was paid, then rows whose unit price is the price that was paid come first, then those with the nearest price,
//! the lowest sequence and the lowest id. Rows without remaining quantity are skipped.

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

/// The rows of an order that can be credited. Each match tier is indexed once for a plan, when a unit first needs it.
pub(crate) struct OrderRows<'o> {
    pub(crate) order: &'o Order,
    rows: Vec<CreditableRow<'o>>,
    by_reference: OnceCell<Index<'o>>,
    by_sku: OnceCell<Index<'o>>,
    by_folded_sku: OnceCell<Index<'o>>,
}

/// A row of the order on which units may have been bought.
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

    /// Returns the price of one unit including tax.
    pub(crate) fn unit_gross(&self) -> Option<Decimal> {
        *self.unit_gross.get_or_init(|| unit_gross(self.row))
    }
}

/// The rows of the first match tier that has any for a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct TierRows {
    pub(crate) match_tier: MatchTier,
    /// The index of the first row.
    first: usize,
}

/// The value by which a unit is matched to a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum MatchTier {
    /// The row's `externalRef` is the unit's `shopLineItemId`.
    Reference,
    /// The SKU.
    Sku,
    /// The SKU, ignoring case.
    FoldedSku,
    /// A person chose the row.
    Decision,
}

impl<'o> OrderRows<'o> {
    /// Lists the order's rows, lowest sequence first, then lowest id.
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

    /// Warns of rows that are ignored because of their negative quantity.
    pub(crate) fn warn_of_negative(&self, findings: &mut Findings) {
        let rows = self.order.order_rows.iter().filter(|(_, row)| !row.composition.bundle_child);
        for (id, row) in rows.filter(|(_, row)| is_negative(row)) {
            let quantity = row.quantity.magnitude;
            findings.add_ignored(format!(
                "Row {id} of the order has a negative quantity ({quantity}). The row was ignored."
            ));
        }
    }

    pub(crate) fn get(&self, at: usize) -> Option<&CreditableRow<'o>> {
        self.rows.get(at)
    }

    /// Returns the rows that match a unit. `None` if no tier has one.
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

    /// Iterates over the rows of a tier.
    pub(crate) fn rows(&self, tier: TierRows) -> impl Iterator<Item = &CreditableRow<'o>> {
        self.from(tier, tier.first).filter_map(|at| self.rows.get(at))
    }

    /// Iterates over the indices of a tier's rows, starting at one of them.
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
            MatchTier::FoldedSku | MatchTier::Decision => self
                .by_folded_sku
                .get_or_init(|| Index::of(&self.rows, |row| Some(sku(row)?.to_lowercase().into()))),
        }
    }
}

/// The rows by one of their texts. Rows with the same text keep their order.
struct Index<'o> {
    first: HashMap<Cow<'o, str>, usize>,
    /// For each row, the next one with the same text.
    next: Vec<Option<usize>>,
}

impl<'o> Index<'o> {
    // Built from the last row to the first: the row that a text led to so far becomes the next one.
    fn of(rows: &[CreditableRow<'o>], text: impl Fn(&'o OrderRow) -> Option<Cow<'o, str>>) -> Self {
        let mut first = HashMap::with_capacity(rows.len());
        let texts = rows.iter().map(|row| text(row.row).filter(|text| !text.is_empty())).enumerate().rev();
        let mut next: Vec<_> = texts.map(|(at, text)| first.insert(text?, at)).collect();
        next.reverse();
        Self { first, next }
    }
}

/// Whether the quantity is below zero. A zero can have a sign as well.
pub(crate) fn is_negative(row: &OrderRow) -> bool {
    let quantity = row.quantity.magnitude;
    quantity.is_sign_negative() && !quantity.is_zero()
}

/// Returns the price of one unit of a row including tax.
pub(crate) fn unit_gross(row: &OrderRow) -> Option<Decimal> {
    let value = &row.row_value;
    value.row_net.value.checked_add(value.row_tax.value)?.checked_div(row.quantity.magnitude)
}
