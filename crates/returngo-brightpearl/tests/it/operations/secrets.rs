//! What must not be logged, however much is.

use jiff::SignedDuration;

use super::site::{KEY, Site, eventually};
use crate::databases::Database;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_secret_is_logged() {
    assert_nothing_secret(Site::of(1).await, "text").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_secret_is_logged_with_postgres() {
    let Some(mut database) = Database::postgres().await else { return };
    let mut url: url::Url = database.url.parse().unwrap();
    url.set_password(Some("t0psecret")).unwrap();
    database.url = url.into();
    assert_nothing_secret(Site::with(1, database).await, "json").await;
}

/// A return from approval to refund, a stranger at the door, and everything logged.
async fn assert_nothing_secret(site: Site, format: &str) {
    let rma = site.scene.rmas[0].clone();
    let variables = [
        ("RUST_LOG", "trace"),
        ("RETURNGO_BRIGHTPEARL_LOG_FORMAT", format),
        ("RETURNGO_BRIGHTPEARL_KEY", KEY),
    ];
    let mut serving = site.serve(&variables).await;
    site.scene.approve(&rma).unwrap();
    eventually("the approved RMA has its credit", || async { site.scene.credit(&rma).is_ok() }).await;
    site.scene.refund(&rma).unwrap();
    eventually("the refund is recorded", || async { site.scene.lost() == 0 }).await;
    let guess = format!("{}x", site.endpoint("returngo"));
    assert_eq!(serving.post(&guess, "{}").status, 404);
    serving.get("/metrics");
    serving.signal("TERM");
    assert!(serving.end().1 < SignedDuration::from_secs(10));

    let log = serving.log();
    assert!(log.contains("TRACE") && log.len() > 10_000, "everything is logged: {} bytes", log.len());
    let configuration = site.scene.configuration().unwrap();
    let shopper = site.scene.credit(&rma).unwrap();
    let shopper = serde_json::to_value(&shopper.parties).unwrap();
    let secrets = [
        ("the token", site.scene.brightpearl.token()),
        ("the API key", configuration.returngo.api_key.reveal()),
        ("the webhooks' secret", configuration.webhook_secret.reveal()),
        ("the key", KEY),
        ("the database's password", "t0psecret"),
        ("the shopper's address", "ada@example.test"),
    ];
    for (what, secret) in secrets {
        let line = log.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{what} is logged");
    }
    assert!(shopper.to_string().contains("Ada"), "{shopper}");
    let named = log.lines().find(|line| line.contains("Ada ") || line.contains("Example\""));
    assert_eq!(named, None, "the shopper's name is logged");
}
