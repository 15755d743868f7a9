//! What became of received goods: releases from quarantine and write-offs.

use std::collections::BTreeMap;

use brightpearl::{
    GoodsInNoteId, GoodsMovementId, GoodsNoteId, ProductId,
    order::Order,
    warehouse::{GoodsMovement, GoodsNoteTypeCode},
};

use super::receipts::{self, Receipts, StockBucket};
use crate::{unique, world::World};

/// Applies the movements of the credit's batches: releases first, a unit can be written off after it was
/// released.
pub(super) fn apply(receipts: &mut Receipts, world: &World, credit: &Order) {
    let movements = unique::by_id(&world.goods_movements, |movement| movement.goods_movement_id);
    for ((_, batch, product), release) in releases(movements.iter().copied(), world, credit, receipts) {
        receipts.restock(batch, product, release.pieces());
    }
    for movement in movements {
        write_off(receipts, movement, world, credit);
    }
}

/// A movement names no credit when stock is released, and names the order it is for when somebody says so.
fn may_concern(movement: &GoodsMovement, credit: &Order) -> bool {
    movement.order_id.is_none_or(|order| order == credit.id)
}

/// Both sides of a transfer, as far as they are listed.
#[derive(Default)]
struct Transfer {
    arrived_in_stock: i64,
    left: i64,
    left_quarantine: i64,
}

impl Transfer {
    /// The pieces that came out of quarantine. Where the leaving side is listed, it has to be the quarantine: a
    /// transfer between two shelves restocks nothing.
    fn pieces(&self) -> i64 {
        if self.left == 0 { self.arrived_in_stock } else { self.arrived_in_stock.min(self.left_quarantine) }
    }
}

/// One transfer: its note (its own movement where no note is named), batch and product.
type TransferKey = (Result<GoodsNoteId, GoodsMovementId>, GoodsInNoteId, ProductId);

/// Internal transfers of the credit's batches (docs/evidence/brightpearl-warehouse.md#quarantine).
fn releases<'w>(
    movements: impl Iterator<Item = &'w GoodsMovement>,
    world: &World,
    credit: &Order,
    receipts: &Receipts,
) -> BTreeMap<TransferKey, Transfer> {
    let mut transfers: BTreeMap<TransferKey, Transfer> = BTreeMap::new();
    for movement in movements {
        let of_ours = movement.batch_id.filter(|batch| receipts.has_batch(*batch, movement.product_id));
        let is_transfer = movement.goods_note_type_code == Some(GoodsNoteTypeCode::InternalTransfer);
        let Some(batch) = of_ours.filter(|_| is_transfer && may_concern(movement, credit)) else { continue };
        let note = movement.goods_note_id.ok_or(movement.goods_movement_id);
        let transfer = transfers.entry((note, batch, movement.product_id)).or_default();
        let (pieces, quarantine) = (movement.quantity.saturating_abs(), in_quarantine(movement, world));
        if movement.quantity < 0 {
            transfer.left = transfer.left.saturating_add(pieces);
            if quarantine != Some(false) {
                transfer.left_quarantine = transfer.left_quarantine.saturating_add(pieces);
            }
        } else if quarantine == Some(false) {
            transfer.arrived_in_stock = transfer.arrived_in_stock.saturating_add(pieces);
        }
    }
    transfers
}

/// Negative stock corrections that name the credit, or one of its batches and no other order
/// (docs/evidence/brightpearl-warehouse.md#stock-corrections).
fn write_off(receipts: &mut Receipts, movement: &GoodsMovement, world: &World, credit: &Order) {
    let is_correction = movement.goods_note_type_code == Some(GoodsNoteTypeCode::StockCorrection);
    if !is_correction || movement.quantity >= 0 || !may_concern(movement, credit) {
        return;
    }
    let batch = movement.batch_id.filter(|batch| receipts.has_batch(*batch, movement.product_id));
    let from: &[StockBucket] = match in_quarantine(movement, world) {
        Some(true) => &[StockBucket::Quarantined, StockBucket::Received],
        Some(false) => &[StockBucket::Restocked, StockBucket::Received],
        None => &[StockBucket::Quarantined, StockBucket::Received, StockBucket::Restocked],
    };
    let (product, pieces) = (movement.product_id, movement.quantity.saturating_abs());
    match (movement.order_id, batch) {
        (Some(_), _) => receipts.write_off_own(batch, product, from, pieces),
        (None, Some(batch)) => receipts.write_off(batch, product, from, pieces),
        (None, None) => {}
    }
}

/// Whether a movement's location is the quarantine: by the warehouse where that is known, else by the flag.
fn in_quarantine(movement: &GoodsMovement, world: &World) -> Option<bool> {
    let known =
        receipts::in_quarantine(&world.account, movement.warehouse_id, movement.destination_location_id);
    match (known, movement.is_quarantine) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (known, flag) => known.or(flag),
    }
}
