//! The credit row of each unit of an RMA.
//!
//! A row's key names its order row and its first unit; its quantity is the number of units. The other units are those that
//! may have been bought on that order row, lowest id first. A credit without such keys, which was adopted, is matched by
//! product.

use std::{cell::OnceCell, collections::HashMap};

use brightpearl::{
    OrderRowId, ProductId,
    order::{Order, OrderRow},
};
use returngo::{Item, ReturnedItemId};
use rust_decimal::{Decimal, prelude::ToPrimitive};

use crate::{
    keys::RowKey,
    matching::{CreditableRow, OrderRows},
};

/// The units of an RMA on the rows of its credit.
pub(crate) struct UnitsOnCredit<'w> {
    row_of: HashMap<&'w ReturnedItemId, OrderRowId>,
    /// Rows with more units than the RMA has.
    pub(crate) surplus: Vec<SurplusRow>,
    /// Whether rows were matched by their keys rather than by product.
    pub(crate) by_key: bool,
}

impl<'w> UnitsOnCredit<'w> {
    /// Reads a credit. `units` are the RMA's synchronized units, lowest id first.
    pub(crate) fn of(credit: &Order, order_rows: Option<&OrderRows<'_>>, units: &[&'w Item]) -> Self {
        let mut slots = Slots::of(credit);
        let mut row_of = HashMap::with_capacity(units.len());
        let mut others = Vec::new();
        for &unit in units {
            match slots.assign_by_key(unit) {
                Some(row) => drop(row_of.insert(&unit.returned_item_id, row)),
                None => others.push(unit),
            }
        }
        slots.reserve_for_removed_first_units();
        for unit in others {
            if let Some(row) = slots.assign_any(unit, order_rows) {
                row_of.insert(&unit.returned_item_id, row);
            }
        }
        let by_key = slots.by_key;
        Self { row_of, surplus: slots.surplus(), by_key }
    }

    /// Returns the row that a unit is on.
    pub(crate) fn row_of(&self, unit: &ReturnedItemId) -> Option<OrderRowId> {
        self.row_of.get(unit).copied()
    }

    /// Returns the number of units on the credit.
    pub(crate) fn len(&self) -> usize {
        self.row_of.len()
    }
}

/// A credit row with more units than the RMA has.
pub(crate) struct SurplusRow {
    pub(crate) row: OrderRowId,
    pub(crate) units: usize,
    /// The unit that its key names, if that unit was removed from the RMA.
    pub(crate) first_unit: Option<ReturnedItemId>,
}

/// A credit row, and the number of units that can still be assigned to it.
struct Slot<'c> {
    id: OrderRowId,
    row: &'c OrderRow,
    /// Its key. `None` if rows are matched by product.
    key: Option<RowKey<'c>>,
    free: usize,
    /// Whether the unit that its key names was assigned to it.
    has_first: bool,
    /// The unit that its key names, if that unit is no longer on the RMA.
    removed: Option<ReturnedItemId>,
}

struct Slots<'c> {
    slots: Vec<Slot<'c>>,
    by_key: bool,
    by_first_unit: HashMap<&'c str, usize>,
    by_origin: OnceCell<HashMap<Origin, Vec<usize>>>,
}

/// The value by which units are assigned to rows whose key does not name them.
#[derive(PartialEq, Eq, Hash)]
enum Origin {
    OrderRow(OrderRowId),
    Product(ProductId),
}

impl Slot<'_> {
    fn origin(&self) -> Option<Origin> {
        let by_key = self.key.map(|key| Origin::OrderRow(key.order_row));
        by_key.or_else(|| self.row.product().map(Origin::Product))
    }
}

impl<'c> Slots<'c> {
    /// Returns the rows that stand for units: rows with a key or, if there are none, rows with a product.
    fn of(credit: &'c Order) -> Self {
        let mut rows: Vec<_> =
            credit.order_rows.iter().filter(|(_, row)| !row.composition.bundle_child).collect();
        rows.sort_by_key(|(id, row)| (row.order_row_sequence, **id));
        let slot = |(&id, row): (&OrderRowId, &'c OrderRow)| {
            let free = whole(row.quantity.magnitude);
            Slot { id, row, key: key(row), free, has_first: false, removed: None }
        };
        let mut slots: Vec<Slot<'c>> = rows.into_iter().map(slot).collect();
        let by_key = slots.iter().any(|slot| slot.key.is_some());
        slots.retain(|slot| if by_key { slot.key.is_some() } else { slot.row.product().is_some() });
        let mut by_first_unit = HashMap::with_capacity(slots.len());
        for (at, slot) in slots.iter().enumerate() {
            if let Some(key) = slot.key {
                by_first_unit.entry(key.first_unit).or_insert(at);
            }
        }
        Self { slots, by_key, by_first_unit, by_origin: OnceCell::new() }
    }

    /// Assigns the unit to the row whose key names it.
    fn assign_by_key(&mut self, unit: &Item) -> Option<OrderRowId> {
        let at = *self.by_first_unit.get(unit.returned_item_id.as_str())?;
        let slot = self.slots.get_mut(at).filter(|slot| slot.free > 0)?;
        slot.has_first = true;
        slot.free -= 1;
        Some(slot.id)
    }

    /// Reserves a unit of each row for the unit that its key names, so that no other unit is assigned in its place.
    fn reserve_for_removed_first_units(&mut self) {
        for slot in self.slots.iter_mut().filter(|slot| self.by_key && !slot.has_first && slot.free > 0) {
            slot.free -= 1;
            slot.removed = slot.key.map(|key| ReturnedItemId::new(key.first_unit));
        }
    }

    /// Assigns the unit to a row that it may be on. Rows with a product are preferred for units in a parcel, rows without one
    /// for others.
    fn assign_any(&mut self, unit: &Item, order_rows: Option<&OrderRows<'_>>) -> Option<OrderRowId> {
        let candidates = self.candidates(unit, order_rows);
        let free = |at: &&usize| self.slots.get(**at).is_some_and(|slot| slot.free > 0);
        let of_its_kind = |at: &&usize| {
            self.slots.get(**at).is_some_and(|slot| slot.row.product().is_some() == unit.comes_back())
        };
        let best = candidates.iter().filter(free).find(of_its_kind).or_else(|| candidates.iter().find(free));
        let slot = self.slots.get_mut(*best?)?;
        slot.free -= 1;
        Some(slot.id)
    }

    fn candidates(&self, unit: &Item, order_rows: Option<&OrderRows<'_>>) -> Vec<usize> {
        let Some((rows, tier)) = order_rows.and_then(|rows| Some((rows, rows.tier(unit)?))) else {
            return self.with_sku(unit.sku.as_deref());
        };
        let of_row = |row: &CreditableRow<'_>| {
            let by_product = || row.row.product().map(Origin::Product);
            let origin = if self.by_key { Some(Origin::OrderRow(row.id)) } else { by_product() };
            origin.and_then(|origin| self.by_origin().get(&origin)).into_iter().flatten().copied()
        };
        rows.rows(tier).flat_map(of_row).collect()
    }

    fn by_origin(&self) -> &HashMap<Origin, Vec<usize>> {
        self.by_origin.get_or_init(|| {
            let mut by_origin: HashMap<_, Vec<usize>> = HashMap::new();
            for (at, slot) in self.slots.iter().enumerate() {
                if let Some(origin) = slot.origin() {
                    by_origin.entry(origin).or_default().push(at);
                }
            }
            by_origin
        })
    }

    /// Returns the rows with this SKU. Used if the order is unknown or has no row for the unit.
    fn with_sku(&self, sku: Option<&str>) -> Vec<usize> {
        let Some(sku) = sku.map(str::to_lowercase) else { return Vec::new() };
        let same =
            |slot: &Slot<'_>| slot.row.product_sku.as_ref().is_some_and(|other| other.to_lowercase() == sku);
        self.slots.iter().enumerate().filter(|(_, slot)| same(slot)).map(|(at, _)| at).collect()
    }

    fn surplus(self) -> Vec<SurplusRow> {
        let surplus_row = |slot: Slot<'_>| {
            let units = slot.free.saturating_add(usize::from(slot.removed.is_some()));
            SurplusRow { row: slot.id, units, first_unit: slot.removed }
        };
        self.slots.into_iter().map(surplus_row).filter(|surplus_row| surplus_row.units > 0).collect()
    }
}

fn key(row: &OrderRow) -> Option<RowKey<'_>> {
    RowKey::parse(row.external_ref.as_deref()?)
}

/// Returns a quantity as a number of whole units. A negative quantity is 0.
fn whole(quantity: Decimal) -> usize {
    if quantity.is_sign_negative() { 0 } else { quantity.trunc().to_usize().unwrap_or(usize::MAX) }
}
