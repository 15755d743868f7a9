//! What a person settled by hand is not written and not asked again, whatever else comes.

use returngo_brightpearl_mapping::{
    ConnectionSettings, Effect, Plan, RefundState, ReviewCode, World, explain, plan,
};
use serde_json::{Value, json};

use crate::worlds::{settings, world};

fn with(name: &str, decisions: &[&str], change: impl FnOnce(&mut Value)) -> World {
    let mut world = serde_json::to_value(world(name)).unwrap();
    change(&mut world);
    let decided = |id: &&str| json!({"review": id, "choice": "settled", "by": "dana", "note": null});
    world["decisions"] = decisions.iter().map(decided).collect();
    World::from_json(&world.to_string()).unwrap()
}

fn settled(name: &str, decisions: &[&str]) -> World {
    with(name, decisions, |_| {})
}

fn adjusting() -> ConnectionSettings {
    settings(json!({"adjustments": {"nominal_code": "4905", "tax_code": "T20"}}))
}

fn codes(plan: &Plan) -> Vec<ReviewCode> {
    plan.reviews.iter().map(|review| review.code).collect()
}

fn keys(plan: &Plan) -> Vec<&str> {
    plan.effects.iter().map(Effect::key).collect()
}

fn states(plan: &Plan) -> Vec<RefundState> {
    plan.state.refunds.iter().map(|refund| refund.state).collect()
}

/// Every id of the plan's reviews.
fn ids(plan: &Plan) -> Vec<String> {
    plan.reviews.iter().flat_map(|review| review.ids()).collect()
}

#[test]
fn a_review_has_one_id_for_each_thing_that_it_is_about() {
    for (name, more, expected) in [
        ("refund_too_large", json!({}), vec!["OverRefund:778121"]),
        ("typed_in_by_hand", json!({}), vec!["PossibleDuplicate:778120", "PossibleDuplicate:778121"]),
        ("order_not_found", json!({}), vec!["OrderNotFound"]),
        (
            "fees_unclear",
            json!({"fees": {"return": {"nominal_code": "4040", "tax_code": "T20"}}}),
            vec!["FeeUnclear:return"],
        ),
        ("cancelled_after_credit", json!({}), vec!["RequestCancelled"]),
        ("already_credited", json!({}), vec!["AlreadyCredited:5600011", "AlreadyCredited:5600012"]),
    ] {
        assert_eq!(ids(&plan(&world(name), &settings(more))), expected, "{name}");
    }
}

/// Reviews that hold up no write: they are told as long as they are so, for what changes about them would be hidden.
fn holds_up_nothing(id: &str) -> bool {
    ["CreditHasMore", "UnexpectedGoods", "GoodsForClosedRequest"].iter().any(|code| id.starts_with(code))
}

#[test]
fn every_review_of_any_world_is_gone_once_its_ids_are_settled() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/worlds");
    let mut asked = 0;
    for file in std::fs::read_dir(directory).unwrap() {
        let name = file.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned();
        if name == "defaults" {
            continue;
        }
        let before = plan(&world(&name), &settings(json!({})));
        let decided = ids(&before);
        let decided: Vec<&str> = decided.iter().map(String::as_str).collect();
        let after = plan(&settled(&name, &decided), &settings(json!({})));
        for id in ids(&after).into_iter().filter(|id| !holds_up_nothing(id)) {
            assert!(!decided.contains(&id.as_str()), "{name}: {id} is asked again");
            assert!(id.starts_with("CreditImpossible:"), "{name}: settling {decided:?} asks {id}");
        }
        let known: Vec<&str> = keys(&before);
        let finishing = ["-close", "-status-11"];
        let is_new = |key: &&str| !known.contains(key) && !finishing.iter().any(|end| key.ends_with(end));
        assert_eq!(keys(&after).into_iter().filter(is_new).collect::<Vec<_>>(), [""; 0], "{name}");
        asked += decided.len();
    }
    assert!(asked >= 40, "{asked} reviews");
}

#[test]
fn nothing_is_written_for_a_settled_refund_whatever_settings_come() {
    let asks = plan(&world("refund_too_large"), &settings(json!({})));
    assert!(codes(&asks).contains(&ReviewCode::OverRefund));
    let world = settled("refund_too_large", &["OverRefund:778121"]);
    for settings in [settings(json!({})), adjusting(), settings(json!({"refunds": "note"}))] {
        let plan = plan(&world, &settings);
        assert!(!keys(&plan).iter().any(|key| key.contains("778121")), "{plan:#?}");
        assert_eq!(states(&plan)[1], RefundState::Recorded);
        assert!(!codes(&plan).contains(&ReviewCode::OverRefund), "{plan:#?}");
    }
    let explained = explain(&world, &adjusting(), &plan(&world, &adjusting())).to_string();
    assert!(explained.contains("settled manually"), "{explained}");
}

#[test]
fn a_decision_names_one_refund_and_the_others_go_on() {
    let plan = plan(&settled("typed_in_by_hand", &["PossibleDuplicate:778120"]), &settings(json!({})));
    assert_eq!(ids(&plan), ["PossibleDuplicate:778121"]);
    assert_eq!(states(&plan)[0], RefundState::Recorded);
}

#[test]
fn a_choice_that_is_not_known_changes_nothing() {
    let undecided = plan(&world("refund_too_large"), &adjusting());
    let mut world = settled("refund_too_large", &["OverRefund:778121"]);
    world.decisions[0].choice = "adjustment".to_owned();
    assert_eq!(plan(&world, &adjusting()), undecided);
}

#[test]
fn a_settled_unit_is_not_credited() {
    let [before, after] = [vec![], vec!["AlreadyCredited:5600011"]].map(|decisions| {
        let world = settled("approved", &decisions);
        let plan = plan(&world, &settings(json!({})));
        let Effect::CreateSalesCredit { body, .. } = &plan.effects[0] else { panic!("{plan:#?}") };
        body.rows
            .iter()
            .map(|row| (row.external_ref.clone().unwrap(), row.quantity.to_string()))
            .collect::<Vec<_>>()
    });
    assert_eq!(before[0], ("RGO-R884001-5600011".to_owned(), "2".to_owned()));
    assert_eq!(after[0], ("RGO-R884001-5600012".to_owned(), "1".to_owned()));
}

#[test]
fn a_settled_unit_is_not_missed_on_the_credit_and_takes_no_place_there() {
    let one_more = |world: &mut Value| {
        let items = world["rma"]["items"].as_array_mut().unwrap();
        let mut unit = items[1].clone();
        unit["returnedItemId"] = json!("5600010");
        items.push(unit);
    };
    let undecided = plan(&with("credited", &[], one_more), &settings(json!({})));
    assert!(codes(&undecided).contains(&ReviewCode::CreditLacksItem), "{undecided:#?}");
    let plan = plan(&with("credited", &["UnmatchedItem:5600010"], one_more), &settings(json!({})));
    assert!(!codes(&plan).contains(&ReviewCode::CreditLacksItem), "{plan:#?}");
}

#[test]
fn no_credit_is_created_once_the_credit_is_settled_and_its_refunds_ask() {
    let refund = json!([{"id": 778120, "type": "RefundToPaymentMethod", "status": "Success",
        "createdAt": "2031-04-02T10:00:00+00:00", "amount": {"amount": "40", "currency": "GBP"}, "returnItemIds": []}]);
    for review in [
        "OrderNotFound",
        "FeeNotConfigured",
        "SeveralWarehouses",
        "ExceedsOrder",
        "OrderMismatch",
        "ForeignCredit",
    ] {
        let world = with("approved", &[review], |world| world["rma"]["transactions"] = refund.clone());
        let plan = plan(&world, &settings(json!({})));
        assert!(plan.is_empty(), "{review}: {plan:#?}");
        assert_eq!(ids(&plan), ["CreditImpossible:778120"], "{review}");
        assert!(plan.reviews[0].message.contains("was settled manually"), "{}", plan.reviews[0].message);
    }
    let both = with("approved", &["OrderNotFound", "CreditImpossible:778120"], |world| {
        world["rma"]["transactions"] = refund.clone();
    });
    let plan = plan(&both, &settings(json!({})));
    assert_eq!((ids(&plan), states(&plan)), (Vec::new(), vec![RefundState::Recorded]));
}

#[test]
fn a_settled_foreign_credit_is_not_adopted() {
    let adopt = settings(json!({"existing_credit": "adopt"}));
    let plan = plan(&settled("foreign_credit_exact", &["ForeignCredit"]), &adopt);
    assert!(plan.is_empty(), "{plan:#?}");
}

#[test]
fn the_status_of_a_cancelled_credit_is_left_once_that_is_settled() {
    let cancelled = settings(json!({"cancelled_status_id": 30}));
    let undecided = plan(&world("cancelled_after_credit"), &cancelled);
    assert_eq!(keys(&undecided), ["RGO-4410021-778120"], "the units could be credited and refunded again");
    assert_eq!(ids(&undecided), ["RequestCancelled"]);
    let unpaid = |decisions: &[&str]| {
        with("cancelled_after_credit", decisions, |world| world["rma"]["transactions"] = json!([]))
    };
    assert_eq!(keys(&plan(&unpaid(&[]), &cancelled)), ["RGO-4410021-status-30"]);
    assert!(plan(&unpaid(&["RequestCancelled"]), &cancelled).is_empty());
    let plan = plan(&settled("cancelled_after_credit", &["RequestCancelled"]), &cancelled);
    assert_eq!(keys(&plan), ["RGO-4410021-778120"]);
    assert!(plan.reviews.is_empty(), "{plan:#?}");
}

#[test]
fn custom_fields_are_left_once_that_is_settled() {
    let mapped = settings(json!({"field_map": {"customFields.PCF_REASON": "'x'"}}));
    assert_eq!(keys(&plan(&world("credited"), &mapped)), ["RGO-4410021-fields"]);
    assert!(plan(&settled("credited", &["FieldMapFailed"]), &mapped).is_empty());
}

#[test]
fn nothing_is_noted_about_settled_money_in() {
    let undecided = plan(&world("money_in_before_credit"), &settings(json!({})));
    let note = keys(&undecided).into_iter().find(|key| key.ends_with("-note")).unwrap();
    let id = note.trim_start_matches("RGO-4410021-").trim_end_matches("-note");
    let world = settled("money_in_before_credit", &[format!("UnknownTransaction:{id}").as_str()]);
    assert!(!keys(&plan(&world, &settings(json!({})))).contains(&note));
}

#[test]
fn a_settled_question_does_not_keep_the_credit_from_being_closed() {
    let close =
        settings(json!({"close_credit": "when_both", "tenders": {"RefundToStoreCredit": "STORE_CREDIT"}}));
    let closes = |plan: &Plan| keys(plan).contains(&"RGO-4410021-close");
    let without_journal = |world: &mut Value| world["payments"][0]["journalId"] = Value::Null;
    let undecided = plan(&with("everything_done", &[], without_journal), &close);
    assert!(!closes(&undecided) && !undecided.reviews.is_empty(), "{undecided:#?}");
    let decided: Vec<String> = ids(&undecided);
    let decided: Vec<&str> = decided.iter().map(String::as_str).collect();
    assert!(closes(&plan(&with("everything_done", &decided, without_journal), &close)));
}
