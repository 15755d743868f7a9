//! Approval → sales credit.

use std::sync::Arc;

use returngo_brightpearl_mapping::{Effect, plan};
use serde_json::json;

use crate::worlds::{planned, plans, settings, world};

plans! {
    the_story: "approved" with {"sales_credit_status_id": 27, "customer_reference_prefix": "RMA"};
    one_unit: "one_unit";
    a_whole_line_is_credited_exactly: "whole_line";
    two_lines_of_one_sku_are_told_by_price: "same_sku_two_prices";
    a_bundle_and_a_gift_wrap_that_stays: "bundle";

    part_credited_before_by_us: "credited_before_by_us";
    the_first_of_three: "first_of_three";
    the_second_of_three: "second_of_three";
    the_third_of_three: "third_of_three";
    a_cancelled_credit_took_nothing: "credited_before_and_cancelled" with {"cancelled_status_id": 30};
    all_units_credited_before: "already_credited";
    part_credited_by_others_asks: "credited_before_by_others";
    part_credited_by_others_cannot_be_adopted: "credited_before_by_others" with {"existing_credit": "adopt"};
    part_credited_by_others_leaves_less_room: "credited_before_by_others" with {"existing_credit": "create"};
    a_credit_of_others_is_adopted: "foreign_credit_exact" with {"existing_credit": "adopt"};
    a_credit_that_another_rma_adopted_is_not: "adopted_before_by_another" with {"existing_credit": "adopt"};
    our_key_under_another_instance_asks: "key_under_another_instance" with {"existing_credit": "create"};
    without_an_instance_the_reference_is_the_key: "no_instance";

    yen_have_no_decimals: "yen";
    dinars_have_three: "dinar";
    dollars_at_a_fixed_rate_without_tax: "dollars_fixed_rate";
    dollars_at_a_floating_rate: "dollars_floating_rate";
    pounds_without_tax: "zero_tax";
    prices_without_tax: "tax_exclusive";
    prices_of_returngo: "tax_exclusive" with {"price_source": "returngo"};
    prices_of_returngo_in_other_currencies: "paid_in_euros" with {"price_source": "returngo"};
    a_price_that_cannot_be_compared: "paid_in_euros";
    a_price_that_drifted: "price_drift";
    a_price_that_drifted_and_counts: "price_drift" with {"price_source": "returngo"};

    fees_of_each_kind: "fees" with {"fees": {
        "restocking": {"nominal_code": "4040", "tax_code": "T20"},
        "return": {"nominal_code": "4041", "tax_code": "Z"},
        "shipment": {"nominal_code": "4042", "tax_code": "T5"}
    }};
    a_fee_that_is_not_configured: "fees" with {"fees": {"restocking": {"nominal_code": "4040", "tax_code": "T20"}}};
    a_fee_with_an_unknown_tax_code: "fees" with {"fees": {
        "restocking": {"nominal_code": "4040", "tax_code": "T99"},
        "return": {"nominal_code": "4041", "tax_code": "Z"},
        "shipment": {"nominal_code": "4042", "tax_code": "T5"}
    }};
    a_fee_that_is_repeated: "fees_unclear" with {"fees": {"return": {"nominal_code": "4040", "tax_code": "T20"}}};
    a_cancellation_fee: "cancellation_fee";

    an_exchange_is_credited_like_any_return: "exchange";
    nothing_to_ship: "no_shipment" with {"trigger": "validated"};
    once_it_was_received: "received_not_credited" with {"trigger": "received"};
    once_it_was_validated: "validated_not_credited" with {"trigger": "validated"};
    some_shipped_some_not: "some_shipped";
    rejected_after_a_refund: "rejected";
    the_order_was_not_found: "order_not_found";
    several_orders_match: "order_ambiguous";
    the_order_is_cancelled: "order_cancelled";
    a_sku_in_another_case: "sku_case";
    a_unit_on_no_row: "unmatched";
    a_unit_on_a_row_without_units: "row_without_units";
    a_unit_on_a_row_that_lowers_the_bill: "row_that_lowers_the_bill";
    an_order_in_no_currency: "unknown_currency";
    parcels_for_several_warehouses: "several_warehouses" with {"warehouses": {"Courier": 4, "default": 2}};
    one_warehouse_for_all: "several_warehouses" with {"warehouses": {"default": 4}, "sales_credit_channel_id": 1};
    a_skipped_method: "skipped_method" with {"return_methods": {"skip": ["Return to store"]}};
    all_methods_skipped: "all_skipped" with {"return_methods": {"skip": ["Return to store"]}};
    facts_of_other_orders: "foreign_facts";
}

#[test]
fn nothing_is_planned_or_asked_before_the_trigger() {
    for (world, settings) in [
        ("pending", json!({})),
        ("approved", json!({"trigger": "received"})),
        ("approved", json!({"trigger": "validated"})),
        ("received_not_credited", json!({"trigger": "validated"})),
        ("order_not_found", json!({"trigger": "received"})),
        ("refund_before_credit", json!({"trigger": "received"})),
        ("money_in_before_credit", json!({"trigger": "received"})),
        ("cancellation_fee", json!({"trigger": "received"})),
    ] {
        let plan = planned(world, settings.clone());
        assert!(plan.effects.is_empty(), "{world} {settings}: {:?}", plan.effects);
        assert!(plan.reviews.is_empty() && plan.warnings.is_empty(), "{world} {settings}");
    }
}

#[test]
fn the_credit_is_created_once_the_trigger_is_reached() {
    for (world, settings) in [
        ("approved", json!({"trigger": "approved"})),
        ("received_not_credited", json!({"trigger": "approved"})),
        ("received_not_credited", json!({"trigger": "received"})),
    ] {
        let keys: Vec<_> =
            planned(world, settings).effects.iter().map(|effect| effect.key().to_owned()).collect();
        assert_eq!(keys, ["RGO-4410021"], "{world}");
    }
}

#[test]
fn an_unknown_time_zone_is_said_and_taken_as_utc() {
    let mut world = world("approved");
    Arc::make_mut(&mut world.account).time_zone = Some("Europe/Londn".to_owned());
    let plan = plan(&world, &settings(json!({})));
    let Effect::CreateSalesCredit { body, .. } = &plan.effects[0] else { panic!("{plan:#?}") };
    assert_eq!(body.tax_date.unwrap().to_string(), "2031-03-30T00:00:00.000+00:00");
    assert!(plan.warnings[0].message.contains("Europe/Londn"), "{:?}", plan.warnings);
}

#[test]
fn an_unknown_status_plans_nothing_and_says_so() {
    let mut world = world("approved");
    world.rma.rma_summary.status = "InTransit".into();
    let plan = plan(&world, &settings(json!({})));
    assert!(plan.is_empty() && plan.reviews.is_empty());
    assert!(plan.warnings[0].message.contains("InTransit"), "{:?}", plan.warnings);
}
