//! What is read of one RMA.

use returngo::{RmaId, ShopOrderId};
use returngo_brightpearl_mapping::{Effect, plan};
use returngo_brightpearl_sync::{ReadError, Reader};

use crate::systems::{Systems, settings};

async fn credited() -> (Systems, Reader, RmaId) {
    let systems = Systems::start().await;
    let reader = Reader::new(systems.to_brightpearl(), systems.to_returngo(), settings()).await.unwrap();
    let rma: RmaId = "4410021".parse().unwrap();
    systems.returngo.approve(&rma).unwrap();
    let world = reader.world(&rma).await.unwrap();
    let Some(Effect::CreateSalesCredit { body, .. }) = plan(&world, &reader.settings).effects.pop() else {
        panic!("no credit is planned");
    };
    reader.brightpearl.sales_credits().create(&body).await.unwrap();
    (systems, reader, rma)
}

#[tokio::test]
async fn a_world_has_the_order_its_credits_and_their_products() {
    let (_systems, reader, rma) = credited().await;
    let world = reader.world(&rma).await.unwrap();
    assert_eq!(world.order.as_ref().unwrap().id.get(), 300_871);
    assert_eq!(world.credits.len(), 1);
    assert_eq!(world.products.len(), 2, "shirts and socks");
    assert!(plan(&world, &reader.settings).is_empty());
}

#[tokio::test]
async fn a_credit_is_found_by_its_key_when_the_order_is_not() {
    let (systems, reader, rma) = credited().await;
    let mut renamed = systems.returngo.rma(&rma).unwrap();
    renamed.order_details.order_name = Some("AC9999".to_owned());
    renamed.order_details.order_id = Some(ShopOrderId::new("7999999999999"));
    systems.returngo.put_rma(renamed);
    let world = reader.world(&rma).await.unwrap();
    assert!(world.order.is_none() && world.orders.is_empty());
    assert_eq!(world.credits.len(), 1);
}

#[tokio::test]
async fn an_rma_that_is_not_there_is_named() {
    let systems = Systems::start().await;
    let reader = Reader::new(systems.to_brightpearl(), systems.to_returngo(), settings()).await.unwrap();
    let error = reader.world(&"999".parse().unwrap()).await.unwrap_err();
    assert!(matches!(error, ReadError::Rma { .. }));
    assert_eq!(error.to_string(), "RMA 999 cannot be read");
}
