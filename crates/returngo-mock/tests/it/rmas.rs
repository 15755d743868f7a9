//! One RMA and its parcels.

use returngo_mock::MockReturngo;
use serde_json::{Value, json};

use crate::shop::{delete, get, move_parcel, post, put};

async fn body(shop: &MockReturngo) -> Value {
    get(shop, "/rma/4410021").await.ok()
}

#[tokio::test]
async fn an_rma_is_written_with_the_quirks_of_the_wire() {
    let shop = MockReturngo::start().await;
    let text = serde_json::to_string(&body(&shop).await).unwrap();
    for quirk in [
        r#""isOutOfPolicy":0"#,
        r#""isAutoApprove":0"#,
        r#""order_name":"AC2045""#,
        r#""amount":40,"#,
        r#""amount":9.99,"#,
        r#""lastValidationDate":null"#,
        r#""triggeredVia":"Return Portal""#,
        r#""triggeredBy":"""#,
    ] {
        assert!(text.contains(quirk), "{quirk} in {text}");
    }
    let unshipped = get(&shop, "/rma/4410022").await.ok();
    assert_eq!(unshipped["items"][1]["shipmentId"], "");
}

#[tokio::test]
async fn what_is_read_is_the_seed() {
    let shop = MockReturngo::start().await;
    let seed: Value = serde_json::from_str(returngo_mock::SEED).unwrap();
    for expected in seed["rmas"].as_array().unwrap() {
        let id = expected["rmaSummary"]["rmaId"].as_str().unwrap();
        let read: returngo::Rma =
            serde_json::from_value(get(&shop, &format!("/rma/{id}")).await.ok()).unwrap();
        assert_eq!(read, serde_json::from_value(expected.clone()).unwrap());
    }
}

#[tokio::test]
async fn ids_are_digits_and_unknown_ones_are_not_found() {
    let shop = MockReturngo::start().await;
    assert_eq!(get(&shop, "/rma/RMA4410021").await.status, 400);
    assert_eq!(get(&shop, "/rma/4410099").await.status, 404);
    assert_eq!(put(&shop, "/shipment/1", json!({"status": "Received"})).await.status, 404);
    assert_eq!(delete(&shop, "/shipment/1").await.status, 404);
    assert_eq!(post(&shop, "/rma/4410099/comment", json!({"htmlText": "x"})).await.status, 404);
}

#[tokio::test]
async fn photos_come_only_when_asked_for() {
    let shop = MockReturngo::start().await;
    let mut rma = body(&shop).await;
    rma["items"][0]["followUpQuestions"] = json!([{"type": "Media", "name": "A photo",
        "answer": {"mediaAnswer": [{"mediaType": "image/jpeg", "tempDownloadUrl": "https://files.example.test/1.jpg"}]}}]);
    put(&shop, "/_mock/rma/4410021", rma).await.ok();
    assert_eq!(body(&shop).await["items"][0]["followUpQuestions"][0]["answer"], json!({}));
    let with_media = get(&shop, "/rma/4410021?includeMedia=true").await.ok();
    let answer = &with_media["items"][0]["followUpQuestions"][0]["answer"];
    assert_eq!(answer["mediaAnswer"][0]["tempDownloadUrl"], "https://files.example.test/1.jpg");
}

#[tokio::test]
async fn a_comment_is_the_timelines_newest_line() {
    let shop = MockReturngo::start().await;
    post(&shop, "/rma/4410021/comment", json!({"htmlText": "Received <b>2</b>"})).await.ok();
    let comment = &body(&shop).await["comments"][0];
    assert_eq!(
        (comment["htmlText"].as_str(), comment["triggeredBy"].as_str()),
        (Some("Received <b>2</b>"), Some("ReturnGO API"))
    );

    assert_eq!(post(&shop, "/rma/4410021/comment", json!({"comment": "x"})).await.status, 400);
    shop.switch(|switches| switches.comment_field = "comment".to_owned());
    post(&shop, "/rma/4410021/comment", json!({"comment": "x"})).await.ok();
}

#[tokio::test]
async fn a_status_goes_forward_and_never_back() {
    let shop = MockReturngo::start().await;
    let set = async |status: &str| put(&shop, "/rma/4410021/status", json!({"status": status})).await.status;
    assert_eq!(set("Received").await, 400, "a pending request must be approved first");
    assert_eq!(set("Approved").await, 200);
    assert_eq!(set("Validated").await, 200);
    assert_eq!(set("Validated").await, 200);
    assert_eq!(set("Received").await, 400);
    assert_eq!(set("Lost").await, 400);
    assert_eq!(set("Done").await, 200);
    assert_eq!(set("Canceled").await, 400);
    assert_eq!(put(&shop, "/rma/4410021/status", json!({})).await.status, 400);
}

#[tokio::test]
async fn a_received_parcel_makes_its_rma_received() {
    let shop = MockReturngo::start().await;
    shop.approve(&"4410021".parse().unwrap()).unwrap();
    let shipment = move_parcel(&shop, "Received").await.ok();
    assert_eq!((&shipment["shipmentId"], &shipment["status"]), (&json!("9100200"), &json!("Received")));

    let received = body(&shop).await;
    assert_eq!(received["rmaSummary"]["status"], "Received");
    assert_eq!(received["comments"][0]["htmlText"], "Shipment with ID: 9100200 was updated");
    move_parcel(&shop, "Validated").await.ok();
    assert_eq!(body(&shop).await["rmaSummary"]["status"], "Validated");
}

#[tokio::test]
async fn whether_the_rma_follows_its_parcel_is_a_switch() {
    let shop = MockReturngo::start().await;
    shop.switch(|switches| switches.shipments_move_the_rma = false);
    shop.approve(&"4410021".parse().unwrap()).unwrap();
    move_parcel(&shop, "Validated").await.ok();
    assert_eq!(body(&shop).await["rmaSummary"]["status"], "Approved");
}

#[tokio::test]
async fn a_parcel_does_not_go_back_and_staying_is_written_down_all_the_same() {
    let shop = MockReturngo::start().await;
    move_parcel(&shop, "Received").await.ok();
    let refused = move_parcel(&shop, "Shipped").await;
    assert_eq!(refused.status, 400);
    assert!(refused.body["message"].as_str().unwrap().contains("Received to Shipped"));
    assert_eq!(move_parcel(&shop, "Lost").await.status, 400);

    let lines = body(&shop).await["comments"].as_array().unwrap().len();
    move_parcel(&shop, "Received").await.ok();
    let tracked = put(
        &shop,
        "/shipment/9100200",
        json!({"carrierName": "Acme Post", "trackingURL": "https://t.example.test/1"}),
    );
    let tracked = tracked.await.ok();
    assert_eq!((&tracked["status"], &tracked["carrierName"]), (&json!("Received"), &json!("Acme Post")));
    assert_eq!(body(&shop).await["comments"].as_array().unwrap().len(), lines + 2);
}

#[tokio::test]
async fn parcels_and_refunds_do_not_move_last_updated() {
    let shop = MockReturngo::start().await;
    let id = "4410021".parse().unwrap();
    shop.clock().set(Some("2026-05-10T08:00:00Z".parse().unwrap()));
    shop.approve(&id).unwrap();
    shop.clock().set(Some("2026-05-12T08:00:00Z".parse().unwrap()));
    move_parcel(&shop, "Received").await.ok();
    shop.refund(&id, Default::default()).unwrap();
    let last_updated = body(&shop).await["lastUpdated"].clone();
    assert!(last_updated.as_str().unwrap().starts_with("2026-05-10T08:00:00"), "{last_updated}");
}

#[tokio::test]
async fn a_deleted_parcel_leaves_its_items() {
    let shop = MockReturngo::start().await;
    delete(&shop, "/shipment/9100200").await.ok();
    let left = body(&shop).await;
    assert_eq!((&left["shipments"], &left["items"][0]["shipmentId"]), (&json!([]), &json!("")));
}
