use brightpearl_mock::{Fault, FaultKind};
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use crate::http::Http;

const WEBHOOKS: &str = "integration-service/webhook";

pub(crate) async fn receiver() -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).mount(&server).await;
    server
}

pub(crate) fn subscription(event: &str, uri: &str) -> Value {
    json!({ "subscribeTo": event, "httpMethod": "POST", "uriTemplate": format!("{uri}/bp?event=${{full-event}}"),
        "bodyTemplate": "{\"accountCode\":\"${account-code}\",\"resourceType\":\"${resource-type}\",\"id\":\"${resource-id}\",\"lifecycleEvent\":\"${lifecycle-event}\",\"fullEvent\":\"${full-event}\",\"raisedOn\":\"${raised-on}\"}",
        "contentType": "application/json", "idSetAccepted": true, "qualityOfService": 1 })
}

/// The deliveries so far, as (event, id).
pub(crate) async fn got(http: &Http, receiver: &MockServer) -> Vec<(String, String)> {
    http.mock.deliveries_settled().await;
    let text = |body: &Value, name: &str| body[name].as_str().unwrap().to_owned();
    let requests = receiver.received_requests().await.unwrap();
    requests
        .iter()
        .map(|request| request.body_json().unwrap())
        .map(|body: Value| (text(&body, "fullEvent"), text(&body, "id")))
        .collect()
}

async fn add_note_and_status(http: &Http, credit: u64, status: u64) {
    assert_eq!(
        http.put(&format!("order-service/order/{credit}/status"), json!({ "orderStatusId": status }))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn a_whole_return_is_told_in_order() {
    let (http, receiver) = (Http::start().await, receiver().await);
    http.mock.set_clock("2026-05-04T09:15:00.250Z".parse::<jiff::Timestamp>().unwrap());
    for event in ["order.modified", "goods-in-note.created", "quarantine-release.created"] {
        assert_eq!(http.post(WEBHOOKS, subscription(event, &receiver.uri())).await.status, 200);
    }
    let credit = http.credit().await;
    add_note_and_status(&http, credit, 28).await;
    let rows = http.mock.order(brightpearl::OrderId::new(credit)).unwrap().order_rows;
    let lines: Vec<Value> = rows
        .iter()
        .map(|(id, row)| {
            json!({ "productId": row.product_id, "purchaseOrderRowId": id, "quantity": 1,
        "destinationLocationId": 3, "productValue": { "currency": "GBP", "value": 1 } })
        })
        .collect();
    let note = json!({ "warehouseId": 2, "goodsMoved": lines, "receivedOn": "2026-05-07T09:00:00Z" });
    let note = http.post(&format!("warehouse-service/order/{credit}/goods-note/goods-in"), note).await.id();
    http.post(
        "warehouse-service/warehouse/2/quarantine/release",
        json!({ "productId": 2044, "quantity": 1, "toLocationId": 2 }),
    )
    .await;

    let credit = credit.to_string();
    let expected = [
        ("order.modified", credit.as_str()),
        ("order.modified.order-status", &credit),
        ("goods-in-note.created", &format!("{note},{}", note + 1)),
        ("quarantine-release.created", &(note + 2).to_string()),
    ];
    let expected = expected.map(|(event, id)| (event.to_owned(), id.to_owned()));
    assert_eq!(got(&http, &receiver).await, expected);
    let first = &receiver.received_requests().await.unwrap()[0];
    assert_eq!(first.url.query(), Some("event=order.modified"));
    assert_eq!(first.headers["content-type"], "application/json");
    let body: Value = first.body_json().unwrap();
    assert_eq!(
        (&body["accountCode"], &body["raisedOn"]),
        (&json!("acmeoutdoors"), &json!("2026-05-04T09:15:00.250Z"))
    );
}

#[tokio::test]
async fn without_id_sets_every_id_is_told_alone() {
    let (http, receiver) = (Http::start().await, receiver().await);
    let mut one_by_one = subscription("product.modified.on-hand-modified", &receiver.uri());
    one_by_one["idSetAccepted"] = json!(false);
    http.post(WEBHOOKS, one_by_one).await;
    let add = |product: u64| json!({ "quantity": 1, "productId": product, "reason": "Found", "locationId": 2, "cost": { "currency": "GBP", "value": 1 } });
    http.post(
        "warehouse-service/warehouse/2/stock-correction",
        json!({ "corrections": [add(2044), add(2051)] }),
    )
    .await;
    let ids: Vec<String> = got(&http, &receiver).await.into_iter().map(|(_, id)| id).collect();
    assert_eq!(ids, ["2044", "2051"]);
}

#[tokio::test]
async fn webhooks_are_duplicated_reordered_and_lost_on_command() {
    for (kind, times, expected) in [
        (
            FaultKind::DuplicateWebhooks,
            1,
            ["order.modified", "order.modified", "order.modified.order-status"].as_slice(),
        ),
        (FaultKind::ReorderWebhooks, 2, &["order.modified.order-status", "order.modified"]),
        (FaultKind::LoseWebhooks, 1, &["order.modified.order-status"]),
    ] {
        let (http, receiver) = (Http::start().await, receiver().await);
        http.post(WEBHOOKS, subscription("order", &receiver.uri())).await;
        http.mock.faults().add(Fault::on_any(kind).times(times));
        let credit = http.credit().await;
        add_note_and_status(&http, credit, 28).await;
        let events: Vec<String> = got(&http, &receiver).await.into_iter().map(|(event, _)| event).collect();
        assert_eq!(events, expected, "{kind}");
    }
}

#[tokio::test]
async fn the_quality_of_service_decides_what_is_sent_again() {
    for (quality, first_answer, deliveries) in [(0, 500, 1), (0, 503, 2), (1, 500, 2), (1, 404, 1)] {
        let http = Http::start().await;
        let receiver = MockServer::start().await;
        Mock::given(any())
            .respond_with(ResponseTemplate::new(first_answer))
            .up_to_n_times(1)
            .mount(&receiver)
            .await;
        Mock::given(any()).respond_with(ResponseTemplate::new(200)).mount(&receiver).await;
        let mut webhook = subscription("order.modified", &receiver.uri());
        webhook["qualityOfService"] = json!(quality);
        http.post(WEBHOOKS, webhook).await;
        http.credit().await;
        assert_eq!(got(&http, &receiver).await.len(), deliveries, "QoS {quality}, answer {first_answer}");
    }
}

#[tokio::test]
async fn subscriptions_are_listed_and_deleted() {
    let (http, receiver) = (Http::start().await, receiver().await);
    let none = http.get(WEBHOOKS).await;
    assert_eq!((none.code().as_str(), none.header("Message-Type")), ("CMNC-404", Some("get-webhook")));
    let id = http.post(WEBHOOKS, subscription("order.modified", &receiver.uri())).await.id();
    let bodiless = json!({ "subscribeTo": "order", "httpMethod": "GET",
        "uriTemplate": "http://hooks.example.test/${account-code}/${resource-type}/${lifecycle-event}/${resource-id}", "bodyTemplate": "ignored" });
    http.post(WEBHOOKS, bodiless).await;
    let listed = http.get(WEBHOOKS).await;
    assert_eq!(listed.header("Message-Type"), Some("webhook-get"));
    let listed = listed.response();
    assert_eq!(
        (&listed[0]["id"], &listed[0]["qualityOfService"], &listed[0]["idSetAccepted"]),
        (&json!(id), &json!(1), &json!(true))
    );
    assert_eq!(
        (&listed[1]["qualityOfService"], &listed[1]["idSetAccepted"], listed[1].get("bodyTemplate")),
        (&json!(0), &json!(false), None)
    );
    assert_eq!(http.get(&format!("{WEBHOOKS}/{id}")).await.response()[0]["subscribeTo"], "order.modified");

    assert_eq!(http.delete(&format!("{WEBHOOKS}/{id}")).await.text, "{}");
    let gone = http.delete(&format!("{WEBHOOKS}/{id}")).await;
    assert_eq!(gone.json()["errors"][0]["message"], format!("Cannot find webhook: {id}"));
    assert_eq!(gone.header("Message-Type"), Some("delete-webhook"), "the other way round than on success");
    assert_eq!(http.get(&format!("{WEBHOOKS}/{id}")).await.status, 404);
    http.credit().await;
    assert!(receiver.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_wrong_subscription_is_refused_with_brightpearls_codes() {
    let http = Http::start().await;
    let uri = "https://hooks.example.test";
    for (event, code) in
        [("order.created", "INTC-062"), ("sales-credit.created", "INTC-064"), ("contact.created", "INTC-064")]
    {
        let refused = http.post(WEBHOOKS, subscription(event, uri)).await;
        assert_eq!((refused.status, refused.code().as_str()), (400, code), "{event}");
    }
    let mut bare = subscription("order.modified", uri);
    bare["bodyTemplate"] = json!("{\"id\":\"${resource-id}\"}");
    let refused = http.post(WEBHOOKS, bare).await.json();
    let errors = refused["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 3, "{refused}");
    assert!(
        errors
            .iter()
            .all(|error| error["code"] == "INTC-057"
                && error["message"].as_str().unwrap().contains("contatin"))
    );
    for field in ["subscribeTo", "httpMethod", "uriTemplate", "bodyTemplate", "contentType"] {
        let mut incomplete = subscription("order.modified", uri);
        incomplete.as_object_mut().unwrap().remove(field);
        assert_eq!(http.post(WEBHOOKS, incomplete).await.status, 400, "{field}");
    }
}

#[tokio::test]
async fn a_webhook_is_tried_with_values_of_ones_own() {
    let (http, receiver) = (Http::start().await, receiver().await);
    let id = http.post(WEBHOOKS, subscription("order.modified.order-status", &receiver.uri())).await.id();
    http.post(WEBHOOKS, subscription("order.modified", &receiver.uri())).await;
    let simulate = format!("{WEBHOOKS}/{id}/simulate");
    let tried = http.post(&simulate, json!({ "testData": { "${resource-id}": "1-5,99" } })).await;
    assert_eq!((tried.status, tried.text.as_str()), (200, "{}"));
    assert_eq!(
        http.post(&simulate, json!({ "testData": { "${full-event}": "order.tested" } })).await.status,
        200
    );
    let expected = [("order.modified.order-status", "1-5,99"), ("order.tested", "1")];
    let expected = expected.map(|(event, id)| (event.to_owned(), id.to_owned()));
    assert_eq!(got(&http, &receiver).await, expected, "to this one subscriber only");
    let too_many = http.post(&simulate, json!({ "testData": { "${resource-id}": "1-11" } })).await;
    assert_eq!(too_many.status, 400);
    assert_eq!(http.post(&format!("{WEBHOOKS}/1/simulate"), json!({})).await.code(), "CMNC-404");
}

#[tokio::test]
async fn the_callers_instance_is_renamed_and_tells_its_ids() {
    let http = Http::start().await;
    let path = "integration-service/integration/instance";
    let renamed = http.put(path, json!({ "instanceName": "Returns UK" })).await.response();
    assert_eq!(
        renamed,
        json!({ "installedIntegrationInstanceId": 41, "installedIntegrationId": 40, "instanceName": "Returns UK" })
    );
    assert_eq!(http.put(path, json!({})).await.status, 400);
}
