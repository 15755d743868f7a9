//! Which row of the original order a returned unit was bought on, and how many units of it are left to credit.
//!
//! ReturnGO lists one item for each unit. Among the order's rows that are not components of a bundle, the
//! first of three rungs that has a row decides: the row's `externalRef` is the item's `shopLineItemId`; the
//! SKUs are equal; the SKUs are equal but for their case. Within the rung rows whose unit price fits what was
//! paid come first, then the lowest sequence, then the lowest id; a row without room passes to the next.

use std::{
    cell::OnceCell,
    collections::{HashMap, hash_map::Entry},
};

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
    folded: OnceCell<Folded>,
}

/// The rows by their SKU whatever its case: made once a unit is on no other rung.
struct Folded {
    groups: Vec<Group>,
    by_sku: HashMap<String, usize>,
}

/// A row of the order, and how much of it is credited.
pub(crate) struct CreditableRow<'o> {
    pub(crate) id: OrderRowId,
    pub(crate) row: &'o OrderRow,
    pub(crate) quantity: Decimal,
    unit_gross: OnceCell<Option<Decimal>>,
    /// Units that earlier credits took.
    pub(crate) taken: Decimal,
    /// Units that were placed on it.
    placed: Decimal,
}

impl CreditableRow<'_> {
    pub(crate) fn amounts(&self) -> RowAmounts {
        RowAmounts { net: self.row.row_value.row_net.value, tax: self.row.row_value.row_tax.value }
    }

    /// What one unit cost, tax included.
    pub(crate) fn unit_gross(&self) -> Option<Decimal> {
        *self.unit_gross.get_or_init(|| unit_gross(self.row))
    }

    fn room(&self) -> Decimal {
        self.quantity.saturating_sub(self.taken).saturating_sub(self.placed)
    }

    /// Whether anything whole was bought on it.
    fn has_units(&self) -> bool {
        self.quantity >= Decimal::ONE
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
    pub(crate) matched_by: MatchedBy,
}

/// What a unit and its row have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MatchedBy {
    /// The row's `externalRef` is the unit's `shopLineItemId`.
    Reference,
    /// The SKU.
    Sku,
    /// The SKU but for its case.
    FoldedSku,
}

/// Why a unit lands on no row.
pub(crate) enum Misfit {
    /// No rung has a row.
    NoRow,
    /// The rows are credited already.
    NoRoom,
    /// The rows are for less than one unit.
    Empty,
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
            folded: OnceCell::new(),
        };
        rows.iter().enumerate().for_each(|(at, row)| indexed.index(at, row));
        indexed.rows = rows;
        indexed
    }

    fn index(&mut self, at: usize, row: &CreditableRow<'o>) {
        if let Some(reference) = row.row.external_ref.as_deref().filter(|text| !text.is_empty()) {
            join(&mut self.groups, self.by_reference.entry(reference), at);
        }
        if let Some(sku) = row.row.product_sku.as_deref().filter(|text| !text.is_empty()) {
            join(&mut self.groups, self.by_sku.entry(sku), at);
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
        let by_folded_sku = || self.folded().by_sku.get(&sku?.to_lowercase());
        let found = by_reference().map(|group| (group, MatchedBy::Reference));
        let found = found.or_else(|| Some((by_sku()?, MatchedBy::Sku)));
        let found = found.or_else(|| Some((by_folded_sku()?, MatchedBy::FoldedSku)));
        found.map(|(&group, matched_by)| Rung { group, matched_by })
    }

    /// The rows of a rung.
    pub(crate) fn rows(&self, rung: Rung) -> impl Iterator<Item = &CreditableRow<'o>> {
        let groups =
            if rung.matched_by == MatchedBy::FoldedSku { &self.folded().groups } else { &self.groups };
        let group = groups.get(rung.group).map_or(&[][..], |group| &group.rows);
        group.iter().filter_map(|&at| self.rows.get(at))
    }

    /// Puts a unit on its row, which then has room for one less.
    pub(crate) fn place(
        &mut self,
        unit: &Item,
        fits: impl Fn(&CreditableRow<'o>) -> bool,
    ) -> Result<usize, Misfit> {
        let rung = self.rung(unit).ok_or(Misfit::NoRow)?;
        let folded = self.folded.get_mut().filter(|_| rung.matched_by == MatchedBy::FoldedSku);
        let groups = folded.map_or(&mut self.groups, |folded| &mut folded.groups);
        let group = groups.get_mut(rung.group).ok_or(Misfit::NoRow)?;
        let has_room = |at: usize| self.rows.get(at).is_some_and(CreditableRow::has_room);
        let behind_full = group.rows.iter().skip(group.full);
        group.full += behind_full.take_while(|&&at| !has_room(at)).count();
        let with_room = || group.rows.iter().copied().skip(group.full).filter(|&at| has_room(at));
        let fitting = with_room().find(|&at| self.rows.get(at).is_some_and(&fits));
        let Some(at) = fitting.or_else(|| with_room().next()) else {
            let has_units = |at: &usize| self.rows.get(*at).is_some_and(CreditableRow::has_units);
            return Err(if group.rows.iter().any(has_units) { Misfit::NoRoom } else { Misfit::Empty });
        };
        if let Some(row) = self.rows.get_mut(at) {
            row.placed = row.placed.saturating_add(Decimal::ONE);
        }
        Ok(at)
    }

    /// Takes off what earlier credits took: exactly, where a credit's row carries our key, then by product for
    /// all others. Component rows of bundles take nothing.
    pub(crate) fn take(&mut self, credits: &[&Order], findings: &mut Findings) {
        if credits.is_empty() {
            return;
        }
        let ids = self.by_id();
        let row_of_key =
            |row: &OrderRow| ids.get(&RowKey::parse(row.external_ref.as_deref()?)?.order_row).copied();
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
            match row_of_key(row) {
                Some(at) => self.take_from(at, quantity),
                None => by_product.push(row),
            }
        }
        let products = if by_product.is_empty() { HashMap::new() } else { self.by_product() };
        by_product.into_iter().for_each(|row| self.take_by_product(row, &products));
    }

    fn by_id(&self) -> HashMap<OrderRowId, usize> {
        self.rows.iter().enumerate().map(|(at, row)| (row.id, at)).collect()
    }

    fn by_product(&self) -> HashMap<ProductId, Vec<usize>> {
        let mut products: HashMap<ProductId, Vec<usize>> = HashMap::new();
        for (at, row) in self.rows.iter().enumerate() {
            if let Some(product) = row.row.product() {
                products.entry(product).or_default().push(at);
            }
        }
        products
    }

    fn folded(&self) -> &Folded {
        self.folded.get_or_init(|| {
            let mut folded = Folded { groups: Vec::new(), by_sku: HashMap::new() };
            for (at, row) in self.rows.iter().enumerate() {
                if let Some(sku) = row.row.product_sku.as_deref().filter(|text| !text.is_empty()) {
                    join(&mut folded.groups, folded.by_sku.entry(sku.to_lowercase()), at);
                }
            }
            folded
        })
    }

    fn take_from(&mut self, at: usize, quantity: Decimal) {
        if let Some(row) = self.rows.get_mut(at) {
            row.taken = row.taken.saturating_add(quantity);
        }
    }

    /// Takes from the product's row with the nearest unit price, the surplus from the next nearest.
    fn take_by_product(&mut self, credit_row: &OrderRow, products: &HashMap<ProductId, Vec<usize>>) {
        let Some(candidates) = credit_row.product().and_then(|product| products.get(&product)) else {
            return;
        };
        let price = unit_gross(credit_row);
        let mut nearest = candidates.clone();
        nearest.sort_by_key(|&at| {
            let unit_gross = self.get(at).and_then(CreditableRow::unit_gross);
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
    Some(CreditableRow { id, row, quantity, unit_gross: OnceCell::new(), taken, placed })
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
