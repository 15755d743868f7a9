use brightpearl_mock::{Fault, FaultKind};
use jiff::Timestamp;
use reqwest::Method;
use serde_json::json;

use crate::http::Http;

const STATUSES: &str = "order-service/order-status";

fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

#[tokio::test]
async fn every_answer_carries_brightpearls_headers() {
    let http = Http::start().await;
    http.mock.set_clock(at("2026-05-04T09:15:16.166Z"));
    let answer = http.get(STATUSES).await;
    assert_eq!(answer.header("Content-Type"), Some("application/json;charset=UTF-8"));
    assert_eq!(answer.header("Message-Type"), Some("get-order-status"));
    assert_eq!(answer.header("Brightpearl-Installed-Integration-Instance-Id"), Some("41"));
    assert_eq!(answer.header("Brightpearl-Requests-Remaining"), Some("199"));
    assert_eq!(answer.header("Brightpearl-Next-Throttle-Period"), Some("43834"));
    let ruid = answer.header("Ruid").unwrap().to_owned();
    assert_ne!(http.get(STATUSES).await.header("Ruid"), Some(ruid.as_str()));
}

#[tokio::test]
async fn the_throttle_refuses_until_the_next_utc_minute() {
    let http = Http::start().await;
    http.mock.set_clock(at("2026-05-04T09:15:30Z"));
    let limited = http.control(Method::PUT, "throttle", json!({ "limit": 2 })).await;
    assert_eq!(limited.status, 200);
    assert_eq!(http.get(STATUSES).await.header("Brightpearl-Requests-Remaining"), Some("1"));
    assert_eq!(
        http.get("order-service/order/300871").await.header("Brightpearl-Requests-Remaining"),
        Some("0")
    );
    let refused = http.get(STATUSES).await;
    assert_eq!(refused.status, 503);
    assert_eq!(
        refused.json(),
        json!({ "response": "You have sent too many requests. Please wait before sending another request" })
    );
    assert_eq!(
        (refused.header("Message-Type"), refused.header("Brightpearl-Requests-Remaining")),
        (Some("api-proxy"), Some("0"))
    );
    assert_eq!(
        http.control(Method::GET, "requests", json!({})).await.status,
        200,
        "control routes are never throttled"
    );

    http.mock.set_clock(at("2026-05-04T09:16:00Z"));
    assert_eq!(http.get(STATUSES).await.status, 200);
    http.control(Method::PUT, "throttle", json!({ "limit": null })).await;
    for _ in 0..4 {
        assert_eq!(http.get(STATUSES).await.status, 200);
    }
    assert_eq!(http.control(Method::PUT, "throttle", json!({})).await.status, 400);
}

#[tokio::test]
async fn credentials_are_checked_and_refusals_are_sentences() {
    let http = Http::start().await;
    let (app, token) = (http.mock.app_ref().to_owned(), http.mock.token().to_owned());
    let missing = "Not authenticated. You must provide a valid authentication token.";
    for (headers, text) in [
        (vec![], missing.to_owned()),
        (vec![("brightpearl-app-ref", app.as_str())], missing.to_owned()),
        (vec![("brightpearl-account-token", token.as_str())], missing.to_owned()),
        (
            vec![("brightpearl-app-ref", app.as_str()), ("brightpearl-account-token", "wrong=")],
            "Invalid instance token: wrong=".to_owned(),
        ),
    ] {
        let refused = http.get_with(STATUSES, &headers).await;
        assert_eq!((refused.status, refused.json()), (401, json!({ "response": text })));
        assert_eq!(refused.header("Message-Type"), Some("api-proxy"));
        assert_eq!(refused.header("Brightpearl-Installed-Integration-Instance-Id"), None);
        assert!(refused.header("Brightpearl-Requests-Remaining").is_some());
    }
    let bearer = format!("Bearer {token}");
    for header in [("brightpearl-staff-token", token.as_str()), ("authorization", bearer.as_str())] {
        assert_eq!(http.get_with(STATUSES, &[("brightpearl-app-ref", &app), header]).await.status, 200);
    }
}

#[tokio::test]
async fn another_account_has_no_access() {
    let http = Http::start().await;
    let other = http.url(STATUSES).replace("/acmeoutdoors/", "/somebody/");
    let answer = reqwest::get(other).await.unwrap();
    assert_eq!(answer.status(), 401);
    let text = answer.text().await.unwrap();
    assert!(text.contains("GWYB-003") && text.contains(r"Account \u0027somebody\u0027"), "{text}");
}

#[tokio::test]
async fn faults_answer_as_brightpearl_would() {
    let http = Http::start().await;
    let faults = http.mock.faults();
    faults.add(Fault::on("get-order-status", FaultKind::TokenExpired));
    let expired = http.get(STATUSES).await;
    assert_eq!((expired.status, expired.json()), (401, json!({ "response": "Authorization token expired" })));
    faults.add(Fault::on_any(FaultKind::Status500));
    let internal = http.get(STATUSES).await;
    assert_eq!(
        (internal.status, internal.code(), internal.header("Message-Type")),
        (500, "CMNU-003".to_owned(), Some("get-order-status"))
    );
    faults.add(Fault::on_any(FaultKind::Status503));
    let unavailable = http.get(STATUSES).await;
    assert_eq!((unavailable.status, unavailable.json()), (503, json!({ "response": "Service Unavailable" })));
    faults.add(Fault::on_any(FaultKind::Throttle));
    assert!(http.get(STATUSES).await.text.contains("too many requests"));
    faults.add(Fault::on_any(FaultKind::Html502));
    let page = http.get(STATUSES).await;
    assert_eq!((page.status, page.text.starts_with("<html>")), (502, true));
    faults.add(Fault::on_any(FaultKind::DropBefore));
    http.try_post("order-service/order/300871/note", json!({ "text": "lost" }))
        .await
        .expect_err("the connection is cut");
    assert!(http.mock.notes_of(brightpearl::OrderId::new(300871)).is_empty());
    assert_eq!(faults.pending(), []);
}

#[tokio::test]
async fn reset_goes_back_to_the_seed() {
    let http = Http::start().await;
    http.credit().await;
    http.mock.set_clock(at("2020-01-01T00:00:00Z"));
    http.control(Method::POST, "faults", json!({ "match": "*", "fault": "status500" })).await;
    http.mock.set_throttle(1);
    assert_eq!(http.control(Method::POST, "reset", json!({})).await.status, 200);
    assert_eq!(http.mock.orders().len(), 4);
    assert_eq!(http.mock.requests().total(), 0);
    let answer = http.get(STATUSES).await;
    assert_eq!((answer.status, answer.header("Brightpearl-Requests-Remaining")), (200, Some("199")));
    let next = http.credit().await;
    assert_eq!(next, 400002, "ids start again too");
}

#[tokio::test]
async fn requests_are_counted_by_what_they_asked_for() {
    let http = Http::start().await;
    http.credit().await;
    http.get("order-service/order-search?orderTypeId=3").await;
    http.get_with(STATUSES, &[]).await;
    let counted = http.control(Method::GET, "requests", json!({})).await.json();
    assert_eq!(
        counted,
        json!({ "total": 3, "byMessageType": { "post-sales-credit": 1, "bulk-data-search": 1, "get-order-status": 1 } })
    );
}

#[tokio::test]
#[should_panic(expected = "GET /public-api/acmeoutdoors/order-service/ordr/1")]
async fn an_unknown_uri_is_404_on_the_wire_and_fails_the_test() {
    let http = Http::start().await;
    let unknown = http.get("order-service/ordr/1").await;
    assert_eq!((unknown.status, unknown.code()), (404, "CMNC-404".to_owned()));
    assert!(unknown.text.contains("Cannot find the resource"));
}
