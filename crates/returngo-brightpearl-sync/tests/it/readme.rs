//! The README's receiver, with the webhooks of the mock.

use brightpearl_mock::MockBrightpearl;
use returngo::webhook::{NewWebhook, WebhookEvent};
use tokio::net::TcpListener;

use crate::{
    systems::{Systems, settings},
    webhooks::webhooks,
};
use returngo_brightpearl_sync::Synchronizer;

const README: &str = include_str!("../../README.md");
const RECEIVER: &str = include_str!("webhooks.rs");

#[test]
fn the_readme_shows_the_receiver_that_is_tested() {
    assert!(README.contains(RECEIVER.trim_end()), "copy tests/it/webhooks.rs into the README");
    let handler = RECEIVER.split_once("/// Synchronizes").unwrap().1;
    assert!(handler.lines().count() <= 30, "{} lines", handler.lines().count());
}

#[tokio::test]
async fn a_webhook_synchronizes_its_rma() {
    let systems = Systems::start().await;
    systems.brightpearl.set_throttle(None);
    let synchronizer = Synchronizer::new(systems.to_brightpearl(), systems.to_returngo(), settings());
    let base = serve(synchronizer).await;
    let url = format!("{base}/returngo/a-long-random-secret");
    let webhook = NewWebhook::new(WebhookEvent::RmaStatusUpdated, url);
    systems.to_returngo().webhooks().create(&webhook).await.unwrap();

    let rma = "4410021".parse().unwrap();
    systems.returngo.approve(&rma).unwrap();
    systems.returngo.deliveries_settled().await;
    assert_eq!(credits(&systems.brightpearl), ["RGO-4410021"]);
}

#[tokio::test]
async fn a_webhook_with_another_secret_is_not_found() {
    let systems = Systems::start().await;
    let synchronizer = Synchronizer::new(systems.to_brightpearl(), systems.to_returngo(), settings());
    let url = format!("{}/returngo/a-guess", serve(synchronizer).await);
    let answer = reqwest::Client::new().post(url).body(r#"{"rmaId": "4410021"}"#).send().await.unwrap();
    assert_eq!(answer.status(), 404);
    assert_eq!(systems.returngo.requests().total(), 0);
}

async fn serve(synchronizer: Synchronizer) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let router = webhooks("a-long-random-secret", synchronizer);
    tokio::spawn(async move { axum::serve(listener, router).await });
    base
}

fn credits(brightpearl: &MockBrightpearl) -> Vec<String> {
    let orders = brightpearl.orders();
    orders
        .into_iter()
        .filter(|order| order.is_sales_credit())
        .filter_map(|credit| credit.external_ref)
        .collect()
}
