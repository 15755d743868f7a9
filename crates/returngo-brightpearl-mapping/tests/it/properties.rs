//! What holds for any return.

use std::collections::HashSet;

use proptest::prelude::*;
use returngo_brightpearl_mapping::{ConnectionSettings, Effect, World, explain, plan};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::{
    model::Model,
    worlds::{settings, world},
};

/// How often each property is tried; `PROPTEST_CASES` does not lower it.
pub(crate) const CASES: u32 = 2_000;

/// A transaction: cents, kind, status, and the day it was created.
pub(crate) fn transactions() -> impl Strategy<Value = Vec<Value>> {
    let kind = prop_oneof![
        6 => Just("RefundToPaymentMethod"), 2 => Just("RefundToStoreCredit"), 1 => Just("RefundToGiftCard"),
        1 => Just("InvoicePayment"), 1 => Just("PaymentCapture")
    ];
    let status =
        prop_oneof![6 => Just("Success"), 1 => Just("Requested"), 1 => Just("Failed"), 1 => Just("Settling")];
    let amount = prop_oneof![3 => Just(4000_i64), 3 => Just(999), 2 => 0..12_000_i64];
    prop::collection::vec((amount, kind, status, 1..9_u8), 0..5).prop_map(|transactions| {
        let transaction = |(at, (cents, kind, status, day)): (usize, (i64, &str, &str, u8))| {
            json!({
                "id": 778_120 + at, "type": kind, "status": status, "createdAt": format!("2031-04-0{day}T10:00:00+00:00"),
                "amount": {"amount": Decimal::new(cents, 2).to_string().parse::<f64>().unwrap(), "currency": "GBP"},
                "returnItemIds": ["5600011"],
            })
        };
        transactions.into_iter().enumerate().map(transaction).collect()
    })
}

/// The settings that change what is planned.
pub(crate) fn any_settings() -> impl Strategy<Value = ConnectionSettings> {
    let close = prop_oneof![Just("never"), Just("when_refunded"), Just("when_received"), Just("when_both")];
    let refunds = prop_oneof![4 => Just("record"), 1 => Just("note")];
    let source = prop_oneof![Just("brightpearl"), Just("returngo")];
    (close, refunds, source, any::<[bool; 5]>()).prop_map(
        |(close, refunds, source, [complete, adjust, cancelled, tender, mapped])| {
            let mut json = json!({"close_credit": close, "refunds": refunds, "price_source": source});
            let fields = json.as_object_mut().unwrap();
            for (wanted, name, value) in [
                (complete, "complete_status_id", json!(11)),
                (cancelled, "cancelled_status_id", json!(30)),
                (adjust, "adjustments", json!({"nominal_code": "4905", "tax_code": "T20"})),
                (tender, "tenders", json!({"RefundToStoreCredit": "STORE_CREDIT"})),
                (mapped, "field_map", json!({"projectId": 12, "customFields.PCF_UNITS": "rma.items|length"})),
            ] {
                if wanted {
                    fields.insert(name.to_owned(), value);
                }
            }
            settings(json)
        },
    )
}

/// A receipt against the story's credit: shirts, socks, into quarantine or not, and how many are let out.
pub(crate) type Receipt = (u8, u8, bool, u8, bool);

pub(crate) fn receipts() -> impl Strategy<Value = Vec<Receipt>> {
    prop::collection::vec((0..3_u8, 0..2_u8, any::<bool>(), 0..3_u8, any::<bool>()), 0..3)
}

/// Receives goods on the model's credit, as the warehouse would.
pub(crate) fn receive(
    model: &mut Model,
    at: usize,
    (shirts, socks, quarantine, released, written_off): Receipt,
) {
    let Some(credit) = model.credit_of_rma() else { return };
    let id = credit.id;
    let row = |product: u64| {
        let rows =
            credit.order_rows.iter().find(|(_, row)| row.product().is_some_and(|id| id.get() == product));
        rows.map(|(id, _)| *id)
    };
    let (note, destination) = (60_431 + at, if quarantine { 3 } else { 2 });
    let lines: Vec<_> = [(2044, shirts), (2051, socks)]
        .into_iter()
        .filter(|(_, quantity)| *quantity > 0)
        .map(|(product, quantity)| {
            json!({"productId": product, "purchaseOrderRowId": row(product).map_or(0, |row| row.get()), "quantity": quantity,
                "warehouseId": 2, "destinationLocationId": destination})
        })
        .collect();
    let goods_in = json!({"orderId": id, "goodsMoved": lines});
    model
        .world
        .goods_in_notes
        .insert(brightpearl::GoodsInNoteId::new(note as u64), serde_json::from_value(goods_in).unwrap());
    for (movement, kind, quantity) in [(1, "IT", i64::from(released)), (2, "SC", -i64::from(written_off))] {
        let location = if quantity < 0 && quarantine { 3 } else { 2 };
        let moved = json!({"goodsMovementId": 10 * note + movement, "productId": 2044, "quantity": quantity, "destinationLocationId": location,
            "warehouseId": 2, "isQuarantine": location == 3, "batchId": note, "goodsNoteTypeCode": kind});
        if quantity != 0 {
            model.world.goods_movements.push(serde_json::from_value(moved).unwrap());
        }
    }
}

fn story(transactions: Vec<Value>) -> World {
    let mut world = world("approved");
    world.rma.transactions = serde_json::from_value(Value::Array(transactions)).unwrap();
    world
}

/// Worlds of all kinds in which nothing contradicts itself.
const HONEST: [&str; 24] = [
    "approved",
    "bundle",
    "cancelled_after_credit",
    "credited_before_by_others",
    "credited_before_by_us",
    "dinar",
    "dollars_floating_rate",
    "everything_done",
    "exchange",
    "fees",
    "money_in_before_credit",
    "no_shipment",
    "received_in_part",
    "received_without_shipment",
    "refund_before_credit",
    "refund_in_parts",
    "released_in_parts",
    "some_shipped",
    "store_credit",
    "tax_exclusive",
    "third_of_three",
    "two_parcels",
    "unmatched",
    "yen",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES))]

    #[test]
    fn planned_payments_stay_within_the_credit(
        transactions in transactions(),
        typed_in in prop::option::of(0..9_000_i64),
        settings in any_settings(),
    ) {
        let mut model = Model::of(story(transactions));
        model.apply(&plan(&model.world, &settings).effects[0]);
        let credit = model.credit_of_rma().unwrap();
        if let Some(cents) = typed_in {
            let payment = json!({"paymentId": 551_207, "paymentType": "PAYMENT", "orderId": credit.id, "currencyCode": "GBP",
                "amountPaid": Decimal::new(cents, 2).to_string()});
            model.world.payments.push(serde_json::from_value(payment).unwrap());
        }
        let plan = plan(&model.world, &settings);
        let mut total = plan.state.credit.as_ref().unwrap().gross;
        let mut paid = plan.state.credit.as_ref().unwrap().paid;
        let tolerance = Decimal::new(3, 2);
        for effect in &plan.effects {
            match effect {
                Effect::AddOrderRow { body, .. } => total += body.row_value.row_net.value + body.row_value.row_tax.value,
                Effect::RecordPayment { body, .. } => {
                    paid += body.amount_paid;
                    prop_assert!(paid <= total + tolerance, "{paid} on {total}");
                }
                _ => {}
            }
        }
    }

    #[test]
    fn nothing_is_written_for_what_is_settled(
        transactions in transactions(),
        is_settled in any::<[bool; 5]>(),
        unit in any::<bool>(),
        settings in any_settings(),
    ) {
        let mut model = Model::of(story(transactions));
        let ids: Vec<String> = model.world.rma.transactions.iter().map(|transaction| transaction.id.to_string()).collect();
        let settled: Vec<&String> = ids.iter().zip(is_settled).filter(|(_, is)| *is).map(|(id, _)| id).collect();
        let mut decisions: Vec<Value> =
            settled.iter().map(|id| json!({"review": format!("OverRefund:{id}"), "choice": "settled"})).collect();
        if unit {
            decisions.push(json!({"review": "UnmatchedItem:5600011", "choice": "settled"}));
        }
        model.world.decisions = serde_json::from_value(Value::Array(decisions)).unwrap();
        prop_assert!(model.settle(&settings) <= 4);
        for id in settled {
            let key = format!("RGO-4410021-{id}");
            prop_assert!(!model.keys.iter().any(|written| written.starts_with(&key)), "{key} in {:?}", model.keys);
        }
        let mut rows = model.credit_of_rma().unwrap().order_rows.values();
        let quantity = rows.find(|row| row.product_sku.as_deref() == Some("LS-M")).unwrap().quantity.magnitude;
        prop_assert_eq!(quantity, Decimal::from(if unit { 1 } else { 2 }));
    }

    #[test]
    fn plans_settle_within_four_rounds_and_no_key_comes_twice(
        before in transactions(),
        receipts in receipts(),
        settings in any_settings(),
        end in prop_oneof![Just("Approved"), Just("Done"), Just("Canceled"), Just("Rejected"), Just("Pending")],
    ) {
        let mut model = Model::of(story(before));
        prop_assert!(model.settle(&settings) <= 4);
        for (at, receipt) in receipts.into_iter().enumerate() {
            receive(&mut model, at, receipt);
            prop_assert!(model.settle(&settings) <= 4);
        }
        model.world.rma.rma_summary.status = end.into();
        prop_assert!(model.settle(&settings) <= 4);
        let distinct: HashSet<_> = model.keys.iter().collect();
        prop_assert_eq!(distinct.len(), model.keys.len(), "{:?}", model.keys);
    }

    #[test]
    fn every_honest_world_settles_and_no_key_comes_twice(
        name in prop::sample::select(&HONEST[..]),
        receipts in receipts(),
        settings in any_settings(),
    ) {
        let mut model = Model::of(world(name));
        prop_assert!(model.settle(&settings) <= 4);
        for (at, receipt) in receipts.into_iter().enumerate() {
            receive(&mut model, 100 + at, receipt);
            prop_assert!(model.settle(&settings) <= 4);
        }
        let distinct: HashSet<_> = model.keys.iter().collect();
        prop_assert_eq!(distinct.len(), model.keys.len(), "{:?}", model.keys);
    }

    #[test]
    fn the_order_of_lists_changes_nothing(
        transactions in transactions(),
        receipts in receipts(),
        settings in any_settings(),
        seed in any::<u64>(),
    ) {
        let mut model = Model::of(story(transactions));
        model.settle(&settings);
        for (at, receipt) in receipts.into_iter().enumerate() {
            receive(&mut model, at, receipt);
        }
        let shuffled = shuffled(&model.world, seed);
        prop_assert_eq!(plan(&model.world, &settings), plan(&shuffled, &settings));
    }
}

/// The same world, its lists in another order and everything in them twice.
fn shuffled(world: &World, seed: u64) -> World {
    let mut world = world.clone();
    let mut state = seed;
    shuffle(&mut world.rma.items, &mut state);
    shuffle(&mut world.rma.transactions, &mut state);
    shuffle(&mut world.rma.comments, &mut state);
    shuffle(&mut world.rma.shipments, &mut state);
    shuffle(&mut world.credits, &mut state);
    shuffle(&mut world.payments, &mut state);
    shuffle(&mut world.goods_movements, &mut state);
    shuffle(&mut world.order_notes, &mut state);
    shuffle(&mut world.in_flight, &mut state);
    shuffle(&mut world.claims, &mut state);
    shuffle(&mut world.decisions, &mut state);
    world
}

fn shuffle<T: Clone>(list: &mut Vec<T>, state: &mut u64) {
    list.extend(list.clone());
    for at in (1..list.len()).rev() {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        list.swap(at, (*state >> 33) as usize % (at + 1));
    }
}

const WORLDS: [&str; 16] = [
    "approved",
    "bundle_received",
    "credited_before_by_others",
    "changed",
    "fees",
    "foreign_credit_exact",
    "foreign_facts",
    "goods_for_cancelled",
    "recorded_differently",
    "refund_in_dollars",
    "refund_too_large",
    "released_and_written_off",
    "shared_batch",
    "transactions_of_all_kinds",
    "two_credits_with_our_key",
    "yen",
];

const ODDITIES: [&str; 20] = [
    "0",
    "-1",
    "1e30",
    "99999999999999999999999999999",
    "-79228162514264337593543950335",
    "79228162514264337593543950335",
    "0.0000000000000000000000000001",
    "18446744073709551615",
    "9223372036854775807",
    "-9223372036854775808",
    "\"\"",
    "\"0\"",
    "\"79228162514264337593543950335\"",
    "\"-0.00\"",
    "\"XYZ\"",
    "null",
    "[]",
    "{}",
    "true",
    "\"RGO-R1-1\"",
];

/// Puts an oddity in place of one of the values of a document.
fn disturb(value: &mut Value, at: &mut usize, oddity: &Value) {
    match value {
        Value::Object(fields) => fields.values_mut().for_each(|field| disturb(field, at, oddity)),
        Value::Array(list) => list.iter_mut().for_each(|one| disturb(one, at, oddity)),
        leaf if *at == 0 => {
            *leaf = oddity.clone();
            *at = usize::MAX;
        }
        _ => *at = at.saturating_sub(usize::from(*at != usize::MAX)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES))]

    #[test]
    fn no_world_that_decodes_panics(
        name in prop::sample::select(&WORLDS[..]),
        places in prop::collection::vec((0..250_usize, prop::sample::select(&ODDITIES[..])), 1..6),
        settings in any_settings(),
    ) {
        let mut document = serde_json::to_value(world(name)).unwrap();
        for (place, oddity) in places {
            let oddity = serde_json::from_str(oddity).unwrap_or(Value::Null);
            let mut disturbed = document.clone();
            disturb(&mut disturbed, &mut place.clone(), &oddity);
            if World::from_json(&disturbed.to_string()).is_ok() {
                document = disturbed;
            }
        }
        let world = World::from_json(&document.to_string()).unwrap();
        let planned = plan(&world, &settings);
        explain(&world, &settings, &planned);
        prop_assert_eq!(&planned, &plan(&shuffled(&world, 7), &settings));
        let keys: HashSet<_> = planned.effects.iter().map(Effect::key).collect();
        prop_assert_eq!(keys.len(), planned.effects.len());
    }
}
