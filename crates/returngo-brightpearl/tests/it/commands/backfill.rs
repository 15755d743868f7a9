use serde_json::Value;

use super::shop::{RMA, Shop};

fn numbers(list: &Value) -> usize {
    list.as_array().unwrap().len()
}

#[tokio::test]
async fn a_dry_run_says_what_would_be_done_and_what_it_costs_and_writes_nothing() {
    let shop = Shop::connected().await;
    shop.approve(RMA);
    let said = shop.run(&["backfill", "--from", "2020-01-01", "--dry-run", "--json"]).json();
    let rmas = said["rmas"].as_array().unwrap();
    assert_eq!(rmas.len(), shop.returngo.rmas().len());
    let ours = rmas.iter().find(|rma| rma["rmaId"] == RMA).unwrap();
    assert_eq!(ours["writes"][0]["key"], format!("RGO-{RMA}"));
    assert!(said["returngo"]["calls"].as_u64().unwrap() >= rmas.len() as u64);
    assert_eq!(said["returngo"]["callsADay"], 2000);
    let shown = shop.run(&["backfill", "--from", "2020-01-01", "--dry-run"]).succeeds();
    assert!(shown.contains("sales credit RGO-4410021") && shown.contains("2000 calls a day"), "{shown}");

    assert_eq!(shop.run(&["status", "--json"]).json()[0]["pending"], 0);
    assert_eq!(shop.credits_of(RMA), 0);
}

#[tokio::test]
async fn a_period_is_marked_in_portions_and_what_is_known_is_left_out() {
    let shop = Shop::connected().await;
    let all = shop.returngo.rmas().len();
    let unconfirmed = shop.run(&["backfill", "--from", "2020-01-01"]).refuses_the_usage();
    assert!(unconfirmed.contains(&format!("Queue {all} RMAs?")), "{unconfirmed}");
    assert!(unconfirmed.contains("--yes"), "{unconfirmed}");
    assert_eq!(shop.run(&["status", "--json"]).json()[0]["pending"], 0);
    let first = shop.run(&["backfill", "--from", "2020-01-01", "--at-most", "1", "--yes", "--json"]).json();
    assert_eq!((numbers(&first["enqueued"]), first["left"].as_u64()), (1, Some(all as u64 - 1)));
    let rest = shop.run(&["backfill", "acme", "--from", "2020-01-01", "--yes", "--json"]).json();
    assert_eq!((numbers(&rest["enqueued"]), rest["known"].as_u64()), (all - 1, Some(1)));
    assert_eq!(shop.run(&["status", "--json"]).json()[0]["pending"], all);
    let none = shop.run(&["backfill", "--from", "2020-01-01"]).succeeds();
    assert!(none.contains("No RMA was queued") && none.contains(&all.to_string()), "{none}");
}

#[tokio::test]
async fn only_the_days_that_are_named_are_looked_at() {
    let shop = Shop::connected().await;
    let none = shop.run(&["backfill", "--from", "2020-01-01", "--to", "2020-12-31", "--json"]).json();
    assert_eq!(numbers(&none["enqueued"]), 0);
    shop.run(&["backfill"]).refuses_the_usage();
}
