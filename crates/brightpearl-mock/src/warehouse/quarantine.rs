//! The quarantine of a warehouse (docs/evidence/brightpearl-warehouse.md#quarantine).

use brightpearl::{
    GoodsInNoteId, GoodsNoteId, LocationId, ProductId, WarehouseId, warehouse::GoodsNoteTypeCode,
};
use serde::Deserialize;

use super::{
    goods_movement::{self, NewMovement},
    refused,
    warehouse::{in_path, to_work_in},
};
use crate::{
    gateway::{Answer, Call, Problem},
    records::Event,
    state::Account,
    stock::first_in_first_out,
};

/// `GET /warehouse/{id}/location/quarantine`: a bare integer.
pub(crate) fn location(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    in_path(account, call).map(|stored| Answer::of(stored.quarantine_location))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReleaseBody {
    product_id: Option<ProductId>,
    quantity: Option<i64>,
    to_location_id: Option<LocationId>,
}

/// `POST /warehouse/{id}/quarantine/release`: answers `{}`. Makes an internal transfer by batch, the oldest first.
/// That batches are kept is an assumption.
pub(crate) fn release(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let body: ReleaseBody = call.body()?;
    let warehouse: WarehouseId = call.id(0)?;
    let stored = to_work_in(account, warehouse)?;
    let quarantine = stored.quarantine_location;
    let product = body.product_id.ok_or_else(|| refused("productId is required"))?;
    let quantity = body.quantity.filter(|quantity| *quantity > 0);
    let quantity = quantity.ok_or_else(|| refused("quantity must be above 0"))?;
    let to = body.to_location_id.filter(|to| *to != quarantine && stored.has(*to));
    let to = to.ok_or_else(|| {
        refused(format!("toLocationId must be a location of warehouse {warehouse}, not its quarantine"))
    })?;
    let batches =
        first_in_first_out(account.stock.batches_in(quarantine, product), quantity).ok_or_else(|| {
            let message = format!("None of the requested products are available in location {quarantine}");
            Problem::new(account.switches.empty_quarantine_status, "WHSB-023", message)
        })?;

    let note = GoodsNoteId::new(account.next_ids.goods_note.next());
    let now = account.local(call.now);
    let mut arrivals = Vec::new();
    for batch in batches {
        let keeps = account.switches.releases_keep_the_batch;
        let after = if keeps { batch.batch } else { GoodsInNoteId::new(note.get()) };
        for (location, quantity, of_batch) in
            [(quarantine, -batch.quantity, batch.batch), (to, batch.quantity, after)]
        {
            let moved = NewMovement {
                note,
                kind: GoodsNoteTypeCode::InternalTransfer,
                product,
                quantity,
                warehouse,
                location,
                batch: of_batch,
                cost: batch.cost.clone(),
                order: None,
                row: None,
            };
            let movement = goods_movement::record(account, moved, now);
            if location == to {
                arrivals.push(movement.get());
            }
        }
    }
    let ids = if account.switches.releases_are_told_by_movement { arrivals } else { vec![note.get()] };
    account.raise(Event::quarantine_release_created(ids));
    if let Some(event) = Event::on_hand_modified([product]) {
        account.raise(event);
    }
    Ok(Answer::nothing())
}
