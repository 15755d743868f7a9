use returngo_mock::Refund;
use serde_json::json;

use super::shop::{RMA, Shop};

#[tokio::test]
async fn named_rmas_are_brought_into_step() {
    let shop = Shop::connected().await;
    shop.approve(RMA);
    let synced = shop.run(&["sync", RMA, "--json"]).json();
    assert_eq!(synced[0]["state"], "in-sync");
    assert_eq!(synced.as_array().unwrap().len(), 1);
    let credit = shop.brightpearl.credits_by_external_ref()[&format!("RGO-{RMA}")][0];
    assert_eq!(synced[0]["salesCreditId"], credit.get());

    let shown = shop.run(&["sync", "acme", RMA]).succeeds();
    assert!(shown.contains("in-sync") && shown.contains(&credit.to_string()), "{shown}");
    assert_eq!(shop.credits_of(RMA), 1);
}

#[tokio::test]
async fn a_mistyped_rma_is_told_at_once_and_not_remembered() {
    let shop = Shop::connected().await;
    assert!(shop.run(&["sync", "999"]).fails().contains("RMA 999"));
    assert_eq!(shop.run(&["audit", "999", "--json"]).json(), json!([]));
    assert!(shop.run(&["sync", "beta", RMA]).fails().contains("connection beta not found"));
}

#[tokio::test]
async fn what_changed_since_a_time_is_found() {
    let shop = Shop::connected().await;
    assert_eq!(shop.run(&["sync", "--since", "10m", "--json"]).json(), json!([]));
    shop.approve(RMA);
    shop.run(&["sync", RMA]).succeeds();
    shop.refund(RMA, Refund::full());
    let synced = shop.run(&["sync", "--since", "10m", "--json"]).json();
    assert_eq!((&synced[0]["rmaId"], &synced[0]["state"]), (&RMA.into(), &"in-sync".into()));
    let payments = shop.brightpearl.payments_by_reference();
    assert_eq!(payments.keys().filter(|reference| reference.starts_with("RGO-4410021-")).count(), 1);
}

#[tokio::test]
async fn without_rmas_what_is_due_is_worked_on() {
    let shop = Shop::connected().await;
    assert!(shop.run(&["sync"]).succeeds().contains("Nothing is pending"));
    shop.approve(RMA);
    shop.run(&["backfill", "--from", "2020-01-01", "--yes"]).succeeds();
    let synced = shop.run(&["sync", "--json"]).json();
    assert_eq!(synced.as_array().unwrap().len(), shop.returngo.rmas().len());
    assert_eq!(shop.credits_of(RMA), 1);
}

#[tokio::test]
async fn what_is_due_of_other_connections_is_left_to_them() {
    let shop = Shop::connected().await;
    let (other, connected) = shop.connect_another_shop(&["--refund-method", "1210", "--status", "27"]).await;
    connected.succeeds();
    other.approve(&RMA.parse().unwrap()).unwrap();
    shop.run(&["backfill", "second", "--from", "2020-01-01", "--yes"]).succeeds();
    assert!(shop.run(&["sync", "acme"]).succeeds().contains("Nothing is pending"));
    assert_eq!(shop.credits_of(RMA), 0);
    shop.run(&["sync", "second"]).succeeds();
    assert_eq!(shop.credits_of(RMA), 1);
}
