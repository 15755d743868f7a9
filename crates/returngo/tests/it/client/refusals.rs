//! What ReturnGO refuses: each its own kind, with what to do next.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::civil::Date;
use returngo::{
    ErrorKind, ShipmentId, ShipmentStatus, ShipmentUpdate,
    client::{CallCounter, CallCounterError, CallsMade, Quota, SkippingClock},
};
use returngo_mock::{Fault, FaultKind, MockReturngo};

use super::{
    builder, client, id,
    script::{answer, scripted},
};

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
    assert!(error.to_string().contains("or is invalid"), "a gateway may mean the key by it: {error}");
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
        format!(
            "GET /rma/{{id}}: not found; check the id, and that it belongs to this shop (status 404); \
             RMA 4410099 not found [request {id}]"
        )
    );
    assert_eq!(error.signature(), "NotFound; GET /rma/{id}; 404; RMA 4410099 not found");
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

#[tokio::test]
async fn a_day_that_was_spent_before_a_restart_stays_spent() {
    let shop = MockReturngo::start().await;
    let quota = Quota { per_day: Some(3), reserved_for_writes: 1, ..Quota::default() };
    let first = builder(&shop).quota(quota).build().unwrap();
    for _ in 0..2 {
        first.rmas().get(&id()).await.unwrap();
    }
    let restarted = builder(&shop).quota(quota).calls_made(first.calls_made()).build().unwrap();
    assert_eq!(restarted.rmas().get(&id()).await.unwrap_err().kind(), ErrorKind::QuotaSpent);
    assert_eq!((restarted.calls_left().reads, restarted.calls_left().writes), (Some(0), Some(1)));
}

/// A day that others have spent, or that cannot be counted.
#[derive(Debug)]
struct Elsewhere {
    counts: bool,
}

#[async_trait]
impl CallCounter for Elsewhere {
    async fn count(&self, _day: Date, _is_write: bool) -> Result<bool, CallCounterError> {
        if self.counts { Ok(false) } else { Err("the store is away".into()) }
    }

    fn calls_made(&self, day: Date) -> CallsMade {
        CallsMade { day, reads: 1990, writes: 0 }
    }
}

#[tokio::test]
async fn a_call_that_a_counter_refuses_or_cannot_count_is_not_made() {
    let shop = MockReturngo::start().await;
    for (counts, kind) in [(true, ErrorKind::QuotaSpent), (false, ErrorKind::NotSent)] {
        let returngo = builder(&shop).call_counter(Arc::new(Elsewhere { counts })).build().unwrap();
        let error = returngo.rmas().get(&id()).await.unwrap_err();
        assert_eq!(error.kind(), kind);
        assert_eq!(error.to_string().contains("call count cannot be updated"), !counts, "{error}");
        assert_eq!(returngo.calls_left().writes, Some(10));
    }
    assert_eq!(shop.requests().total(), 0);
}

#[tokio::test]
async fn attempts_count_too_and_end_with_the_day() {
    let shop = MockReturngo::start().await;
    shop.faults().add(Fault::on_any(FaultKind::Status500).times(10));
    let quota = Quota { per_day: Some(3), reserved_for_writes: 1, ..Quota::default() };
    let returngo = builder(&shop).quota(quota).build().unwrap();
    let error = returngo.rmas().get(&id()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::QuotaSpent);
    assert_eq!(shop.requests().total(), 2, "the reserve is left to writes");
}

#[tokio::test]
async fn reads_at_the_same_time_leave_the_reserve_alone() {
    let shop = MockReturngo::start().await;
    let quota = Quota { per_day: Some(10), reserved_for_writes: 4, ..Quota::default() };
    let returngo = builder(&shop).quota(quota).build().unwrap();
    let id = id();
    let rmas = returngo.rmas();
    let reads = (0..20).map(|_| rmas.get(&id));
    let done = futures_util::future::join_all(reads).await;
    assert_eq!(done.iter().filter(|read| read.is_ok()).count(), 6);
    assert_eq!(shop.requests().total(), 6);
}

#[tokio::test]
async fn every_kind_says_what_to_do_next() {
    let answers = [
        (401, r#"{"message":"Unauthorized"}"#, ErrorKind::WrongKey, "copy it again"),
        (403, r#"{"message":"Forbidden"}"#, ErrorKind::WrongShop, "copy both again"),
        (404, r#"{"message":"RMA not found"}"#, ErrorKind::NotFound, "check the id"),
        (400, r#"{"message":"invalid rmaId"}"#, ErrorKind::Refused, "correct the request"),
        (418, "<html>odd</html>", ErrorKind::Refused, "correct the request"),
        (429, r#"{"message":"Limit Exceeded"}"#, ErrorKind::QuotaSpent, "raises the quota"),
        (200, "<html>odd</html>", ErrorKind::Undecodable, "report it"),
    ];
    for (status, body, kind, what_to_do) in answers {
        let it = scripted([answer(status, body)]);
        let error = it.client.rmas().get(&id()).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{status} {body}");
        assert!(error.to_string().contains(what_to_do), "{error}");
        assert!(error.to_string().contains("[request 5d0b7f5e"), "{error}");
    }
    for (status, kind) in [(429, ErrorKind::Throttled), (500, ErrorKind::ServerFailed)] {
        let it = scripted(std::iter::repeat_n(answer(status, "{}"), 10));
        let error = it.client.rmas().get(&id()).await.unwrap_err();
        assert_eq!(error.kind(), kind);
        assert!(error.to_string().contains("try again later"), "{error}");
    }
}

#[tokio::test]
async fn without_a_connection_nothing_was_sent() {
    let nowhere = returngo::Client::builder()
        .url("http://127.0.0.1:9")
        .api_key("k")
        .shop("acmeoutdoors.example.test")
        .clock(std::sync::Arc::new(SkippingClock::at("2026-05-04T10:15:20Z".parse().unwrap())))
        .build()
        .unwrap();
    let error = nowhere.rmas().comment(&id(), "x").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotSent);
    assert!(error.is_retryable() && !error.may_have_been_applied());
    assert!(error.to_string().contains("not sent; try again later"), "{error}");
}
