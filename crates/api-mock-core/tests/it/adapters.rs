use api_mock_core::{Fault, FaultKind, MockCore, Server};
use serde_json::{Value, json};
use wiremock::{Mock, ResponseTemplate, matchers::path};

use crate::tally::{Tally, count, post, start};

#[tokio::test]
#[should_panic(expected = "POST /tolly")]
async fn a_request_that_no_route_knows_fails_the_test_when_the_mock_is_dropped() {
    let mock = start().await;
    assert_eq!(post(&mock.url(), "/tolly").await.unwrap().status(), 404);
}

#[tokio::test]
#[should_panic(expected = "POST /tally: POST /tally is not expected")]
async fn a_request_that_was_not_announced_fails_the_test_too() {
    let mock = start().await;
    mock.core().expect_only(["GET /tally"]);
    assert_eq!(count(&mock.url()).await, 0);
    mock.assert_no_unexpected_requests();
    assert_eq!(post(&mock.url(), "/tally").await.unwrap().status(), 201, "answered as ever");
}

#[tokio::test]
async fn mocks_of_the_test_come_before_the_core() {
    let mock = start().await;
    Mock::given(path("/tally")).respond_with(ResponseTemplate::new(418)).mount(mock.server()).await;
    assert_eq!(post(&mock.url(), "/tally").await.unwrap().status(), 418);
    assert_eq!(mock.core().read(|tally| tally.count), 0);
}

#[tokio::test]
async fn control_routes_are_not_counted_and_reset_forgets_everything() {
    let mock = start().await;
    post(&mock.url(), "/tally").await.unwrap();
    let doubled: u64 = post(&mock.url(), "/_mock/double").await.unwrap().json().await.unwrap();
    assert_eq!(doubled, 2);
    let counts: Value =
        reqwest::get(format!("{}/_mock/requests", mock.url())).await.unwrap().json().await.unwrap();
    assert_eq!(counts, json!({"total": 1, "byMessageType": {"POST /tally": 1}}));

    mock.core().faults().add(Fault::on_any(FaultKind::Status500));
    assert_eq!(post(&mock.url(), "/_mock/reset").await.unwrap().status(), 200);
    assert_eq!(mock.core().requests().total(), 0);
    assert_eq!(count(&mock.url()).await, 0);
    assert_eq!(post(&mock.url(), "/_mock/nothing").await.unwrap().status(), 404);
}

#[tokio::test]
async fn the_clock_stands_still_until_it_is_released() {
    let mock = start().await;
    let url = format!("{}/_mock/clock", mock.url());
    let set = async |now: Value| reqwest::Client::new().put(&url).json(&now).send().await.unwrap().status();
    assert_eq!(set(json!({"now": "2026-05-04T09:15:00Z"})).await, 200);
    assert_eq!(mock.core().clock().now().to_string(), "2026-05-04T09:15:00Z");
    assert_eq!(set(json!({})).await, 400);
    assert_eq!(set(json!({"now": null})).await, 200);
    assert_ne!(mock.core().clock().now(), mock.core().clock().now());
}

#[tokio::test]
async fn the_server_answers_keeps_connections_and_cuts_them() {
    let core = MockCore::new(Tally::default());
    let server = Server::bind(core.clone(), 0).await.unwrap();
    let url = server.url();
    assert_eq!(server.first_line(), format!("listening {url} tally"));
    let running = tokio::spawn(server.run());

    let client = reqwest::Client::new();
    let send = || client.post(format!("{url}/tally")).send();
    assert_eq!(send().await.unwrap().status(), 201);
    core.faults().add(Fault::on_any(FaultKind::DropAfterCommit));
    send().await.expect_err("the connection is cut");
    assert_eq!(send().await.unwrap().text().await.unwrap(), "3");
    running.abort();
}
