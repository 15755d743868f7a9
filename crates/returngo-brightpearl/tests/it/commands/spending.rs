use super::shop::{RMA, Shop};

/// A shop whose key has so few calls a day that a quarter of them is kept from a command. Two were made by `connect`.
async fn with_few_calls(calls_a_day: &str) -> Shop {
    let shop = Shop::new().await;
    let settings = ["acme", "--refund-method", "1210", "--status", "27", "--calls-a-day", calls_a_day];
    shop.connect(&settings).succeeds();
    shop.approve(RMA);
    shop
}

#[tokio::test]
async fn a_command_without_a_terminal_says_what_it_needs_and_leaves_the_share_of_serve() {
    let shop = with_few_calls("8").await;
    shop.run(&["plan", RMA]).succeeds();
    let made = shop.returngo.requests().total();
    let dry_run = ["backfill", "--from", "2020-01-01", "--dry-run"];
    let refused = shop.run(&dry_run).fails();
    assert!(refused.contains("takes at least 3, and 2 are free today"), "{refused}");
    assert!(refused.contains("--spend 3"), "{refused}");
    assert_eq!(shop.returngo.requests().total(), made + 1, "only the list was read");
}

#[tokio::test]
async fn a_person_may_allow_a_command_more() {
    let shop = with_few_calls("4").await;
    shop.run(&["plan", RMA]).succeeds();
    let reconcile = ["reconcile", "--from", "2020-01-01", RMA];
    let refused = shop.run(&reconcile).fails();
    assert!(refused.contains("0 are free today") && refused.contains("--spend 1"), "{refused}");
    let allowed = ["reconcile", "--from", "2020-01-01", RMA, "--spend", "1"];
    shop.run(&allowed).succeeds();
    let refused = shop.run(&allowed).fails();
    assert!(refused.contains("0 are left for reading until 00:00 UTC"), "{refused}");
}

#[tokio::test]
async fn a_check_tells_a_quota_that_is_used_up_from_no_answer() {
    let shop = with_few_calls("2").await;
    let checked = shop.run(&["check"]);
    assert_eq!(checked.code, Some(1));
    assert!(checked.stdout.contains("the daily quota of ReturnGO is used up"), "{}", checked.stdout);
    assert!(!checked.stdout.contains("did not respond"), "{}", checked.stdout);
}

#[tokio::test]
async fn a_command_that_fails_has_spent_no_more_calls_than_it_made() {
    let shop = with_few_calls("60").await;
    let left = || shop.run(&["status", "--json"]).json()[0]["returngoCalls"]["left"].as_u64().unwrap();
    let spent_else = 60 - left() - shop.returngo.requests().total();
    for _ in 0..2 {
        assert!(shop.run(&["sync", "999"]).fails().contains("999"));
        shop.run(&["plan", "999"]).fails();
        shop.run(&["reconcile", "--from", "2020-01-01", "999"]);
    }
    assert_eq!(60 - left() - shop.returngo.requests().total(), spent_else);
}
