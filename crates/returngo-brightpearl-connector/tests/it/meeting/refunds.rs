//! Refunds that fail after they were recorded, refunds that a person settled by hand, or that were entered by hand.

use returngo::TransactionStatus;
use returngo_brightpearl_connector::store::{Actor, JobState, RmaAction};
use rust_decimal_macros::dec;
use serde_json::json;

use super::site::{ORDER, Site, id, rma};

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
    let decision = RmaAction {
        connection: site.acme.clone(),
        rma: id(RMA),
        by: Actor::command_line("dana"),
        note: Some("booked by hand".to_owned()),
    };
    assert!(site.store.resolve_reviews(&decision, site.time.now()).await.unwrap());

    // The settings that the question named, for other returns.
    site.connect(&site.acme, &site.returngo, adjustments()).await;
    for _ in 0..2 {
        site.queue([RMA]).await;
        site.work().await;
        let credit = site.credit(RMA).unwrap();
        assert_eq!((site.paid(credit.id), credit.order_rows.len()), (dec!(0), 1));
        assert_eq!(site.item(RMA).await.state, JobState::InSync);
        // Looking again decides nothing.
        assert!(site.store.retry(&decision, site.time.now()).await.unwrap());
    }
    assert!(site.store.reopen(&decision, site.time.now()).await.unwrap());
    site.work().await;
    let credit = site.credit(RMA).unwrap();
    assert_eq!((site.paid(credit.id), credit.order_rows.len()), (dec!(45.00), 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_that_was_entered_on_the_sale_is_not_recorded_again_and_other_returns_go_on() {
    const OTHER: u64 = RMA + 1;
    let site = Site::open(vec![rma(RMA, 1), rma(OTHER, 1)], json!({})).await;
    let entered = site.refund(RMA, dec!(40.00));
    site.refund(OTHER, dec!(39.00));
    site.enter_payment(ORDER, entered.external_reference_id.as_deref().unwrap(), dec!(40.00)).await;
    // Both in one batch, and once more after everything that can be written was written.
    for _ in 0..2 {
        site.queue([RMA, OTHER]).await;
        site.work().await;
        assert_eq!(site.asks(RMA).await, ["PossibleDuplicate"]);
        assert_eq!(site.paid(site.credit(RMA).unwrap().id), dec!(0));
        assert_eq!(site.asks(OTHER).await, [""; 0]);
        assert_eq!(site.paid(site.credit(OTHER).unwrap().id), dec!(39.00));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn payments_on_an_adopted_credit_are_seen_after_the_settings_have_changed() {
    let site = Site::open(vec![rma(RMA, 1)], json!({"existing_credit": "adopt"})).await;
    let credit = site.foreign_credit(1, dec!(33.3333), dec!(6.67)).await;
    site.queue([RMA]).await;
    site.work().await;
    assert_eq!(site.item(RMA).await.credit, Some(credit));
    site.connect(&site.acme, &site.returngo, json!({})).await;
    site.enter_payment(credit, "cheque 100233", dec!(40.00)).await;
    site.refund(RMA, dec!(40.00));
    site.queue([RMA]).await;
    site.work().await;
    assert_eq!(site.asks(RMA).await, ["PossibleDuplicate"]);
    assert_eq!(site.paid(credit), dec!(40.00));
}
