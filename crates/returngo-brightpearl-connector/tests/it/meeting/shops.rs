//! Several shops on one account, and one shop that is connected twice.

use returngo_brightpearl_connector::{
    registry::RegistryError,
    store::{Delivery, Source, StoreError},
};
use rust_decimal_macros::dec;
use serde_json::json;

use super::site::{ORDER, Site, id, of_order, rma};
use crate::support::work_until_nothing_is_due;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pair_of_account_and_shop_is_connected_once() {
    let site = Site::open(vec![rma(4_410_001, 1)], json!({})).await;
    let again = site.configuration(&site.returngo, json!({}));
    let process = site.process("setter-up").await;
    let refused = process.registry.put(&"again".parse().unwrap(), &again).await.unwrap_err();
    assert!(
        matches!(&refused, RegistryError::Store(StoreError::AlreadyConnected { existing, .. }) if *existing == site.acme),
        "{refused}"
    );
    assert_eq!(site.store.connections().await.unwrap().len(), 1);
    process.registry.put(&site.acme, &again).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_of_another_shop_is_asked_about() {
    // The same order name, and other ids of the shop's.
    let stranger = of_order(4_410_009, 1, "9990000000001", "99900001");
    let site = Site::open(vec![stranger], json!({})).await;
    site.queue([4_410_009]).await;
    site.work().await;
    assert_eq!(site.brightpearl.credits_of(ORDER).len(), 0);
    assert_eq!(site.asks(4_410_009).await, ["OrderMismatch"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn returns_of_another_shop_on_the_account_cost_a_connection_at_most_one_call_each() {
    let site = Site::open(vec![rma(4_410_001, 1)], json!({})).await;
    let (other, shop) = site.further_shop("other", Vec::new()).await;
    site.queue([4_410_001]).await;
    site.work().await;
    let credit = site.credit(4_410_001).unwrap();

    // A credit whose shop is connected by another server, so that this store knows nothing of it.
    let unknown = site.foreign_credit_of("RGO-4990001", 1, dec!(33.3333), dec!(6.67)).await;
    let process = site.process("worker").await;
    for nth in 0..5 {
        for order in [credit.id, unknown] {
            let body = json!({
                "accountCode": "acmeoutdoors", "resourceType": "order", "id": order.to_string(),
                "lifecycleEvent": "modified", "fullEvent": "order.modified.order-status",
                "raisedOn": format!("2026-05-09T10:2{nth}:00Z"), "brightpearlVersion": "4.95.1",
            });
            let delivery = Delivery {
                connection: other.clone(),
                source: Source::Brightpearl,
                body: body.to_string(),
                received_at: site.time.now(),
            };
            site.store.receive(&[delivery]).await.unwrap();
        }
        work_until_nothing_is_due(&process).await;
        site.pass(jiff::SignedDuration::from_mins(20)).await;
    }
    assert_eq!(shop.requests().of("GET /rma/{id}"), 1, "the one that nobody here knows, once");
    assert!(site.store.reviews(Some(&other)).await.unwrap().is_empty());
    assert_eq!(site.store.work(&other, &id(4_410_001)).await.unwrap(), None);
}
