//! Refund → payment on the credit.

use returngo_brightpearl_mapping::{Effect, plan};
use serde_json::json;

use crate::worlds::{plans, settings, world};

plans! {
    before_the_credit_it_waits: "refund_before_credit";
    in_parts: "refund_in_parts" with {"customer_reference_prefix": "RMA"};
    too_large_asks: "refund_too_large";
    too_large_with_adjustments: "refund_too_large" with {"adjustments": {"nominal_code": "4905", "tax_code": "T20"}};
    the_row_for_it_is_there: "refund_too_large_row_there" with {"adjustments": {"nominal_code": "4905", "tax_code": "T20"}};
    too_large_on_a_closed_credit: "refund_too_large_closed" with {"adjustments": {"nominal_code": "4905", "tax_code": "T20"}};
    transactions_of_all_kinds: "transactions_of_all_kinds";
    money_in_before_the_credit: "money_in_before_credit";
    money_in_is_noted_once: "money_in_noted";
    one_that_failed: "refund_failed";
    beside_facts_that_contradict: "contradictory";
    in_the_shop_currency: "refund_in_shop_currency";
    typed_in_by_hand: "typed_in_by_hand";
    recorded_differently: "recorded_differently";
    without_a_journal: "no_journal" with {"tenders": {"RefundToStoreCredit": "STORE_CREDIT"}};
    store_credit_without_a_tender: "store_credit";
    store_credit_with_a_tender: "store_credit" with {"tenders": {"RefundToStoreCredit": "store_credit"}};
    store_credit_with_a_tender_for_another_currency: "store_credit" with {"tenders": {"RefundToStoreCredit": {"USD": "STORE_CREDIT"}}};
    in_dollars_to_the_base_currency_account: "refund_in_dollars";
    in_dollars_to_their_own_account: "refund_in_dollars" with {"tenders": {"RefundToPaymentMethod": {"USD": "BANK"}}};
    under_an_inactive_method: "refund_in_parts" with {"refund_method_code": "OLD_GATEWAY"};
    noted_only: "refunds_noted" with {"refunds": "note"};

    all_done_stays_open_by_default: "everything_done";
    all_done_is_closed: "everything_done" with {"close_credit": "when_both", "complete_status_id": 11};
    all_done_is_completed: "everything_done" with {"complete_status_id": 11};
    all_done_and_closed_is_completed: "everything_done_and_closed" with {"close_credit": "when_both", "complete_status_id": 11};
    while_the_invoice_is_pending_it_waits: "everything_done_invoice_pending" with {"close_credit": "when_both", "complete_status_id": 11};
    refunded_is_closed_while_the_parcel_travels: "refunded_not_received" with {"close_credit": "when_refunded", "complete_status_id": 11};
    refunded_waits_for_the_parcel: "refunded_not_received" with {"close_credit": "when_both"};
}

#[test]
fn the_oldest_refund_comes_first_whatever_its_id() {
    let mut world = world("refund_too_large");
    world.rma.transactions[1].created_at = "2031-04-01T10:00:00+00:00".parse().unwrap();
    let plan = plan(&world, &settings(json!({})));
    let recorded: Vec<_> = plan.effects.iter().map(Effect::key).collect();
    assert_eq!(recorded, ["RGO-4410021-778121", "RGO-4410021-778122"]);
    let asked: Vec<_> =
        plan.reviews.iter().flat_map(|review| &review.transaction_ids).map(|id| id.as_str()).collect();
    assert_eq!(asked, ["778120"]);
    let listed: Vec<_> = plan.state.refunds.iter().map(|refund| refund.transaction_id.as_str()).collect();
    assert_eq!(listed, ["778121", "778120", "778122"]);
}
