//! How many units of each row of an order are left to credit.

use std::collections::HashMap;

use brightpearl::{
    OrderRowId, ProductId,
    order::{Order, OrderRow},
};
use returngo::Item;
use rust_decimal::Decimal;

use super::{CreditableRow, MatchedBy, OrderRows, Rung, is_negative, unit_gross};
use crate::{amounts, findings::Findings, keys::RowKey};

/// The rows of an order, and how much of each is credited.
pub(crate) struct Room<'r, 'o> {
    pub(crate) rows: &'r OrderRows<'o>,
    used: Vec<Used>,
    /// The first row with room of rungs whose first rows are full; room never comes back.
    behind_full: HashMap<Rung, Option<usize>>,
}

#[derive(Clone, Copy, Default)]
struct Used {
    /// Units that earlier credits took.
    taken: Decimal,
    /// Units that were placed on the row.
    placed: Decimal,
}

/// The row that a unit was put on.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    /// The row, as an index.
    pub(crate) row: usize,
    pub(crate) matched_by: MatchedBy,
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

impl<'r, 'o> Room<'r, 'o> {
    /// What is left once earlier credits took theirs: exactly, where a credit's row carries our key, then by
    /// product for all others. Component rows of bundles take nothing.
    pub(crate) fn behind(rows: &'r OrderRows<'o>, credits: &[&Order], findings: &mut Findings) -> Self {
        let used = vec![Used::default(); rows.rows.len()];
        let mut room = Self { rows, used, behind_full: HashMap::new() };
        if !credits.is_empty() {
            room.take(credits, findings);
        }
        room
    }

    /// What earlier credits took of a row.
    pub(crate) fn taken(&self, at: usize) -> Decimal {
        self.used.get(at).map_or(Decimal::ZERO, |used| used.taken)
    }

    fn left(&self, at: usize) -> Decimal {
        let row = self.rows.get(at).zip(self.used.get(at));
        row.map_or(Decimal::ZERO, |(row, used)| {
            row.quantity.saturating_sub(used.taken).saturating_sub(used.placed)
        })
    }

    fn has_room(&self, at: usize) -> bool {
        self.left(at) >= Decimal::ONE
    }

    /// Puts a unit on its row, which then has room for one less.
    pub(crate) fn place(
        &mut self,
        unit: &Item,
        fits: impl Fn(&CreditableRow<'o>) -> bool,
    ) -> Result<Place, Misfit> {
        let rung = self.rows.rung(unit).ok_or(Misfit::NoRow)?;
        let Some(first) = self.first_with_room(rung) else {
            let has_units = |row: &CreditableRow<'_>| row.quantity >= Decimal::ONE;
            return Err(if self.rows.rows(rung).any(has_units) { Misfit::NoRoom } else { Misfit::Empty });
        };
        let fits = |&at: &usize| self.has_room(at) && self.rows.get(at).is_some_and(&fits);
        let at = self.rows.from(rung, first).find(fits).unwrap_or(first);
        if let Some(used) = self.used.get_mut(at) {
            used.placed = used.placed.saturating_add(Decimal::ONE);
        }
        Ok(Place { row: at, matched_by: rung.matched_by })
    }

    fn first_with_room(&mut self, rung: Rung) -> Option<usize> {
        let known = self.behind_full.get(&rung).copied().unwrap_or(Some(rung.first))?;
        let first = self.rows.from(rung, known).find(|&at| self.has_room(at));
        if first != Some(known) {
            self.behind_full.insert(rung, first);
        }
        first
    }

    fn take(&mut self, credits: &[&Order], findings: &mut Findings) {
        let ids = self.by_id();
        let row_of_key =
            |row: &OrderRow| ids.get(&RowKey::parse(row.external_ref.as_deref()?)?.order_row).copied();
        let mut by_product = Vec::new();
        for (credit, id, row) in rows_of(credits) {
            if row.composition.bundle_child {
                continue;
            }
            let quantity = row.quantity.magnitude;
            if is_negative(row) {
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
        self.rows.rows.iter().enumerate().map(|(at, row)| (row.id, at)).collect()
    }

    fn by_product(&self) -> HashMap<ProductId, Vec<usize>> {
        let mut products: HashMap<ProductId, Vec<usize>> = HashMap::new();
        for (at, row) in self.rows.rows.iter().enumerate() {
            if let Some(product) = row.row.product() {
                products.entry(product).or_default().push(at);
            }
        }
        products
    }

    fn take_from(&mut self, at: usize, quantity: Decimal) {
        if let Some(used) = self.used.get_mut(at) {
            used.taken = used.taken.saturating_add(quantity);
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
            let unit_gross = self.rows.get(at).and_then(CreditableRow::unit_gross);
            unit_gross.zip(price).map_or(Decimal::MAX, |(left, right)| amounts::distance(left, right))
        });
        let mut left = credit_row.quantity.magnitude;
        for at in nearest {
            let part = left.min(self.left(at)).max(Decimal::ZERO);
            self.take_from(at, part);
            left = left.saturating_sub(part);
        }
    }
}

/// All rows of some credits, credits and rows in the order of their ids.
fn rows_of<'c>(credits: &[&'c Order]) -> impl Iterator<Item = (&'c Order, OrderRowId, &'c OrderRow)> {
    let mut credits = credits.to_vec();
    credits.sort_by_key(|credit| credit.id);
    credits.into_iter().flat_map(|credit| credit.order_rows.iter().map(move |(id, row)| (credit, *id, row)))
}
