//! The state of each returned unit, from the goods-in notes of the credit and the stock movements of their batches.
//!
//! States are never added up from events: each plan counts all notes and movements, so duplicate, lost and reordered
//! events make no difference. Notes are read by id, their lines in order, and the units of a row by lowest id
//! (docs/evidence/brightpearl-warehouse.md#goods-in-notes,
//! docs/evidence/brightpearl-warehouse.md#quarantine, docs/evidence/brightpearl-warehouse.md#stock-corrections,
//! docs/evidence/brightpearl-warehouse.md#goods-movements,
//! docs/evidence/brightpearl-warehouse.md#goods-of-a-return).

mod movements;
mod receipts;

use std::collections::HashMap;

use brightpearl::{OrderRowId, order::Order};
use returngo::Item;
use rust_decimal::{Decimal, prelude::ToPrimitive};

use crate::{
    credit_rows::UnitsOnCredit,
    findings::Findings,
    finish,
    plan::{UnitState, UnitStatus},
    rma_facts,
    settings::ConnectionSettings,
    world::World,
};
use receipts::Receipts;

/// The goods that are returned on an RMA's credit.
pub(crate) struct ReturnedGoods<'w, 'c> {
    pub(crate) world: &'w World,
    pub(crate) credit: &'w Order,
    /// All units of the RMA, lowest id first.
    pub(crate) units: &'c [&'w Item],
    pub(crate) on_credit: &'c UnitsOnCredit<'w>,
    pub(crate) settings: &'c ConnectionSettings,
}

impl ReturnedGoods<'_, '_> {
    /// Returns the state of every unit. Goods that were not expected get a review.
    pub(crate) fn unit_states(&self, findings: &mut Findings) -> Vec<UnitStatus> {
        let mut receipts = Receipts::received(self, findings);
        for change in movements::stock_changes(self.world, self.credit, &receipts) {
            receipts.apply(&change);
        }
        let stock = StockRows::of(self.world, self.credit);
        let is_finished = finish::is_finished(self.credit, self.settings);
        let mut rows: HashMap<OrderRowId, RowProgress> = HashMap::new();
        let mut states = Vec::with_capacity(self.units.len());
        for unit in self.units {
            let row_id = self.on_credit.row_of(&unit.returned_item_id);
            let progress = row_id.map(|id| rows.entry(id).or_insert_with(|| stock.progress(id, &receipts)));
            let state = match progress {
                _ if expects_no_goods(unit, self.settings) => UnitState::NoReturn,
                Some(progress) => missing_if(is_finished, progress.next_unit()),
                None => UnitState::Expected,
            };
            states.push(UnitStatus { returned_item_id: unit.returned_item_id.clone(), row_id, state });
        }
        states
    }
}

/// Whether no goods are expected for the unit: nothing is shipped, or its return method is not synchronized.
pub(crate) fn expects_no_goods(unit: &Item, settings: &ConnectionSettings) -> bool {
    !unit.comes_back() || rma_facts::is_skipped(unit, settings)
}

fn missing_if(finished: bool, state: UnitState) -> UnitState {
    if finished && state == UnitState::Expected { UnitState::Missing } else { state }
}

/// The rows of an order for which the warehouse receives goods.
pub(crate) struct StockRows<'w> {
    world: &'w World,
    order: &'w Order,
    components: HashMap<OrderRowId, Vec<OrderRowId>>,
}

impl<'w> StockRows<'w> {
    pub(crate) fn of(world: &'w World, order: &'w Order) -> Self {
        let mut components: HashMap<OrderRowId, Vec<OrderRowId>> = HashMap::new();
        for (id, row) in order.order_rows.iter().filter(|(_, row)| row.composition.bundle_child) {
            if let Some(bundle) = row.composition.parent_order_row_id {
                components.entry(bundle).or_default().push(*id);
            }
        }
        Self { world, order, components }
    }

    /// Returns the rows on which goods are received: the row itself, or the components of a bundle. Free text and products
    /// without stock are never received (docs/evidence/brightpearl-warehouse.md#goods-of-a-return).
    pub(crate) fn received_rows(&self, id: OrderRowId) -> impl Iterator<Item = OrderRowId> {
        let components = self.components.get(&id);
        let itself = components.is_none().then_some(id);
        components.into_iter().flatten().copied().chain(itself).filter(|row| self.is_tracked(*row))
    }

    fn is_tracked(&self, id: OrderRowId) -> bool {
        let product = self.order.order_rows.get(&id).and_then(|row| row.product());
        product.is_some_and(|product| self.world.is_stock_tracked(product))
    }

    fn progress(&self, id: OrderRowId, receipts: &Receipts) -> RowProgress {
        let quantity =
            |id: OrderRowId| self.order.order_rows.get(&id).map_or(0, |row| count(row.quantity.magnitude));
        let parts = self.received_rows(id).map(|id| ComponentProgress::new(quantity(id), receipts.runs(id)));
        RowProgress { parts: parts.collect(), units: quantity(id), assigned: 0 }
    }
}

/// The pieces of a row in the order in which they are assigned to its units.
struct RowProgress {
    /// One part for a plain row. For a bundle, one part for each component that is received.
    parts: Vec<ComponentProgress>,
    units: i64,
    assigned: i64,
}

impl RowProgress {
    /// Returns the state of the next unit: that of its least advanced component.
    fn next_unit(&mut self) -> UnitState {
        self.assigned += 1;
        let (unit, units) = (self.assigned, self.units);
        let states = self.parts.iter_mut().map(|part| part.state_of(unit, units));
        states.min_by_key(|state| progress_rank(*state)).unwrap_or(UnitState::NoReturn)
    }
}

struct ComponentProgress {
    /// The number of pieces of the whole row.
    quantity: i64,
    runs: Vec<(UnitState, i64)>,
    /// The first run that is not used up, and the piece at which it begins.
    run: usize,
    begin: i128,
}

impl ComponentProgress {
    fn new(quantity: i64, runs: Vec<(UnitState, i64)>) -> Self {
        Self { quantity, runs, run: 0, begin: 0 }
    }

    /// Returns the state of unit `n` of `units`: the unit has arrived once `n/units` of the pieces have. Call this for the
    /// units in order.
    fn state_of(&mut self, n: i64, units: i64) -> UnitState {
        let pieces_for = |n: i64| i128::from(self.quantity) * i128::from(n);
        let units = i128::from(units.max(1));
        let first = pieces_for(n - 1).div_euclid(units);
        let end = (pieces_for(n) + units - 1).div_euclid(units);
        let mut least: Option<UnitState> = None;
        while let Some(&(state, length)) = self.runs.get(self.run) {
            let run_end = self.begin + i128::from(length);
            if run_end > first {
                least = least.into_iter().chain([state]).min_by_key(|state| progress_rank(*state));
            }
            if run_end >= end {
                return least.unwrap_or(UnitState::Expected);
            }
            self.begin = run_end;
            self.run += 1;
        }
        UnitState::Expected
    }
}

/// Ranks states by progress. A written-off piece ranks below a restocked one: a bundle without one of its components is
/// not back in stock.
fn progress_rank(state: UnitState) -> u8 {
    match state {
        UnitState::Received => 1,
        UnitState::Quarantined => 2,
        UnitState::WrittenOff => 3,
        UnitState::Restocked => 4,
        _ => 0,
    }
}

/// Returns a quantity as a number of whole pieces.
pub(crate) fn count(quantity: Decimal) -> i64 {
    let largest = if quantity.is_sign_negative() { i64::MIN } else { i64::MAX };
    quantity.trunc().to_i64().unwrap_or(largest)
}
