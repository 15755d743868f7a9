//! What ReturnGO refuses: each its own kind, with what to do next.

use returngo::{ErrorKind, ShipmentId, ShipmentStatus, ShipmentUpdate, client::Quota};
use returngo_mock::{Fault, FaultKind, MockReturngo};

use super::{builder, client, id};

#[tokio::test]
async fn a_wrong_key_and_a_wrong_shop_are_told_apart() {
    let shop = MockReturngo::start().await;
    let wrong_key = builder(&shop).api_key("another-key").build().unwrap();
    let error = wrong_key.rmas().get(&id()).await.unwrap_err();
    assert_eq!((error.kind(), error.status(), error.attempts()), (ErrorKind::WrongKey, Some(401), 1));
    assert!(error.to_string().contains("Settings › Integrations › API"), "{error}");

    let wrong_shop = builder(&shop).shop("another.example.test").build().unwrap();
    let error = wrong_shop.rmas().get(&id()).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::WrongShop, Some(403)));
    assert!(error.to_string().contains("or is wrong"), "a gateway may mean the key by it: {error}");
    assert!(!error.is_retryable());
}

#[tokio::test]
async fn an_rma_that_is_not_there_is_not_found() {
    let shop = MockReturngo::start().await;
    let error = client(&shop).rmas().get(&"4410099".parse().unwrap()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let id = error.request_id().unwrap();
    assert_eq!(
        error.to_string(),
        format!("GET /rma/{{id}}: not found (status 404); RMA 4410099 not found [request {id}]")
    );
    let ids: Vec<_> = error.aws_ids().map(|(name, _)| name).collect();
    assert_eq!(ids, ["x-amzn-requestid", "x-amz-apigw-id", "x-amzn-trace-id"]);
}

#[tokio::test]
async fn a_parcel_that_may_not_move_so_is_refused_with_the_reason() {
    let shop = MockReturngo::start().await;
    let returngo = client(&shop);
    let parcel = ShipmentId::new("9100201");
    let back = ShipmentUpdate::to_status(ShipmentStatus::LabelCreated);
    let error = returngo.shipments().update(&parcel, &back).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert!(error.message().contains("Shipped to LabelCreated"), "{error}");
    assert!(!error.may_have_been_applied());
}

#[tokio::test]
async fn a_spent_day_says_when_it_ends_and_is_not_asked_again() {
    let shop = MockReturngo::start().await;
    shop.set_quota(returngo_mock::Quota { per_second: None, per_day: Some(2) });
    let returngo = client(&shop);
    returngo.rmas().get(&id()).await.unwrap();
    returngo.rmas().get(&id()).await.unwrap();
    let error = returngo.rmas().get(&id()).await.unwrap_err();
    assert_eq!((error.kind(), error.status(), error.attempts()), (ErrorKind::QuotaSpent, Some(429), 1));
    assert_eq!(error.try_again_at(), Some("2026-05-05T00:00:00Z".parse().unwrap()));
    assert!(error.to_string().contains("until 2026-05-05T00:00:00Z"), "{error}");

    let sent = shop.requests().total();
    let error = returngo.rmas().comment(&id(), "x").await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::QuotaSpent, 0));
    assert!(error.is_retryable() && !error.may_have_been_applied());
    assert_eq!(shop.requests().total(), sent, "a spent day is not asked again");
}

#[tokio::test]
async fn the_days_last_calls_are_left_to_writes() {
    let shop = MockReturngo::start().await;
    let quota = Quota { per_day: Some(3), reserved_for_writes: 2, ..Quota::default() };
    let returngo = builder(&shop).quota(quota).build().unwrap();
    returngo.rmas().get(&id()).await.unwrap();
    assert_eq!(returngo.rmas().get(&id()).await.unwrap_err().kind(), ErrorKind::QuotaSpent);
    returngo.rmas().comment(&id(), "1").await.unwrap();
    returngo.rmas().comment(&id(), "2").await.unwrap();
    assert_eq!(returngo.rmas().comment(&id(), "3").await.unwrap_err().kind(), ErrorKind::QuotaSpent);
}

#[tokio::test]
async fn a_spent_second_is_waited_out_for_reads_and_writes() {
    let shop = MockReturngo::start().await;
    let returngo = client(&shop);
    shop.faults().add(Fault::on_any(FaultKind::Throttle).times(2));
    returngo.rmas().comment(&id(), "x").await.unwrap();
    assert_eq!(shop.requests().of("POST /rma/{id}/comment"), 3);

    shop.faults().add(Fault::on_any(FaultKind::Throttle).times(100));
    let error = returngo.rmas().get(&id()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Throttled, 6));
    assert!(error.is_retryable());
}
