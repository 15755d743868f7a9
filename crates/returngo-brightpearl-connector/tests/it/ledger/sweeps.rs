//! Sweeps, and the connections that they belong to.

use std::collections::HashSet;

use super::{at, claim_all, connect, databases::Database, delivery, in_step, mark, name, on_both, rma};
use returngo_brightpearl_connector::ledger::{Sealed, StoredConnection, SweepName, WorkState};

on_both!(
    a_new_connection_gets_every_sweep_at_once,
    a_sweep_goes_on_where_it_got_to,
    a_sweep_that_is_never_finished_is_due_again,
    a_sweep_that_somebody_else_took_is_theirs,
    connections_are_stored_and_replaced,
    a_removed_connection_stops_and_can_come_back,
);

async fn a_new_connection_gets_every_sweep_at_once(database: Database) {
    let ledger = database.open().await;
    connect(&*ledger, "acme").await;
    let mut taken = HashSet::new();
    while let Some(turn) = ledger.take_sweep(at(0), at(60)).await.unwrap() {
        assert_eq!((turn.cursor, turn.due_at, turn.taken_until), (None, at(0), at(60)));
        assert!(taken.insert(turn.sweep));
    }
    assert_eq!(taken, HashSet::from(SweepName::ALL));
}

async fn a_sweep_goes_on_where_it_got_to(database: Database) {
    let ledger = database.open().await;
    connect(&*ledger, "acme").await;
    let mut turns = Vec::new();
    while let Some(turn) = ledger.take_sweep(at(0), at(60)).await.unwrap() {
        turns.push(turn);
    }
    ledger.finish_sweep(&turns[0], "page 7", at(30)).await.unwrap();
    connect(&*ledger, "acme").await;
    assert_eq!(ledger.take_sweep(at(29), at(60)).await.unwrap(), None);
    let again = ledger.take_sweep(at(30), at(90)).await.unwrap().unwrap();
    assert_eq!((again.sweep, again.cursor.as_deref()), (turns[0].sweep, Some("page 7")));
}

async fn a_sweep_that_is_never_finished_is_due_again(database: Database) {
    let ledger = database.open().await;
    connect(&*ledger, "acme").await;
    for _ in SweepName::ALL {
        ledger.take_sweep(at(0), at(60)).await.unwrap().unwrap();
    }
    assert_eq!(ledger.take_sweep(at(59), at(99)).await.unwrap(), None);
    assert!(ledger.take_sweep(at(60), at(120)).await.unwrap().is_some());
}

async fn a_sweep_that_somebody_else_took_is_theirs(database: Database) {
    let ledger = database.open().await;
    connect(&*ledger, "acme").await;
    let mut turns = Vec::new();
    while let Some(turn) = ledger.take_sweep(at(0), at(60)).await.unwrap() {
        turns.push(turn);
    }
    let slow = turns.remove(0);
    let mut taken = Vec::new();
    while let Some(turn) = ledger.take_sweep(at(60), at(120)).await.unwrap() {
        taken.push(turn);
    }
    let taken_over = taken.into_iter().find(|turn| turn.sweep == slow.sweep).unwrap();
    ledger.finish_sweep(&slow, "too late", at(61)).await.unwrap();
    ledger.finish_sweep(&taken_over, "in time", at(90)).await.unwrap();
    ledger.finish_sweep(&slow, "too late", at(61)).await.unwrap();
    let next = ledger.take_sweep(at(90), at(150)).await.unwrap().unwrap();
    assert_eq!((next.sweep, next.cursor.as_deref()), (slow.sweep, Some("in time")));
}

async fn connections_are_stored_and_replaced(database: Database) {
    let ledger = database.open().await;
    connect(&*ledger, "bravo").await;
    connect(&*ledger, "acme").await;
    let replaced = StoredConnection { id: name("bravo"), configuration: Sealed(vec![0, 255]) };
    ledger.put_connection(&replaced, at(1)).await.unwrap();
    let again = database.open().await;
    let stored = again.connections().await.unwrap();
    assert_eq!(stored.iter().map(|stored| stored.id.as_str()).collect::<Vec<_>>(), ["acme", "bravo"]);
    assert_eq!(again.connection(&name("bravo")).await.unwrap(), Some(replaced));
    assert_eq!(again.connection(&name("nobody")).await.unwrap(), None);
}

async fn a_removed_connection_stops_and_can_come_back(database: Database) {
    let ledger = database.open().await;
    connect(&*ledger, "acme").await;
    mark(&*ledger, "acme", &[1, 2], 1).await;
    ledger.receive(&[delivery("acme", "{}", 1)]).await.unwrap();
    let claims = claim_all(&*ledger, 2).await;
    assert!(ledger.remove_connection(&name("acme"), at(3)).await.unwrap());
    assert!(!ledger.remove_connection(&name("acme"), at(3)).await.unwrap());

    assert_eq!(ledger.connection(&name("acme")).await.unwrap(), None);
    assert!(ledger.connections().await.unwrap().is_empty());
    assert!(ledger.status(at(4)).await.unwrap().is_empty());
    assert!(ledger.waiting_deliveries(10, &[]).await.unwrap().is_empty());
    assert!(claim_all(&*ledger, 1000).await.is_empty());
    assert_eq!(ledger.take_sweep(at(1000), at(2000)).await.unwrap(), None);
    assert!(ledger.mark_due(&name("acme"), &[rma(3)], "late", at(5)).await.is_err());
    assert!(!ledger.audit(&name("acme"), &rma(1)).await.unwrap().is_empty());

    connect(&*ledger, "acme").await;
    let again = claim_all(&*ledger, 2000).await;
    assert_eq!(again.len(), 2);
    assert_eq!(again[0].attempt, claims[0].attempt + 1);
    assert_eq!(ledger.finish(&[(claims[0].clone(), in_step())], at(2001)).await.unwrap(), 0);
    let work = ledger.work(&name("acme"), &rma(1)).await.unwrap().unwrap();
    assert_eq!(work.state, WorkState::Claimed);
}
