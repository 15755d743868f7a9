//! The explanation of the units and of the RMA's updates.

use std::collections::HashMap;

use brightpearl::warehouse::GoodsNoteStatus;
use returngo::{ReturnedItemId, ShipmentId};

use super::ExplanationContext;
use crate::{plan::UnitState, rma_facts, world::World};

/// Lists the state of each unit, and the goods-in notes and stock movements behind it.
pub(super) fn units(case: &ExplanationContext<'_>) -> Vec<String> {
    let items = rma_facts::units(&case.world.rma);
    let skus: HashMap<&ReturnedItemId, &str> =
        items.into_iter().filter_map(|item| Some((&item.returned_item_id, item.sku.as_deref()?))).collect();
    let line = |unit: &crate::plan::UnitStatus| {
        let sku = skus.get(&unit.returned_item_id).map_or_else(String::new, |sku| format!(" ({sku})"));
        let row = unit.row_id.map_or_else(String::new, |row| format!(", row {row} of the credit"));
        format!("{}{sku}{row}: {}", unit.returned_item_id, meaning(unit.state))
    };
    let mut lines: Vec<String> = case.plan.state.units.iter().map(line).collect();
    if let Some(credit) = case.credit() {
        lines.extend(notes(case.world, credit.id));
        lines.extend(movements(case.world, credit.id));
    }
    lines
}

fn meaning(state: UnitState) -> &'static str {
    match state {
        UnitState::Expected => "expected, not received yet",
        UnitState::Received => {
            "received; whether into stock is unknown, because the warehouse's quarantine location is unknown"
        }
        UnitState::Quarantined => "quarantined: received into the quarantine location, not released yet",
        UnitState::Restocked => "restocked: received into stock, or released from quarantine",
        UnitState::WrittenOff => "written off by a stock correction",
        UnitState::Missing => "missing: not received, although the credit is finished",
        UnitState::NoReturn => "no return expected",
    }
}

fn notes(world: &World, credit: brightpearl::OrderId) -> Vec<String> {
    let of_credit = world.goods_in_notes.iter().filter(|(_, note)| note.order_id == credit);
    of_credit
        .flat_map(|(id, note)| {
            let cancelled = note.goods_note_status == GoodsNoteStatus::Cancelled;
            let counts = if cancelled { ", cancelled: ignored" } else { "" };
            note.goods_moved.iter().map(move |line| {
                let row =
                    line.purchase_order_row_id.map_or_else(String::new, |row| format!(" for row {row}"));
                let location = line.destination_location_id;
                let place = location
                    .map_or_else(String::new, |at| format!(" into location {at}{}", quarantine(world, at)));
                format!(
                    "goods-in note {id}: {} of product {}{row}{place}{counts}",
                    line.quantity, line.product_id
                )
            })
        })
        .collect()
}

fn quarantine(world: &World, location: brightpearl::LocationId) -> &'static str {
    let mut warehouses = world.account.warehouses.iter();
    let is_quarantine = warehouses.any(|warehouse| warehouse.quarantine_location_id == Some(location));
    if is_quarantine { " (quarantine)" } else { "" }
}

fn movements(world: &World, credit: brightpearl::OrderId) -> Vec<String> {
    let of_credit =
        world.goods_movements.iter().filter(|movement| movement.order_id.is_none_or(|order| order == credit));
    of_credit
        .map(|movement| {
            let kind = movement.goods_note_type_code.as_ref().map_or("", |kind| kind.as_str());
            let location = movement.destination_location_id;
            let place =
                location.map_or_else(String::new, |at| format!(" at location {at}{}", quarantine(world, at)));
            let batch = movement.batch_id.map_or_else(String::new, |batch| format!(", batch {batch}"));
            format!(
                "movement {} ({kind}): {} of product {}{place}{batch}",
                movement.goods_movement_id, movement.quantity, movement.product_id
            )
        })
        .collect()
}

/// Summarizes the progress of the units.
fn progress(case: &ExplanationContext<'_>) -> String {
    let units = &case.plan.state.units;
    let came = units.iter().filter(|unit| unit.state.was_received()).count();
    let settled = units.iter().filter(|unit| unit.state.is_settled()).count();
    let stage =
        if settled == units.len() { "every unit is accounted for" } else { "the return is not finished" };
    format!("{came} of {} units received, {settled} accounted for: {stage}", units.len())
}

/// Explains the update of a return shipment.
pub(super) fn shipment(case: &ExplanationContext<'_>, id: &ShipmentId) -> Vec<String> {
    let now = case.world.rma.shipments.iter().find(|shipment| shipment.shipment_id == *id);
    let now = now
        .map(|shipment| format!("current status {}; units of this shipment were received", shipment.status));
    now.into_iter().chain([progress(case)]).collect()
}

/// Explains the update of the RMA's status.
pub(super) fn rma(case: &ExplanationContext<'_>) -> Vec<String> {
    vec![
        format!("current status {}; the shipment of the units is unknown", case.world.rma.status()),
        progress(case),
    ]
}

/// Explains a comment.
pub(super) fn comment() -> &'static str {
    "the RMA has no comment with this key yet"
}
