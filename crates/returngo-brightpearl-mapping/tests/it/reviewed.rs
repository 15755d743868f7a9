//! What a review found, held: where money or goods would have gone wrong in silence.

use brightpearl::{CurrencyCode, PaymentId, accounting::PaymentType};
use returngo_brightpearl_mapping::{Effect, Plan, ReviewCode, plan};
use rust_decimal_macros::dec;
use serde_json::json;

use crate::worlds::{settings, world};

fn codes(plan: &Plan) -> Vec<ReviewCode> {
    plan.reviews.iter().map(|review| review.code).collect()
}

#[test]
fn a_credit_never_asks_the_customer_for_money() {
    let mut world = world("one_unit");
    world.rma.items[0].restocking_fee = dec!(500);
    let fees = json!({"fees": {"restocking": {"nominal_code": "4040", "tax_code": "T20"}}});
    let plan = plan(&world, &settings(fees));
    assert!(plan.is_empty(), "{plan:#?}");
    assert_eq!(codes(&plan), [ReviewCode::FeeUnclear]);
}

#[test]
fn a_credit_that_was_closed_before_the_rma_was_asked_for_is_not_adopted() {
    let adopt = settings(json!({"existing_credit": "adopt"}));
    let mut world = world("foreign_credit_exact");
    world.rma.created_at = Some("2031-03-28T08:14:10+00:00".parse().unwrap());
    assert_eq!(plan(&world, &adopt).effects.len(), 1, "claimed while it has no history");
    world.credits[0].closed_on = Some("2031-03-01T00:00:00+00:00".parse().unwrap());
    let plan = plan(&world, &adopt);
    assert!(plan.state.credit.is_none() && plan.is_empty(), "{plan:#?}");
    assert_eq!(codes(&plan), [ReviewCode::ForeignCredit]);
}

#[test]
fn money_that_came_back_is_not_paid() {
    let close = settings(json!({"close_credit": "when_refunded"}));
    let mut world = world("everything_done");
    let closes =
        |plan: &Plan| plan.effects.iter().any(|effect| matches!(effect, Effect::CloseSalesCredit { .. }));
    assert!(closes(&plan(&world, &close)));
    let mut back = world.payments[0].clone();
    back.payment_id = PaymentId::new(999_001);
    back.payment_type = PaymentType::Receipt;
    back.transaction_ref = None;
    assert_eq!(back.currency_code, CurrencyCode::new("GBP"));
    world.payments.push(back);
    assert!(!closes(&plan(&world, &close)));
}
