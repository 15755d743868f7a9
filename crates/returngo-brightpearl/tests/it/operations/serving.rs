//! `serve` from its start to its end.

use std::io::Write;

use api_client_core::client::{Clock, SystemClock};
use api_mock_core::{Fault, FaultKind};
use jiff::SignedDuration;
use returngo::RmaStatus;
use returngo_brightpearl_connector::store::{
    AuditEvent, Cause, ConnectionId, Delivery, Encrypted, JobState, Source, StoredConnection,
};

use super::site::{Serving, Site, eventually};
use crate::raw_http::{Answer, head};

/// What both systems tell by webhooks, with what they were answered.
fn answers(site: &Site) -> Vec<String> {
    let attempts = site.scene.returngo.delivery_attempts().into_iter();
    attempts.chain(site.scene.brightpearl.delivery_attempts()).map(|attempt| format!("{attempt:?}")).collect()
}

async fn subscribed(site: &Site) {
    eventually("webhooks are subscribed on both sides", || async {
        !site.scene.brightpearl.webhooks().is_empty() && !site.scene.returngo.webhooks().is_empty()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_of_each_system_arrives_and_the_rma_follows() {
    let site = Site::of(1).await;
    let rma = site.scene.rmas[0].clone();
    let mut serving = site.serve(&[]).await;
    assert_eq!((serving.get("/healthz").status, serving.get("/readyz").status), (200, 200));
    subscribed(&site).await;

    site.scene.approve(&rma).unwrap();
    eventually("the approved RMA has its credit", || async { site.scene.credit(&rma).is_ok() }).await;
    site.scene.refund(&rma).unwrap();
    eventually("the refund is recorded", || async { site.scene.lost() == 0 }).await;
    site.scene.receive(&rma).await.unwrap();
    let status = || site.scene.returngo.rma(&rma).unwrap().status().clone();
    eventually("the RMA is received", || async { status() == RmaStatus::Received }).await;
    site.scene.restock(&rma).await.unwrap();
    eventually("the RMA is validated", || async { status() == RmaStatus::Validated }).await;
    assert!(site.scene.brightpearl.duplicates().is_empty());

    let metrics = serving.get("/metrics").body;
    for source in ["brightpearl", "returngo"] {
        let counted = format!("returngo_brightpearl_webhooks_total{{source=\"{source}\",status=\"200\"}} ");
        let line = metrics.lines().find(|line| line.starts_with(&counted)).unwrap();
        assert!(!line.ends_with(" 0"), "{line}; {:?}", answers(&site));
    }
    assert_stops(&mut serving, "TERM");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webhooks_follow_the_program_to_another_address() {
    let site = Site::of(1).await;
    let mut serving = site.serve(&[]).await;
    subscribed(&site).await;
    assert_stops(&mut serving, "TERM");
    let _moved = site.serve(&[("RETURNGO_BRIGHTPEARL_PUBLIC_URL", "https://moved.example.test")]).await;
    eventually("webhooks are subscribed at the new address", || async {
        let moved = |to: &str| to.starts_with("https://moved.example.test/");
        site.scene.brightpearl.webhooks().iter().any(|webhook| moved(webhook.webhook.destination()))
            && site.scene.returngo.webhooks().iter().any(|webhook| moved(&webhook.url))
    })
    .await;
}

/// Told to stop, it ends by itself in time, as after work well done.
fn assert_stops(serving: &mut Serving, signal: &str) {
    serving.signal(signal);
    let (status, took) = serving.end();
    assert_eq!(status.code(), Some(0), "{status}: {}", serving.log());
    assert!(took < SignedDuration::from_secs(10), "{took:#}");
    assert!(serving.log().contains("stopped"), "{}", serving.log());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ctrl_c_stops_it_too() {
    let site = Site::of(1).await;
    assert_stops(&mut site.serve(&[]).await, "INT");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_that_is_being_received_is_answered_before_it_ends() {
    let site = Site::of(1).await;
    let mut serving = site.serve(&[]).await;
    let body = format!(r#"{{"eventName":"RMA_STATUS_UPDATED","rmaId":"{}"}}"#, site.scene.rmas[0]);
    let (first, rest) = body.split_at(10);
    let mut sender = serving.connect();
    let head = head("application/json", &site.endpoint("returngo"), body.len());
    sender.write_all(format!("{head}{first}").as_bytes()).unwrap();
    // The connection is taken: those that wait behind it are answered.
    assert_eq!(serving.get("/healthz").status, 200);

    serving.signal("TERM");
    eventually("it is stopping", || async { serving.said("stopping") == 1 }).await;
    sender.write_all(rest.as_bytes()).unwrap();
    assert_eq!(Answer::read(sender).status, 200);
    let (status, took) = serving.end();
    assert_eq!(status.code(), Some(0));
    assert!(took < SignedDuration::from_secs(10), "{took:#}");
    let waiting = site.store.waiting_deliveries(10, &[]).await.unwrap();
    assert!(waiting.iter().any(|stored| stored.delivery.body == body), "{waiting:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sender_that_never_ends_does_not_keep_it() {
    let site = Site::of(1).await;
    let mut serving = site.serve(&[]).await;
    let mut sender = serving.connect();
    let head = head("application/json", &site.endpoint("returngo"), 1000);
    sender.write_all(head.as_bytes()).unwrap();
    assert_eq!(serving.get("/healthz").status, 200);
    assert_stops(&mut serving, "TERM");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_claimed_is_released() {
    let site = Site::of(1).await;
    let rma = site.scene.rmas[0].clone();
    site.scene.approve(&rma).unwrap();
    let mut serving = site.serve(&[]).await;
    eventually("the approved RMA has its credit", || async { site.scene.credit(&rma).is_ok() }).await;
    let work = || async { site.store.work(&site.connection, &rma).await.unwrap().unwrap() };
    eventually("it is in step", || async { work().await.state == JobState::InSync }).await;

    // ReturnGO takes its time from now on: longer than anybody waits for a stop.
    let slow = FaultKind::Delay(std::time::Duration::from_secs(60));
    site.scene.returngo.faults().add(Fault::on_any(slow).times(1000));
    let now = site.store.audit(&site.connection, &rma).await.unwrap().last().unwrap().at;
    site.store
        .enqueue(&site.connection, std::slice::from_ref(&rma), Cause::User, "a test", now)
        .await
        .unwrap();
    eventually("it is claimed", || async { work().await.state == JobState::InProgress }).await;
    assert_stops(&mut serving, "TERM");
    assert_eq!(work().await.state, JobState::Pending);
    let audit = site.store.audit(&site.connection, &rma).await.unwrap();
    assert_eq!(audit.last().unwrap().event, AuditEvent::Released);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_older_than_it_is_kept_is_removed() {
    let site = Site::of(1).await;
    let long_ago = "2021-01-01T00:00:00Z".parse().unwrap();
    let connection = site.connection.clone();
    let delivery =
        Delivery { connection, source: Source::Returngo, body: "{}".to_owned(), received_at: long_ago };
    site.store.receive(&[delivery]).await.unwrap();
    let waiting = site.store.waiting_deliveries(1, &[]).await.unwrap();
    site.store.finish_deliveries(&site.connection, &waiting, &[], long_ago).await.unwrap();
    let serving = site.serve(&[]).await;
    eventually("the old webhook is removed", || async {
        serving.get("/metrics").body.contains("returngo_brightpearl_removed_total{what=\"webhooks\"} 1")
    })
    .await;
    assert_eq!(site.store.delivery(waiting[0].id).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_can_be_json() {
    let site = Site::of(1).await;
    let serving = site.serve(&[("RETURNGO_BRIGHTPEARL_LOG_FORMAT", "json")]).await;
    for line in serving.log().lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(line["timestamp"].is_string() && line["level"].is_string(), "{line}");
    }
    assert!(serving.log().contains(r#""message":"serving""#), "{}", serving.log());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scrapes_do_not_count_everything_each_time() {
    let site = Site::of(1).await;
    let serving = site.serve(&[]).await;
    // Webhooks of a connection that does not open wait for ever.
    let connection: ConnectionId = "broken".parse().unwrap();
    let broken = StoredConnection { id: connection.clone(), configuration: Encrypted(vec![7; 200]) };
    let received_at = SystemClock.now();
    site.store.put_connection(&broken, received_at).await.unwrap();
    let waiting = |count: u32| {
        let line = format!("returngo_brightpearl_webhooks_waiting {count}\n");
        serving.get("/metrics").body.contains(&line)
    };
    assert!(waiting(0));
    let delivery = Delivery { connection, source: Source::Returngo, body: "{}".to_owned(), received_at };
    site.store.receive(&[delivery]).await.unwrap();
    let shown_as_before = waiting(0);
    if SystemClock.now().duration_since(received_at) < SignedDuration::from_secs(15) {
        assert!(shown_as_before, "it was counted a moment ago");
    }
    eventually("it is counted again", || async { waiting(1) }).await;
}
