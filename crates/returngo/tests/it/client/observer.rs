//! Whoever wants figures is told of every attempt, and of nothing about a shopper.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use returngo::client::{FinishedAttempt, Observer, Quota, SkippingClock};
use returngo_mock::{Fault, FaultKind, MockReturngo};

use super::{builder, id};

#[derive(Debug, Default)]
struct Kept(Mutex<Vec<FinishedAttempt>>);

impl Observer for Kept {
    fn attempt_finished(&self, attempt: &FinishedAttempt) {
        self.0.lock().unwrap().push(attempt.clone());
    }
}

impl Kept {
    fn attempts(&self) -> Vec<FinishedAttempt> {
        self.0.lock().unwrap().clone()
    }
}

#[tokio::test]
async fn every_attempt_is_told_with_its_status() {
    let shop = MockReturngo::start().await;
    shop.faults().add(Fault::on("GET /rma/{id}", FaultKind::Status500));
    let kept = Arc::new(Kept::default());
    let returngo = builder(&shop).observer(kept.clone()).build().unwrap();
    returngo.rmas().get(&id()).await.unwrap();

    let told: Vec<_> = kept.attempts().iter().map(|told| (told.attempt, told.status)).collect();
    assert_eq!(told, [(1, Some(500)), (2, Some(200))]);
    let last = &kept.attempts()[1];
    assert_eq!((last.api, last.path_template), ("returngo", "/rma/{id}"));
    assert!(!format!("{last:?}").contains(id().as_str()), "{last:?}");
    assert!(last.waited > Duration::ZERO, "the wait before it");
}

#[tokio::test]
async fn waiting_for_the_quota_is_told_and_a_call_that_was_kept_back_is_not() {
    let shop = MockReturngo::start().await;
    let clock = SkippingClock::at("2026-05-04T10:15:20.400Z".parse().unwrap());
    let quota = Quota { per_second: Some(1), per_day: Some(2), reserved_for_writes: 0 };
    let kept = Arc::new(Kept::default());
    let returngo = builder(&shop).clock(Arc::new(clock)).quota(quota).observer(kept.clone()).build().unwrap();
    returngo.rmas().get(&id()).await.unwrap();
    returngo.rmas().get(&id()).await.unwrap();
    returngo.rmas().get(&id()).await.unwrap_err();
    let waits: Vec<_> = kept.attempts().iter().map(|told| told.waited).collect();
    assert_eq!(waits, [Duration::ZERO, Duration::from_millis(600)]);
}
