//! Commands that only look: check, plan, audit, status, and the inbox.

use std::process::Stdio;

use api_client_core::client::{Clock, SystemClock};
use returngo_brightpearl_connector::store::{self, Delivery, Source};

use super::shop::{RMA, Shop, program};

#[tokio::test]
async fn a_connection_is_checked_finding_by_finding() {
    let shop = Shop::connected().await;
    let findings = shop.run(&["check", "--json"]).json();
    let marks: Vec<_> = findings.as_array().unwrap().iter().map(|finding| &finding["mark"]).collect();
    assert!(marks.contains(&&"pass".into()) && !marks.contains(&&"failure".into()), "{findings}");
    let shown = shop.run(&["check", "acme"]).succeeds();
    assert!(shown.contains("0 failed"), "{shown}");

    shop.connect(&["acme", "--status", "9999", "--anyway"]).succeeds();
    assert!(shop.run(&["check"]).fails().contains("1 of"));
}

#[tokio::test]
async fn a_plan_is_shown_with_its_reasons_and_nothing_is_written() {
    let shop = Shop::connected().await;
    shop.approve(RMA);
    let shown = shop.run(&["plan", RMA]).succeeds();
    assert!(shown.contains("Create the sales credit") && shown.contains("89.99"), "{shown}");
    let planned = shop.run(&["plan", "acme", "RMA4410021", "--json"]).json();
    assert_eq!(planned["plan"]["effects"][0]["kind"], "createSalesCredit");
    assert!(shop.run(&["plan", "999"]).fails().contains("RMA 999"));
    assert_eq!(shop.credits_of(RMA), 0);
}

#[tokio::test]
async fn the_audit_tells_what_happened_and_the_status_how_it_stands() {
    let shop = Shop::connected().await;
    assert!(shop.run(&["audit", RMA]).succeeds().contains("is unknown"));
    shop.approve(RMA);
    shop.run(&["sync", RMA]).succeeds();
    let audit = shop.run(&["audit", RMA, "--json"]).json();
    let events: Vec<_> = audit.as_array().unwrap().iter().map(|entry| &entry["event"]).collect();
    assert_eq!(events, ["queued", "started", "intended", "applied", "settled"]);
    assert!(shop.run(&["audit", "acme", RMA]).succeeds().contains("sales credit RGO-4410021"));

    let status = shop.run(&["status", "--json"]).json();
    assert_eq!((&status[0]["inSync"], &status[0]["pending"]), (&1.into(), &0.into()));
    assert!(shop.run(&["status"]).succeeds().contains("acme"));
}

#[tokio::test]
async fn a_webhook_of_the_inbox_waits_again() {
    let shop = Shop::connected().await;
    let store = store::open(&shop.database()).await.unwrap();
    let delivery = Delivery {
        connection: "acme".parse().unwrap(),
        source: Source::Returngo,
        body: r#"{"eventName":"RMA_APPROVED","rmaId":4410021}"#.to_owned(),
        received_at: "2026-05-18T09:30:00Z".parse().unwrap(),
    };
    store.receive(&[delivery]).await.unwrap();
    let waiting = store.waiting_deliveries(10, &[]).await.unwrap();
    store
        .finish_deliveries(&waiting[0].delivery.connection, &waiting, &[], waiting[0].delivery.received_at)
        .await
        .unwrap();
    assert_eq!(shop.run(&["status", "--json"]).json()[0]["waitingWebhooks"], 0);

    let number = waiting[0].id.to_string();
    let before = SystemClock.now();
    assert_eq!(shop.run(&["replay", &number, "--json"]).json()["connection"], "acme");
    let waiting = store.status().await.unwrap()[0].oldest_pending;
    assert!(
        waiting.is_some_and(|since| since >= before),
        "it waits since now, not since it came: {waiting:?}"
    );
    let kept = store.delivery(store.waiting_deliveries(10, &[]).await.unwrap()[0].id).await.unwrap().unwrap();
    assert!(kept.delivery.received_at >= before, "it is kept as long as one that came now");
    assert_eq!(shop.run(&["status", "--json"]).json()[0]["waitingWebhooks"], 1);
    assert!(shop.run(&["replay", "999999"]).fails().contains("webhook 999999 not found"));
}

#[tokio::test]
async fn webhooks_that_are_not_handled_are_trouble() {
    let shop = Shop::connected().await;
    let store = store::open(&shop.database()).await.unwrap();
    let delivery = |minutes: i64| Delivery {
        connection: "acme".parse().unwrap(),
        source: Source::Returngo,
        body: format!(r#"{{"eventName":"RMA_APPROVED","rmaId":{minutes}}}"#),
        received_at: SystemClock.now() - jiff::SignedDuration::from_mins(minutes),
    };
    store.receive(&[delivery(1)]).await.unwrap();
    shop.run(&["status"]).succeeds();
    store.receive(&[delivery(150)]).await.unwrap();
    let said = shop.run(&["status"]);
    assert_eq!(said.code, Some(1), "{}", said.stdout);
    assert!(
        said.stdout.contains("! acme: webhooks waiting to be processed: 2, the oldest for 2 h"),
        "{}",
        said.stdout
    );
}

#[tokio::test]
async fn a_reader_that_leaves_early_is_no_error() {
    let shop = Shop::connected().await;
    let mut child =
        program(shop.folder(), &["check"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), said.as_str()), (Some(0), ""));
}
