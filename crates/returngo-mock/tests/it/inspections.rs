//! Inspections, which only the RMA itself shows.

use returngo::{NewWebhook, RmaStatus, Validation, WebhookEvent};
use returngo_mock::{Inspection, MockReturngo};
use serde_json::json;

use crate::shop::{move_parcel, post};

async fn received() -> MockReturngo {
    let shop = MockReturngo::start().await;
    shop.approve(&"4410021".parse().unwrap()).unwrap();
    move_parcel(&shop, "Received").await.ok();
    shop
}

#[tokio::test]
async fn units_are_inspected_one_by_one_and_then_the_rma_is_validated() {
    let shop = received().await;
    let id = "4410021".parse().unwrap();
    let first = [returngo::ReturnedItemId::new("5600011")];
    let rma = shop.inspect_items(&id, &first, &Inspection::NotRestockable("Worn".to_owned())).unwrap();
    assert_eq!(rma.items[0].validation(), Validation::NotRestockable { reason: Some("Worn") });
    assert_eq!((rma.items[1].validation(), rma.status()), (Validation::Pending, &RmaStatus::Received));
    let rma = shop.inspect(&id, &Inspection::Restockable).unwrap();
    assert_eq!(rma.status(), &RmaStatus::Validated);
    assert!(rma.items.iter().all(|item| item.validation() == Validation::Restockable));
}

#[tokio::test]
async fn whether_the_rma_follows_is_a_switch_and_no_webhook_tells_of_it() {
    let shop = received().await;
    shop.switch(|switches| switches.inspections_move_the_rma = false);
    let events = WebhookEvent::KNOWN.iter().cloned();
    NewWebhook::of_each(events, "http://127.0.0.1:9/hooks")
        .into_iter()
        .for_each(|webhook| drop(shop.register(webhook)));
    let id = "4410021".parse().unwrap();
    let before = shop.rma(&id).unwrap().last_updated;
    let rma = shop.inspect(&id, &Inspection::NotReturned("Empty box".to_owned())).unwrap();
    assert_eq!((rma.status(), rma.last_updated), (&RmaStatus::Received, before));
    shop.deliveries_settled().await;
    assert_eq!(shop.delivery_attempts().len(), 0);
}

#[tokio::test]
async fn what_has_not_arrived_cannot_be_inspected() {
    let shop = MockReturngo::start().await;
    let restockable = json!({"found": "restockable"});
    let inspect = async |id: &str, body| post(&shop, &format!("/_mock/rma/{id}/inspect"), body).await;
    assert_eq!(inspect("4410021", restockable.clone()).await.status, 400);
    assert_eq!(inspect("4410099", restockable.clone()).await.status, 404);
    shop.approve(&"4410021".parse().unwrap()).unwrap();
    move_parcel(&shop, "Received").await.ok();
    assert_eq!(inspect("4410021", json!({"found": "eaten"})).await.status, 400);
    let one = json!({"returnItemIds": ["5600012"], "found": "notRestockable", "reason": "Worn"});
    let rma = inspect("4410021", one).await.ok();
    assert_eq!(rma["items"][1]["itemValidationStatusResponse"]["nonRestockableReason"], "Worn");
    assert_eq!(inspect("4410021", json!({"returnItemIds": ["1"], "found": "restockable"})).await.status, 400);
}
