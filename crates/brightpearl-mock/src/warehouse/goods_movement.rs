//! Goods movements, and the stock that follows from them (docs/evidence/brightpearl-warehouse.md#goods-movements).

use std::collections::{BTreeMap, BTreeSet};

use brightpearl::{
    CurrencyCode, GoodsInNoteId, GoodsMovementId, GoodsNoteId, LocationId, OffsetDateTime, OrderId,
    OrderRowId, ProductId, WarehouseId,
    warehouse::{GoodsMovement, GoodsNoteTypeCode},
};
use rust_decimal::Decimal;
use serde_json::json;

use crate::{
    gateway::{Answer, Call, Problem},
    index::Filed,
    search::{Column, Kind, Table, no_names},
    state::{Account, take},
};

/// The columns in live order.
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
        Column::new("productValue", Kind::Text, |movement| json!(movement.product_value)),
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

/// The movements that a search can find: those of a batch, a note or an order, where it names one.
fn candidates<'a>(account: &'a Account, call: &Call<'_>) -> Vec<&'a GoodsMovement> {
    let filters = [("batchId", Filed::Batch), ("goodsNoteId", Filed::Note), ("orderId", Filed::Order)];
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

/// A movement to note down: positive where goods arrive, negative where they leave.
pub(super) struct Moved {
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

/// What one unit is worth.
#[derive(Debug, Clone)]
pub(crate) struct Cost {
    pub(super) currency: CurrencyCode,
    pub(super) value: Decimal,
}

/// Units of a product that lie in one place under one batch.
#[derive(Debug, Clone)]
pub(crate) struct BatchStock {
    pub(super) batch: GoodsInNoteId,
    pub(super) quantity: i64,
    pub(super) cost: Cost,
}

impl Account {
    pub(super) fn record_movement(&mut self, moved: Moved, time: OffsetDateTime) -> GoodsMovementId {
        let id = GoodsMovementId::new(take(&mut self.next.movement));
        let quarantine = self.warehouse(moved.warehouse).map(|stored| stored.quarantine_location);
        let mut value = moved.cost.value;
        value.rescale(4);
        let is_quarantine = quarantine == Some(moved.location);
        let empty = BatchStock { batch: moved.batch, quantity: 0, cost: moved.cost.clone() };
        let batches = self.index.stock.entry((moved.location, moved.product)).or_default();
        batches.entry(moved.batch).or_insert(empty).quantity += moved.quantity;
        if !is_quarantine || self.switches.quarantine_is_on_hand {
            *self.index.on_hand.entry((moved.product, moved.warehouse)).or_default() += moved.quantity;
        }
        self.insert_movement(GoodsMovement {
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

    /// The location whose goods are not on hand.
    pub(super) fn quarantine_apart(&self, warehouse: WarehouseId) -> Option<LocationId> {
        let stored = self.warehouse(warehouse).filter(|_| !self.switches.quarantine_is_on_hand);
        stored.map(|stored| stored.quarantine_location)
    }

    /// What lies in a location, the oldest batch first.
    pub(super) fn stock_in(&self, location: LocationId, product: ProductId) -> Vec<BatchStock> {
        let batches = self.index.stock.get(&(location, product)).into_iter().flat_map(BTreeMap::values);
        batches.filter(|stock| stock.quantity > 0).cloned().collect()
    }

    pub(super) fn next_goods_note(&mut self) -> u64 {
        take(&mut self.next.goods_note)
    }
}

/// Takes units from batches, the oldest first; none when there are not enough.
pub(super) fn first_in_first_out(batches: Vec<BatchStock>, quantity: i64) -> Option<Vec<BatchStock>> {
    let mut missing = quantity;
    let mut taken = Vec::new();
    for mut batch in batches {
        if missing == 0 {
            break;
        }
        if batch.quantity <= 0 {
            continue;
        }
        batch.quantity = batch.quantity.min(missing);
        missing -= batch.quantity;
        taken.push(batch);
    }
    (missing == 0).then_some(taken)
}
