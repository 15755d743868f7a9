//! Checks of the requests: counts, duplicates and unexpected requests.

use brightpearl_mock::{Fault, FaultKind};
use reqwest::Method;
use serde_json::{Value, json};

use crate::http::{Http, credit};

#[tokio::test]
#[should_panic(
    expected = "POST /public-api/acmeoutdoors/order-service/sales-credit: post-sales-credit is not expected"
)]
async fn a_write_where_only_reads_are_expected_fails_the_test() {
    let http = Http::start().await;
    http.mock.expect_only(["get-order"]);
    http.get("order-service/order/300871").await.response();
    http.mock.assert_no_unexpected_requests();
    http.credit().await;
}

#[tokio::test]
#[should_panic(
    expected = "PUT /order-service/order/300871/status (in a batch): put-order-status is not expected"
)]
async fn a_part_of_a_batch_that_nobody_expects_fails_the_test() {
    let http = Http::start().await;
    http.mock.expect_only(["post-multi-message", "post-order-note"]);
    let part = |label: &str, method: &str, uri: &str, body: Value| json!({ "label": label, "httpMethod": method, "uri": format!("/order-service/order/300871/{uri}"), "body": body });
    let messages = [
        part("note", "POST", "note", json!({ "text": "x" })),
        part("status", "PUT", "status", json!({ "orderStatusId": 4 })),
    ];
    let batch = json!({ "processingMode": "SEQUENTIAL", "onFail": "STOP", "messages": messages });
    http.post("multi-message", batch).await.response();
}

#[tokio::test]
async fn other_languages_read_what_was_unexpected() {
    let http = Http::start().await;
    http.mock.expect_only(["get-order"]);
    http.get("order-service/order-status").await.response();
    let requests = http.control(Method::GET, "requests", json!({})).await.json();
    assert_eq!(
        requests["unexpected"],
        json!(["GET /public-api/acmeoutdoors/order-service/order-status: get-order-status is not expected"])
    );
    // Read, so that dropping the mock does not fail this test too.
    http.mock.reset();
    let requests = http.control(Method::GET, "requests", json!({})).await.json();
    assert_eq!(requests, json!({ "total": 0, "byMessageType": {} }));
}

#[tokio::test]
async fn what_is_there_twice_is_told() {
    let http = Http::start().await;
    http.credit().await;
    http.credit_once_more().await;
    assert!(http.mock.duplicates().is_empty());

    let mut elsewhere = credit("RGO-1");
    elsewhere["installedIntegrationInstanceId"] = json!(42);
    let second = http.post("order-service/sales-credit", elsewhere).await.id();
    for method in ["STRIPE_UK", "BANK"] {
        let payment = json!({ "transactionRef": "R-1", "paymentMethodCode": method, "paymentType": "PAYMENT",
            "orderId": second, "currencyIsoCode": "GBP", "amountPaid": 1, "paymentDate": "2026-05-08" });
        http.post("accounting-service/customer-payment", payment).await.response();
    }
    let duplicates = http.mock.duplicates();
    assert_eq!(
        (duplicates.count(), duplicates.credits["RGO-1"].len(), duplicates.payments["R-1"].len()),
        (2, 2, 2)
    );
    assert_eq!(http.mock.credits_by_external_ref()["RGO-1"].len(), 2);
    assert_eq!(http.mock.payments_by_reference()["7000000000001-1"].len(), 1);
    let told = http.control(Method::GET, "duplicates", json!({})).await.json();
    assert_eq!(told["credits"]["RGO-1"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn faults_by_chance_go_on_until_they_are_taken_away() {
    let http = Http::start().await;
    http.mock.set_throttle(None);
    http.mock.faults().add(Fault::on("get-order", FaultKind::Status500).by_chance(0.5, 11));
    let mut refused = 0;
    for _ in 0..40 {
        refused += usize::from(http.get("order-service/order/300871").await.status == 500);
    }
    assert!((8..=32).contains(&refused), "{refused} of 40");
    assert_eq!(http.control(Method::DELETE, "faults", json!({})).await.status, 200);
    for _ in 0..10 {
        http.get("order-service/order/300871").await.response();
    }
}

#[tokio::test]
async fn a_fault_by_chance_strikes_parts_of_batches_too() {
    let http = Http::start().await;
    let fault =
        json!({ "match": "post-order-note", "fault": "status500", "probability": 1, "seed": 1, "times": 2 });
    assert_eq!(http.control(Method::POST, "faults", fault).await.status, 200);
    let note = |label: &str| {
        json!({ "label": label, "httpMethod": "POST", "uri": "/order-service/order/300871/note",
        "body": { "text": label } })
    };
    let batch = json!({ "processingMode": "SEQUENTIAL", "onFail": "CONTINUE", "messages": [note("a"), note("b"), note("c")] });
    let answer = http.post("multi-message", batch).await.json();
    let statuses: Vec<&Value> = answer["response"]["processedMessages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| &part["statusCode"])
        .collect();
    assert_eq!(statuses, [500, 500, 200]);
}

#[tokio::test]
async fn the_books_are_locked_from_outside() {
    let http = Http::start().await;
    assert_eq!(http.get("accounting-service/accounting-period-lock").await.code(), "CMNC-404");
    let lock =
        http.control(Method::PUT, "accounting-period-lock", json!({ "lockedUntil": "2026-03-31" })).await;
    assert_eq!(lock.status, 200);
    let read = http.get("accounting-service/accounting-period-lock").await.response();
    assert_eq!(read["lockedUntil"], "2026-03-31");
    http.control(Method::PUT, "accounting-period-lock", json!({ "lockedUntil": null })).await;
    assert_eq!(http.get("accounting-service/accounting-period-lock").await.status, 404);
    assert_eq!(http.control(Method::PUT, "accounting-period-lock", json!({})).await.status, 400);
}

#[tokio::test]
async fn switches_are_set_from_outside() {
    let http = Http::start().await;
    let set = http.control(Method::PUT, "switches", json!({ "newOrderStatus": 200 })).await;
    assert_eq!(set.status, 200);
    assert_eq!(http.post("order-service/sales-credit", credit("RGO-1")).await.status, 200);
    let wrong = http.control(Method::PUT, "switches", json!({ "newOrderState": 200 })).await;
    assert!(wrong.status == 400 && wrong.text.contains("newOrderState"), "{}", wrong.text);
    http.mock.reset();
    assert_eq!(http.post("order-service/sales-credit", credit("RGO-1")).await.status, 201, "as it started");
}
