//! A person answers reviews: what each choice offers, what it writes, and when a decision is not applied.

use returngo_brightpearl_mapping::{
    ConnectionSettings, Decision, Effect, Plan, Review, ReviewCode, World, plan,
};
use rust_decimal::Decimal;
use rust_decimal_macros::dec;
use serde_json::json;

use crate::worlds::{settings, world};

/// The review with this id.
fn review(world: &World, settings: &ConnectionSettings, id: &str) -> Review {
    let plan = plan(world, settings);
    let found = plan.reviews.iter().find(|review| review.id == id).cloned();
    found.unwrap_or_else(|| panic!("{id} is not asked: {:#?}", plan.reviews))
}

/// The world with the review's choice decided by a person.
fn decided(mut world: World, review: &Review, choice: &str) -> World {
    world.decisions.push(Decision {
        review: review.id.clone(),
        digest: Some(review.digest.clone()),
        choice: choice.to_owned(),
        by: Some("dana".to_owned()),
        at: None,
        note: None,
    });
    world
}

fn offered(review: &Review) -> Vec<(&str, &str)> {
    review.choices.iter().map(|choice| (choice.id.as_str(), choice.effect.as_str())).collect()
}

/// The gross amounts of the rows of the credit that is created.
fn rows(plan: &Plan) -> Vec<Decimal> {
    let bodies = plan.effects.iter().filter_map(|effect| match effect {
        Effect::CreateSalesCredit { body, .. } => Some(body),
        _ => None,
    });
    bodies.flat_map(|body| body.rows.iter().map(|row| (row.net + row.tax).normalize())).collect()
}

fn return_fee() -> ConnectionSettings {
    settings(json!({"fees": {"return": {"nominal_code": "4040", "tax_code": "T20"}}}))
}

#[test]
fn a_repeated_fee_is_charged_as_decided() {
    let (asked, settings) = (world("fees_unclear"), return_fee());
    let review = review(&asked, &settings, "FeeUnclear:return");
    insta::assert_debug_snapshot!(offered(&review));
    for (choice, fee) in [("once", dec!(-5)), ("each", dec!(-10)), ("none", dec!(0))] {
        let plan = plan(&decided(asked.clone(), &review, choice), &settings);
        assert_eq!(plan.reviews, [], "{choice}");
        let fees: Decimal = rows(&plan).into_iter().filter(|gross| gross.is_sign_negative()).sum();
        assert_eq!(fees, fee, "{choice}");
    }
}

#[test]
fn a_decision_on_other_facts_is_not_applied_and_the_review_says_what_changed() {
    let (asked, settings) = (world("fees_unclear"), return_fee());
    let before = review(&asked, &settings, "FeeUnclear:return");
    let mut changed = asked;
    for item in &mut changed.rma.items {
        item.return_fee = dec!(6);
    }
    let plan = plan(&decided(changed, &before, "once"), &settings);
    assert!(plan.is_empty(), "{:#?}", plan.effects);
    let says = &plan.reviews[0].message;
    assert!(
        says.ends_with(
            "The decision of dana (once) was not applied: since then, these facts have changed: fee."
        ),
        "{says}"
    );
}

#[test]
fn a_choice_that_is_not_offered_is_not_applied() {
    let (asked, settings) = (world("fees_unclear"), return_fee());
    let review = review(&asked, &settings, "FeeUnclear:return");
    for choice in ["twice", "once:2", "", "settled "] {
        let plan = plan(&decided(asked.clone(), &review, choice), &settings);
        assert!(plan.is_empty());
        assert_eq!(plan.reviews[0].code, ReviewCode::FeeUnclear);
        assert!(
            plan.reviews[0].message.contains("does not offer this choice"),
            "{}",
            plan.reviews[0].message
        );
    }
}

#[test]
fn every_review_can_be_settled_by_hand() {
    let review = review(&world("order_not_found"), &settings(json!({})), "OrderNotFound");
    assert_eq!(review.choices.last().map(|choice| choice.id.as_str()), Some("settled"));
}
