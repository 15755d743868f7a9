use std::collections::HashMap;

use brightpearl::{OrderRowId, order::Order};
use returngo::{Item, ReturnedItemId};

use super::{
    goods_in_notes::{self, UnexpectedGoods},
    movements,
    row_progress::RowProgress,
    stock_rows::StockRows,
};
use crate::{
    credit_rows::UnitsOnCredit,
    findings::Findings,
    finish,
    plan::{ReviewCode, UnitState, UnitStatus},
    rma_facts,
    settings::ConnectionSettings,
    world::World,
};

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
        let (mut receipts, unexpected) = goods_in_notes::received(self.world, self.credit, findings);
        self.review_unexpected(&unexpected, findings);
        for change in movements::stock_changes(self.world, self.credit, &receipts) {
            receipts.apply(&change);
        }
        let stock = StockRows::of(self.world, self.credit);
        let is_finished = finish::is_finished(self.credit, self.settings);
        let mut rows: HashMap<OrderRowId, RowProgress> = HashMap::new();
        let mut states = Vec::with_capacity(self.units.len());
        for unit in self.units {
            let row_id = self.on_credit.row_of(&unit.returned_item_id);
            let progress =
                row_id.map(|id| rows.entry(id).or_insert_with(|| RowProgress::of(id, &stock, &receipts)));
            let state = match progress {
                _ if expects_no_goods(unit, self.settings) => UnitState::NoReturn,
                Some(progress) => missing_if(is_finished, progress.next_unit()),
                None => UnitState::Expected,
            };
            states.push(UnitStatus { returned_item_id: unit.returned_item_id.clone(), row_id, state });
        }
        states
    }

    /// Adds a review for each receipt that was not expected. It names the units of the row, or those of the bundle of a
    /// component.
    fn review_unexpected(&self, unexpected: &[UnexpectedGoods], findings: &mut Findings) {
        if unexpected.is_empty() {
            return;
        }
        let mut on_row: HashMap<OrderRowId, Vec<&ReturnedItemId>> = HashMap::new();
        for unit in self.units.iter().map(|unit| &unit.returned_item_id) {
            if let Some(row) = self.on_credit.row_of(unit) {
                on_row.entry(row).or_default().push(unit);
            }
        }
        for unexpected in unexpected {
            let row = unexpected.row.map(|id| self.bundle_of(id).unwrap_or(id));
            let units = row.and_then(|row| on_row.get(&row)).into_iter().flatten().copied();
            let message = format!(
                "{} These goods were ignored. Identify the return they belong to.",
                unexpected.message
            );
            findings.add_review_for_units(ReviewCode::UnexpectedGoods, message, units);
        }
    }

    fn bundle_of(&self, row: OrderRowId) -> Option<OrderRowId> {
        self.credit.order_rows.get(&row)?.composition.parent_order_row_id
    }
}

/// Whether no goods are expected for the unit: nothing is shipped, or its return method is not synchronized.
pub(crate) fn expects_no_goods(unit: &Item, settings: &ConnectionSettings) -> bool {
    !unit.comes_back() || rma_facts::is_skipped(unit, settings)
}

fn missing_if(finished: bool, state: UnitState) -> UnitState {
    if finished && state == UnitState::Expected { UnitState::Missing } else { state }
}
