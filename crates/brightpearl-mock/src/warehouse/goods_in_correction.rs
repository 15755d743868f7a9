//! Reverting receipts: in part by a correction, completely by deleting the note
//! (docs/evidence/brightpearl-warehouse.md#deleting-a-goods-in-note,
//! docs/evidence/brightpearl-warehouse.md#goods-in-corrections).

use brightpearl::{
    GoodsInNoteId, GoodsNoteId, LocationId, ProductId,
    warehouse::{GoodsInLine, GoodsInNote, GoodsNoteStatus, GoodsNoteTypeCode, ProductValue},
};
use jiff::Timestamp;
use serde::Deserialize;

use super::{
    goods_movement::{self, NewMovement},
    refused,
};
use crate::{
    gateway::{Answer, Call, Problem, placeholder_codes},
    order::received_or_paid,
    records::Event,
    state::Account,
    stock::Cost,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CorrectionBody {
    product_id: Option<ProductId>,
    location_id: Option<LocationId>,
    cost: Option<Cost>,
    quantity: Option<i64>,
}

/// `POST /goods-note/goods-in/{id}/correction`: answers `{}`. Removes units from the note's line and the batch. That
/// the order's stock status changes back is an assumption.
pub(crate) fn correct(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let body: CorrectionBody = call.body()?;
    let id: GoodsInNoteId = call.id(0)?;
    let note = received(account, id)?;
    let product = body.product_id.ok_or_else(|| refused("productId is required"))?;
    let location = body.location_id.ok_or_else(|| refused("locationId is required"))?;
    let Cost { currency, value } = body.cost.ok_or_else(|| refused("cost is required"))?;
    let quantity = body.quantity.filter(|quantity| *quantity > 0);
    let quantity = quantity.ok_or_else(|| refused("quantity must be above 0"))?;
    let same = |line: &&GoodsInLine| {
        line.product_id == product
            && line.destination_location_id == Some(location)
            && line.product_value == Some(ProductValue { currency: currency.clone(), value })
    };
    let line = note.goods_moved.iter().find(same).cloned().ok_or_else(|| {
        refused(format!("Note {id} received no product {product} in location {location} at this cost"))
    })?;
    if quantity > line.quantity {
        return Err(refused(format!("Note {id} received {} of product {product}", line.quantity)));
    }
    take_back(account, id, &[GoodsInLine { quantity, ..line.clone() }], call.now)?;
    if let Some(note) = account.goods_in_notes.get_mut(&id) {
        note.goods_moved
            .iter_mut()
            .filter(|other| **other == line)
            .for_each(|line| line.quantity -= quantity);
    }
    let order = received(account, id)?.order_id;
    received_or_paid(account, order, call.now);
    Ok(Answer::nothing())
}

/// `DELETE /goods-note/goods-in/{id}`: only while all its units are still in stock. That the note stays as
/// `CANCELLED` and its journal is removed are assumptions.
pub(crate) fn delete(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let id: GoodsInNoteId = call.id(0)?;
    let GoodsInNote { order_id, goods_moved, .. } = received(account, id)?.clone();
    take_back(account, id, &goods_moved, call.now)?;
    if let Some(note) = account.goods_in_notes.get_mut(&id) {
        note.goods_note_status = GoodsNoteStatus::Cancelled;
    }
    if let Some(journal) = account.goods_in_journals.remove(&id) {
        account.journals.remove(&journal);
    }
    received_or_paid(account, order_id, call.now);
    Ok(Answer::nothing())
}

fn received(account: &Account, id: GoodsInNoteId) -> Result<&GoodsInNote, Problem> {
    let note = account.goods_in_notes.get(&id);
    let note = note.filter(|note| note.goods_note_status != GoodsNoteStatus::Cancelled);
    note.ok_or_else(|| Problem::not_found(format!("Cannot find goods-in note: {id}")))
}

/// Removes units of a note's batch. All of them must still be in the location where they were received.
fn take_back(
    account: &mut Account,
    id: GoodsInNoteId,
    lines: &[GoodsInLine],
    now: Timestamp,
) -> Result<(), Problem> {
    let mut movements = Vec::new();
    for line in lines {
        let (Some(location), Some(warehouse), Some(ProductValue { currency, value })) =
            (line.destination_location_id, line.warehouse_id, line.product_value.clone())
        else {
            return Err(Problem::internal(None));
        };
        let batch =
            account.stock.batches_in(location, line.product_id).into_iter().find(|stock| stock.batch == id);
        if batch.is_none_or(|stock| stock.quantity < line.quantity) {
            let message = format!("Location {location} no longer holds {} of note {id}", line.quantity);
            return Err(Problem::new(409, placeholder_codes::NOT_ENOUGH_STOCK, message));
        }
        movements.push(NewMovement {
            note: GoodsNoteId::new(id.get()),
            kind: GoodsNoteTypeCode::GoodsIn,
            product: line.product_id,
            quantity: -line.quantity,
            warehouse,
            location,
            batch: id,
            cost: Cost { currency, value },
            order: None,
            row: line.purchase_order_row_id,
        });
    }
    let time = account.local(now);
    for moved in movements {
        goods_movement::record(account, moved, time);
    }
    if let Some(event) = Event::on_hand_modified(lines.iter().map(|line| line.product_id)) {
        account.raise(event);
    }
    Ok(())
}
