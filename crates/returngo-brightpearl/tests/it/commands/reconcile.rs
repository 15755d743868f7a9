use returngo_brightpearl_mapping::reconcile::COLUMNS;
use returngo_mock::Refund;

use super::shop::{RMA, Shop};

/// A shop with one refund that is recorded.
async fn refunded() -> Shop {
    let shop = Shop::connected().await;
    shop.approve(RMA);
    shop.refund(RMA, Refund::full());
    assert_eq!(shop.run(&["sync", RMA, "--json"]).json()[0]["state"], "in-sync");
    shop
}

#[tokio::test]
async fn refunds_are_compared_and_added_up() {
    let shop = refunded().await;
    let report = shop.run(&["reconcile", "--from", "2020-01-01", "--json"]).json();
    let codes: Vec<_> = report["lines"].as_array().unwrap().iter().map(|line| &line["code"]).collect();
    assert_eq!(codes, ["Matched", "GoodsOutstanding"], "{report}");
    let total = &report["totals"][0];
    assert_eq!((&total["bankAccount"], &total["refunded"]), (&"1210".into(), &total["recorded"]));
    let shown = shop.run(&["reconcile", "acme", "--from", "2020-01-01", RMA]).succeeds();
    assert!(shown.contains("Matched") && shown.contains("bank account 1210"), "{shown}");
}

#[tokio::test]
async fn the_csv_has_the_documented_columns_and_a_line_for_each_finding() {
    let shop = refunded().await;
    let printed = shop.run(&["reconcile", "--from", "2020-01-01", "--csv"]).succeeds();
    let mut csv = csv::Reader::from_reader(printed.as_bytes());
    assert_eq!(csv.headers().unwrap().iter().collect::<Vec<_>>(), COLUMNS);
    let codes: Vec<String> = csv.records().map(|record| record.unwrap()[2].to_owned()).collect();
    assert_eq!(codes, ["Matched", "GoodsOutstanding"]);
    shop.run(&["reconcile", "--from", "2020-01-01", "--csv", "--json"]).refuses_the_usage();
}

#[tokio::test]
async fn days_without_refunds_are_no_error() {
    let shop = refunded().await;
    let none = shop.run(&["reconcile", "--from", "2020-01-01", "--to", "2020-01-31"]).succeeds();
    assert!(none.contains("No refunds"), "{none}");
}
