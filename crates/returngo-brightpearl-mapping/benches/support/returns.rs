//! Returns of any size: so many units, on an order of five times as many rows, in as many goods-in notes.

use returngo_brightpearl_mapping::{ConnectionSettings, World};
use serde_json::{Map, Value, json};

/// Rows of the order for each unit that comes back.
const ROWS_A_UNIT: usize = 5;

pub(crate) fn settings() -> ConnectionSettings {
    ConnectionSettings::from_json(r#"{"account_id": "acmeoutdoors", "refund_method_code": "STRIPE_UK"}"#)
        .unwrap()
}

/// An approved return without a credit.
pub(crate) fn approved(units: usize) -> World {
    read(document(units))
}

/// The same return with its credit, every unit received in a note of its own and released from quarantine, and
/// a refund for each unit that is recorded or to be recorded.
pub(crate) fn received(units: usize) -> World {
    let mut world = document(units);
    world["credits"] = json!([credit(units)]);
    let notes: Map<String, Value> =
        (0..units).map(|unit| ((60_000 + unit).to_string(), note(unit))).collect();
    world["goodsInNotes"] = Value::Object(notes);
    world["goodsMovements"] = (0..units).map(movement).collect();
    world["rma"]["transactions"] = (0..units).map(refund).collect();
    world["payments"] = (0..units).step_by(2).map(payment).collect();
    read(world)
}

fn read(world: Value) -> World {
    World::from_json(&world.to_string()).unwrap()
}

fn document(units: usize) -> Value {
    let rows: Map<String, Value> =
        (0..ROWS_A_UNIT * units).map(|at| (row_id(at).to_string(), row(at, 2, json!(line_id(at))))).collect();
    json!({
        "rma": {
            "rmaSummary": {"rmaId": "4410021", "status": "Approved", "events": [
                {"eventName": "RMA_APPROVED", "eventDate": "2031-03-30T23:30:00+00:00"}
            ]},
            "shipments": [{"shipmentId": "9100200", "status": "Shipped"}],
            "items": (0..units).map(item).collect::<Vec<_>>(),
        },
        "order": {
            "id": 300871, "orderTypeCode": "SO", "orderStatus": {"orderStatusId": 4}, "warehouseId": 2,
            "currency": {"orderCurrencyCode": "GBP"}, "parties": {"customer": {"contactId": 5012}}, "orderRows": rows,
        },
        "account": {
            "instanceId": 41, "timeZone": "Europe/London", "baseCurrencyCode": "GBP",
            "paymentMethods": [{"id": 7, "name": "Stripe UK", "code": "STRIPE_UK", "isActive": true,
                "bankAccounts": [{"paymentMethodId": 7, "currencyIsoCode": "GBP", "bankAccountNominalCode": "1210"}]}],
            "warehouses": [{"id": 2, "defaultLocationId": 2, "quarantineLocationId": 3}],
        },
    })
}

fn row_id(at: usize) -> usize {
    884_000 + at
}

fn line_id(at: usize) -> String {
    (81_000_000 + at).to_string()
}

fn row(at: usize, quantity: usize, reference: Value) -> Value {
    json!({
        "orderRowSequence": (10 * (at + 1)).to_string(), "productId": 2000 + at, "productName": format!("Product {at}"),
        "productSku": format!("SKU-{at}"), "quantity": {"magnitude": quantity}, "nominalCode": "4000", "externalRef": reference,
        "rowValue": {"taxCode": "T20", "rowNet": {"value": format!("{}.3333", 20 * quantity)}, "rowTax": {"value": format!("{}.07", 4 * quantity)}},
    })
}

fn unit_id(unit: usize) -> usize {
    5_600_000 + unit
}

fn item(unit: usize) -> Value {
    let at = ROWS_A_UNIT * unit;
    json!({
        "returnedItemId": unit_id(unit).to_string(), "shopLineItemId": line_id(at), "sku": format!("SKU-{at}"),
        "paidPrice": {"amount": 24.2, "currency": "GBP"}, "paidTax": {"amount": 4.03, "currency": "GBP"}, "taxIncluded": true,
        "shipmentId": "9100200", "returnMethod": {"type": "Ship with any carrier", "name": "Courier"},
    })
}

fn credit_row_id(unit: usize) -> usize {
    990_000 + unit
}

fn credit(units: usize) -> Value {
    let key = |unit| format!("RGO-R{}-{}", row_id(ROWS_A_UNIT * unit), unit_id(unit));
    let rows: Map<String, Value> = (0..units)
        .map(|unit| (credit_row_id(unit).to_string(), row(ROWS_A_UNIT * unit, 1, json!(key(unit)))))
        .collect();
    json!({
        "id": 300955, "parentOrderId": 300871, "orderTypeCode": "SC", "orderStatus": {"orderStatusId": 10}, "warehouseId": 2,
        "externalRef": "RGO-4410021", "installedIntegrationInstanceId": 41, "currency": {"orderCurrencyCode": "GBP"}, "orderRows": rows,
    })
}

fn note(unit: usize) -> Value {
    json!({"orderId": 300955, "goodsMoved": [{
        "productId": 2000 + ROWS_A_UNIT * unit, "purchaseOrderRowId": credit_row_id(unit), "quantity": 1, "warehouseId": 2, "destinationLocationId": 3,
    }]})
}

fn movement(unit: usize) -> Value {
    json!({
        "goodsMovementId": unit + 1, "productId": 2000 + ROWS_A_UNIT * unit, "quantity": 1, "destinationLocationId": 2, "warehouseId": 2,
        "isQuarantine": false, "batchId": 60_000 + unit, "goodsNoteTypeCode": "IT",
    })
}

fn refund(unit: usize) -> Value {
    json!({
        "id": 778_000 + unit, "type": "RefundToPaymentMethod", "status": "Success", "createdAt": "2031-04-02T10:00:00+00:00",
        "amount": {"amount": 24.2, "currency": "GBP"}, "returnItemIds": [unit_id(unit).to_string()],
    })
}

fn payment(unit: usize) -> Value {
    json!({
        "paymentId": unit + 1, "transactionRef": format!("RGO-4410021-{}", 778_000 + unit), "paymentMethodCode": "STRIPE_UK",
        "paymentType": "PAYMENT", "orderId": 300955, "currencyCode": "GBP", "amountPaid": "24.20", "journalId": 902_114,
    })
}
