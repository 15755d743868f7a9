//! Goods movements (docs/evidence/brightpearl-warehouse.md#goods-movements).

use std::collections::BTreeSet;

use brightpearl::{
    GoodsInNoteId, GoodsMovementId, GoodsNoteId, LocationId, OffsetDateTime, OrderId, OrderRowId, ProductId,
    WarehouseId,
    warehouse::{GoodsMovement, GoodsNoteTypeCode},
};
use serde_json::json;

use crate::{
    gateway::{Answer, Call, Problem},
    index::MovementKey,
    search::{Column, Kind, Table, no_names},
    state::Account,
    stock::{BatchStock, Cost},
    text,
};

/// The columns in Brightpearl's order.
const MOVEMENTS: Table<GoodsMovement> = Table {
    columns: &[
        Column::new("goodsMovementId", Kind::IdSet, |movement| json!(movement.goods_movement_id)),
        Column::new("productId", Kind::Integer, |movement| json!(movement.product_id)),
        Column::new("salesOrderRowId", Kind::IdSet, |movement| json!(movement.sales_order_row_id)),
        Column::new("purchaseOrderRowId", Kind::IdSet, |movement| json!(movement.purchase_order_row_id)),
        Column::new("quantity", Kind::Integer, |movement| json!(movement.quantity)),
        Column::new("destinationLocationId", Kind::Integer, |movement| {
            json!(movement.destination_location_id)
        }),
        Column::new("warehouseId", Kind::Integer, |movement| json!(movement.warehouse_id)),
        Column::new("goodsNoteId", Kind::IdSet, |movement| json!(movement.goods_note_id)),
        Column::new("productValue", Kind::Text, |movement| text(movement.product_value)),
        Column::new("currencyCode", Kind::Text, |movement| json!(movement.currency_code)),
        Column::new("orderId", Kind::Integer, |movement| json!(movement.order_id)),
        Column::new("isCleared", Kind::Boolean, |movement| json!(movement.is_cleared)),
        Column::new("isQuarantine", Kind::Boolean, |movement| json!(movement.is_quarantine)),
        Column::new("batchId", Kind::Integer, |movement| json!(movement.batch_id)),
        Column::new("goodsNoteTypeCode", Kind::Text, |movement| json!(movement.goods_note_type_code)),
        Column::new("updatedOn", Kind::Period, |movement| json!(movement.updated_on)),
    ],
    sort: "goodsMovementId",
};

/// `GET /goods-movement-search`.
pub(crate) fn search(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let found = candidates(account, call).into_iter();
    MOVEMENTS.search(found.filter(|movement| call.is_indexed(movement.updated_on)), call, &no_names)
}

/// Selects the movements for a search by batch, note or order, if the request filters by one of them.
fn candidates<'a>(account: &'a Account, call: &Call<'_>) -> Vec<&'a GoodsMovement> {
    let filters = [
        ("batchId", MovementKey::Batch),
        ("goodsNoteId", MovementKey::Note),
        ("orderId", MovementKey::Order),
    ];
    let named = filters.into_iter().find_map(|(name, under)| Some((under, call.filtered_ids(name)?)));
    match named.filter(|(_, ids)| ids.len() <= account.movements.len() as u64) {
        Some((under, ids)) => {
            let places = ids.iter().flat_map(|id| account.index.movements(under, id));
            let places: BTreeSet<usize> = places.copied().collect();
            places.into_iter().filter_map(|place| account.movements.get(place)).collect()
        }
        None => account.movements.iter().collect(),
    }
}

/// A new movement. The quantity is positive where goods arrive, negative where they leave.
pub(super) struct NewMovement {
    pub(super) note: GoodsNoteId,
    pub(super) kind: GoodsNoteTypeCode,
    pub(super) product: ProductId,
    pub(super) quantity: i64,
    pub(super) warehouse: WarehouseId,
    pub(super) location: LocationId,
    pub(super) batch: GoodsInNoteId,
    pub(super) cost: Cost,
    pub(super) order: Option<OrderId>,
    pub(super) row: Option<OrderRowId>,
}

/// Records a movement and the stock that follows from it.
pub(super) fn record(account: &mut Account, moved: NewMovement, time: OffsetDateTime) -> GoodsMovementId {
    let id = GoodsMovementId::new(account.next_ids.movement.next());
    let quarantine = account.warehouse(moved.warehouse).map(|stored| stored.quarantine_location);
    let mut value = moved.cost.value;
    value.rescale(4);
    let is_quarantine = quarantine == Some(moved.location);
    let units = BatchStock { batch: moved.batch, quantity: moved.quantity, cost: moved.cost.clone() };
    account.stock.add(moved.product, moved.location, units);
    if !is_quarantine || account.switches.quarantine_is_on_hand {
        account.stock.add_on_hand(moved.product, moved.warehouse, moved.quantity);
    }
    account.insert_movement(GoodsMovement {
        goods_movement_id: id,
        product_id: moved.product,
        sales_order_row_id: None,
        purchase_order_row_id: moved.row,
        quantity: moved.quantity,
        destination_location_id: Some(moved.location),
        warehouse_id: Some(moved.warehouse),
        goods_note_id: Some(moved.note),
        product_value: Some(value),
        currency_code: Some(moved.cost.currency),
        order_id: moved.order,
        is_cleared: Some(true),
        is_quarantine: Some(is_quarantine),
        batch_id: Some(moved.batch),
        goods_note_type_code: Some(moved.kind),
        updated_on: Some(time),
    });
    id
}
