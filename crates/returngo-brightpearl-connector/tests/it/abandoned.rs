//! An RMA of which every process ends stops nobody else's.

use jiff::SignedDuration;
use returngo_brightpearl_connector::store::{JobState, WorkerId};

use crate::support::Shop;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_processes_end_of_is_put_to_a_person_and_the_rest_goes_on() {
    let shop = Shop::open(3).await;
    for rma in &shop.scene.rmas {
        shop.hear_of(rma).await;
    }
    while shop.service.process_next_webhooks().await.unwrap() {}
    let poison = &shop.scene.rmas[1];
    let mut leased = Vec::new();
    loop {
        let leases = shop.service.engine.lease(Vec::new()).await.unwrap();
        leased.push(leases.len());
        // A process ends when it gets to this one.
        if leases.is_empty() || leases.iter().any(|lease| lease.rma == *poison && lease.abandoned < 5) {
            if leases.is_empty() {
                break;
            }
            shop.pass(SignedDuration::from_mins(1)).await;
            let (ended, now) = (WorkerId("worker".to_owned()), shop.time.now());
            let held = shop.service.store.release_process(&ended, None, now).await.unwrap();
            assert_eq!(held, leases.len());
            continue;
        }
        let connection = shop.service.registry.get(&shop.connection).await.unwrap();
        shop.service.engine.work_on(&connection, leases).await.unwrap();
    }
    assert_eq!(leased[..5], [3, 3, 1, 1, 1], "together twice, then each alone");
    for rma in [&shop.scene.rmas[0], &shop.scene.rmas[2]] {
        assert_eq!(shop.item(rma).await.state, JobState::InSync);
    }
    let item = shop.item(poison).await;
    assert_eq!(item.state, JobState::NeedsReview);
    let error = item.last_error.unwrap();
    assert!(error.starts_with("5 processes ended, or failed, while they processed it"), "{error}");
}
