//! Payments that are in Brightpearl already: those that record no money that moved are asked about, and no row makes
//! room beside them.

use returngo_brightpearl_mapping::{Effect, Plan, RefundState, ReviewCode, World, plan};
use serde_json::{Value, json};

use crate::worlds::{settings, world};

const CREDIT: u64 = 300_955;

fn transaction(id: u64, amount: &str, status: &str, day: u8) -> Value {
    json!({"id": id, "type": "RefundToPaymentMethod", "status": status, "createdAt": format!("2031-04-0{day}T10:00:00+00:00"),
        "amount": {"amount": amount, "currency": "GBP"}, "returnItemIds": []})
}

fn payment(id: u64, reference: &str, amount: &str) -> Value {
    json!({"paymentId": id, "transactionRef": reference, "paymentMethodCode": "STRIPE_UK", "paymentType": "PAYMENT",
        "orderId": CREDIT, "currencyCode": "GBP", "amountPaid": amount, "paymentDate": "2031-04-02T11:00:00.000+01:00",
        "journalId": 902_114})
}

fn receipt(id: u64, amount: &str, day: u8) -> Value {
    let mut receipt = payment(id, "taken back", amount);
    receipt["paymentType"] = json!("RECEIPT");
    receipt["paymentDate"] = json!(format!("2031-04-0{day}T11:00:00.000+01:00"));
    receipt
}

/// A credit of 89.99 with these transactions and payments.
fn credited(transactions: Value, payments: Value) -> World {
    let mut world = serde_json::to_value(world("refund_in_parts")).unwrap();
    world["rma"]["transactions"] = transactions;
    world["payments"] = payments;
    World::from_json(&world.to_string()).unwrap()
}

/// The plan while refunds above the credit may get a row.
fn planned(transactions: Value, payments: Value) -> Plan {
    let adjustments = json!({"adjustments": {"nominal_code": "4905", "tax_code": "T20"}});
    plan(&credited(transactions, payments), &settings(adjustments))
}

fn codes(plan: &Plan) -> Vec<ReviewCode> {
    plan.reviews.iter().map(|review| review.code).collect()
}

fn keys(plan: &Plan) -> Vec<&str> {
    plan.effects.iter().map(Effect::key).collect()
}

#[test]
fn a_refund_that_failed_after_it_was_recorded_asks_and_makes_no_room_for_the_next() {
    let plan = planned(
        json!([transaction(1, "89.99", "Failed", 1), transaction(2, "89.99", "Success", 3)]),
        json!([payment(5, "RGO-4410021-1", "89.99")]),
    );
    assert!(plan.is_empty(), "{plan:#?}");
    assert_eq!(codes(&plan), [ReviewCode::RecordedDifferently, ReviewCode::OverRefund]);
    assert!(plan.reviews[1].message.contains("payment 5 of 89.99 GBP"), "{}", plan.reviews[1].message);
    let states: Vec<_> = plan.state.refunds.iter().map(|refund| refund.state).collect();
    assert_eq!(states, [RefundState::NeedsReview, RefundState::NeedsReview]);
}

#[test]
fn a_refund_that_is_requested_again_asks_as_well() {
    for status in ["Requested", "Settling"] {
        let plan =
            planned(json!([transaction(1, "40", status, 1)]), json!([payment(5, "RGO-4410021-1", "40.00")]));
        assert!(codes(&plan).contains(&ReviewCode::RecordedDifferently), "{status}: {plan:#?}");
        assert_eq!(plan.state.refunds[0].state, RefundState::NeedsReview);
    }
}

#[test]
fn a_receipt_of_the_amount_took_it_back() {
    let transactions = json!([transaction(1, "89.99", "Failed", 1), transaction(2, "95", "Success", 3)]);
    let taken_back = json!([payment(5, "RGO-4410021-1", "89.99"), receipt(6, "89.99", 3)]);
    let plan = planned(transactions.clone(), taken_back);
    assert_eq!(codes(&plan), []);
    assert_eq!(keys(&plan), ["RGO-4410021-2-row", "RGO-4410021-2"]);
    for receipts in [receipt(6, "89.98", 3), receipt(6, "89.99", 1)] {
        let plan = planned(transactions.clone(), json!([payment(5, "RGO-4410021-1", "89.99"), receipts]));
        assert!(codes(&plan).contains(&ReviewCode::RecordedDifferently), "{plan:#?}");
    }
}

#[test]
fn a_receipt_takes_back_one_payment() {
    let transactions = json!([transaction(1, "40", "Failed", 1), transaction(2, "40", "Failed", 2)]);
    let payments = json!([
        payment(5, "RGO-4410021-1", "40.00"),
        payment(6, "RGO-4410021-2", "40.00"),
        receipt(7, "40.00", 3)
    ]);
    assert_eq!(codes(&planned(transactions, payments)), [ReviewCode::RecordedDifferently]);
}

#[test]
fn a_transaction_that_is_not_listed_any_more_asks_and_may_be_another_refund() {
    let plan = planned(
        json!([transaction(2, "40", "Success", 3), transaction(3, "9.99", "Success", 4)]),
        json!([payment(5, "RGO-4410021-1", "40.00")]),
    );
    assert_eq!(codes(&plan), [ReviewCode::PossibleDuplicate, ReviewCode::RecordedDifferently]);
    assert_eq!(keys(&plan), ["RGO-4410021-3"]);
    assert!(
        plan.reviews[0].message.contains("with the reference RGO-4410021-1"),
        "{}",
        plan.reviews[0].message
    );
    assert_eq!(plan.reviews[1].transaction_ids, ["1".to_owned().into()]);
    assert!(plan.warnings.is_empty(), "{:?}", plan.warnings);
}

#[test]
fn a_key_that_only_begins_alike_is_that_of_another_rma() {
    for other in ["RGO-441002-1", "RGO-44100210-1", "RGO-R4410021-1", "RGO-4410021", "rgo-4410021-1"] {
        let plan = planned(json!([]), json!([payment(5, other, "40.00")]));
        assert!(!codes(&plan).contains(&ReviewCode::RecordedDifferently), "{other}: {plan:#?}");
    }
}

#[test]
fn no_row_is_added_while_a_payment_is_not_explained() {
    let transactions = json!([transaction(1, "40", "Success", 1), transaction(2, "60", "Success", 3)]);
    let explained = planned(transactions.clone(), json!([payment(5, "RGO-4410021-1", "40.00")]));
    assert_eq!(keys(&explained), ["RGO-4410021-2-row", "RGO-4410021-2"]);
    for unexplained in [
        json!([payment(5, "RGO-4410021-1", "41.00")]),
        json!([payment(5, "RGO-4410021-1", "40.00"), payment(6, "RGO-4400001-7", "7.00")]),
    ] {
        let plan = planned(transactions.clone(), unexplained.clone());
        assert!(plan.is_empty(), "{unexplained}: {plan:#?}");
        let asked = plan.reviews.iter().find(|review| review.code == ReviewCode::OverRefund).unwrap();
        assert!(asked.message.contains("does not record a successful refund"), "{}", asked.message);
    }
    // What was typed in may even be the refund itself.
    let typed_in = json!([payment(5, "RGO-4410021-1", "40.00"), payment(6, "typed in", "7.00")]);
    let plan = planned(transactions, typed_in);
    assert!(plan.is_empty(), "{plan:#?}");
    assert_eq!(codes(&plan), [ReviewCode::PossibleDuplicate]);
}

#[test]
fn amounts_are_compared_in_minor_units() {
    let plan = planned(
        json!([
            transaction(1, "30.000000000000004", "Success", 1),
            transaction(2, "20.000000000000001", "Success", 2)
        ]),
        json!([payment(5, "RGO-4410021-1", "30.00")]),
    );
    assert_eq!(codes(&plan), []);
    assert_eq!(plan.state.refunds[0].state, RefundState::Recorded);
    let [Effect::RecordPayment { body, .. }] = plan.effects.as_slice() else { panic!("{plan:#?}") };
    assert_eq!(body.amount_paid.to_string(), "20.00");
    let off = planned(json!([transaction(1, "30.004", "Success", 1)]), json!([]));
    assert_eq!(codes(&off), [ReviewCode::RefundCurrency]);
}
