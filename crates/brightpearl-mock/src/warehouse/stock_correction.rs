//! Stock corrections: units found or written off (docs/evidence/brightpearl-warehouse.md#stock-corrections). They
//! have no webhook of their own.

use brightpearl::{
    GoodsInNoteId, GoodsNoteId, LocationId, OffsetDateTime, OrderId, ProductId, WarehouseId,
    warehouse::GoodsNoteTypeCode,
};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    goods_movement::{self, NewMovement},
    refused,
    warehouse::to_work_in,
};
use crate::{
    gateway::{Answer, Call, Problem, placeholder_codes},
    number,
    records::{Event, StoredCorrection},
    state::{API_USER, Account},
    stock::{BatchStock, Cost, first_in_first_out},
};

#[derive(Deserialize)]
struct CorrectionsBody {
    #[serde(default)]
    corrections: Vec<CorrectionBody>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CorrectionBody {
    quantity: Option<i64>,
    product_id: Option<ProductId>,
    reason: Option<String>,
    location_id: Option<LocationId>,
    cost: Option<Cost>,
    batch_id: Option<GoodsInNoteId>,
    order_id: Option<OrderId>,
}

/// `POST /warehouse/{id}/stock-correction`: answers with one note id for each correction.
pub(crate) fn create(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let body: CorrectionsBody = call.body()?;
    let warehouse: WarehouseId = call.id(0)?;
    to_work_in(account, warehouse)?;
    if body.corrections.is_empty() {
        return Err(refused("corrections must have at least one entry"));
    }
    let mut corrections = Vec::new();
    for correction in body.corrections {
        let checked = check(account, warehouse, correction, &corrections, account.local(call.now))?;
        corrections.push(checked);
    }
    let products: Vec<ProductId> = corrections.iter().map(|correction| correction.product).collect();
    let notes: Vec<GoodsNoteId> =
        corrections.into_iter().map(|correction| record(account, correction)).collect();
    if let Some(event) = Event::on_hand_modified(products) {
        account.raise(event);
    }
    Ok(Answer::of(notes))
}

/// Checks a correction after the earlier ones of its request.
fn check(
    account: &Account,
    warehouse: WarehouseId,
    body: CorrectionBody,
    earlier: &[StoredCorrection],
    created_on: OffsetDateTime,
) -> Result<StoredCorrection, Problem> {
    let product = body.product_id.filter(|product| account.is_stock_tracked(*product));
    let product = product.ok_or_else(|| refused("productId must name a stock-tracked product"))?;
    let reason =
        body.reason.filter(|reason| !reason.is_empty()).ok_or_else(|| refused("reason is required"))?;
    let location = body
        .location_id
        .filter(|location| account.warehouse(warehouse).is_some_and(|stored| stored.has(*location)));
    let location =
        location.ok_or_else(|| refused(format!("locationId must be a location of warehouse {warehouse}")))?;
    let quantity = body.quantity.filter(|quantity| *quantity != 0);
    let quantity = quantity.ok_or_else(|| refused("quantity must not be 0"))?;
    let is_quarantine =
        account.warehouse(warehouse).is_some_and(|stored| stored.quarantine_location == location);
    if is_quarantine && quantity < 0 && !account.switches.quarantine_can_be_corrected {
        return Err(refused(format!("Location {location} is a quarantine: goods leave it by release only")));
    }
    let moved = if quantity > 0 {
        let Cost { currency, value } =
            body.cost.ok_or_else(|| refused("cost is required when stock is added"))?;
        // The note that adds stock is its batch. Its id is assigned later.
        vec![BatchStock { batch: GoodsInNoteId::new(0), quantity, cost: Cost { currency, value } }]
    } else {
        let mut batches = account.stock.batches_in(location, product);
        batches.retain(|stock| body.batch_id.is_none_or(|wanted| stock.batch == wanted));
        for stock in &mut batches {
            stock.quantity += taken_by(earlier, location, product, stock.batch);
        }
        let mut taken = first_in_first_out(batches, -quantity).ok_or_else(|| {
            let message = format!("Location {location} does not hold {} of product {product}", -quantity);
            Problem::new(409, placeholder_codes::NOT_ENOUGH_STOCK, message)
        })?;
        taken.iter_mut().for_each(|batch| batch.quantity = -batch.quantity);
        taken
    };
    Ok(StoredCorrection { warehouse, order: body.order_id, reason, product, location, moved, created_on })
}

/// Returns the units that corrections removed from a batch in a location, as a negative number.
fn taken_by(
    corrections: &[StoredCorrection],
    location: LocationId,
    product: ProductId,
    batch: GoodsInNoteId,
) -> i64 {
    let there = corrections
        .iter()
        .filter(|correction| correction.location == location && correction.product == product);
    there
        .flat_map(|correction| &correction.moved)
        .filter(|moved| moved.batch == batch)
        .map(|moved| moved.quantity)
        .sum()
}

/// Adds opening stock.
pub(crate) fn add(
    account: &mut Account,
    product: ProductId,
    warehouse: WarehouseId,
    location: LocationId,
    quantity: i64,
    cost: Decimal,
) {
    let cost = Cost { currency: account.base_currency(), value: cost };
    let correction = StoredCorrection {
        warehouse,
        order: None,
        reason: "Opening stock".to_owned(),
        product,
        location,
        moved: vec![BatchStock { batch: GoodsInNoteId::new(0), quantity, cost }],
        created_on: account.local(Timestamp::UNIX_EPOCH),
    };
    record(account, correction);
}

fn record(account: &mut Account, mut correction: StoredCorrection) -> GoodsNoteId {
    let note = GoodsNoteId::new(account.next_ids.goods_note.next());
    for batch in &mut correction.moved {
        if batch.quantity > 0 {
            batch.batch = GoodsInNoteId::new(note.get());
        }
        let moved = NewMovement {
            note,
            kind: GoodsNoteTypeCode::StockCorrection,
            product: correction.product,
            quantity: batch.quantity,
            warehouse: correction.warehouse,
            location: correction.location,
            batch: batch.batch,
            cost: batch.cost.clone(),
            order: correction.order,
            row: None,
        };
        goods_movement::record(account, moved, correction.created_on);
    }
    account.stock_corrections.insert(note, correction);
    note
}

/// `GET /warehouse/{id}/stock-correction/{ids}`.
pub(crate) fn get(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let warehouse: WarehouseId = call.id(0)?;
    let ids = call.ids(1)?.unwrap_or_default();
    let found: Vec<Value> = account
        .stock_corrections
        .iter()
        .filter(|(id, correction)| ids.contains(id.get()) && correction.warehouse == warehouse)
        .map(|(id, correction)| view(*id, correction))
        .collect();
    Answer::non_empty(found, "No stock corrections found")
}

fn view(note: GoodsNoteId, correction: &StoredCorrection) -> Value {
    let moved = |batch: &BatchStock| {
        json!({
            "productId": correction.product,
            "quantity": batch.quantity,
            "destinationLocationId": correction.location,
            // A JSON number, while goods-in notes have a string
            // (docs/evidence/brightpearl-warehouse.md#stock-corrections).
            "productValue": { "currency": batch.cost.currency, "value": number(batch.cost.value) },
            "batchGoodsNoteId": batch.batch,
            "createdOn": correction.created_on,
            "createdBy": API_USER,
        })
    };
    json!({
        "goodsNoteId": note,
        "warehouseId": correction.warehouse,
        "orderId": correction.order,
        "reason": correction.reason,
        "goodsMoved": correction.moved.iter().map(moved).collect::<Vec<_>>(),
    })
}
