//! Processes that are killed while they hold returns of an order.

use std::sync::Arc;

use jiff::SignedDuration;
use returngo_brightpearl_connector::{
    heartbeat::Heartbeat,
    store::{Cause, JobState, LEASE, LeaseRequest},
};
use serde_json::json;

use super::site::{Site, id, rma};
use crate::support::work_until_nothing_is_due;

/// The process takes the one RMA that is pending.
async fn lease_one(site: &Site, process: &Heartbeat) {
    let request = LeaseRequest {
        worker: process.worker().clone(),
        limit: 10,
        now: site.time.now(),
        only: None,
        except: Vec::new(),
    };
    assert_eq!(site.store.lease(&request).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_process_holds_up_nothing_but_what_it_held_and_that_for_less_than_a_minute() {
    let others = (4_410_010..4_410_030).map(|number| rma(number, 1));
    let site = Site::open([rma(4_410_001, 1)].into_iter().chain(others).collect(), json!({})).await;
    let killed = Heartbeat::register(Arc::clone(&site.store), site.time.clock(), "killed").await.unwrap();
    site.queue([4_410_001]).await;
    lease_one(&site, &killed).await;

    site.queue(4_410_010..4_410_030).await;
    let process = site.process("other").await;
    let watcher = Heartbeat::register(Arc::clone(&site.store), site.time.clock(), "other").await.unwrap();
    work_until_nothing_is_due(&process).await;
    assert_ne!(site.item(4_410_010).await.state, JobState::Pending, "the others go on");
    assert_eq!(site.item(4_410_001).await.state, JobState::InProgress);
    let holder = site.store.processes().await.unwrap().into_iter().find(|process| !process.holds.is_empty());
    assert_eq!(holder.map(|process| process.worker), Some(killed.worker().clone()));

    let mut waited = SignedDuration::ZERO;
    while site.item(4_410_001).await.state == JobState::InProgress {
        assert!(watcher.beat().await.unwrap());
        site.pass(SignedDuration::from_secs(10)).await;
        waited += SignedDuration::from_secs(10);
        assert!(waited.unsigned_abs() <= LEASE + std::time::Duration::from_secs(25), "{waited:#}");
    }
    work_until_nothing_is_due(&process).await;
    assert_ne!(site.item(4_410_001).await.state, JobState::Pending);
    assert!(!killed.beat().await.unwrap(), "it is told that its work was taken over");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_starts_again_goes_on_at_once() {
    let site = Site::open(vec![rma(4_410_001, 1)], json!({})).await;
    let killed = Heartbeat::register(Arc::clone(&site.store), site.time.clock(), "serve a:1").await.unwrap();
    site.store
        .enqueue(&site.acme, &[id(4_410_001)], Cause::Returngo, "a test", site.time.now())
        .await
        .unwrap();
    lease_one(&site, &killed).await;
    Heartbeat::register(Arc::clone(&site.store), site.time.clock(), "serve a:1").await.unwrap();
    assert_eq!(site.item(4_410_001).await.state, JobState::Pending);
}
