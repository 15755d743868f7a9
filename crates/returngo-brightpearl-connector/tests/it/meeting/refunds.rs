//! Refunds that fail after they were recorded, and refunds that a person settled by hand.

use returngo::TransactionStatus;
use returngo_brightpearl_connector::ledger::{Decision, WorkState};
use rust_decimal_macros::dec;
use serde_json::json;

use super::site::{Site, id, rma};

const RMA: u64 = 4_410_001;

fn adjustments() -> serde_json::Value {
    json!({"adjustments": {"nominal_code": "4905", "tax_code": "T20"}})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_that_failed_after_it_was_recorded_makes_no_place_for_its_retry() {
    let site = Site::open(vec![rma(RMA, 1)], adjustments()).await;
    let failed = site.refund(RMA, dec!(40.00));
    site.queue([RMA]).await;
    site.work().await;
    let credit = site.credit(RMA).unwrap();
    assert_eq!(site.paid(credit.id), dec!(40.00));

    let mut shown = site.returngo.rma(&id(RMA)).unwrap();
    for transaction in shown.transactions.iter_mut().filter(|transaction| transaction.id == failed.id) {
        transaction.status = TransactionStatus::Failed;
    }
    site.returngo.put_rma(shown);
    site.refund(RMA, dec!(40.00));
    site.queue([RMA]).await;
    site.work().await;
    assert_eq!(site.paid(credit.id), dec!(40.00));
    assert_eq!(site.credit(RMA).unwrap().order_rows.len(), 1, "no adjustment row");
    assert!(site.asks(RMA).await.contains(&"RecordedDifferently".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_that_was_settled_by_hand_is_never_written_until_it_is_reopened() {
    let site = Site::open(vec![rma(RMA, 1)], json!({})).await;
    site.refund(RMA, dec!(45.00));
    site.queue([RMA]).await;
    site.work().await;
    assert_eq!(site.asks(RMA).await, ["OverRefund"]);
    let decision = Decision {
        connection: site.acme.clone(),
        rma: id(RMA),
        by: "dana".to_owned(),
        note: Some("booked by hand".to_owned()),
    };
    assert!(site.ledger.put_aside(&decision, site.time.now()).await.unwrap());

    // The settings that the question named, for other returns.
    site.connect(&site.acme, &site.returngo, adjustments()).await;
    for _ in 0..2 {
        site.queue([RMA]).await;
        site.work().await;
        let credit = site.credit(RMA).unwrap();
        assert_eq!((site.paid(credit.id), credit.order_rows.len()), (dec!(0), 1));
        assert_eq!(site.item(RMA).await.state, WorkState::InStep);
        // Looking again decides nothing.
        assert!(site.ledger.begin_again(&decision, site.time.now()).await.unwrap());
    }
    assert!(site.ledger.reopen(&decision, site.time.now()).await.unwrap());
    site.work().await;
    let credit = site.credit(RMA).unwrap();
    assert_eq!((site.paid(credit.id), credit.order_rows.len()), (dec!(45.00), 2));
}
