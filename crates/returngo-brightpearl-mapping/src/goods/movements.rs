//! Stock movements of received goods: releases from quarantine and write-offs.

use std::collections::BTreeMap;

use brightpearl::{
    GoodsInNoteId, GoodsMovementId, GoodsNoteId, ProductId,
    order::Order,
    warehouse::{GoodsMovement, GoodsNoteTypeCode},
};

use super::receipts::{Owner, Receipts, StockBucket, StockChange};
use crate::{unique, world::World};

/// Returns the changes that the stock movements of the credit's batches make, in the order in which they apply: releases
/// from quarantine first, because a unit can be written off after its release.
pub(super) fn stock_changes(world: &World, credit: &Order, receipts: &Receipts) -> Vec<StockChange> {
    let movements = unique::by_id(&world.goods_movements, |movement| movement.goods_movement_id);
    let transfers = transfers(movements.iter().copied(), world, credit, receipts);
    let released = transfers.into_iter().map(|((_, batch, product), transfer)| StockChange {
        owner: Owner::Batch(batch),
        product,
        from: &[StockBucket::Quarantined, StockBucket::Received],
        to: StockBucket::Restocked,
        pieces: transfer.released(),
    });
    let written_off =
        movements.into_iter().filter_map(|movement| write_off(movement, world, credit, receipts));
    released.chain(written_off).collect()
}

/// Whether a movement may belong to the credit. Releases from quarantine name no order.
fn may_concern(movement: &GoodsMovement, credit: &Order) -> bool {
    movement.order_id.is_none_or(|order| order == credit.id)
}

/// The pieces on both sides of a transfer, as far as they are listed.
#[derive(Default)]
struct Transfer {
    arrived_in_stock: i64,
    left: i64,
    left_quarantine: i64,
}

impl Transfer {
    /// Returns the pieces that left quarantine. If the leaving side is listed, it must be the quarantine: a transfer between
    /// two shelves restocks nothing.
    fn released(&self) -> i64 {
        if self.left == 0 { self.arrived_in_stock } else { self.arrived_in_stock.min(self.left_quarantine) }
    }
}

/// Identifies a transfer: its note (or movement, if it names no note), batch and product.
type TransferKey = (Result<GoodsNoteId, GoodsMovementId>, GoodsInNoteId, ProductId);

/// Returns the internal transfers of the credit's batches (docs/evidence/brightpearl-warehouse.md#quarantine).
fn transfers<'w>(
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
        let (pieces, quarantine) = (movement.quantity.saturating_abs(), is_in_quarantine(movement, world));
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

/// Returns the write-off of a negative stock correction that names the credit, or one of its batches and no other order
/// (docs/evidence/brightpearl-warehouse.md#stock-corrections).
fn write_off(
    movement: &GoodsMovement,
    world: &World,
    credit: &Order,
    receipts: &Receipts,
) -> Option<StockChange> {
    let is_correction = movement.goods_note_type_code == Some(GoodsNoteTypeCode::StockCorrection);
    if !is_correction || movement.quantity >= 0 || !may_concern(movement, credit) {
        return None;
    }
    let batch = movement.batch_id.filter(|batch| receipts.has_batch(*batch, movement.product_id));
    let owner = match (movement.order_id, batch) {
        (Some(_), batch) => Owner::Credit { batch },
        (None, Some(batch)) => Owner::Batch(batch),
        (None, None) => return None,
    };
    let from: &[StockBucket] = match is_in_quarantine(movement, world) {
        Some(true) => &[StockBucket::Quarantined, StockBucket::Received],
        Some(false) => &[StockBucket::Restocked, StockBucket::Received],
        None => &[StockBucket::Quarantined, StockBucket::Received, StockBucket::Restocked],
    };
    let (product, pieces) = (movement.product_id, movement.quantity.saturating_abs());
    Some(StockChange { owner, product, from, to: StockBucket::WrittenOff, pieces })
}

/// Whether a movement's location is a quarantine: according to the warehouse if it is known, else according to the
/// movement.
fn is_in_quarantine(movement: &GoodsMovement, world: &World) -> Option<bool> {
    let known = world.account.is_quarantine(movement.warehouse_id, movement.destination_location_id);
    match (known, movement.is_quarantine) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (known, flag) => known.or(flag),
    }
}
