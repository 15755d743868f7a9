//! What becomes of an RMA after its credit was made.

use returngo_brightpearl_mapping::{Effect, plan};
use serde_json::json;

use crate::worlds::{plans, settings, world};

plans! {
    nothing_new: "credited" with {"sales_credit_status_id": 27};
    cancelled_asks: "cancelled_after_credit";
    rejected_asks: "rejected_after_credit";
    cancelled_with_a_refund_asks_and_records_it: "cancelled_after_credit" with {"cancelled_status_id": 30};
    goods_came_for_a_cancelled_one: "goods_for_cancelled" with {"cancelled_status_id": 30};
    reopened_keeps_its_credit: "reopened";
    units_came_and_went: "changed";
    a_row_added_by_hand_settles_it: "lacking_row_added_by_hand";
    two_credits_with_our_key: "two_credits_with_our_key";
}

#[test]
fn a_reopened_rma_whose_credit_was_set_aside_is_asked_about() {
    let mut world = world("reopened");
    world.rma.rma_summary.status = returngo::RmaStatus::Approved;
    world.credits[0].order_status.order_status_id = brightpearl::OrderStatusId::new(30);
    let plan = plan(&world, &settings(json!({"cancelled_status_id": 30})));
    let codes: Vec<_> = plan.reviews.iter().map(|review| review.code).collect();
    assert_eq!(codes, [returngo_brightpearl_mapping::ReviewCode::RequestCancelled]);
    let is_refund = |effect: &Effect| matches!(effect, Effect::RecordPayment { .. });
    assert!(plan.effects.iter().all(is_refund), "money that is gone is recorded, nothing else: {plan:#?}");
}

/// The question was settled before the RMA was reopened. Its credit still credits nothing: finishing it would credit its units
/// once more beside another RMA's credit.
#[test]
fn a_credit_that_was_set_aside_is_not_finished() {
    let mut world = world("everything_done");
    world.credits[0].order_status.order_status_id = brightpearl::OrderStatusId::new(30);
    let decision = json!([{"review": "RequestCancelled", "choice": "settled"}]);
    world.decisions = serde_json::from_value(decision).unwrap();
    let finishing = |more| {
        let plan = plan(&world, &settings(more));
        let finishes = |effect: &&Effect| {
            matches!(effect, Effect::SetOrderStatus { .. } | Effect::CloseSalesCredit { .. })
        };
        plan.effects.iter().filter(finishes).count()
    };
    assert_eq!(finishing(json!({"complete_status_id": 11})), 1);
    assert_eq!(finishing(json!({"complete_status_id": 11, "cancelled_status_id": 30})), 0);
    assert_eq!(finishing(json!({"close_credit": "when_both", "cancelled_status_id": 30})), 0);
}

#[test]
fn once_there_is_a_credit_the_order_is_not_asked_for() {
    let credited = world("credited");
    let mut ambiguous = world("order_ambiguous");
    ambiguous.credits = credited.credits.clone();
    let mut not_found = world("order_not_found");
    not_found.credits = credited.credits.clone();
    let mut cancelled = world("order_cancelled");
    cancelled.credits = credited.credits;
    for world in [ambiguous, not_found, cancelled] {
        let plan = plan(&world, &settings(json!({})));
        assert!(plan.is_empty() && plan.reviews.is_empty() && plan.warnings.is_empty(), "{plan:#?}");
        let rows: Vec<_> =
            plan.state.units.iter().filter_map(|unit| unit.row_id).map(|row| row.get()).collect();
        assert_eq!(rows, [884_120, 884_120, 884_121]);
    }
}
