//! Every endpoint, over the mock.

use returngo::{
    ErrorKind, NewWebhook, RmaStatus, ShipmentId, ShipmentStatus, ShipmentTracker, ShipmentUpdate,
    TransactionFilter, TransactionOutcome, TransactionStatus, WebhookEvent, client::Quota, rma,
};
use returngo_mock::{MockReturngo, Refund};
use rust_decimal_macros::dec;

use super::{builder, client, id, stored};

#[tokio::test]
async fn an_rma_is_read_commented_and_moved_on() {
    let shop = MockReturngo::start().await;
    let returngo = client(&shop);
    assert_eq!(returngo.rmas().get(&id()).await.unwrap(), stored(&shop));

    returngo.rmas().set_status(&id(), &RmaStatus::Approved).await.unwrap();
    returngo.rmas().comment(&id(), "2 x LS-M <b>received</b>").await.unwrap();
    let rma = stored(&shop);
    assert_eq!(rma.status(), &RmaStatus::Approved);
    assert_eq!(rma.comments[0].html_text, "2 x LS-M <b>received</b>");
}

#[tokio::test]
async fn photos_come_only_when_asked_for() {
    let shop = MockReturngo::start().await;
    let mut rma = stored(&shop);
    let question =
        r#"{"type":"Media","name":"A photo","answer":{"mediaAnswer":[{"mediaType":"image/jpeg"}]}}"#;
    rma.items[0].follow_up_questions.push(serde_json::from_str(question).unwrap());
    shop.put_rma(rma);
    let returngo = client(&shop);
    let plain = returngo.rmas().get(&id()).await.unwrap();
    assert!(plain.items[0].follow_up_questions[0].answer.is_empty());
    let full = returngo.rmas().get_with_media(&id()).await.unwrap();
    assert_eq!(full.items[0].follow_up_questions[0].answer.media_answer.len(), 1);
}

#[tokio::test]
async fn the_comments_field_can_be_another() {
    let shop = MockReturngo::start().await;
    shop.switch(|switches| switches.comment_field = "comment".to_owned());
    builder(&shop).comment_field("comment").build().unwrap().rmas().comment(&id(), "x").await.unwrap();
    assert_eq!(stored(&shop).comments[0].html_text, "x");
}

#[tokio::test]
async fn a_parcel_is_received_and_deleted() {
    let shop = MockReturngo::start().await;
    let returngo = client(&shop);
    let parcel = ShipmentId::new("9100200");
    let received = ShipmentUpdate::to_status(ShipmentStatus::Received);
    let shipment = returngo.shipments().update(&parcel, &received).await.unwrap();
    assert_eq!(shipment.status, ShipmentStatus::Received);
    assert_eq!(stored(&shop).status(), &RmaStatus::Received);
    returngo.shipments().delete(&parcel).await.unwrap();
    assert!(stored(&shop).shipments.is_empty());
}

#[tokio::test]
async fn transactions_are_listed_and_reported_on() {
    let shop = MockReturngo::start().await;
    shop.refund(&id(), Refund::of(dec!(12.5)).status(TransactionStatus::Requested)).unwrap();
    shop.refund(&"4410023".parse().unwrap(), Refund::full()).unwrap();
    let returngo = client(&shop);
    let of_rma = TransactionFilter::new().rmas([id()]).statuses([TransactionStatus::Requested]);
    let listed = returngo.transactions().list(of_rma).all().await.unwrap();
    assert_eq!(listed, stored(&shop).transactions);
    assert_eq!(listed[0].amount.amount, dec!(12.5));

    let outcome = TransactionOutcome {
        status: TransactionStatus::Success,
        external_reference_id: Some("BANK-1".to_owned()),
        external_reference_type: Some("BankTransferId".into()),
    };
    returngo.transactions().update(&listed[0].id, &outcome).await.unwrap();
    assert!(stored(&shop).transactions[0].happened());
}

#[tokio::test]
async fn webhooks_are_registered_once_changed_and_deleted() {
    let shop = MockReturngo::start().await;
    let returngo = client(&shop);
    let url = "https://returns.example.test/hooks?k=";
    let events = [WebhookEvent::RmaCreated, WebhookEvent::RmaStatusUpdated];
    let theirs = shop.register(NewWebhook::new(WebhookEvent::RmaCreated, "https://other.example.test/hooks"));

    let wanted = NewWebhook::of_each(events.clone(), format!("{url}old-secret"));
    let first = returngo.webhooks().ensure(&wanted).await.unwrap();
    assert_eq!((first.created.len(), first.others), (2, vec![theirs.clone()]));
    let again = returngo.webhooks().ensure(&wanted).await.unwrap();
    assert_eq!((again.kept, again.created), (first.created.clone(), vec![]));

    let renewed = NewWebhook::of_each(events, format!("{url}new-secret"));
    let changed = returngo.webhooks().ensure(&renewed).await.unwrap();
    assert_eq!(
        (changed.changed, changed.created, changed.others),
        (first.created, vec![], vec![theirs.clone()])
    );
    assert_eq!(returngo.webhooks().list().await.unwrap(), shop.webhooks());
    let ours: Vec<_> = shop.webhooks().into_iter().filter(|there| *there != theirs).collect();
    assert!(ours.iter().all(|webhook| webhook.url == format!("{url}new-secret")), "{ours:?}");

    for webhook in ours {
        returngo.webhooks().delete(&webhook.id).await.unwrap();
        returngo.webhooks().delete(&webhook.id).await.unwrap();
    }
    assert_eq!(shop.webhooks(), [theirs]);
}

#[tokio::test]
async fn a_tracking_number_is_followed() {
    let shop = MockReturngo::start().await;
    let returngo = client(&shop);
    let parcel = ShipmentId::new("9100200");
    let tracked = ShipmentUpdate { tracking_number: Some("TRK-1".to_owned()), ..ShipmentUpdate::default() };
    returngo.shipments().update(&parcel, &tracked).await.unwrap();
    returngo.shipments().track(&ShipmentTracker::new(parcel.clone(), "TRK-1")).await.unwrap();

    let error = returngo.shipments().track(&ShipmentTracker::new(parcel, "TRK-2")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
}

#[tokio::test]
async fn an_unconfirmed_body_can_be_another() {
    let shop = MockReturngo::start().await;
    let returngo = client(&shop);
    let request =
        rma::set_status(&id(), &RmaStatus::Received).body(&serde_json::json!({"status": "Approved"}));
    returngo.send(&request).await.unwrap();
    assert_eq!(stored(&shop).status(), &RmaStatus::Approved);
}

#[tokio::test]
async fn calls_of_one_second_are_spread_by_the_client_itself() {
    let shop = MockReturngo::start().await;
    let clock = returngo::client::SkippingClock::at("2026-05-04T10:15:20Z".parse().unwrap());
    let quota = Quota { per_second: Some(2), ..Quota::default() };
    let returngo = builder(&shop).clock(std::sync::Arc::new(clock.clone())).quota(quota).build().unwrap();
    for _ in 0..5 {
        returngo.rmas().get(&id()).await.unwrap();
    }
    assert_eq!(clock.waits().len(), 2);
}
