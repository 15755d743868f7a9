//! Goods: where each returned unit is, from the goods-in notes of the credit and the movements of their
//! batches.
//!
//! Nothing is added up from events. Every look counts all notes and movements anew, so that duplicates, losses
//! and wrong order of events change nothing. Notes are taken by id, their lines in order, the units of a row by
//! their lowest id (docs/evidence/brightpearl-warehouse.md#goods-in-notes,
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
    plan::{UnitState, UnitStatus},
    rma_facts,
    settings::ConnectionSettings,
    world::World,
};
pub(crate) use receipts::Receipts;

/// The state of every unit of an RMA that has a credit. `finished` says that nothing more is awaited on it.
pub(crate) fn unit_states(
    world: &World,
    credit: &Order,
    units: &[&Item],
    on_credit: &UnitsOnCredit<'_>,
    finished: bool,
    settings: &ConnectionSettings,
    findings: &mut Findings,
) -> Vec<UnitStatus> {
    let mut receipts = Receipts::received(world, credit, on_credit, units, findings);
    movements::apply(&mut receipts, world, credit);
    let stock = StockRows::of(world, credit);
    let mut rows: HashMap<OrderRowId, RowProgress> = HashMap::new();
    let mut states = Vec::with_capacity(units.len());
    for unit in units {
        let row_id = on_credit.row_of(&unit.returned_item_id);
        let progress = row_id.map(|id| rows.entry(id).or_insert_with(|| stock.progress(id, &receipts)));
        let state = match progress {
            _ if nothing_comes(unit, settings) => UnitState::NoReturn,
            Some(progress) => missing_if(finished, progress.next_unit()),
            None => UnitState::Expected,
        };
        states.push(UnitStatus { returned_item_id: unit.returned_item_id.clone(), row_id, state });
    }
    states
}

/// Whether the unit stays with the shopper, or its return method is not synchronised.
pub(crate) fn nothing_comes(unit: &Item, settings: &ConnectionSettings) -> bool {
    !unit.comes_back() || rma_facts::is_skipped(unit, settings)
}

fn missing_if(finished: bool, state: UnitState) -> UnitState {
    if finished && state == UnitState::Expected { UnitState::Missing } else { state }
}

/// The rows of an order as the warehouse sees them.
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

    /// The rows that goods come in on: the row itself, or of a bundle its components. Free text and products
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
        let parts = self.received_rows(id).map(|id| Part::new(quantity(id), receipts.runs(id)));
        RowProgress { parts: parts.collect(), units: quantity(id), given: 0 }
    }
}

/// The pieces of a row in the order in which they are given to its units.
struct RowProgress {
    /// One for a plain row; for a bundle one for each component that is received.
    parts: Vec<Part>,
    units: i64,
    given: i64,
}

impl RowProgress {
    /// The state of the next unit: the least advanced of its components.
    fn next_unit(&mut self) -> UnitState {
        self.given += 1;
        let (unit, units) = (self.given, self.units);
        let states = self.parts.iter_mut().map(|part| part.state_of(unit, units));
        states.min_by_key(|state| advance(*state)).unwrap_or(UnitState::NoReturn)
    }
}

struct Part {
    /// Pieces that the whole row is for.
    quantity: i64,
    runs: Vec<(UnitState, i64)>,
    /// The first run that is not used up, and where it begins.
    run: usize,
    begin: i128,
}

impl Part {
    fn new(quantity: i64, runs: Vec<(UnitState, i64)>) -> Self {
        Self { quantity, runs, run: 0, begin: 0 }
    }

    /// The state of unit `n` of `units`: it is there when `n/units` of the pieces are. Units are asked for in
    /// order.
    fn state_of(&mut self, n: i64, units: i64) -> UnitState {
        let pieces_for = |n: i64| i128::from(self.quantity) * i128::from(n);
        let units = i128::from(units.max(1));
        let first = pieces_for(n - 1).div_euclid(units);
        let end = (pieces_for(n) + units - 1).div_euclid(units);
        let mut least: Option<UnitState> = None;
        while let Some(&(state, length)) = self.runs.get(self.run) {
            let run_end = self.begin + i128::from(length);
            if run_end > first {
                least = least.into_iter().chain([state]).min_by_key(|state| advance(*state));
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

/// How far a piece is, and of two that are equally far first the one that is lost to stock: a bundle without
/// one of its components is not back in stock.
fn advance(state: UnitState) -> u8 {
    match state {
        UnitState::Received => 1,
        UnitState::Quarantined => 2,
        UnitState::WrittenOff => 3,
        UnitState::Restocked => 4,
        _ => 0,
    }
}

/// A quantity as a count of pieces; fractions are none.
pub(crate) fn count(quantity: Decimal) -> i64 {
    let largest = if quantity.is_sign_negative() { i64::MIN } else { i64::MAX };
    quantity.trunc().to_i64().unwrap_or(largest)
}
