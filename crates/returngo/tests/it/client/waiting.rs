//! How long a call waits, over real HTTP and by a clock that does not.

use std::time::Duration;

use returngo::{
    ErrorKind,
    client::{Clock as _, NotRetried, Quota, SkippingClock},
};
use returngo_mock::{Fault, FaultKind, MockReturngo};

use super::{builder, id};

#[tokio::test]
async fn a_call_that_the_quota_would_hold_too_long_fails_at_once() {
    let shop = MockReturngo::start().await;
    let clock = SkippingClock::at("2026-05-04T10:15:20.250Z".parse().unwrap());
    let quota = Quota { per_second: Some(1), ..Quota::default() };
    let returngo = builder(&shop)
        .clock(std::sync::Arc::new(clock.clone()))
        .quota(quota)
        .max_wait(Duration::from_millis(700))
        .build()
        .unwrap();
    returngo.rmas().get(&id()).await.unwrap();
    let error = returngo.rmas().get(&id()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Throttled, 0));
    assert_eq!(error.not_retried(), Some(NotRetried::WaitTooLong));
    assert_eq!(error.try_again_at(), Some("2026-05-04T10:15:21Z".parse().unwrap()));
    assert!(error.is_retryable() && error.safe_to_repeat() && !error.may_have_been_applied());
    assert!(error.to_string().contains("try again at 2026-05-04T10:15:21Z"), "{error}");
    assert_eq!(
        (shop.requests().total(), returngo.calls_made().reads),
        (1, 1),
        "it is neither sent nor counted"
    );

    clock.sleep(Duration::from_millis(750)).await;
    returngo.rmas().get(&id()).await.unwrap();
}

#[tokio::test]
async fn waits_between_attempts_count_too() {
    let shop = MockReturngo::start().await;
    let returngo = builder(&shop).max_wait(Duration::ZERO).build().unwrap();
    for (fault, kind) in [
        (FaultKind::Throttle, ErrorKind::Throttled),
        (FaultKind::Html502, ErrorKind::ServerFailed),
        (FaultKind::DropBefore, ErrorKind::AnswerLost),
    ] {
        shop.faults().add(Fault::on("GET /rma/{id}", fault));
        let error = returngo.rmas().get(&id()).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (kind, 1));
        assert_eq!(error.not_retried(), Some(NotRetried::WaitTooLong));
        assert!(error.is_retryable() && error.try_again_at().is_some());
    }
}
