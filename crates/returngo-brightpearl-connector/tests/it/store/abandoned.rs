//! Claims that nobody finishes.

use returngo_brightpearl_connector::store::{Cause, JobOutcome, Lease};

use super::{
    at, connect, databases::Database, in_sync, lease_all, mark, on_both, rma, rmas, take_over, worker_ended,
};

on_both!(what_is_abandoned_twice_is_worked_on_alone_after_the_rest, an_end_of_any_kind_is_no_abandonment,);

fn numbers(leases: &[Lease]) -> Vec<(returngo::RmaId, u32)> {
    leases.iter().map(|lease| (lease.rma.clone(), lease.abandoned)).collect()
}

async fn what_is_abandoned_twice_is_worked_on_alone_after_the_rest(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    mark(&store, "acme", &[1, 2], 0).await;
    assert_eq!(numbers(&lease_all(&store, 1).await), [(rma(1), 0), (rma(2), 0)]);
    assert_eq!(numbers(&take_over(&store, 100).await), [(rma(1), 1), (rma(2), 1)]);
    mark(&store, "acme", &[3, 4], 110).await;
    worker_ended(&store, 120).await;
    let fresh = lease_all(&store, 200).await;
    assert_eq!(numbers(&fresh), [(rma(3), 0), (rma(4), 0)]);
    let ended: Vec<_> = fresh.into_iter().map(|lease| (lease, in_sync())).collect();
    store.finish(&ended, at(201)).await.unwrap();
    let alone = lease_all(&store, 202).await;
    assert_eq!(numbers(&alone), [(rma(1), 2)]);
    store.finish(&[(alone[0].clone(), in_sync())], at(203)).await.unwrap();
    assert_eq!(numbers(&lease_all(&store, 204).await), [(rma(2), 2)]);
    assert!(lease_all(&store, 205).await.is_empty());
    assert_eq!(numbers(&take_over(&store, 300).await), [(rma(2), 3)]);
}

async fn an_end_of_any_kind_is_no_abandonment(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    let ends = [
        JobOutcome::Released,
        JobOutcome::Failed { failure: "no answer".into(), again_at: Some(at(0)) },
        JobOutcome::Postponed { why: "no answer".to_owned(), until: at(0) },
        in_sync(),
    ];
    for (start, end) in (0..).step_by(1000).zip(ends) {
        mark(&store, "acme", &[1], start).await;
        lease_all(&store, start).await;
        let lease = take_over(&store, start + 100).await.remove(0);
        assert_eq!(lease.abandoned, 1);
        store.finish(&[(lease, end)], at(start + 101)).await.unwrap();
        store
            .enqueue(&super::name("acme"), &rmas([1]), Cause::User, "a test", at(start + 102))
            .await
            .unwrap();
        let lease = lease_all(&store, start + 103).await.remove(0);
        assert_eq!(lease.abandoned, 0);
        store.finish(&[(lease, in_sync())], at(start + 104)).await.unwrap();
    }
}
