//! Where returns of one order meet: what other RMAs are about to credit counts as credited.

use brightpearl::order::NewCreditRow;
use returngo_brightpearl_mapping::{
    Effect, InFlight, Plan, ReviewCode, World, explain, original_order, plan,
};
use rust_decimal::Decimal;
use rust_decimal_macros::dec;
use serde_json::{Value, json};

use crate::worlds::{settings, world};

fn in_flight(rma: &str, quantity: &str, net: &str, tax: &str) -> Value {
    json!([{"rmaId": rma, "rows": [{"orderRowId": 884001, "quantity": quantity, "net": net, "tax": tax}]}])
}

/// The world, in which other RMAs are about to credit this.
fn beside(name: &str, in_flight: Value) -> World {
    let mut world = serde_json::to_value(world(name)).unwrap();
    world["inFlight"] = in_flight;
    World::from_json(&world.to_string()).unwrap()
}

fn rows(plan: &Plan) -> Vec<NewCreditRow> {
    let credits = plan.effects.iter().filter_map(|effect| match effect {
        Effect::CreateSalesCredit { body, .. } => Some(body.rows.clone()),
        _ => None,
    });
    credits.flatten().collect()
}

fn amounts(plan: &Plan) -> Vec<(Decimal, Decimal, Decimal)> {
    rows(plan).iter().map(|row| (row.quantity, row.net, row.tax)).collect()
}

#[test]
fn what_another_rma_is_about_to_credit_counts_for_the_amounts() {
    let world = beside("first_of_three", in_flight("4400099", "1", "33.3333", "6.67"));
    let planned = plan(&world, &settings(json!({})));
    assert_eq!(amounts(&planned), [(dec!(1), dec!(33.3334), dec!(6.66))]);
    let explained = explain(&world, &settings(json!({})), &planned).to_string();
    assert!(explained.contains("1 of them on credits that are about to be created"), "{explained}");
}

/// The first credit of the row was set aside, so that the second one's share is left: the next makes the difference good.
#[test]
fn a_share_that_was_left_by_a_credit_set_aside_is_made_good() {
    let of_other = |net: &str, tax: &str| {
        let world = beside("first_of_three", in_flight("4400099", "1", net, tax));
        amounts(&plan(&world, &settings(json!({})))).remove(0)
    };
    assert_eq!(of_other("33.3334", "6.66"), (dec!(1), dec!(33.3333), dec!(6.67)));
    // What somebody changed by hand is not made good.
    assert_eq!(of_other("10.0000", "2.00"), (dec!(1), dec!(33.3334), dec!(6.66)));
}

#[test]
fn what_is_in_flight_leaves_no_unit_and_the_question_says_so() {
    let world = beside("first_of_three", in_flight("4400099", "3", "100.0000", "20.00"));
    let planned = plan(&world, &settings(json!({})));
    assert!(planned.is_empty());
    assert_eq!(planned.reviews[0].code, ReviewCode::AlreadyCredited);
    let message = &planned.reviews[0].message;
    assert!(message.contains("has 3 units; 3 units about to be credited for RMA 4400099"), "{message}");
    assert!(!message.contains("sales credit"), "{message}");
}

#[test]
fn a_credit_and_units_in_flight_are_both_named() {
    let world = beside("second_of_three", in_flight("4400099", "2", "66.6667", "13.33"));
    let planned = plan(&world, &settings(json!({})));
    assert!(planned.is_empty());
    let message = &planned.reviews[0].message;
    assert!(
        message.contains("1 unit on sales credit 300950, 2 units about to be credited for RMA 4400099"),
        "{message}"
    );
}

#[test]
fn an_rma_whose_credit_is_known_is_no_longer_in_flight() {
    let alone = plan(&world("second_of_three"), &settings(json!({})));
    let counted_once = beside("second_of_three", in_flight("4400001", "1", "33.3333", "6.67"));
    assert_eq!(plan(&counted_once, &settings(json!({}))), alone);
}

#[test]
fn an_rma_is_not_in_flight_beside_itself() {
    let own = world("first_of_three").rma.id().to_string();
    let alone = plan(&world("first_of_three"), &settings(json!({})));
    let world = beside("first_of_three", in_flight(&own, "3", "100.0000", "20.00"));
    assert_eq!(plan(&world, &settings(json!({}))), alone);
}

#[test]
fn more_units_than_sold_are_asked_about_without_naming_a_credit() {
    let mut world = world("first_of_three");
    for id in ["5500002", "5500003", "5500004"] {
        let mut unit = world.rma.items[0].clone();
        unit.returned_item_id = id.to_owned().into();
        world.rma.items.push(unit);
    }
    let planned = plan(&world, &settings(json!({})));
    assert_eq!(amounts(&planned), [(dec!(3), dec!(100.0000), dec!(20.00))]);
    let message = &planned.reviews[0].message;
    assert!(message.contains("row 884001 has 3 units; this RMA lists more units"), "{message}");
    assert!(!message.contains("sales credit"), "{message}");
    assert_eq!(planned.reviews[0].item_ids.len(), 1);
}

#[test]
fn the_body_of_a_credit_says_what_is_in_flight() {
    let fees = json!({"fees": {
        "restocking": {"nominal_code": "4040", "tax_code": "T20"},
        "return": {"nominal_code": "4041", "tax_code": "Z"},
        "shipment": {"nominal_code": "4042", "tax_code": "T5"}
    }});
    let world = world("fees");
    let planned = plan(&world, &settings(fees));
    let Effect::CreateSalesCredit { body, .. } = &planned.effects[0] else { panic!("{planned:#?}") };
    let in_flight = InFlight::of_credit(world.rma.id(), body);
    let read: Vec<_> = in_flight.rows.iter().map(|row| (row.order_row_id.get(), row.quantity)).collect();
    assert_eq!(read, [(884_001, dec!(2)), (884_002, dec!(1))]);
    assert_eq!(in_flight.rows[0].net, dec!(66.6667));
}

#[test]
fn the_world_names_the_order_of_the_rma() {
    assert_eq!(original_order(&world("approved")).map(|id| id.get()), Some(300_871));
    assert_eq!(original_order(&world("order_not_found")), None);
    assert_eq!(original_order(&world("order_ambiguous")), None);
}
