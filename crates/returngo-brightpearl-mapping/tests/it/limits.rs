//! The credits of an order never exceed it: not one of its rows, and not its total.

use returngo_brightpearl_mapping::{Effect, Plan, ReviewCode, World, plan};
use rust_decimal::Decimal;
use rust_decimal_macros::dec;
use serde_json::{Value, json};

use crate::worlds::{settings, world};

fn with(name: &str, change: impl FnOnce(&mut Value)) -> World {
    let mut world = serde_json::to_value(world(name)).unwrap();
    change(&mut world);
    World::from_json(&world.to_string()).unwrap()
}

fn planned(world: &World) -> Plan {
    plan(world, &settings(json!({})))
}

fn exceeds(plan: &Plan) -> Option<&str> {
    let mut asked = plan.reviews.iter().filter(|review| review.code == ReviewCode::ExceedsOrder);
    asked.next().map(|review| review.message.as_str())
}

fn creates(plan: &Plan) -> bool {
    plan.effects.iter().any(|effect| matches!(effect, Effect::CreateSalesCredit { .. }))
}

/// The third of three units, where the first two were credited with this net, by hand.
fn credited_by_hand(net: &str) -> World {
    with("third_of_three", |world| {
        world["credits"][0]["orderRows"].as_object_mut().unwrap().values_mut().for_each(|row| {
            row["rowValue"]["rowNet"]["value"] = json!(net);
        });
    })
}

#[test]
fn a_unit_that_was_credited_too_high_leaves_too_little_for_the_others() {
    let right = world("third_of_three");
    assert_eq!((exceeds(&planned(&right)), creates(&planned(&right))), (None, true));
    let plan = planned(&credited_by_hand("40.0000"));
    let message = exceeds(&plan).unwrap();
    assert!(plan.is_empty(), "{plan:#?}");
    assert!(message.contains("Row 884001") && message.contains("net 100.0000"), "{message}");
    let [lower] = [credited_by_hand("30.0000")].map(|world| planned(&world));
    assert_eq!((exceeds(&lower), creates(&lower)), (None, true));
}

#[test]
fn a_credit_in_the_cancelled_status_took_nothing() {
    let mut world = credited_by_hand("90.0000");
    for credit in &mut world.credits {
        credit.order_status.order_status_id = brightpearl::OrderStatusId::new(30);
    }
    let plan = plan(&world, &settings(json!({"cancelled_status_id": 30})));
    assert_eq!((exceeds(&plan), creates(&plan)), (None, true));
}

#[test]
fn what_is_in_flight_counts() {
    let in_flight = |net: &str| json!([{"rmaId": "4400099", "rows": [{"orderRowId": 884001, "quantity": "1", "net": net, "tax": "6.67"}]}]);
    for (net, is_within) in [("33.3333", true), ("70.0000", false)] {
        let plan = planned(&with("first_of_three", |world| world["inFlight"] = in_flight(net)));
        assert_eq!(creates(&plan), is_within, "{net}: {plan:#?}");
        assert_eq!(exceeds(&plan).is_none(), is_within);
    }
}

fn total(order: &mut Value, total: &str) {
    order["totalValue"] = json!({"net": total, "taxAmount": "0.00", "total": total});
}

#[test]
fn the_total_of_the_order_is_a_limit_of_its_own() {
    for (amount, is_within) in [("40.00", true), ("39.99", false)] {
        let plan = planned(&with("first_of_three", |world| total(&mut world["order"], amount)));
        assert_eq!(creates(&plan), is_within, "{amount}: {plan:#?}");
        assert_eq!(exceeds(&plan).is_none(), is_within);
    }
    let plan = planned(&with("first_of_three", |world| total(&mut world["order"], "39.99")));
    let message = exceeds(&plan).unwrap();
    assert!(message.contains("39.99 GBP") && message.contains("40.0033 GBP"), "{message}");
}

/// The second of three units with another row on the first credit, where the order's total leaves 40.01 for it.
fn with_a_row_beside(row: Value) -> Plan {
    planned(&with("second_of_three", |world| {
        total(&mut world["order"], "80.00");
        world["credits"][0]["orderRows"]["884199"] = row;
    }))
}

fn free_row(name: &str, reference: Option<&str>, net: Decimal) -> Value {
    json!({"orderRowSequence": "90", "productId": 1000, "productName": name, "quantity": {"magnitude": "1"},
        "externalRef": reference, "rowValue": {"taxCode": "T20", "rowNet": {"value": net.to_string()}, "rowTax": {"value": "0"}}})
}

#[test]
fn only_what_credits_the_order_counts_for_its_total() {
    let postage = with_a_row_beside(free_row("Postage", None, dec!(5)));
    assert!(exceeds(&postage).is_some() && !creates(&postage), "{postage:#?}");
    let adjustment = with_a_row_beside(free_row("Refund adjustment RGO-4400001-77", None, dec!(5)));
    assert_eq!((exceeds(&adjustment), creates(&adjustment)), (None, true));
}

#[test]
fn a_fee_makes_no_room_for_crediting_more() {
    let fee = planned(&with("second_of_three", |world| {
        total(&mut world["order"], "79.99");
        world["credits"][0]["orderRows"]["884199"] = free_row("Return fee", Some("RGO-F-return"), dec!(-5));
    }));
    assert!(exceeds(&fee).is_some() && !creates(&fee), "{fee:#?}");
}

#[test]
fn what_was_paid_may_be_a_minor_unit_a_unit_above_the_row() {
    let paid = |price: f64| {
        let world = with("first_of_three", |world| {
            world["order"]["orderRows"]["884001"]["quantity"]["magnitude"] = json!("1");
            world["order"]["orderRows"]["884001"]["rowValue"]["rowNet"]["value"] = json!("33.3300");
            world["order"]["orderRows"]["884001"]["rowValue"]["rowTax"]["value"] = json!("6.67");
            world["rma"]["items"][0]["paidPrice"] = json!({"amount": price, "currency": "GBP"});
            world["rma"]["items"][0]["paidTax"] = json!({"amount": 6.67, "currency": "GBP"});
        });
        plan(&world, &settings(json!({"price_source": "returngo"})))
    };
    assert!(creates(&paid(40.01)), "{:#?}", paid(40.01));
    assert!(exceeds(&paid(40.02)).is_some());
}

#[test]
fn units_on_several_credit_rows_of_one_order_row_have_the_tolerance_once() {
    // Three units were paid with 89.99; the order's total is four pence below.
    let world = with("approved", |world| {
        world["order"]["totalValue"] = json!({"net": "74.96", "taxAmount": "14.99", "total": "89.95"});
    });
    for field_map in [json!({}), json!({"rows[].name": "item.returnedItemId"})] {
        let settings = settings(json!({"price_source": "returngo", "field_map": field_map}));
        let plan = plan(&world, &settings);
        let ids: Vec<&str> = plan.reviews.iter().map(|review| review.id.as_str()).collect();
        assert_eq!((ids, plan.effects.len()), (vec!["ExceedsOrder:total"], 0), "{plan:#?}");
    }
}
