//! The states of the units of a row, from the pieces that were received on it.

use brightpearl::OrderRowId;

use super::{receipts::Receipts, stock_rows::StockRows};
use crate::plan::UnitState;

/// The pieces of a row in the order in which they are assigned to its units.
pub(super) struct RowProgress {
    /// One part for a plain row. For a bundle, one part for each component that is received.
    parts: Vec<ComponentProgress>,
    units: i64,
    assigned: i64,
}

impl RowProgress {
    pub(super) fn of(row: OrderRowId, stock: &StockRows<'_>, receipts: &Receipts) -> Self {
        let component = |id| ComponentProgress::new(stock.pieces_of(id), receipts.runs(id));
        let parts = stock.received_rows(row).map(component).collect();
        Self { parts, units: stock.pieces_of(row), assigned: 0 }
    }

    /// Returns the state of the next unit: that of its least advanced component.
    pub(super) fn next_unit(&mut self) -> UnitState {
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
