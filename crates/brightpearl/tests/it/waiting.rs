//! How long a call waits, over real HTTP and by a clock that does not.

use std::{sync::Arc, time::Duration};

use api_mock_core::{Fault, FaultKind};
use brightpearl::{
    Client, ClientBuilder, Credentials, ErrorKind,
    client::{Clock as _, NotRetried, Priority, RequestBudget, SkippingClock},
};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use crate::{
    cancelling::{credited, payment},
    script::client_builder,
};

fn clock() -> SkippingClock {
    SkippingClock::at("2026-05-04T10:15:20Z".parse().unwrap())
}

/// A server that says how many calls are left.
async fn server(status: u16, body: &str, left: &str) -> MockServer {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(status)
        .set_body_string(body)
        .insert_header("brightpearl-requests-remaining", left)
        .insert_header("brightpearl-next-throttle-period", "40000");
    Mock::given(any()).respond_with(answer).mount(&server).await;
    server
}

fn builder(server: &MockServer, clock: &SkippingClock) -> ClientBuilder {
    Client::builder("acmeoutdoors")
        .url(server.uri())
        .credentials(Credentials::private_app("acmeoutdoors_returns", "planted"))
        .clock(Arc::new(clock.clone()))
}

const NOTHING: &str = r#"{"response":[]}"#;

#[tokio::test]
async fn a_call_that_the_budget_would_hold_too_long_fails_at_once() {
    let (server, clock) = (server(200, NOTHING, "0").await, clock());
    let client = builder(&server, &clock).max_wait(Duration::from_secs(40)).build().unwrap();
    client.channels().list().await.unwrap();
    for client in [client.clone(), client.with_priority(Priority::Background)] {
        let error = client.channels().list().await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Throttled, 0));
        assert_eq!(error.not_retried(), Some(NotRetried::WaitTooLong));
        assert_eq!(error.try_again_at(), Some("2026-05-04T10:16:00.5Z".parse().unwrap()));
        assert!(error.is_retryable() && error.safe_to_repeat() && !error.may_have_been_applied());
        assert!(error.to_string().contains("try again at 2026-05-04T10:16:00.5Z"), "{error}");
    }
    assert!(clock.waits().is_empty());
    assert_eq!(server.received_requests().await.unwrap().len(), 1);

    clock.sleep(Duration::from_millis(40_500)).await;
    client.channels().list().await.unwrap();
}

#[tokio::test]
async fn a_call_that_may_wait_so_long_waits() {
    let (server, clock) = (server(200, NOTHING, "0").await, clock());
    let client = builder(&server, &clock).max_wait(Duration::from_millis(40_500)).build().unwrap();
    client.channels().list().await.unwrap();
    client.channels().list().await.unwrap();
    assert_eq!(clock.waits(), [Duration::from_millis(40_500)]);
}

#[tokio::test]
async fn a_rejection_by_the_rate_limit_is_not_waited_out_for_too_long() {
    let throttled =
        r#"{"response":"You have sent too many requests. Please wait before sending another request"}"#;
    let (server, clock) = (server(503, throttled, "0").await, clock());
    let client = builder(&server, &clock).max_wait(Duration::from_secs(10)).build().unwrap();
    let error = client.channels().list().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.status()), (ErrorKind::Throttled, 1, Some(503)));
    assert_eq!(error.try_again_at(), Some("2026-05-04T10:16:00.5Z".parse().unwrap()));
    assert!(clock.waits().is_empty());
}

#[tokio::test]
async fn waits_between_attempts_count_too() {
    let (server, clock) = (server(502, "<html>", "150").await, clock());
    let client = builder(&server, &clock).max_wait(Duration::ZERO).build().unwrap();
    let error = client.channels().list().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::ServerFailed, 1));
    assert_eq!(error.not_retried(), Some(NotRetried::WaitTooLong));
    assert!(error.is_retryable() && error.try_again_at().is_some());
}

#[tokio::test]
async fn the_budget_left_is_known() {
    let (server, clock) = (server(200, NOTHING, "150").await, clock());
    let budget = RequestBudget::default();
    let client = builder(&server, &clock).budget(budget.clone()).build().unwrap();
    assert_eq!(client.calls_left().calls, 200);
    client.channels().list().await.unwrap();
    let left = client.calls_left();
    assert_eq!((left.calls, left.until), (150, "2026-05-04T10:16:00Z".parse().unwrap()));
    let sharing = builder(&server, &clock).budget(budget).build().unwrap();
    assert_eq!(sharing.calls_left(), left);
    clock.sleep(Duration::from_secs(41)).await;
    assert_eq!(client.calls_left().calls, 200);
}

#[tokio::test]
async fn a_lost_keyed_write_is_left_to_the_caller_when_the_wait_is_too_long() {
    let clock = clock();
    let (mock, credit) = credited().await;
    let client = client_builder(&mock)
        .clock(Arc::new(clock.clone()))
        .max_wait(Duration::from_secs(10))
        .build()
        .unwrap();
    mock.faults().add(Fault::on("post-customer-payment", FaultKind::DropBefore));
    let error = client.customer_payments().create(&payment(credit)).await.unwrap_err();
    assert_eq!((error.kind(), error.safe_to_repeat()), (ErrorKind::Ambiguous, true));
    assert!(error.to_string().contains("create it again under the same key"), "{error}");
    let arrived = error.try_again_at().unwrap();
    assert!(arrived > clock.now());

    let early = client.customer_payments().create(&payment(credit)).await.unwrap_err();
    assert_eq!((early.kind(), early.try_again_at()), (ErrorKind::NotSent, Some(arrived)));
    assert!(early.is_retryable(), "{early}");
    assert_eq!(mock.requests().of("post-customer-payment"), 1, "it may still be in transit");

    clock.sleep(Duration::from_secs(60)).await;
    assert!(!client.customer_payments().create(&payment(credit)).await.unwrap().already_existed);
    assert_eq!(mock.payments_on(credit).len(), 1);
}
