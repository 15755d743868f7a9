//! Facts that change after a decision: it is applied as it was meant, or the question comes back. Nothing is written unasked.

use returngo_brightpearl_mapping::{
    ConnectionSettings, Effect, Plan, RefundState, Review, ReviewCode, World, plan,
};
use rust_decimal_macros::dec;
use serde_json::{Value, json};

use crate::{
    deciding::{changed, decided, review},
    worlds::{settings, world},
};

fn with(mut world: World, change: impl FnOnce(&mut Value)) -> World {
    let mut value = serde_json::to_value(&world).unwrap();
    change(&mut value);
    world = World::from_json(&value.to_string()).unwrap();
    world
}

fn answered(world: &World, settings: &ConnectionSettings, id: &str, choice: &str) -> World {
    let review = review(world, settings, id);
    let mut decided = decided(world.clone(), &review, choice);
    for (minute, decision) in decided.decisions.iter_mut().enumerate() {
        decision.at = Some(format!("2031-04-03T10:{minute:02}:00+00:00").parse().unwrap());
    }
    decided
}

fn asked(plan: &Plan) -> Vec<&str> {
    plan.reviews.iter().map(|review| review.id.as_str()).collect()
}

fn payments(plan: &Plan) -> Vec<&str> {
    let payments = plan.effects.iter().filter(|effect| matches!(effect, Effect::RecordPayment { .. }));
    payments.map(Effect::key).collect()
}

fn state_of(plan: &Plan, refund: &str) -> RefundState {
    let of_refund = |status: &&_| {
        let status: &returngo_brightpearl_mapping::RefundStatus = status;
        status.transaction_id.as_str() == refund
    };
    plan.state.refunds.iter().find(of_refund).unwrap().state
}

const FIRST: &str = "PossibleDuplicate:778120";

/// Refunds of 40.00, 40.00 and 9.99, and one payment of 49.99 on the sale, which a clerk typed in for two of them.
fn one_payment_for_two() -> World {
    changed("typed_in_by_hand", |world| {
        world["payments"][0]["orderId"] = json!(300871);
        world["payments"][0]["amountPaid"] = json!("-49.99");
    })
}

fn recorded(refund: &str, amount: &str, id: u64) -> Value {
    json!({
        "paymentId": id, "transactionRef": format!("RGO-4410021-{refund}"), "paymentMethodCode": "STRIPE_UK",
        "paymentType": "PAYMENT", "orderId": 300955, "currencyCode": "GBP", "amountPaid": amount,
        "paymentDate": "2031-04-02T11:00:04.000+01:00", "journalId": 902114,
    })
}

#[test]
fn to_name_the_payment_of_one_refund_does_not_record_the_others() {
    let (world, settings) = (one_payment_for_two(), settings(json!({})));
    assert_eq!(plan(&world, &settings).reviews.len(), 3, "all refunds may be part of the payment");
    let named = answered(&world, &settings, FIRST, "payment:551207");
    let planned = plan(&named, &settings);
    assert_eq!(payments(&planned), [""; 0]);
    assert_eq!(state_of(&planned, "778120"), RefundState::Recorded);
    assert_eq!(asked(&planned), ["PossibleDuplicate:778121", "PossibleDuplicate:778122"]);
}

#[test]
fn a_refund_stays_recorded_by_its_named_payment_when_other_refunds_are_recorded() {
    let settings = settings(json!({}));
    let named = answered(&one_payment_for_two(), &settings, FIRST, "payment:551207");
    let later = with(named, |world| {
        let payments = world["payments"].as_array_mut().unwrap();
        payments.push(recorded("778121", "-40.00", 551_300));
        payments.push(recorded("778122", "-9.99", 551_301));
    });
    let planned = plan(&later, &settings);
    assert_eq!(payments(&planned), [""; 0], "{:#?}", planned.effects);
    assert_eq!(state_of(&planned, "778120"), RefundState::Recorded);
}

#[test]
fn a_refund_stays_recorded_by_its_named_payment_when_a_refund_of_its_amount_comes() {
    let settings = settings(json!({}));
    let named = answered(&one_payment_for_two(), &settings, FIRST, "payment:551207");
    for status in ["Success", "Failed"] {
        let later = with(named.clone(), |world| {
            world["rma"]["transactions"][1]["status"] = json!(status);
            world["rma"]["transactions"][1]["amount"] = json!({"amount": 49.99, "currency": "GBP"});
        });
        let planned = plan(&later, &settings);
        assert_eq!(state_of(&planned, "778120"), RefundState::Recorded, "{planned:#?}");
        assert_eq!(payments(&planned), [""; 0]);
    }
}

#[test]
fn a_refund_whose_named_payment_is_gone_is_asked_about_again() {
    let settings = settings(json!({}));
    let named = answered(&one_payment_for_two(), &settings, FIRST, "payment:551207");
    let later = with(named, |world| world["payments"] = json!([]));
    let planned = plan(&later, &settings);
    assert_eq!(asked(&planned), [FIRST]);
    assert_eq!(payments(&planned), ["RGO-4410021-778121", "RGO-4410021-778122"]);
    let message = &planned.reviews[0].message;
    assert!(message.contains("Payment 551207, which was decided to record the refund"), "{message}");
    let again = answered(&later, &settings, FIRST, "record");
    assert_eq!(payments(&plan(&again, &settings)).len(), 3);
}

#[test]
fn two_answers_about_two_payments_are_applied_in_any_order() {
    // The second question lists another payment once the first one is answered.
    let settings = settings(json!({}));
    let world = changed("typed_in_by_hand", |world| {
        let mut second = world["payments"][0].clone();
        second["paymentId"] = json!(551_208);
        second["amountPaid"] = json!("-13.00");
        world["payments"][0]["amountPaid"] = json!("-25.00");
        world["payments"].as_array_mut().unwrap().push(second);
        world["rma"]["transactions"].as_array_mut().unwrap().truncate(2);
        for (refund, amount) in [(0, 25), (1, 20)] {
            world["rma"]["transactions"][refund]["amount"] = json!({"amount": amount, "currency": "GBP"});
        }
    });
    let first = answered(&world, &settings, FIRST, "payment:551208");
    let both = answered(&first, &settings, "PossibleDuplicate:778121", "payment:551207");
    let planned = plan(&both, &settings);
    assert!(planned.reviews.is_empty() && payments(&planned).is_empty(), "{planned:#?}");
}

#[test]
fn a_unit_that_was_left_out_is_not_credited_unasked_when_its_row_has_room_again() {
    let settings = settings(json!({"cancelled_status_id": 5}));
    let id = "AlreadyCredited:5600011";
    let left_out = answered(&world("already_credited"), &settings, id, "on-credit");
    let room = with(left_out, |world| {
        for credit in world["credits"].as_array_mut().unwrap() {
            credit["orderStatus"] = json!({"orderStatusId": 5});
        }
    });
    let planned = plan(&room, &settings);
    assert!(planned.effects.is_empty(), "{:#?}", planned.effects);
    assert!(asked(&planned).contains(&id), "{:#?}", planned.reviews);
    let mut dropped = room;
    while let Some(id) = asked(&plan(&dropped, &settings)).first() {
        dropped = answered(&dropped, &settings, id, "drop");
    }
    assert_eq!(plan(&dropped, &settings).effects.len(), 1);
}

#[test]
fn a_unit_that_was_left_out_is_asked_about_again_when_other_credits_have_its_row() {
    let settings = settings(json!({"existing_credit": "create"}));
    let id = "AlreadyCredited:5600011";
    let left_out = answered(&world("already_credited"), &settings, id, "on-credit");
    let other = with(left_out, |world| {
        for credit in world["credits"].as_array_mut().unwrap() {
            credit["id"] = json!(credit["id"].as_u64().unwrap() + 500);
        }
    });
    let planned = plan(&other, &settings);
    let review = planned.reviews.iter().find(|review| review.id == id).unwrap();
    assert!(review.message.ends_with("these facts have changed: credits."), "{}", review.message);
}

#[test]
fn a_fee_that_was_waived_is_not_deducted_unasked_when_it_is_not_repeated_any_more() {
    let settings = settings(json!({"fees": {"return": {"nominal_code": "4040", "tax_code": "T20"}}}));
    let waived = answered(&world("fees_unclear"), &settings, "FeeUnclear:return", "none");
    let single = with(waived, |world| world["rma"]["items"].as_array_mut().unwrap().truncate(1));
    let planned = plan(&single, &settings);
    assert_eq!((planned.effects.len(), asked(&planned)), (0, vec!["FeeUnclear:return"]), "{planned:#?}");
}

#[test]
fn an_amount_that_was_typed_in_for_one_currency_is_not_taken_in_another() {
    let settings = settings(json!({"fees": {"restocking": {"nominal_code": "4040", "tax_code": "T20"}}}));
    let asked_in_pounds = changed("one_unit", |world| {
        world["rma"]["items"][0]["paidPrice"]["currency"] = "EUR".into();
        world["rma"]["items"][0]["paidTax"]["currency"] = "EUR".into();
        world["rma"]["items"][0]["restockingFee"] = json!(3);
    });
    let typed_in = answered(&asked_in_pounds, &settings, "FeeUnclear:restocking", "amount:4.00");
    let in_yen = with(typed_in, |world| world["order"]["currency"]["orderCurrencyCode"] = "JPY".into());
    let planned = plan(&in_yen, &settings);
    assert!(planned.effects.is_empty() && asked(&planned).contains(&"FeeUnclear:restocking"), "{planned:#?}");
}

#[test]
fn an_amount_that_was_typed_in_is_credited_as_it_is_on_an_order_with_a_discount() {
    let settings = settings(json!({"order_discounts": "spread"}));
    let unclear = changed("discounted", |world| {
        for row in world["order"]["orderRows"].as_object_mut().unwrap().values_mut() {
            row["productSku"] = "LS-M".into();
            row.as_object_mut().unwrap().remove("externalRef");
        }
        world["rma"]["items"].as_array_mut().unwrap().truncate(1);
        let item = world["rma"]["items"][0].as_object_mut().unwrap();
        item.remove("paidPrice");
        item.remove("shopLineItemId");
        item.insert("sku".to_owned(), "LS-M".into());
    });
    let id = "TaxUnclear:5600011";
    let planned = plan(&answered(&unclear, &settings, id, "amount:9.00"), &settings);
    let [Effect::CreateSalesCredit { body, .. }] = planned.effects.as_slice() else { panic!("{planned:#?}") };
    assert_eq!(body.rows.iter().map(|row| row.net + row.tax).sum::<rust_decimal::Decimal>(), dec!(9.00));
}

#[test]
fn an_order_that_was_typed_in_and_is_not_there_is_asked_about_with_the_decision() {
    let settings = settings(json!({}));
    let mismatched = changed("one_unit", |world| world["order"]["externalRef"] = "7000000000999".into());
    let typed_in = answered(&mismatched, &settings, "OrderMismatch", "order:300999");
    // The reader looks for the chosen order only.
    let read = with(typed_in, |world| world["order"] = Value::Null);
    let planned = plan(&read, &settings);
    assert_eq!(asked(&planned), ["OrderMismatch"]);
    let message = &planned.reviews[0].message;
    assert!(message.contains("(order:300999) was not applied: 300999 is not a sales order"), "{message}");
}

#[test]
fn goods_that_were_settled_by_hand_do_not_keep_the_credit_open() {
    let settings = settings(json!({"close_credit": "when_both"}));
    let surplus = with(world("everything_done"), |world| {
        let note = world["goodsInNotes"].as_object_mut().unwrap().values_mut().next().unwrap();
        let line = &mut note["goodsMoved"][0];
        line["quantity"] = json!(line["quantity"].as_u64().unwrap() + 1);
    });
    let before = plan(&surplus, &settings);
    let [Review { code: ReviewCode::UnexpectedGoods, id, .. }] = before.reviews.as_slice() else {
        panic!("{before:#?}")
    };
    assert!(before.effects.iter().all(|effect| !matches!(effect, Effect::CloseSalesCredit { .. })));
    let settled = answered(&surplus, &settings, id, "settled");
    let planned = plan(&settled, &settings);
    assert!(planned.reviews.is_empty(), "{planned:#?}");
    assert!(planned.effects.iter().any(|effect| matches!(effect, Effect::CloseSalesCredit { .. })));
    // More of them is another question.
    let more = with(settled, |world| {
        let note = world["goodsInNotes"].as_object_mut().unwrap().values_mut().next().unwrap();
        let line = &mut note["goodsMoved"][0];
        line["quantity"] = json!(line["quantity"].as_u64().unwrap() + 5);
    });
    assert_eq!(plan(&more, &settings).reviews.len(), 1);
}

#[test]
fn a_credit_of_another_installation_is_that_of_another_program() {
    let settings = settings(json!({}));
    let theirs = with(world("credited_before_by_us"), |world| {
        world["credits"][0]["installedIntegrationInstanceId"] = json!(99);
    });
    let planned = plan(&theirs, &settings);
    assert!(planned.effects.is_empty() && asked(&planned).contains(&"ForeignCredit"), "{planned:#?}");
}
