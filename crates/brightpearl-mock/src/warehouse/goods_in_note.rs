//! Goods-in notes: receipts against sales credits and purchase orders
//! (docs/evidence/brightpearl-warehouse.md#goods-in-notes).

use std::collections::BTreeMap;

use brightpearl::{
    GoodsInNoteId, GoodsNoteId, LocationId, OffsetDateTime, OrderId, OrderRowId, ProductId, WarehouseId,
    order::{Order, OrderTypeCode},
    warehouse::{GoodsInLine, GoodsInNote, GoodsNoteStatus, GoodsNoteTypeCode, ProductValue},
};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Deserialize;

use super::{
    goods_movement::{self, NewMovement},
    refused,
    warehouse::to_work_in,
};
use crate::{
    accounting::journal::{self, COST_OF_SALES, STOCK},
    decimals::two_decimals,
    gateway::{Answer, Call, Problem, placeholder_codes},
    order::{is_received_row, received_on_row, received_or_paid},
    records::{Event, Line as JournalLine, Posting},
    state::{API_USER, Account},
    stock::Cost,
};

/// `GET /order/{ids or *}/goods-note/goods-in[/{ids}]`: a map by note id.
pub(crate) fn get(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let (orders, notes) = (call.ids_or_any(0)?, call.ids(1)?);
    if orders.is_none() && notes.is_none() {
        return Err(Problem::client(
            placeholder_codes::GOODS,
            "With * as the order the note IDs are required",
        ));
    }
    let candidates: Vec<&GoodsInNote> = match (&orders, &notes) {
        (Some(orders), _) => orders.iter().flat_map(|order| account.goods_in_notes_of(order)).collect(),
        (None, Some(notes)) => notes.iter().filter_map(|id| account.goods_in_notes.get(&id)).collect(),
        (None, None) => Vec::new(),
    };
    let found: BTreeMap<String, &GoodsInNote> = candidates
        .into_iter()
        .filter_map(|note| Some((note.goods_note_id?, note)))
        .filter(|(id, _)| notes.as_ref().is_none_or(|notes| notes.contains(*id)))
        .map(|(id, note)| (id.to_string(), note))
        .collect();
    if found.is_empty() {
        return Err(Problem::not_found("There are no goods-in notes in that range of orders and notes"));
    }
    Ok(Answer::of(found))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NoteBody {
    #[serde(default)]
    transfer: bool,
    warehouse_id: Option<WarehouseId>,
    #[serde(default)]
    goods_moved: Vec<LineBody>,
    received_on: Option<OffsetDateTime>,
    user_batch_reference: Option<String>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct LineBody {
    product_id: Option<ProductId>,
    purchase_order_row_id: Option<OrderRowId>,
    quantity: Option<i64>,
    destination_location_id: Option<LocationId>,
    product_value: Option<Cost>,
}

/// A valid line.
#[derive(Clone)]
struct Line {
    product: ProductId,
    row: OrderRowId,
    quantity: i64,
    location: LocationId,
    cost: Cost,
}

/// `POST /order/{id}/goods-note/goods-in`: creates one note, or several if a product is on several rows. Answers with
/// the first id.
pub(crate) fn create(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let body: NoteBody = call.body()?;
    let order_id: OrderId = call.id(0)?;
    let order = receivable(account, order_id)?;
    let warehouse = body.warehouse_id.ok_or_else(|| refused("warehouseId is required"))?;
    to_work_in(account, warehouse)?;
    let received_on = body.received_on.ok_or_else(|| refused("receivedOn is required"))?;
    refuse_duplicate(account, body.user_batch_reference.as_deref())?;
    let lines = body
        .goods_moved
        .iter()
        .map(|line| check(account, order, warehouse, line))
        .collect::<Result<Vec<Line>, Problem>>()?;
    if lines.is_empty() {
        return Err(refused("goodsMoved must have at least one line"));
    }
    check_quantities(account, order, &lines)?;

    let now = account.local(call.now);
    let notes: Vec<GoodsInNoteId> = split(&lines)
        .into_iter()
        .map(|lines| {
            let id = GoodsInNoteId::new(account.next_ids.goods_note.next());
            let worth = lines.iter().map(|line| line.cost.value * Decimal::from(line.quantity)).sum();
            for line in &lines {
                goods_movement::record(account, movement(id, order_id, warehouse, line), now);
            }
            let note = GoodsInNote {
                goods_note_id: Some(id),
                order_id,
                transfer: body.transfer,
                goods_note_status: GoodsNoteStatus::Open,
                user_batch_reference: body.user_batch_reference.clone(),
                received_on: Some(account.local(received_on.timestamp())),
                created_by: Some(API_USER),
                goods_moved: lines.into_iter().map(|line| written(id, warehouse, line)).collect(),
            };
            account.insert_goods_in_note(id, note);
            post_goods_in(account, id, order_id, received_on.timestamp(), worth, call.now);
            id
        })
        .collect();
    received_or_paid(account, order_id, call.now);
    account.raise(Event::goods_in_note_created(&notes));
    raise_stock_event(account, warehouse, &lines);
    Ok(Answer::of(notes.first()))
}

fn receivable(account: &Account, id: OrderId) -> Result<&Order, Problem> {
    let order = account.orders.get(&id).filter(|order| {
        matches!(order.order_type_code, OrderTypeCode::SalesCredit | OrderTypeCode::PurchaseOrder)
    });
    order.ok_or_else(|| refused(format!("There is no purchase order or sales credit {id}")))
}

fn refuse_duplicate(account: &Account, reference: Option<&str>) -> Result<(), Problem> {
    let Some(reference) = reference else { return Ok(()) };
    if account.index.has_batch_reference(reference) {
        let message = format!("userBatchReference {reference} exists already");
        return Err(Problem::new(
            account.switches.duplicate_batch_status,
            placeholder_codes::DUPLICATE_BATCH,
            message,
        ));
    }
    Ok(())
}

fn check(account: &Account, order: &Order, warehouse: WarehouseId, line: &LineBody) -> Result<Line, Problem> {
    let product = line.product_id.ok_or_else(|| refused("productId is required"))?;
    if !account.is_stock_tracked(product) {
        return Err(refused(format!("Product {product} does not exist or is not stock tracked")));
    }
    let row = line.purchase_order_row_id.ok_or_else(|| refused("purchaseOrderRowId is required"))?;
    if order.order_rows.get(&row).is_none_or(|found| found.product() != Some(product)) {
        return Err(refused(format!("Row {row} of order {} does not hold product {product}", order.id)));
    }
    let quantity = line.quantity.filter(|quantity| *quantity > 0);
    let quantity = quantity.ok_or_else(|| refused("quantity must be above 0"))?;
    let location =
        line.destination_location_id.ok_or_else(|| refused("destinationLocationId is required"))?;
    if account.warehouse(warehouse).is_none_or(|stored| !stored.has(location)) {
        return Err(refused(format!("Location {location} is not in warehouse {warehouse}")));
    }
    let Cost { currency, value } =
        line.product_value.clone().ok_or_else(|| refused("productValue is required"))?;
    Ok(Line { product, row, quantity, location, cost: Cost { currency, value } })
}

/// Checks that no row receives more than its quantity. A switch rejects partial receipts of credits.
fn check_quantities(account: &Account, order: &Order, lines: &[Line]) -> Result<(), Problem> {
    for (id, row) in order.order_rows.iter().filter(|(_, row)| is_received_row(account, row)) {
        let coming: i64 = lines.iter().filter(|line| line.row == *id).map(|line| line.quantity).sum();
        let after = Decimal::from(received_on_row(account, order.id, *id) + coming);
        let expected = row.quantity.magnitude;
        if coming > 0 && after > expected {
            let message = format!("Row {id} has {expected} to receive in all, this would make it {after}");
            return Err(Problem::new(409, placeholder_codes::OVER_RECEIPT, message));
        }
        if after < expected && order.is_sales_credit() && !account.switches.partial_receipts {
            let message = format!("Sales credit {} must be received in one go", order.id);
            return Err(Problem::new(409, placeholder_codes::PARTIAL_RECEIPT, message));
        }
    }
    Ok(())
}

/// Distributes lines over notes. A note has each product on one row only, so the second row of a product goes to a
/// second note.
fn split(lines: &[Line]) -> Vec<Vec<Line>> {
    let mut notes: Vec<Vec<Line>> = Vec::new();
    for line in lines {
        let fits = |note: &&mut Vec<Line>| {
            note.iter().all(|other| other.product != line.product || other.row == line.row)
        };
        match notes.iter_mut().find(fits) {
            Some(note) => note.push(line.clone()),
            None => notes.push(vec![line.clone()]),
        }
    }
    notes
}

fn movement(note: GoodsInNoteId, order: OrderId, warehouse: WarehouseId, line: &Line) -> NewMovement {
    NewMovement {
        note: GoodsNoteId::new(note.get()),
        kind: GoodsNoteTypeCode::GoodsIn,
        product: line.product,
        quantity: line.quantity,
        warehouse,
        location: line.location,
        batch: note,
        cost: line.cost.clone(),
        order: Some(order),
        row: Some(line.row),
    }
}

fn written(note: GoodsInNoteId, warehouse: WarehouseId, line: Line) -> GoodsInLine {
    let mut value = line.cost.value;
    value.rescale(4);
    GoodsInLine {
        product_id: line.product,
        purchase_order_row_id: Some(line.row),
        quantity: line.quantity,
        warehouse_id: Some(warehouse),
        destination_location_id: Some(line.location),
        goods_note_id: Some(note),
        batch_goods_note_id: Some(note),
        product_value: Some(ProductValue { currency: line.cost.currency, value }),
        cleared: Some(true),
    }
}

/// Posts the value of returned goods to stock, if the account posts cost of sales
/// (docs/evidence/brightpearl-accounting.md#journals). Always in base currency, which is what integrations send.
fn post_goods_in(
    account: &mut Account,
    note: GoodsInNoteId,
    order: OrderId,
    date: Timestamp,
    worth: Decimal,
    now: Timestamp,
) {
    let posts_cost = account.configured("costOfSalesEnabled") == Some(1_u8);
    let Some(credit) = account.orders.get(&order).filter(|order| posts_cost && order.is_sales_credit())
    else {
        return;
    };
    let worth = two_decimals(worth);
    let posting = Posting {
        kind: "SG",
        date,
        order,
        contact: credit.parties.customer.as_ref().and_then(|party| party.contact_id),
        channel: credit.assignment.current.channel_id,
        invoice_reference: None,
        description: None,
        currency: account.base_currency(),
        rate: Decimal::ONE,
        lines: vec![JournalLine::debit(STOCK, worth), JournalLine::credit(COST_OF_SALES, worth)],
    };
    if let Some(journal) = journal::post(account, posting, now) {
        account.goods_in_journals.insert(note, journal);
    }
}

/// Raises the event for goods that are on hand now. Goods in quarantine are not
/// (docs/evidence/brightpearl-warehouse.md#product-availability).
fn raise_stock_event(account: &mut Account, warehouse: WarehouseId, lines: &[Line]) {
    let quarantine = account
        .warehouse(warehouse)
        .filter(|_| !account.switches.quarantine_is_on_hand)
        .map(|stored| stored.quarantine_location);
    let on_hand = lines.iter().filter(|line| Some(line.location) != quarantine).map(|line| line.product);
    if let Some(event) = Event::on_hand_modified(on_hand) {
        account.raise(event);
    }
}
