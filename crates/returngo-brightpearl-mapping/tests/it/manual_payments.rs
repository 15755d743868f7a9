//! Payments without a key of ours, on the credit or on the original sale: the refunds that they may be are asked about,
//! and not recorded a second time.

use returngo_brightpearl_mapping::{Effect, Plan, RefundState, ReviewCode, World, plan};
use serde_json::{Value, json};

use crate::worlds::{settings, world};

const CREDIT: u64 = 300_955;
const SALE: u64 = 300_871;

fn refund(id: u64, amount: &str) -> Value {
    json!({"id": id, "type": "RefundToPaymentMethod", "status": "Success", "createdAt": "2031-04-03T10:00:00+00:00",
        "externalReferenceId": format!("ch_{id}"), "amount": {"amount": amount, "currency": "GBP"}, "returnItemIds": []})
}

fn payment(id: u64, order: u64, reference: Option<&str>, amount: &str) -> Value {
    json!({"paymentId": id, "transactionRef": reference, "paymentMethodCode": "STRIPE_UK", "paymentType": "PAYMENT",
        "orderId": order, "currencyCode": "GBP", "amountPaid": amount, "paymentDate": "2031-04-03T11:00:00.000+01:00",
        "journalId": 902_114})
}

fn credited(refunds: Value, payments: Value) -> World {
    let mut world = serde_json::to_value(world("refund_in_parts")).unwrap();
    world["rma"]["transactions"] = refunds;
    world["rma"]["createdAt"] = json!("2031-04-01T23:30:00+00:00");
    world["payments"] = payments;
    World::from_json(&world.to_string()).unwrap()
}

fn planned(refunds: Value, payments: Value) -> Plan {
    plan(&credited(refunds, payments), &settings(json!({})))
}

/// The refunds that are asked about, and those that are recorded.
fn outcome(plan: &Plan) -> (Vec<String>, Vec<&str>) {
    let asked = plan.reviews.iter().flat_map(|review| review.ids()).collect();
    (asked, plan.effects.iter().map(Effect::key).collect())
}

fn check(refunds: Value, payments: Value, asked: &[&str], recorded: &[&str]) -> Plan {
    let plan = planned(refunds, payments);
    let asked: Vec<String> = asked.iter().map(|id| format!("PossibleDuplicate:{id}")).collect();
    let recorded: Vec<String> = recorded.iter().map(|id| format!("RGO-4410021-{id}")).collect();
    assert_eq!(outcome(&plan), (asked, recorded.iter().map(String::as_str).collect()), "{plan:#?}");
    plan
}

#[test]
fn a_payment_on_the_sale_under_the_processors_number_is_that_refund() {
    let refunds = json!([refund(1, "40"), refund(2, "40")]);
    let typed_in = payment(5, SALE, Some("ch_1"), "40.00");
    let plan = check(refunds.clone(), json!([typed_in]), &["1"], &["2"]);
    assert!(plan.warnings.is_empty(), "{:?}", plan.warnings);
    let message = &plan.reviews[0].message;
    for part in ["payment 5 of 40.00 GBP", "sales order 300871", "RGO-4410021-1"] {
        assert!(message.contains(part), "{message}");
    }
    // Also of another amount, or in another currency.
    for (key, value) in [("amountPaid", "39.00"), ("currencyCode", "EUR")] {
        let mut differs = payment(5, SALE, Some("ch_1"), "40.00");
        differs[key] = json!(value);
        check(refunds.clone(), json!([differs]), &["1"], &["2"]);
    }
}

#[test]
fn a_payment_on_the_sale_counts_by_amount_and_by_sums_and_else_not() {
    let refunds = json!([refund(1, "40"), refund(2, "9.99"), refund(3, "20")]);
    for reference in [None, Some("by hand")] {
        let on_sale = |amount| json!([payment(5, SALE, reference, amount)]);
        check(refunds.clone(), on_sale("40"), &["1"], &["2", "3"]);
        check(refunds.clone(), on_sale("49.99"), &["1", "2"], &["3"]);
        check(refunds.clone(), on_sale("12"), &[], &["1", "2", "3"]);
    }
}

#[test]
fn a_payment_on_the_credit_that_nothing_explains_may_be_any_refund() {
    let refunds = json!([refund(1, "40"), refund(2, "9.99"), refund(3, "20")]);
    check(refunds.clone(), json!([payment(5, CREDIT, None, "12")]), &["1", "2", "3"], &[]);
    check(refunds.clone(), json!([payment(5, CREDIT, None, "60")]), &["1", "3"], &["2"]);
    check(refunds, json!([payment(5, CREDIT, None, "20")]), &["3"], &["1", "2"]);
}

#[test]
fn the_sale_is_looked_at_from_the_day_of_the_rma_in_the_accounts_zone() {
    // The RMA was made at 00:30 on the 2nd in London.
    for (at, asked) in [("2031-04-01T23:59:00.000+01:00", false), ("2031-04-02T00:01:00.000+01:00", true)] {
        let mut typed_in = payment(5, SALE, None, "40");
        typed_in["paymentDate"] = json!(at);
        let plan = planned(json!([refund(1, "40")]), json!([typed_in]));
        assert_eq!(!plan.reviews.is_empty(), asked, "{at}: {plan:#?}");
    }
}

#[test]
fn what_the_customer_paid_and_refunds_of_other_rmas_say_nothing() {
    let mut receipt = payment(5, SALE, Some("ch_1"), "40");
    receipt["paymentType"] = json!("RECEIPT");
    let other = payment(6, SALE, Some("RGO-4410022-7"), "40");
    let elsewhere = payment(7, 300_111, Some("ch_1"), "40");
    let plan = check(json!([refund(1, "40")]), json!([receipt, other, elsewhere]), &[], &["1"]);
    assert_eq!(plan.warnings.len(), 1, "{:?}", plan.warnings);
}

#[test]
fn a_second_payment_under_the_number_of_a_recorded_refund_is_asked_about_for_that_one_alone() {
    let recorded = payment(4, CREDIT, Some("RGO-4410021-1"), "40");
    for order in [CREDIT, SALE] {
        let payments = json!([recorded, payment(5, order, Some("ch_1"), "40")]);
        let plan = check(json!([refund(1, "40"), refund(2, "9.99")]), payments, &["1"], &["2"]);
        assert_eq!(plan.state.refunds[0].state, RefundState::NeedsReview);
    }
}

#[test]
fn a_settled_refund_explains_its_payment_and_is_not_asked_about_again() {
    let mut world =
        credited(json!([refund(1, "40"), refund(2, "9.99")]), json!([payment(5, SALE, Some("ch_1"), "40")]));
    let decision = json!({"review": "PossibleDuplicate:1", "choice": "settled"});
    world.decisions = vec![serde_json::from_value(decision).unwrap()];
    let plan = plan(&world, &settings(json!({})));
    assert_eq!(outcome(&plan), (vec![], vec!["RGO-4410021-2"]));
}

#[test]
fn many_refunds_are_all_asked_about_where_a_sum_of_them_may_be_a_payment() {
    let refunds: Vec<Value> = (1..=40).map(|id| refund(id, "1.01")).collect();
    let asked = |amount| {
        let plan = planned(json!(refunds), json!([payment(5, SALE, None, amount)]));
        plan.reviews.iter().filter(|review| review.code == ReviewCode::PossibleDuplicate).count()
    };
    assert_eq!(asked("8.08"), 40);
    assert_eq!([asked("0.99"), asked("40.41")], [0, 0], "no sum of them");
}

#[test]
fn a_key_of_the_rma_that_matches_no_transaction_counts_by_amount_on_the_sale_too() {
    let mut old = payment(5, SALE, Some("RGO-4410021-9"), "40");
    old["paymentDate"] = json!("2031-03-01T11:00:00.000+01:00");
    let plan = planned(json!([refund(1, "40"), refund(2, "9.99")]), json!([old]));
    let asked: Vec<String> = plan.reviews.iter().flat_map(|review| review.ids()).collect();
    assert_eq!(asked, ["PossibleDuplicate:1", "RecordedDifferently:9"], "{plan:#?}");
    assert_eq!(plan.effects.len(), 1);
}

#[test]
fn blanks_around_a_key_are_a_slip_of_the_hand() {
    let plan =
        check(json!([refund(1, "40")]), json!([payment(5, CREDIT, Some(" RGO-4410021-1 "), "40")]), &[], &[]);
    assert_eq!(plan.state.refunds[0].state, RefundState::Recorded);
}

#[test]
fn every_payment_that_a_refund_may_be_is_named_the_most_convincing_first() {
    let payments = json!([
        payment(5, CREDIT, None, "12"),
        payment(6, SALE, None, "40"),
        payment(7, SALE, Some("ch_1"), "38"),
        payment(8, CREDIT, None, "13"),
    ]);
    let plan = check(json!([refund(1, "40")]), payments, &["1"], &[]);
    let message = &plan.reviews[0].message;
    let places: Vec<_> =
        ["payment 7 of", "payment 6 of", "payment 5 of", "; 1 more"].map(|part| message.find(part)).into();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{message}");
}

#[test]
fn nothing_is_recorded_without_a_question_once_the_sale_is_cancelled() {
    let mut world = serde_json::to_value(credited(json!([refund(1, "40")]), json!([]))).unwrap();
    world["account"]["configuration"]["cancelledOrderStatusId"] = json!("99");
    world["order"]["orderStatus"]["orderStatusId"] = json!(99);
    let world = World::from_json(&world.to_string()).unwrap();
    assert_eq!(world.account.configuration.cancelled_order_status().map(|status| status.get()), Some(99));
    let cancelled = plan(&world, &settings(json!({})));
    assert_eq!(outcome(&cancelled), (vec!["PossibleDuplicate:1".to_owned()], vec![]), "{cancelled:#?}");
    let noted = plan(&world, &settings(json!({"refunds": "note"})));
    assert_eq!(outcome(&noted), (vec![], vec!["RGO-4410021-1-note"]));
}

#[test]
fn the_customers_own_payment_takes_nothing_back_on_the_sale() {
    let mut failed = refund(1, "40");
    failed["status"] = json!("Failed");
    for (id, asks) in [(4, true), (6, false)] {
        let mut receipt = payment(id, SALE, None, "40");
        receipt["paymentType"] = json!("RECEIPT");
        let plan = planned(json!([failed]), json!([payment(5, SALE, Some("RGO-4410021-1"), "40"), receipt]));
        assert_eq!(!plan.reviews.is_empty(), asks, "{plan:#?}");
    }
}

#[test]
fn a_credit_that_names_no_order_is_compared_with_the_order_of_the_rma() {
    let mut world =
        serde_json::to_value(credited(json!([refund(1, "40")]), json!([payment(5, SALE, None, "40")])));
    world.as_mut().unwrap()["credits"][0].as_object_mut().unwrap().remove("parentOrderId");
    let world = World::from_json(&world.unwrap().to_string()).unwrap();
    let plan = plan(&world, &settings(json!({})));
    assert_eq!(outcome(&plan), (vec!["PossibleDuplicate:1".to_owned()], vec![]), "{plan:#?}");
}

#[test]
fn a_cancelled_rma_whose_refund_was_entered_by_hand_asks() {
    let mut world = credited(json!([refund(1, "40")]), json!([payment(5, SALE, Some("ch_1"), "40")]));
    world.rma.rma_summary.status = returngo::RmaStatus::Canceled;
    let plan = plan(&world, &settings(json!({"cancelled_status_id": 30})));
    let (asked, _) = outcome(&plan);
    assert!(asked.contains(&"RequestCancelled".to_owned()), "{plan:#?}");
}
