//! Which row of the original order a returned unit was bought on, and how many units of it are left to credit.
//!
//! ReturnGO lists one item for each unit. Among the order's rows that are not components of a bundle, the
//! first of three rungs that has a row decides: the row's `externalRef` is the item's `shopLineItemId`; the
//! SKUs are equal; the SKUs are equal but for their case. Within the rung rows whose unit price fits what was
//! paid come first, then the lowest sequence, then the lowest id; a row without room passes to the next.

use std::collections::{HashMap, hash_map::Entry};

use brightpearl::{
    OrderRowId, ProductId,
    order::{Order, OrderRow},
};
use returngo::Item;
use rust_decimal::Decimal;

use crate::{
    amounts::{self, RowAmounts},
    findings::Findings,
    keys::RowKey,
};

/// The rows of an order that can be credited, with what is taken of them.
pub(crate) struct OrderRows<'o> {
    rows: Vec<CreditableRow<'o>>,
    groups: Vec<Group>,
    by_reference: HashMap<&'o str, usize>,
    by_sku: HashMap<&'o str, usize>,
    by_folded_sku: HashMap<String, usize>,
    by_product: HashMap<ProductId, Vec<usize>>,
    by_id: HashMap<OrderRowId, usize>,
}

/// A row of the order, and how much of it is credited.
pub(crate) struct CreditableRow<'o> {
    pub(crate) id: OrderRowId,
    pub(crate) row: &'o OrderRow,
    pub(crate) quantity: Decimal,
    /// What one unit cost, tax included.
    pub(crate) unit_gross: Option<Decimal>,
    /// Units that earlier credits took.
    pub(crate) taken: Decimal,
    /// Units that were placed on it.
    placed: Decimal,
}

impl CreditableRow<'_> {
    pub(crate) fn amounts(&self) -> RowAmounts {
        RowAmounts { net: self.row.row_value.row_net.value, tax: self.row.row_value.row_tax.value }
    }

    fn room(&self) -> Decimal {
        self.quantity.saturating_sub(self.taken).saturating_sub(self.placed)
    }

    fn has_room(&self) -> bool {
        self.room() >= Decimal::ONE
    }
}

/// Rows that share a reference or a SKU, lowest sequence first.
#[derive(Default)]
struct Group {
    rows: Vec<usize>,
    /// How many of the first rows have no room left; it never comes back.
    full: usize,
}

/// The first rung that has a row for a unit.
#[derive(Clone, Copy)]
pub(crate) struct Rung {
    group: usize,
    /// The SKUs differ in case.
    pub(crate) by_folded_sku: bool,
}

/// Why a unit lands on no row.
pub(crate) enum Misfit {
    /// No rung has a row.
    NoRow,
    /// The rows are credited already.
    NoRoom,
}

impl<'o> OrderRows<'o> {
    /// The order's rows, lowest sequence first, then lowest id.
    pub(crate) fn of(order: &'o Order, findings: &mut Findings) -> Self {
        let mut rows: Vec<_> =
            order.order_rows.iter().filter_map(|(id, row)| creditable(*id, row, findings)).collect();
        rows.sort_by_key(|row| (row.row.order_row_sequence, row.id));
        let mut indexed = Self {
            rows: Vec::new(),
            groups: Vec::new(),
            by_reference: HashMap::new(),
            by_sku: HashMap::new(),
            by_folded_sku: HashMap::new(),
            by_product: HashMap::new(),
            by_id: HashMap::new(),
        };
        rows.iter().enumerate().for_each(|(at, row)| indexed.index(at, row));
        indexed.rows = rows;
        indexed
    }

    fn index(&mut self, at: usize, row: &CreditableRow<'o>) {
        self.by_id.insert(row.id, at);
        if let Some(reference) = row.row.external_ref.as_deref().filter(|text| !text.is_empty()) {
            join(&mut self.groups, self.by_reference.entry(reference), at);
        }
        if let Some(sku) = row.row.product_sku.as_deref().filter(|text| !text.is_empty()) {
            join(&mut self.groups, self.by_sku.entry(sku), at);
            join(&mut self.groups, self.by_folded_sku.entry(sku.to_lowercase()), at);
        }
        if let Some(product) = row.row.product() {
            self.by_product.entry(product).or_default().push(at);
        }
    }

    pub(crate) fn get(&self, at: usize) -> Option<&CreditableRow<'o>> {
        self.rows.get(at)
    }

    /// The rows that a unit may be on; none when no rung has one.
    pub(crate) fn rung(&self, unit: &Item) -> Option<Rung> {
        let sku = unit.sku.as_deref();
        let by_reference = || self.by_reference.get(unit.shop_line_item_id.as_ref()?.as_str());
        let by_sku = || self.by_sku.get(sku?);
        let by_folded_sku = || self.by_folded_sku.get(&sku?.to_lowercase());
        match by_reference().or_else(by_sku) {
            Some(&group) => Some(Rung { group, by_folded_sku: false }),
            None => by_folded_sku().map(|&group| Rung { group, by_folded_sku: true }),
        }
    }

    /// The rows of a rung.
    pub(crate) fn rows(&self, rung: Rung) -> impl Iterator<Item = &CreditableRow<'o>> {
        let group = self.groups.get(rung.group).map_or(&[][..], |group| &group.rows);
        group.iter().filter_map(|&at| self.rows.get(at))
    }

    /// Puts a unit on its row, which then has room for one less.
    pub(crate) fn place(
        &mut self,
        unit: &Item,
        fits: impl Fn(&CreditableRow<'o>) -> bool,
    ) -> Result<usize, Misfit> {
        let rung = self.rung(unit).ok_or(Misfit::NoRow)?;
        let group = self.groups.get_mut(rung.group).ok_or(Misfit::NoRow)?;
        let has_room = |at: usize| self.rows.get(at).is_some_and(CreditableRow::has_room);
        let behind_full = group.rows.iter().skip(group.full);
        group.full += behind_full.take_while(|&&at| !has_room(at)).count();
        let with_room = || group.rows.iter().copied().skip(group.full).filter(|&at| has_room(at));
        let fitting = with_room().find(|&at| self.rows.get(at).is_some_and(&fits));
        let at = fitting.or_else(|| with_room().next()).ok_or(Misfit::NoRoom)?;
        if let Some(row) = self.rows.get_mut(at) {
            row.placed = row.placed.saturating_add(Decimal::ONE);
        }
        Ok(at)
    }

    /// Takes off what earlier credits took: exactly, where a credit's row carries our key, then by product for
    /// all others. Component rows of bundles take nothing.
    pub(crate) fn take(&mut self, credits: &[&Order], findings: &mut Findings) {
        let mut by_product = Vec::new();
        for (credit, id, row) in rows_of(credits) {
            if row.composition.bundle_child {
                continue;
            }
            let quantity = row.quantity.magnitude;
            if quantity.is_sign_negative() && !quantity.is_zero() {
                findings
                    .ignored(format!("Row {id} of sales credit {} has a quantity of {quantity}.", credit.id));
                continue;
            }
            match self.row_of_key(row) {
                Some(at) => self.take_from(at, quantity),
                None => by_product.push(row),
            }
        }
        by_product.into_iter().for_each(|row| self.take_by_product(row));
    }

    fn row_of_key(&self, credit_row: &OrderRow) -> Option<usize> {
        let key = RowKey::parse(credit_row.external_ref.as_deref()?)?;
        self.by_id.get(&key.order_row).copied()
    }

    fn take_from(&mut self, at: usize, quantity: Decimal) {
        if let Some(row) = self.rows.get_mut(at) {
            row.taken = row.taken.saturating_add(quantity);
        }
    }

    /// Takes from the product's row with the nearest unit price, the surplus from the next nearest.
    fn take_by_product(&mut self, credit_row: &OrderRow) {
        let Some(candidates) = credit_row.product().and_then(|product| self.by_product.get(&product)) else {
            return;
        };
        let price = unit_gross(credit_row);
        let mut nearest = candidates.clone();
        nearest.sort_by_key(|&at| {
            let unit_gross = self.get(at).and_then(|row| row.unit_gross);
            unit_gross.zip(price).map_or(Decimal::MAX, |(left, right)| amounts::distance(left, right))
        });
        let mut left = credit_row.quantity.magnitude;
        for at in nearest {
            let room = self.get(at).map_or(Decimal::ZERO, CreditableRow::room);
            let part = left.min(room).max(Decimal::ZERO);
            self.take_from(at, part);
            left = left.saturating_sub(part);
        }
    }
}

fn creditable<'o>(id: OrderRowId, row: &'o OrderRow, findings: &mut Findings) -> Option<CreditableRow<'o>> {
    let quantity = row.quantity.magnitude;
    if row.composition.bundle_child {
        return None;
    }
    if quantity.is_sign_negative() && !quantity.is_zero() {
        findings.ignored(format!("Row {id} of the order has a quantity of {quantity}."));
        return None;
    }
    let (taken, placed) = (Decimal::ZERO, Decimal::ZERO);
    Some(CreditableRow { id, row, quantity, unit_gross: unit_gross(row), taken, placed })
}

fn join<K>(groups: &mut Vec<Group>, entry: Entry<'_, K, usize>, at: usize) {
    let group = *entry.or_insert_with(|| {
        groups.push(Group::default());
        groups.len() - 1
    });
    if let Some(group) = groups.get_mut(group) {
        group.rows.push(at);
    }
}

/// What one unit of a row cost, tax included.
pub(crate) fn unit_gross(row: &OrderRow) -> Option<Decimal> {
    let value = &row.row_value;
    value.row_net.value.checked_add(value.row_tax.value)?.checked_div(row.quantity.magnitude)
}

/// All rows of some credits, credits and rows in the order of their ids.
fn rows_of<'c>(credits: &[&'c Order]) -> impl Iterator<Item = (&'c Order, OrderRowId, &'c OrderRow)> {
    let mut credits = credits.to_vec();
    credits.sort_by_key(|credit| credit.id);
    credits.into_iter().flat_map(|credit| credit.order_rows.iter().map(move |(id, row)| (credit, *id, row)))
}
