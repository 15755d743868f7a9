//! Claims that nobody finishes.

use returngo_brightpearl_connector::store::{Cause, Claim, Outcome};

use super::{
    at, claim_all, connect, databases::Database, in_step, mark, on_both, rma, rmas, take_over, worker_ended,
};

on_both!(what_is_abandoned_twice_is_worked_on_alone_after_the_rest, an_end_of_any_kind_is_no_abandonment,);

fn numbers(claims: &[Claim]) -> Vec<(returngo::RmaId, u32)> {
    claims.iter().map(|claim| (claim.rma.clone(), claim.abandoned)).collect()
}

async fn what_is_abandoned_twice_is_worked_on_alone_after_the_rest(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    mark(&store, "acme", &[1, 2], 0).await;
    assert_eq!(numbers(&claim_all(&store, 1).await), [(rma(1), 0), (rma(2), 0)]);
    assert_eq!(numbers(&take_over(&store, 100).await), [(rma(1), 1), (rma(2), 1)]);
    mark(&store, "acme", &[3, 4], 110).await;
    worker_ended(&store, 120).await;
    let fresh = claim_all(&store, 200).await;
    assert_eq!(numbers(&fresh), [(rma(3), 0), (rma(4), 0)]);
    let ended: Vec<_> = fresh.into_iter().map(|claim| (claim, in_step())).collect();
    store.finish(&ended, at(201)).await.unwrap();
    let alone = claim_all(&store, 202).await;
    assert_eq!(numbers(&alone), [(rma(1), 2)]);
    store.finish(&[(alone[0].clone(), in_step())], at(203)).await.unwrap();
    assert_eq!(numbers(&claim_all(&store, 204).await), [(rma(2), 2)]);
    assert!(claim_all(&store, 205).await.is_empty());
    assert_eq!(numbers(&take_over(&store, 300).await), [(rma(2), 3)]);
}

async fn an_end_of_any_kind_is_no_abandonment(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    let ends = [
        Outcome::Released,
        Outcome::Failed { error: "no answer".to_owned(), again_at: Some(at(0)) },
        Outcome::Postponed { why: "no answer".to_owned(), until: at(0) },
        in_step(),
    ];
    for (start, end) in (0..).step_by(1000).zip(ends) {
        mark(&store, "acme", &[1], start).await;
        claim_all(&store, start).await;
        let claim = take_over(&store, start + 100).await.remove(0);
        assert_eq!(claim.abandoned, 1);
        store.finish(&[(claim, end)], at(start + 101)).await.unwrap();
        store
            .mark_due(&super::name("acme"), &rmas([1]), Cause::Person, "a test", at(start + 102))
            .await
            .unwrap();
        let claim = claim_all(&store, start + 103).await.remove(0);
        assert_eq!(claim.abandoned, 0);
        store.finish(&[(claim, in_step())], at(start + 104)).await.unwrap();
    }
}
