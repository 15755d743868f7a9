//! Several processes on one database.

use std::{collections::HashSet, sync::Arc};

use super::{
    at, connect, databases::Database, delivery, in_sync, mark, name, named_by, on_both, request, rmas,
};
use returngo_brightpearl_connector::store::{Cause, Lease, Store};
use tokio::task::JoinSet;

on_both!(
    processes_never_share_a_return,
    all_get_work_at_once_when_there_is_enough,
    marks_and_ends_at_once_lose_nothing,
    the_same_webhooks_at_once_are_one_entry_each,
    a_sweep_is_one_processs,
);

const PROCESSES: usize = 4;

async fn processes(database: &Database) -> Vec<Arc<Store>> {
    let mut stores = Vec::new();
    for _ in 0..PROCESSES {
        stores.push(database.open().await);
    }
    stores
}

/// Claims until nothing is left, and finishes what it claims.
async fn work_off(store: Arc<Store>, worker: String) -> Vec<Lease> {
    let mut done = Vec::new();
    loop {
        let leases = store.lease(&request(&worker, 3, 10)).await.unwrap();
        if leases.is_empty() {
            return done;
        }
        assert_eq!(leases.iter().map(|lease| &lease.connection).collect::<HashSet<_>>().len(), 1);
        let outcomes: Vec<_> = leases.iter().map(|lease| (lease.clone(), in_sync())).collect();
        assert_eq!(store.finish(&outcomes, at(10)).await.unwrap(), leases.len());
        done.extend(leases);
    }
}

async fn processes_never_share_a_return(database: Database) {
    let stores = processes(&database).await;
    for connection in ["a", "b", "c", "d", "e", "f"] {
        connect(&stores[0], connection).await;
        mark(&stores[0], connection, &(0..20).collect::<Vec<_>>(), 0).await;
    }
    let mut tasks = JoinSet::new();
    for (number, store) in stores.iter().enumerate() {
        for task in 0..2 {
            tasks.spawn(work_off(Arc::clone(store), format!("process {number}, task {task}")));
        }
    }
    let done: Vec<_> = tasks.join_all().await.into_iter().flatten().collect();
    let distinct: HashSet<_> = done.iter().map(|lease| (&lease.connection, &lease.rma)).collect();
    assert_eq!((done.len(), distinct.len()), (120, 120));
    assert!(done.iter().all(|lease| lease.attempt == 1));
}

async fn all_get_work_at_once_when_there_is_enough(database: Database) {
    let stores = processes(&database).await;
    for connection in ["a", "b", "c", "d"] {
        connect(&stores[0], connection).await;
        mark(&stores[0], connection, &[1], 0).await;
    }
    let mut tasks = JoinSet::new();
    for store in &stores {
        let store = Arc::clone(store);
        tasks.spawn(async move { store.lease(&request("worker", 10, 1)).await.unwrap() });
    }
    let leases = tasks.join_all().await;
    assert!(leases.iter().all(|leases| leases.len() == 1));
    let connections: HashSet<_> = leases.iter().flatten().map(|lease| lease.connection.clone()).collect();
    assert_eq!(connections.len(), 4);
}

async fn marks_and_ends_at_once_lose_nothing(database: Database) {
    let stores = processes(&database).await;
    for connection in ["a", "b"] {
        connect(&stores[0], connection).await;
    }
    let mut marking = JoinSet::new();
    for (number, store) in stores.iter().enumerate() {
        let (marker, worker) = (Arc::clone(store), Arc::clone(store));
        marking.spawn(async move {
            for round in 0..10 {
                let connection = if (number + round) % 2 == 0 { "a" } else { "b" };
                mark(&marker, connection, &(0..10).collect::<Vec<_>>(), 5).await;
            }
        });
        marking.spawn(async move {
            work_off(worker, format!("process {number}")).await;
        });
    }
    marking.join_all().await;
    work_off(Arc::clone(&stores[0]), "last".to_owned()).await;
    for status in stores[1].status().await.unwrap() {
        assert_eq!((status.pending, status.in_progress, status.in_sync), (0, 0, 10));
    }
    for connection in ["a", "b"] {
        for rma in rmas(0..10) {
            let work = stores[0].work(&name(connection), &rma).await.unwrap().unwrap();
            let audit = stores[0].audit(&name(connection), &rma).await.unwrap();
            let settled = audit.iter().filter(|entry| entry.event.as_str() == "settled").count();
            assert_eq!(i64::try_from(settled).unwrap(), work.attempt);
            assert_eq!(audit.iter().filter(|entry| entry.event.as_str() == "queued").count(), 20);
        }
    }
}

async fn the_same_webhooks_at_once_are_one_entry_each(database: Database) {
    let stores = processes(&database).await;
    connect(&stores[0], "acme").await;
    let mut tasks = JoinSet::new();
    for (number, store) in stores.iter().enumerate() {
        let store = Arc::clone(store);
        tasks.spawn(async move {
            let mut batch: Vec<_> =
                (0..50).map(|body| delivery("acme", &format!("body {body}"), body)).collect();
            batch.rotate_left(number * 11);
            for _ in 0..5 {
                store.receive(&batch).await.unwrap();
                let waiting = store.waiting_deliveries(20, &[]).await.unwrap();
                store
                    .finish_deliveries(&name("acme"), &waiting, &named_by(Cause::Returngo, [1]), at(60))
                    .await
                    .unwrap();
            }
        });
    }
    tasks.join_all().await;
    stores[0]
        .receive(&(0..50).map(|body| delivery("acme", &format!("body {body}"), 99)).collect::<Vec<_>>())
        .await
        .unwrap();
    let entries = stores[1].waiting_deliveries(1000, &[]).await.unwrap();
    assert_eq!(entries.len(), 50);
    assert!(entries.iter().all(|entry| entry.times == 21), "4 processes, 5 times, and once more");
}

async fn a_sweep_is_one_processs(database: Database) {
    let stores = processes(&database).await;
    for connection in ["a", "b", "c"] {
        connect(&stores[0], connection).await;
    }
    let mut tasks = JoinSet::new();
    for store in &stores {
        let store = Arc::clone(store);
        tasks.spawn(async move {
            let mut turns = Vec::new();
            while let Some(turn) = store.take_sweep(at(1), at(60)).await.unwrap() {
                turns.push((turn.connection, turn.sweep));
            }
            turns
        });
    }
    let turns: Vec<_> = tasks.join_all().await.into_iter().flatten().collect();
    assert_eq!(turns.len(), 9);
    assert_eq!(turns.iter().collect::<HashSet<_>>().len(), 9);
}
