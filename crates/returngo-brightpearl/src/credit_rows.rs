//! Which row of its credit each unit of an RMA is on.
//!
//! A row's key names the order row that it credits and its first unit; the row's quantity says how many units
//! it is for. The other units are those that could have been bought on that order row, lowest id first. A
//! credit without any such key (one that was adopted) is read by product.

use std::collections::{BTreeMap, HashMap};

use brightpearl::{
    OrderRowId, ProductId,
    order::{Order, OrderRow},
};
use returngo::{Item, ReturnedItemId};
use rust_decimal::{Decimal, prelude::ToPrimitive};

use crate::{findings::Findings, keys::RowKey, matching::OrderRows};

/// The units of an RMA on the rows of its credit.
pub(crate) struct UnitsOnCredit {
    row_of: BTreeMap<ReturnedItemId, OrderRowId>,
    /// Rows that are for more units than the RMA has.
    pub(crate) vacant: Vec<Vacancy>,
    /// Whether rows were told by their keys rather than by product.
    pub(crate) by_key: bool,
}

impl UnitsOnCredit {
    /// Reads a credit. `units` are the RMA's that are synchronised, lowest id first.
    pub(crate) fn of(credit: &Order, order: Option<&Order>, units: &[&Item]) -> Self {
        let order_rows = order.map(|order| OrderRows::of(order, &mut Findings::default()));
        let mut slots = Slots::of(credit);
        let mut row_of = BTreeMap::new();
        let mut others = Vec::new();
        for &unit in units {
            match slots.take_own(unit) {
                Some(row) => drop(row_of.insert(unit.returned_item_id.clone(), row)),
                None => others.push(unit),
            }
        }
        slots.hold_back_for_lost_first_units();
        for unit in others {
            if let Some(row) = slots.take_any(unit, order_rows.as_ref()) {
                row_of.insert(unit.returned_item_id.clone(), row);
            }
        }
        let by_key = slots.by_key;
        Self { row_of, vacant: slots.vacant(), by_key }
    }

    /// The row that a unit is on.
    pub(crate) fn row_of(&self, unit: &ReturnedItemId) -> Option<OrderRowId> {
        self.row_of.get(unit).copied()
    }

    /// How many units are on the credit.
    pub(crate) fn len(&self) -> usize {
        self.row_of.len()
    }
}

/// A row of the credit that is for more units than the RMA has.
pub(crate) struct Vacancy {
    pub(crate) row: OrderRowId,
    pub(crate) units: usize,
    /// The unit that its key names, where that is one of those that went.
    pub(crate) first_unit: Option<ReturnedItemId>,
}

/// A row of the credit, and how many units may still be put on it.
struct Slot<'c> {
    id: OrderRowId,
    row: &'c OrderRow,
    free: usize,
    /// Whether the unit that its key names is on it.
    has_first: bool,
    /// The unit that its key names and that is no longer on the RMA.
    lost: Option<ReturnedItemId>,
}

struct Slots<'c> {
    slots: Vec<Slot<'c>>,
    by_key: bool,
    by_first_unit: HashMap<&'c str, usize>,
    by_order_row: HashMap<OrderRowId, Vec<usize>>,
    by_product: HashMap<ProductId, Vec<usize>>,
}

impl<'c> Slots<'c> {
    /// The rows that stand for units: those with a key, or if there are none those with a product.
    fn of(credit: &'c Order) -> Self {
        let mut rows: Vec<_> =
            credit.order_rows.iter().filter(|(_, row)| !row.composition.bundle_child).collect();
        rows.sort_by_key(|(id, row)| (row.order_row_sequence, **id));
        let by_key = rows.iter().any(|(_, row)| key(row).is_some());
        let mut slots = Self {
            slots: Vec::new(),
            by_key,
            by_first_unit: HashMap::new(),
            by_order_row: HashMap::new(),
            by_product: HashMap::new(),
        };
        for (id, row) in rows {
            slots.add(*id, row, by_key);
        }
        slots
    }

    fn add(&mut self, id: OrderRowId, row: &'c OrderRow, by_key: bool) {
        let at = self.slots.len();
        match (by_key, key(row), row.product()) {
            (true, Some(key), _) => {
                self.by_first_unit.entry(key.first_unit).or_insert(at);
                self.by_order_row.entry(key.order_row).or_default().push(at);
            }
            (false, _, Some(product)) => self.by_product.entry(product).or_default().push(at),
            _ => return,
        }
        let free = whole(row.quantity.magnitude);
        self.slots.push(Slot { id, row, free, has_first: false, lost: None });
    }

    /// The row whose key names the unit.
    fn take_own(&mut self, unit: &Item) -> Option<OrderRowId> {
        let at = *self.by_first_unit.get(unit.returned_item_id.as_str())?;
        let slot = self.slots.get_mut(at).filter(|slot| slot.free > 0)?;
        slot.has_first = true;
        slot.free -= 1;
        Some(slot.id)
    }

    /// A row keeps the place of the unit that its key names, so that no other unit seems to be on the credit
    /// in its stead.
    fn hold_back_for_lost_first_units(&mut self) {
        for slot in self.slots.iter_mut().filter(|slot| self.by_key && !slot.has_first && slot.free > 0) {
            slot.free -= 1;
            slot.lost = key(slot.row).map(|key| ReturnedItemId::new(key.first_unit));
        }
    }

    /// A row that the unit could be on; one of its kind (with a product for a unit in a parcel) before others.
    fn take_any(&mut self, unit: &Item, order_rows: Option<&OrderRows<'_>>) -> Option<OrderRowId> {
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
        let Some((rows, rung)) = order_rows.and_then(|rows| Some((rows, rows.rung(unit)?))) else {
            return self.with_sku(unit.sku.as_deref());
        };
        let of_row = |row: &crate::matching::CreditableRow<'_>| {
            let slots = if self.by_key {
                self.by_order_row.get(&row.id)
            } else {
                row.row.product().and_then(|product| self.by_product.get(&product))
            };
            slots.cloned().unwrap_or_default()
        };
        rows.rows(rung).flat_map(of_row).collect()
    }

    /// Where the order is not known, or has no row for the unit, the SKU is all there is to go by.
    fn with_sku(&self, sku: Option<&str>) -> Vec<usize> {
        let Some(sku) = sku.map(str::to_lowercase) else { return Vec::new() };
        let same =
            |slot: &Slot<'_>| slot.row.product_sku.as_ref().is_some_and(|other| other.to_lowercase() == sku);
        self.slots.iter().enumerate().filter(|(_, slot)| same(slot)).map(|(at, _)| at).collect()
    }

    fn vacant(self) -> Vec<Vacancy> {
        let vacancy = |slot: Slot<'_>| {
            let units = slot.free.saturating_add(usize::from(slot.lost.is_some()));
            Vacancy { row: slot.id, units, first_unit: slot.lost }
        };
        self.slots.into_iter().map(vacancy).filter(|vacancy| vacancy.units > 0).collect()
    }
}

fn key(row: &OrderRow) -> Option<RowKey<'_>> {
    RowKey::parse(row.external_ref.as_deref()?)
}

/// A quantity as a count; fractions and negative quantities are no units.
fn whole(quantity: Decimal) -> usize {
    if quantity.is_sign_negative() { 0 } else { quantity.trunc().to_usize().unwrap_or(usize::MAX) }
}
