use returngo_mock::Refund;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::shop::{RMA, Shop};

/// A shop where more was refunded than the credit holds.
async fn asking() -> Shop {
    let shop = Shop::connected().await;
    shop.approve(RMA);
    shop.refund(RMA, Refund::of(Decimal::from(500)));
    let synced = shop.run(&["sync", RMA, "--json"]).json();
    assert_eq!(synced[0]["state"], "needs-review", "{synced}");
    shop
}

fn waiting(shop: &Shop) -> Vec<Value> {
    shop.run(&["reviews", "--json"]).json().as_array().unwrap().clone()
}

fn audit(shop: &Shop) -> Vec<(String, String)> {
    let audit = shop.run(&["audit", RMA, "--json"]).json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    audit.as_array().unwrap().iter().map(|entry| (text(&entry["event"]), text(&entry["detail"]))).collect()
}

#[tokio::test]
async fn what_waits_is_listed_and_shown() {
    let shop = asking().await;
    assert_eq!(waiting(&shop)[0]["reviews"][0]["code"], "OverRefund");
    assert_eq!(shop.run(&["reviews", "list", "acme", "--json"]).json()[0]["rmaId"], RMA);
    let listed = shop.run(&["reviews"]).succeeds();
    assert!(listed.contains("OverRefund") && listed.contains("reviews resolve"), "{listed}");
    let shown = shop.run(&["reviews", "show", RMA, "--json"]).json();
    assert_eq!(shown["writes"][0]["key"], format!("RGO-{RMA}"));
    assert_eq!(shown["writes"][0]["outcome"], "applied");
    let shown = shop.run(&["reviews", "show", "acme", RMA]).succeeds();
    assert!(shown.contains("OverRefund") && shown.contains("sales credit"), "{shown}");
    assert!(shop.run(&["reviews", "show", "999"]).fails().contains("RMA 999 of acme is unknown"));
    assert!(shop.run(&["reviews", "list", "beta"]).fails().contains("connection beta not found"));
}

#[tokio::test]
async fn what_is_resolved_is_off_the_list_until_something_new_comes_up() {
    let shop = asking().await;
    let resolved =
        shop.run(&["reviews", "resolve", RMA, "--by", "dana", "--note", "paid by hand", "--json"]).json();
    assert_eq!((&resolved["state"], &resolved["reviews"]), (&"in-sync".into(), &json!([])));
    assert_eq!(
        audit(&shop).pop(),
        Some(("resolved".to_owned(), "OverRefund:778120, by dana: paid by hand".to_owned()))
    );
    shop.run(&["sync", RMA]).succeeds();
    assert!(waiting(&shop).is_empty(), "nothing is new");
    assert!(shop.run(&["reviews", "show", RMA]).succeeds().contains("resolved by dana"));
    assert!(shop.run(&["reviews", "resolve", RMA]).fails().contains("needs no review"));

    shop.refund(RMA, Refund::of(Decimal::from(100)));
    shop.run(&["sync", RMA]).succeeds();
    assert_eq!(waiting(&shop).len(), 1);
}

#[tokio::test]
async fn what_is_retried_is_looked_at_again_and_what_is_reopened_is_asked_again() {
    let shop = asking().await;
    shop.run(&["reviews", "resolve", RMA]).succeeds();
    let said = shop.run(&["reviews", "retry", RMA, "--by", "dana", "--note", "have another look"]).succeeds();
    assert!(said.contains(&format!("sync acme {RMA}")), "{said}");
    assert_eq!(audit(&shop).pop(), Some(("retried".to_owned(), "by dana: have another look".to_owned())));
    assert_eq!(shop.run(&["status", "--json"]).json()[0]["pending"], 1);
    shop.run(&["sync"]).succeeds();
    assert!(waiting(&shop).is_empty(), "what was resolved stays so");
    assert!(shop.run(&["reviews", "retry", "999"]).fails().contains("RMA 999 of acme is unknown"));

    let said = shop.run(&["reviews", "reopen", RMA, "--by", "dana", "--note", "it was not paid"]).succeeds();
    assert!(said.contains(&format!("sync acme {RMA}")), "{said}");
    assert_eq!(audit(&shop).pop(), Some(("reopened".to_owned(), "by dana: it was not paid".to_owned())));
    assert_eq!(shop.run(&["status", "--json"]).json()[0]["pending"], 1);
    shop.run(&["sync"]).succeeds();
    assert_eq!(waiting(&shop).len(), 1);
    assert!(shop.run(&["reviews", "reopen", RMA]).fails().contains("was resolved"));
}

#[tokio::test]
async fn other_settings_look_again_at_what_waits() {
    let shop = asking().await;
    shop.run(&["connect", "acme"]).succeeds();
    assert_eq!(shop.run(&["status", "--json"]).json()[0]["pending"], 0, "nothing is other");
    let connected = shop.run(&["connect", "acme", "--refund-method", "BANK"]);
    assert!(connected.stderr.contains("1 RMA that needed review"), "{}", connected.stderr);
    assert_eq!(shop.run(&["status", "--json"]).json()[0]["pending"], 1);
}

/// A shop whose credit somebody has deleted.
async fn without_its_credit() -> Shop {
    let shop = Shop::connected().await;
    shop.approve(RMA);
    shop.run(&["sync", RMA]).succeeds();
    assert_eq!(shop.credits_of(RMA), 1);
    shop.writes_are_an_hour_old().await;
    shop.brightpearl.reset();
    shop.brightpearl.set_throttle(None);
    for _ in 0..3 {
        assert!(shop.run(&["sync", RMA]).fails().contains("1 of 1 RMA failed"));
    }
    assert_eq!(shop.credits_of(RMA), 0, "it is not written again unasked");
    shop
}

#[tokio::test]
async fn a_credit_that_was_deleted_is_asked_about_and_written_again_on_demand() {
    let shop = without_its_credit().await;
    let requested = waiting(&shop);
    assert!(requested[0]["lastError"].as_str().unwrap().contains("--again RGO-4410021"), "{requested:?}");

    let wrong = shop.run(&["reviews", "retry", RMA, "--again", "RGO-1"]).fails();
    assert!(wrong.contains("RGO-4410021"), "it names the keys that there are: {wrong}");
    let again = ["reviews", "retry", RMA, "--again", "RGO-4410021", "--note", "by mistake", "--yes"];
    let unconfirmed = shop.run(&again[..again.len() - 1]).refuses_the_usage();
    assert!(
        unconfirmed.contains("Write RGO-4410021 again?") && unconfirmed.contains("--yes"),
        "{unconfirmed}"
    );
    assert_ne!(audit(&shop).pop().unwrap().0, "reset");
    let retried = shop.run(&again);
    assert!(retried.stderr.contains("will be written again"), "{}", retried.stderr);
    retried.succeeds();
    let (event, detail) = audit(&shop).pop().unwrap();
    assert_eq!(event, "reset");
    assert!(detail.contains("RGO-4410021") && detail.contains("by mistake"), "{detail}");
    assert_eq!(shop.run(&["sync", RMA, "--json"]).json()[0]["state"], "in-sync");
    assert_eq!(shop.credits_of(RMA), 1);
}

#[tokio::test]
async fn a_credit_that_was_deleted_on_purpose_is_not_asked_about_again() {
    let shop = without_its_credit().await;
    shop.run(&["reviews", "resolve", RMA, "--note", "it is to be gone"]).succeeds();
    for _ in 0..2 {
        shop.run(&["sync", RMA]).fails();
    }
    shop.run(&["sync", RMA]).succeeds();
    assert!(waiting(&shop).is_empty());
    assert_eq!(shop.credits_of(RMA), 0);
}

#[tokio::test]
async fn a_write_that_is_there_stays_remembered() {
    let shop = Shop::connected().await;
    shop.approve(RMA);
    shop.run(&["sync", RMA]).succeeds();
    let refused = shop.run(&["reviews", "retry", RMA, "--again", "RGO-4410021", "--yes"]);
    assert!(refused.stderr.contains("does not contain RGO-4410021"), "{}", refused.stderr);
    assert_eq!(refused.code, Some(1));
    let shown = shop.run(&["reviews", "show", RMA, "--json"]).json();
    assert_eq!(shown["writes"][0]["key"], format!("RGO-{RMA}"));
    assert_eq!(audit(&shop).pop().unwrap().0, "settled");
}

#[tokio::test]
async fn all_that_failed_is_retried_at_once_and_questions_are_left() {
    let shop = without_its_credit().await;
    let retried = shop.run(&["reviews", "retry", "--all-failed", "--note", "restored", "--json"]).json();
    let retried: Vec<_> = retried.as_array().unwrap().iter().map(|item| &item["rmaId"]).collect();
    assert_eq!(retried, [RMA]);
    assert_eq!(shop.run(&["status", "--json"]).json()[0]["pending"], 1);
    let (event, detail) = audit(&shop).pop().unwrap();
    assert!(event == "retried" && detail.ends_with("restored"), "{event}: {detail}");

    let shop = asking().await;
    assert_eq!(shop.run(&["reviews", "retry", "acme", "--all-failed", "--json"]).json(), json!([]));
    assert!(
        shop.run(&["reviews", "retry", "beta", "--all-failed"]).fails().contains("connection beta not found")
    );
    shop.run(&["reviews", "retry"]).refuses_the_usage();
    shop.run(&["reviews", "retry", RMA, "--all-failed"]).refuses_the_usage();
}

#[tokio::test]
async fn a_failed_write_that_is_resolved_is_not_tried_until_it_is_reopened() {
    let shop = Shop::new().await;
    shop.connect(&["acme", "--refund-method", "1210", "--status", "9999", "--anyway"]).succeeds();
    shop.approve(RMA);
    let fails = |times| {
        for _ in 0..times {
            shop.run(&["sync", RMA]).fails();
        }
    };
    fails(3);
    let said = waiting(&shop)[0]["lastError"].as_str().unwrap().to_owned();
    assert!(said.contains("[request "), "{said}");
    shop.run(&["reviews", "resolve", RMA]).succeeds();
    // Somebody made the credit by hand: it is not tried again.
    shop.run(&["sync", RMA]).succeeds();
    assert!(waiting(&shop).is_empty(), "{:?}", waiting(&shop));
    let shown = shop.run(&["reviews", "show", RMA, "--json"]).json();
    assert_eq!(shown["decisions"][0]["review"], "Failed");
    shop.run(&["reviews", "reopen", RMA]).succeeds();
    fails(1);
    assert_eq!(shop.credits_of(RMA), 0);
}

#[tokio::test]
async fn a_review_is_answered_with_a_choice_and_the_next_run_writes_it() {
    let shop = asking().await;
    let shown = shop.run(&["reviews", RMA]).succeeds();
    assert!(shown.contains("1 codes:VALUE:") && shown.contains("2 record:"), "{shown}");
    let proposed = shop.run(&["reviews", "decide", RMA, "record", "--dry-run"]).succeeds();
    assert!(proposed.contains("+ ") && proposed.contains("Nothing was changed"), "{proposed}");
    assert_eq!(shop.run(&["reviews", "show", RMA, "--json"]).json()["decisions"], json!([]));
    let refused = shop.run(&["reviews", "decide", RMA, "record"]).refuses_the_usage();
    assert!(refused.contains("--yes"), "{refused}");

    let decided = ["reviews", "decide", RMA, "2", "--yes", "--by", "dana", "--note", "goodwill", "--json"];
    let decided = shop.run(&decided).json();
    assert_eq!((&decided["decided"], &decided["rma"]["state"]), (&json!(true), &"pending".into()));
    assert_eq!(audit(&shop).pop().unwrap().0, "decided");
    shop.run(&["sync", RMA]).succeeds();
    assert!(waiting(&shop).is_empty());
    let shown = shop.run(&["reviews", "show", RMA, "--json"]).json();
    let decision = &shown["decisions"][0];
    assert_eq!((&decision["choice"], &decision["by"]), (&"record".into(), &"dana".into()));
    let keys: Vec<&str> =
        shown["writes"].as_array().unwrap().iter().map(|write| write["key"].as_str().unwrap()).collect();
    assert_eq!(keys.len(), 2, "the credit and the payment: {keys:?}");
    let explained = shop.run(&["plan", RMA]).succeeds();
    assert!(explained.contains("dana"), "{explained}");
    shop.run(&["reviews", "reopen", RMA]).fails();
}

#[tokio::test]
async fn reviews_of_one_code_are_answered_together() {
    let shop = asking().await;
    let all = ["reviews", "decide", "--code", "OverRefund", "--choice", "record", "--all"];
    let preview = shop.run(&[&all[..], &["--dry-run"]].concat()).succeeds();
    assert!(preview.contains("Nothing was changed"), "{preview}");
    let decided = shop.run(&[&all[..], &["--yes"]].concat()).succeeds();
    assert!(decided.contains("Decided 1 review"), "{decided}");
    let none = shop
        .run(&["reviews", "decide", "--code", "FeeUnclear", "--choice", "once", "--all", "--yes"])
        .fails();
    assert!(none.contains("no open review FeeUnclear"), "{none}");
}

#[tokio::test]
async fn a_choice_that_is_not_offered_changes_nothing() {
    let shop = asking().await;
    let decide = |choice: &'static str| ["reviews", "decide", RMA, choice, "--yes"];
    let unknown = shop.run(&decide("adopt:1")).fails();
    assert!(unknown.contains("codes:VALUE, record"), "{unknown}");
    let unusable = shop.run(&decide("codes:4905:NONE")).fails();
    assert!(unusable.contains("nothing was decided") && unusable.contains("tax code"), "{unusable}");
    assert!(shop.run(&decide("settled")).fails().contains("reviews resolve"));
    assert!(shop.run(&["reviews", "decide", RMA]).refuses_the_usage().contains("a choice"));
    assert_eq!(waiting(&shop).len(), 1);
}
