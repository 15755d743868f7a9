//! A credit that somebody else made belongs to at most one RMA: it is claimed before anything else is written.

use returngo_brightpearl_mapping::{
    ConnectionSettings, Effect, Plan, ReviewCode, World, explain, keys, plan,
};
use serde_json::{Value, json};

use crate::{
    model::Model,
    worlds::{settings, world},
};

const CREDIT: u64 = 300_960;

fn adopt() -> ConnectionSettings {
    settings(json!({"existing_credit": "adopt"}))
}

fn with(name: &str, facts: Value) -> World {
    let mut world = serde_json::to_value(world(name)).unwrap();
    world.as_object_mut().unwrap().extend(facts.as_object().unwrap().clone());
    World::from_json(&world.to_string()).unwrap()
}

fn note(id: u64, rma: &str) -> Value {
    json!({"noteId": id, "orderId": CREDIT, "text": format!("ReturnGO RMA {rma} adopted this. [RGO-{rma}-adopted]")})
}

fn is_the_rmas(plan: &Plan) -> bool {
    plan.state.credit.as_ref().is_some_and(|credit| credit.id.get() == CREDIT)
}

fn asks_who_holds_it(plan: &Plan, rma: &str) -> bool {
    let asked = plan.reviews.iter().filter(|review| review.code == ReviewCode::ForeignCredit);
    let mut messages = asked.map(|review| review.message.as_str());
    plan.is_empty() && plan.state.credit.is_none() && messages.any(|message| message.contains(rma))
}

#[test]
fn the_claim_is_written_before_anything_else() {
    let world = world("foreign_credit_exact");
    let planned = plan(&world, &adopt());
    let [Effect::AddOrderNote { key, order_id, body }] = planned.effects.as_slice() else {
        panic!("{planned:#?}")
    };
    assert_eq!((key.as_str(), order_id.get()), ("RGO-4410021-adopted", CREDIT));
    assert_eq!(*key, keys::adopted(world.rma.id()));
    assert!(keys::is_adopted(key) && !keys::is_adopted("RGO-4410021-778120"));
    assert!(!body.is_public && body.text.is_ascii());
    assert!(keys::mentioned(&body.text).any(|mentioned| mentioned == key));
    assert!(planned.state.credit.is_none(), "it is the RMA's only once it is claimed");
    let explained = explain(&world, &adopt(), &planned).to_string();
    assert!(explained.contains("all other writes wait for this note"), "{explained}");
}

#[test]
fn everything_else_follows_once_the_claim_is_there() {
    let mut model = Model::of(world("foreign_credit_exact"));
    assert!(model.settle(&adopt()) <= 4);
    assert_eq!(model.keys, ["RGO-4410021-adopted", "RGO-4410021-778120"]);
}

#[test]
fn the_callers_store_is_as_good_as_the_note() {
    let facts = json!({"claims": [{"creditId": CREDIT, "rmaId": "4410021"}]});
    let planned = plan(&with("foreign_credit_exact", facts), &adopt());
    assert!(is_the_rmas(&planned));
    let keys: Vec<_> = planned.effects.iter().map(Effect::key).collect();
    assert_eq!(keys, ["RGO-4410021-778120"]);
}

#[test]
fn a_claimed_credit_stays_the_rmas_whatever_changes() {
    let mut world = with("foreign_credit_exact", json!({"orderNotes": [note(5001, "4410021")]}));
    world.credits[0].order_rows.values_mut().for_each(|row| row.quantity.magnitude = 2.into());
    for existing in ["adopt", "review", "create"] {
        let planned = plan(&world, &settings(json!({"existing_credit": existing})));
        assert!(is_the_rmas(&planned), "{existing}: {planned:#?}");
    }
}

#[test]
fn a_credit_that_another_rma_claimed_is_not_adopted() {
    for facts in [
        json!({"orderNotes": [note(5001, "4400077")]}),
        json!({"claims": [{"creditId": CREDIT, "rmaId": "4400077"}]}),
        json!({"orderNotes": [{"noteId": 5001, "orderId": CREDIT, "text": "Refund [RGO-4400077-778001]"}]}),
    ] {
        let planned = plan(&with("foreign_credit_exact", facts.clone()), &adopt());
        assert!(asks_who_holds_it(&planned, "RMA 4400077"), "{facts}: {planned:#?}");
    }
}

#[test]
fn of_two_claims_the_first_note_counts_for_both_rmas() {
    for notes in [
        json!([note(5001, "4410021"), note(5002, "4400077")]),
        json!([note(5002, "4400077"), note(5001, "4410021")]),
    ] {
        assert!(is_the_rmas(&plan(&with("foreign_credit_exact", json!({"orderNotes": notes})), &adopt())));
    }
    let second = json!({
        "orderNotes": [note(5001, "4400077"), note(5002, "4410021")],
        "claims": [{"creditId": CREDIT, "rmaId": "4410021"}],
    });
    for existing in ["adopt", "review", "create"] {
        let settings = settings(json!({"existing_credit": existing}));
        let planned = plan(&with("foreign_credit_exact", second.clone()), &settings);
        assert!(asks_who_holds_it(&planned, "RMA 4400077"), "{existing}: {planned:#?}");
    }
}

#[test]
fn a_credit_with_a_refund_of_the_rma_needs_no_claim_unless_another_rma_claimed_it() {
    let payment = json!([{"paymentId": 551_207, "transactionRef": "RGO-4410021-778120", "paymentType": "PAYMENT",
        "orderId": CREDIT, "currencyCode": "GBP", "amountPaid": "40.00", "journalId": 902_114, "paymentMethodCode": "STRIPE_UK"}]);
    let planned = plan(&with("foreign_credit_exact", json!({"payments": payment})), &adopt());
    assert!(is_the_rmas(&planned) && planned.is_empty(), "{planned:#?}");
    let facts = json!({"payments": payment, "orderNotes": [note(5001, "4400077")]});
    assert!(asks_who_holds_it(&plan(&with("foreign_credit_exact", facts), &adopt()), "RMA 4400077"));
}

#[test]
fn an_rma_whose_number_begins_alike_is_another_one() {
    for other in ["441002", "44100210"] {
        let planned =
            plan(&with("foreign_credit_exact", json!({"orderNotes": [note(5001, other)]})), &adopt());
        assert!(asks_who_holds_it(&planned, &format!("RMA {other} ")), "{other}: {planned:#?}");
    }
}

/// Money that came in would be noted on the order while the RMA has no credit.
#[test]
fn what_could_be_written_elsewhere_waits_as_well() {
    let money_in = json!({"id": 778_130, "type": "InvoicePayment", "status": "Success",
        "createdAt": "2031-04-01T10:00:00+00:00", "amount": {"amount": 5, "currency": "GBP"}, "returnItemIds": []});
    let planned_with = |facts: Value| {
        let mut world = serde_json::to_value(with("foreign_credit_exact", facts)).unwrap();
        world["rma"]["transactions"].as_array_mut().unwrap().push(money_in.clone());
        plan(&World::from_json(&world.to_string()).unwrap(), &adopt())
    };
    let keys = |plan: &Plan| plan.effects.iter().map(|effect| effect.key().to_owned()).collect::<Vec<_>>();
    assert_eq!(keys(&planned_with(json!({}))), ["RGO-4410021-adopted"]);
    let claimed = planned_with(json!({"orderNotes": [note(5001, "4410021")]}));
    assert_eq!(keys(&claimed), ["RGO-4410021-778130-note", "RGO-4410021-778120"]);
    let lost = planned_with(json!({"orderNotes": [note(5001, "4400077"), note(5002, "4410021")]}));
    assert!(asks_who_holds_it(&lost, "RMA 4400077"), "{lost:#?}");
}
