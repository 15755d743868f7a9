//! Live tracking of parcels.

use returngo::{NewWebhook, RmaStatus, ShipmentId, ShipmentStatus, WebhookEvent};
use returngo_mock::MockReturngo;
use serde_json::json;

use crate::shop::{get, post, put};

#[tokio::test]
async fn a_carrier_moves_the_parcel_and_the_rma_and_not_last_updated() {
    let shop = MockReturngo::start().await;
    let (id, parcel) = ("4410021".parse().unwrap(), ShipmentId::new("9100200"));
    shop.approve(&id).unwrap();
    let last_updated = shop.rma(&id).unwrap().last_updated;
    shop.clock().set(Some("2031-03-08T12:00:00Z".parse().unwrap()));

    shop.carrier_reports(&parcel, ShipmentStatus::Shipped).unwrap();
    assert_eq!(shop.rma(&id).unwrap().status(), &RmaStatus::Approved);
    shop.carrier_reports(&parcel, ShipmentStatus::Received).unwrap();
    let rma = shop.rma(&id).unwrap();
    assert_eq!((rma.status(), rma.last_updated), (&RmaStatus::Received, last_updated));
    assert_eq!(rma.comments[0].html_text, "Shipment <strong>RECEIVED</strong>");
    assert_eq!(rma.comments[0].triggered_by.as_deref(), Some("Automation"));

    let back = shop.carrier_reports(&parcel, ShipmentStatus::Shipped).unwrap_err();
    assert_eq!((back.status(), back.to_string().contains("Received to Shipped")), (400, true));
    assert_eq!(
        shop.carrier_reports(&ShipmentId::new("1"), ShipmentStatus::Received).unwrap_err().status(),
        404
    );
}

#[tokio::test]
async fn a_number_that_is_followed_raises_its_own_webhook() {
    let shop = MockReturngo::start().await;
    shop.register(NewWebhook::new(WebhookEvent::ShipmentTrackerStatusUpdated, "http://127.0.0.1:9/hooks"));
    put(&shop, "/shipment/9100200", json!({"trackingNumber": "TRK-1"})).await.ok();
    let report = async |status: &str| {
        post(&shop, "/_mock/shipment/9100200/carrier", json!({ "status": status })).await.ok();
        shop.deliveries_settled().await;
        shop.delivery_attempts().len()
    };
    assert_eq!(report("LabelCreated").await, 0);
    let track = async |number: &str| {
        let tracker = json!({"shipmentId": "9100200", "trackingNumber": number});
        post(&shop, "/shipment-tracker", tracker).await.status
    };
    assert_eq!(track("TRK-2").await, 400);
    assert_eq!(track("TRK-1").await, 200);
    assert_eq!(post(&shop, "/shipment-tracker", json!({"trackingNumber": "TRK-1"})).await.status, 400);
    assert_eq!(report("Shipped").await, 1);
    assert_eq!(get(&shop, "/rma/4410021").await.ok()["shipments"][0]["status"], "Shipped");
}
