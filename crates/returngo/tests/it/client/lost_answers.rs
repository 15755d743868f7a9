//! Answers that never came: what may be repeated is, what may not never is.

use returngo::{
    ErrorKind, NewWebhook, ShipmentId, ShipmentStatus, ShipmentTracker, ShipmentUpdate, WebhookEvent,
};
use returngo_mock::{Fault, FaultKind, MockReturngo};

use super::{client, id, stored};

#[tokio::test]
async fn a_comment_that_may_be_there_is_never_sent_again() {
    for fault in [FaultKind::DropAfterCommit, FaultKind::DropBefore, FaultKind::Status500, FaultKind::Html502]
    {
        let shop = MockReturngo::start().await;
        let lines = stored(&shop).comments.len();
        shop.faults().add(Fault::on("POST /rma/{id}/comment", fault));
        let error = client(&shop).rmas().comment(&id(), "x").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Ambiguous, "{fault}");
        assert!(error.may_have_been_applied() && !error.is_retryable());
        assert!(error.to_string().contains("before sending it again, read the RMA's comments"), "{error}");
        assert_eq!(shop.requests().of("POST /rma/{id}/comment"), 1, "{fault}");
        let applied = usize::from(fault == FaultKind::DropAfterCommit);
        assert_eq!(stored(&shop).comments.len(), lines + applied, "{fault}");
    }
}

#[tokio::test]
async fn a_read_is_sent_again() {
    let shop = MockReturngo::start().await;
    let returngo = client(&shop);
    for fault in [FaultKind::DropAfterCommit, FaultKind::Status500, FaultKind::Html502] {
        shop.faults().add(Fault::on("GET /rma/{id}", fault));
        returngo.rmas().get(&id()).await.unwrap();
    }
    assert_eq!(shop.requests().of("GET /rma/{id}"), 6);
}

#[tokio::test]
async fn a_read_that_never_comes_is_given_up() {
    let shop = MockReturngo::start().await;
    shop.faults().add(Fault::on_any(FaultKind::DropBefore).times(10));
    let error = client(&shop).rmas().get(&id()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::AnswerLost, 4));
    assert!(error.is_retryable() && !error.may_have_been_applied());

    shop.faults().clear();
    shop.faults().add(Fault::on_any(FaultKind::Html502).times(10));
    let error = client(&shop).rmas().get(&id()).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::ServerFailed, Some(502)));
    assert!(error.body_excerpt().unwrap().starts_with("<html>"));
    assert!(!error.to_string().contains("<html>"), "{error}");
}

#[tokio::test]
async fn a_parcels_move_is_repeated_and_ends_where_it_should() {
    let shop = MockReturngo::start().await;
    shop.faults().add(Fault::on("PUT /shipment/{id}", FaultKind::DropAfterCommit));
    let received = ShipmentUpdate::to_status(ShipmentStatus::Received);
    client(&shop).shipments().update(&ShipmentId::new("9100200"), &received).await.unwrap();
    assert_eq!(shop.requests().of("PUT /shipment/{id}"), 2);
    assert_eq!(stored(&shop).shipments[0].status, ShipmentStatus::Received);
}

#[tokio::test]
async fn a_deletion_is_repeated_and_what_is_gone_by_then_is_deleted() {
    let shop = MockReturngo::start().await;
    shop.faults().add(Fault::on("DELETE /shipment/{id}", FaultKind::DropAfterCommit));
    let parcel = ShipmentId::new("9100200");
    client(&shop).shipments().delete(&parcel).await.unwrap();
    let error = client(&shop).shipments().delete(&parcel).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::NotFound, 1), "a wrong id is no deletion");
}

#[tokio::test]
async fn what_may_be_followed_or_registered_is_never_sent_again() {
    let shop = MockReturngo::start().await;
    shop.faults().add(Fault::on("POST /shipment-tracker", FaultKind::DropAfterCommit));
    let tracker = ShipmentTracker::new(ShipmentId::new("9100200"), "TRK-1");
    let error = client(&shop).shipments().track(&tracker).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Ambiguous, 1));
    assert!(error.to_string().contains("read the RMA's shipments and comments"), "{error}");
}

#[tokio::test]
async fn a_registration_whose_answer_was_lost_is_found() {
    let shop = MockReturngo::start().await;
    shop.faults().add(Fault::on("POST /webhook", FaultKind::DropAfterCommit));
    let webhook = NewWebhook::new(WebhookEvent::RmaCreated, "https://returns.example.test/hooks/s3cret");
    let done = client(&shop).webhooks().ensure(&[webhook]).await.unwrap();
    let registered = shop.webhooks();
    assert_eq!((registered.len(), done.created), (1, vec![registered[0].id.clone()]));
}
