//! Webhook registrations and deliveries over HTTP.

use returngo::{NewWebhook, Notification, WebhookEvent};
use returngo_mock::{Fault, FaultKind, MockReturngo, Refund};
use rust_decimal_macros::dec;
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use crate::shop::{delete, get, move_parcel, post, put};

async fn receiver() -> MockServer {
    let receiver = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).mount(&receiver).await;
    receiver
}

async fn shop_that_tells(receiver: &MockServer) -> MockReturngo {
    let shop = MockReturngo::start().await;
    for event in WebhookEvent::KNOWN {
        shop.register(NewWebhook::new(event.clone(), format!("{}/hooks", receiver.uri())));
    }
    shop
}

async fn received(shop: &MockReturngo, receiver: &MockServer) -> Vec<Value> {
    shop.deliveries_settled().await;
    let requests = receiver.received_requests().await.unwrap();
    receiver.reset().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).mount(receiver).await;
    requests.iter().map(|request| request.body_json().unwrap()).collect()
}

fn events(bodies: &[Value]) -> Vec<&str> {
    bodies.iter().map(|body| body["eventName"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn registrations_are_made_listed_changed_and_deleted() {
    let shop = MockReturngo::start().await;
    let made = post(&shop, "/webhook", json!({"url": "string", "eventName": "RMA_CREATED"})).await.ok();
    assert_eq!(made, json!({"id": "11901", "url": "string", "eventName": "RMA_CREATED"}));
    assert_eq!(get(&shop, "/webhooks").await.ok(), json!([made]));
    let change = json!({"url": "https://returns.example.test/hooks", "eventName": "RMA_STATUS_UPDATED"});
    put(&shop, "/webhook/11901", change.clone()).await.ok();
    assert_eq!(get(&shop, "/webhooks").await.ok()[0]["url"], "https://returns.example.test/hooks");
    delete(&shop, "/webhook/11901").await.ok();
    assert_eq!(get(&shop, "/webhooks").await.ok(), json!([]));
    assert_eq!(delete(&shop, "/webhook/11901").await.status, 404);
    assert_eq!(put(&shop, "/webhook/11901", change).await.status, 404);
    assert_eq!(post(&shop, "/webhook", json!({"url": "x"})).await.status, 400);
}

#[tokio::test]
async fn each_change_tells_what_changed() {
    let receiver = receiver().await;
    let shop = shop_that_tells(&receiver).await;
    let id = "4410021".parse().unwrap();

    shop.approve(&id).unwrap();
    let told = received(&shop, &receiver).await;
    assert_eq!(
        told,
        [
            json!({"eventName": "RMA_STATUS_UPDATED", "rmaId": "4410021", "status": "Approved", "order_name": "AC2045"})
        ]
    );

    move_parcel(&shop, "Received").await.ok();
    assert_eq!(events(&received(&shop, &receiver).await), ["SHIPMENT_STATUS_UPDATED", "RMA_STATUS_UPDATED"]);

    shop.refund(&id, Refund::of(dec!(12.5))).unwrap();
    let told = received(&shop, &receiver).await;
    assert_eq!(events(&told), ["TRANSACTION_CREATED", "REFUND_CREATED"]);
    assert_eq!(told[0]["transactionId"], 778_120);
    assert_eq!(told[0]["amount"]["amount"], 12.5);

    post(&shop, "/rma/4410021/comment", json!({"htmlText": "x"})).await.ok();
    assert!(received(&shop, &receiver).await.is_empty(), "comments have no event");

    shop.cancel(&id).unwrap();
    shop.reopen(&id).unwrap();
    let told = received(&shop, &receiver).await;
    assert_eq!(told.iter().map(|body| &body["status"]).collect::<Vec<_>>(), ["Canceled", "Received"]);
}

#[tokio::test]
async fn a_requested_refund_is_a_refund_once_it_happened() {
    let receiver = receiver().await;
    let shop = shop_that_tells(&receiver).await;
    let requested = Refund::of(dec!(5)).status(returngo::TransactionStatus::Requested);
    shop.refund(&"4410021".parse().unwrap(), requested).unwrap();
    assert_eq!(events(&received(&shop, &receiver).await), ["TRANSACTION_CREATED"]);
    put(&shop, "/transaction/778120", json!({"status": "Success"})).await.ok();
    assert_eq!(events(&received(&shop, &receiver).await), ["REFUND_CREATED"]);
}

#[tokio::test]
async fn putting_an_rma_tells_the_difference() {
    let receiver = receiver().await;
    let shop = shop_that_tells(&receiver).await;
    let mut rma = get(&shop, "/rma/4410021").await.ok();
    put(&shop, "/_mock/rma/4410021", rma.clone()).await.ok();
    assert!(received(&shop, &receiver).await.is_empty(), "nothing changed");

    rma["rmaSummary"]["rmaId"] = json!("4410031");
    put(&shop, "/_mock/rma/4410031", rma.clone()).await.ok();
    assert_eq!(events(&received(&shop, &receiver).await), ["RMA_CREATED"]);

    let mut parcel = rma["shipments"][0].clone();
    parcel["shipmentId"] = json!("9100299");
    rma["shipments"].as_array_mut().unwrap().push(parcel);
    put(&shop, "/_mock/rma/4410031", rma.clone()).await.ok();
    assert_eq!(events(&received(&shop, &receiver).await), ["SHIPMENT_CREATED"]);
    assert_eq!(put(&shop, "/_mock/rma/4410021", rma).await.status, 400, "path and body name two RMAs");
}

#[tokio::test]
async fn deliveries_can_come_in_the_other_shape_and_without_the_rma() {
    let receiver = receiver().await;
    let shop = shop_that_tells(&receiver).await;
    shop.switch(|switches| switches.webhook_data_is_nested = true);
    shop.approve(&"4410021".parse().unwrap()).unwrap();
    let told = received(&shop, &receiver).await;
    assert_eq!(told[0]["data"]["status"], "Approved");
    let nested = Notification::parse(told[0].to_string().as_bytes()).unwrap();
    assert_eq!(nested.rma_id.unwrap().as_str(), "4410021");

    shop.switch(|switches| switches.webhooks_name_the_rma = false);
    shop.approve(&"4410023".parse().unwrap()).unwrap();
    let told = received(&shop, &receiver).await;
    assert!(Notification::parse(told[0].to_string().as_bytes()).unwrap().needs_sweep());
}

#[tokio::test]
async fn deliveries_are_lost_doubled_and_never_tried_again() {
    let receiver = receiver().await;
    let shop = shop_that_tells(&receiver).await;
    shop.faults().add(Fault::on("RMA_STATUS_UPDATED", FaultKind::LoseWebhooks));
    shop.approve(&"4410021".parse().unwrap()).unwrap();
    assert!(received(&shop, &receiver).await.is_empty());
    shop.faults().add(Fault::on_any(FaultKind::DuplicateWebhooks));
    shop.approve(&"4410023".parse().unwrap()).unwrap();
    assert_eq!(received(&shop, &receiver).await.len(), 2);

    receiver.reset().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(500)).mount(&receiver).await;
    let before = shop.delivery_attempts().len();
    shop.cancel(&"4410021".parse().unwrap()).unwrap();
    shop.deliveries_settled().await;
    assert_eq!(shop.delivery_attempts().len(), before + 1);
}
