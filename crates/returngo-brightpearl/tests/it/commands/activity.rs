//! Which changes of users are recorded.

use returngo_brightpearl_connector::store::{self, Interface};
use returngo_mock::Refund;
use rust_decimal_macros::dec;

use super::shop::{RMA, Shop};

#[tokio::test]
async fn commands_that_change_something_are_recorded_with_their_user_and_others_are_not() {
    let shop = Shop::connected().await;
    shop.approve(RMA);
    shop.run(&["status"]).succeeds();
    shop.run(&["check"]).succeeds();
    shop.run(&["plan", RMA]).succeeds();
    shop.run(&["backfill", "--from", "2020-01-01", "--dry-run"]).succeeds();
    shop.run(&["sync", RMA]).succeeds();
    // More than was paid: it needs review.
    shop.refund(RMA, Refund::of(dec!(500)));
    shop.run(&["sync", RMA]).succeeds();
    shop.run(&["reviews", "show", RMA]).succeeds();
    shop.run(&["reviews", "resolve", RMA, "--note", "settled by hand", "--by", "dana"]).succeeds();
    shop.run(&["reviews", "reopen", RMA, "--by", "lee"]).succeeds();
    shop.run(&["reviews", "retry", RMA, "--by", "lee"]).succeeds();
    shop.run(&["reviews", "retry", RMA, "--again", "RGO-4410021", "--yes"]).fails();
    shop.run(&["backfill", "--from", "2020-01-01", "--yes"]).succeeds();
    shop.run(&["replay", "4711"]).fails();
    shop.run(&["audit", RMA]).succeeds();
    shop.run(&["reconcile", "--from", "2020-01-01"]).succeeds();
    shop.run(&["disconnect", "--yes"]).succeeds();

    let store = store::open_existing(&shop.database()).await.unwrap();
    let recorded = store.activity(&"acme".parse().unwrap()).await.unwrap();
    let operations: Vec<_> = recorded
        .iter()
        .map(|activity| {
            let rma = activity.rma.as_ref().map(ToString::to_string).unwrap_or_default();
            format!("{} {} {rma}", activity.actor, activity.operation.as_str())
        })
        .collect();
    let expected = [
        "unknown connect ",
        "unknown sync 4410021",
        "unknown sync 4410021",
        "dana resolve 4410021",
        "lee reopen 4410021",
        "lee retry 4410021",
        "unknown backfill ",
        "unknown disconnect ",
    ];
    assert_eq!(operations, expected);
    assert!(recorded.iter().all(|activity| activity.actor.interface == Interface::CommandLine));
    assert_eq!(recorded[3].detail["note"], "settled by hand");
}
