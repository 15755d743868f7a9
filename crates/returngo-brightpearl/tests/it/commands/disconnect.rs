use brightpearl_mock::{Fault, FaultKind};
use returngo::{NewWebhook, WebhookEvent};
use serde_json::json;

use super::shop::Shop;

/// A shop whose webhooks are subscribed at one address, and one webhook of somebody else.
async fn subscribed() -> Shop {
    let shop = Shop::connected().await;
    let public = [("RETURNGO_BRIGHTPEARL_PUBLIC_URL", "https://returns.example.test")];
    shop.run_with(&["connect", "acme"], &public).succeeds();
    shop.returngo.register(NewWebhook::new(WebhookEvent::RmaCreated, "https://others.example.test/hook"));
    shop
}

#[tokio::test]
async fn webhooks_go_with_the_connection_without_a_public_url_and_those_of_others_stay() {
    let shop = subscribed().await;
    let there = (shop.brightpearl.webhooks().len(), shop.returngo.webhooks().len() - 1);
    let gone = shop.run(&["disconnect", "--yes", "--json"]).json();
    assert_eq!(gone["webhooksRemoved"], json!({"brightpearl": there.0, "returngo": there.1}));
    assert_eq!(gone["webhooksLeft"], json!([]));
    assert!(shop.brightpearl.webhooks().is_empty());
    let left: Vec<_> = shop.returngo.webhooks().into_iter().map(|webhook| webhook.url).collect();
    assert_eq!(left, ["https://others.example.test/hook"]);
    assert_eq!(shop.run(&["status", "--json"]).json(), json!([]));
}

#[tokio::test]
async fn without_a_terminal_the_question_names_what_would_be_removed_and_the_flag() {
    let shop = Shop::connected().await;
    let refused = shop.run(&["disconnect"]).refuses_the_usage();
    let between =
        format!("connection acme (account {} and shop {})", shop.brightpearl.account(), shop.returngo.shop());
    assert!(refused.contains(&between) && refused.contains("--yes"), "{refused}");
    assert_eq!(refused.lines().count(), 1, "{refused}");
    assert_eq!(shop.run(&["status", "--json"]).json()[0]["connection"], "acme");
}

#[tokio::test]
async fn webhooks_that_cannot_be_removed_are_never_left_in_silence() {
    let shop = subscribed().await;
    let secret = shop.returngo.webhooks()[0].url.rsplit('/').next().unwrap().to_owned();
    shop.brightpearl.faults().add(Fault::on_any(FaultKind::TokenExpired).times(100));
    let line = shop.run(&["disconnect", "--yes"]).fails();
    assert!(line.contains("connection acme was not removed") && line.contains("brightpearl"), "{line}");
    assert_eq!(shop.run(&["status", "--json"]).json()[0]["connection"], "acme");

    let gone = shop.run(&["disconnect", "--leave-webhooks", "--yes"]);
    assert!(gone.stderr.contains("/webhooks/brightpearl/acme/"), "{}", gone.stderr);
    assert!(!gone.stderr.contains(&secret) && !line.contains(&secret));
    gone.succeeds();
    assert_eq!(shop.run(&["status", "--json"]).json(), json!([]));
}
