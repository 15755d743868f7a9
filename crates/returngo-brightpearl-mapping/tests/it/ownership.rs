//! The sales order has to be the RMA's own: order names repeat across shops.

use returngo_brightpearl_mapping::{Plan, ReviewCode, World, plan};
use serde_json::{Value, json};

use crate::worlds::{settings, world};

/// The story with this external reference of the order, and what else is changed in it.
fn with(reference: Value, change: impl FnOnce(&mut Value)) -> World {
    let mut world = serde_json::to_value(world("approved")).unwrap();
    world["order"]["externalRef"] = reference;
    change(&mut world);
    World::from_json(&world.to_string()).unwrap()
}

fn planned(world: &World) -> Plan {
    plan(world, &settings(json!({})))
}

fn mismatch(plan: &Plan) -> Option<&str> {
    let mut asked = plan.reviews.iter().filter(|review| review.code == ReviewCode::OrderMismatch);
    asked.next().map(|review| review.message.as_str())
}

fn other_lines(world: &mut Value) {
    for item in world["rma"]["items"].as_array_mut().unwrap() {
        item["shopLineItemId"] = json!("99000001");
    }
}

fn lines_on_all_product_rows(world: &mut Value) {
    world["order"]["orderRows"]["884003"]["externalRef"] = json!("81000003");
}

#[test]
fn another_number_is_another_order() {
    let plan = planned(&with(json!("7000000000002"), |_| {}));
    assert!(plan.is_empty());
    let message = mismatch(&plan).unwrap();
    assert!(message.contains("7000000000002") && message.contains("7000000000001"), "{message}");
}

#[test]
fn equal_numbers_settle_it_whatever_the_lines_are() {
    let plan = planned(&with(json!("7000000000001"), |world| {
        lines_on_all_product_rows(world);
        other_lines(world);
    }));
    assert_eq!(mismatch(&plan), None);
}

#[test]
fn without_comparable_numbers_the_lines_decide() {
    for reference in [json!(null), json!("gid-55501")] {
        let other = planned(&with(reference.clone(), other_lines));
        let message = mismatch(&other).unwrap();
        assert!(
            other.is_empty() && message.contains("81000001") && message.contains("99000001"),
            "{message}"
        );
        let same = planned(&with(reference.clone(), |_| {}));
        assert_eq!((mismatch(&same), same.effects.len()), (None, 1));
        let one_has_no_reference = planned(&with(reference.clone(), |world| {
            other_lines(world);
            world["order"]["orderRows"]["884002"]["externalRef"] = Value::Null;
        }));
        assert_eq!(mismatch(&one_has_no_reference), None, "{reference}");
        let units_say_nothing = planned(&with(reference.clone(), |world| {
            for item in world["rma"]["items"].as_array_mut().unwrap() {
                item["shopLineItemId"] = Value::Null;
            }
        }));
        assert_eq!(mismatch(&units_say_nothing), None, "{reference}");
    }
}

#[test]
fn bundle_components_and_rows_without_a_product_do_not_count() {
    let plan = planned(&with(Value::Null, |world| {
        other_lines(world);
        let mut component = world["order"]["orderRows"]["884001"].clone();
        component["composition"] =
            json!({"bundleParent": false, "bundleChild": true, "parentOrderRowId": 884001});
        component["externalRef"] = json!("99000001");
        world["order"]["orderRows"]["884010"] = component;
    }));
    assert!(mismatch(&plan).is_some());
}

#[test]
fn a_credit_that_exists_on_the_order_is_followed() {
    let mut credited = world("refund_in_parts");
    credited.order.as_mut().unwrap().external_ref = Some("7000000000002".to_owned());
    let plan = planned(&credited);
    assert_eq!(mismatch(&plan), None);
    assert!(plan.state.credit.is_some());
}

#[test]
fn nothing_is_noted_on_the_order_of_another_shop_and_no_credit_of_it_is_adopted() {
    let mut money_in = world("money_in_before_credit");
    assert!(!planned(&money_in).is_empty());
    money_in.order.as_mut().unwrap().external_ref = Some("7000000000002".to_owned());
    let plan_of_money = planned(&money_in);
    assert!(plan_of_money.is_empty() && mismatch(&plan_of_money).is_some(), "{plan_of_money:#?}");

    let mut foreign = world("foreign_credit_exact");
    foreign.order.as_mut().unwrap().external_ref = Some("7000000000002".to_owned());
    let plan = plan(&foreign, &settings(json!({"existing_credit": "adopt"})));
    assert!(plan.is_empty() && mismatch(&plan).is_some(), "{plan:#?}");
}
