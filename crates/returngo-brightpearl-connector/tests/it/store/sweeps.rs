//! Sweeps, and the connections that they belong to.

use std::collections::HashSet;

use brightpearl::OrderId;
use returngo::{ReturnedItemId, RmaId};
use returngo_brightpearl_connector::store::{
    Actor, Cause, Encrypted, JobOutcome, JobState, Observation, Store, StoredConnection, SweepLease,
    SweepName,
};
use sqlx::{Connection, Executor};

use super::{
    at, connect, databases::Database, delivery, in_sync, lease_all, mark, name, named_by, numbers, on_both,
    rma,
};

on_both!(
    a_new_connection_gets_every_sweep_at_once,
    a_sweep_goes_on_where_it_got_to,
    a_sweep_that_is_never_finished_is_due_again,
    a_sweep_that_somebody_else_took_is_theirs,
    a_hastened_sweep_is_due_sooner_and_never_later,
    a_sweep_that_is_hastened_while_it_is_taken_is_due_again,
    a_sweep_that_is_given_back_keeps_its_place_and_its_haste,
    the_haste_of_a_sweep_that_is_never_finished_is_kept,
    what_is_found_is_marked_unless_somebody_looks_at_it_anyway,
    what_was_seen_is_known_by_time_and_by_credit,
    the_rma_of_a_unit_is_known_however_long_ago_it_was_seen,
    a_credit_of_which_not_all_is_readable_was_not_seen,
    the_oldest_is_one_that_a_webhook_is_about_too,
    connections_are_stored_and_replaced,
    a_removed_connection_stops_and_can_come_back,
);

async fn a_new_connection_gets_every_sweep_at_once(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    let mut taken = HashSet::new();
    while let Some(turn) = store.take_sweep(at(0), at(60)).await.unwrap() {
        assert_eq!((turn.cursor, turn.run_at, turn.taken_until), (None, at(0), at(60)));
        assert!(taken.insert(turn.sweep));
    }
    assert_eq!(taken, HashSet::from(SweepName::ALL));
}

async fn a_sweep_goes_on_where_it_got_to(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    let mut turns = Vec::new();
    while let Some(turn) = store.take_sweep(at(0), at(60)).await.unwrap() {
        turns.push(turn);
    }
    store.finish_sweep(&turns[0], "page 7", at(30)).await.unwrap();
    connect(&store, "acme").await;
    assert_eq!(store.take_sweep(at(29), at(60)).await.unwrap(), None);
    let again = store.take_sweep(at(30), at(90)).await.unwrap().unwrap();
    assert_eq!((again.sweep, again.cursor.as_deref()), (turns[0].sweep, Some("page 7")));
}

async fn a_sweep_that_is_never_finished_is_due_again(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    for _ in SweepName::ALL {
        store.take_sweep(at(0), at(60)).await.unwrap().unwrap();
    }
    assert_eq!(store.take_sweep(at(59), at(99)).await.unwrap(), None);
    assert!(store.take_sweep(at(60), at(120)).await.unwrap().is_some());
}

async fn a_sweep_that_somebody_else_took_is_theirs(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    let mut turns = Vec::new();
    while let Some(turn) = store.take_sweep(at(0), at(60)).await.unwrap() {
        turns.push(turn);
    }
    let slow = turns.remove(0);
    let mut taken = Vec::new();
    while let Some(turn) = store.take_sweep(at(60), at(120)).await.unwrap() {
        taken.push(turn);
    }
    let taken_over = taken.into_iter().find(|turn| turn.sweep == slow.sweep).unwrap();
    store.finish_sweep(&slow, "too late", at(61)).await.unwrap();
    store.finish_sweep(&taken_over, "in time", at(90)).await.unwrap();
    store.finish_sweep(&slow, "too late", at(61)).await.unwrap();
    let next = store.take_sweep(at(90), at(150)).await.unwrap().unwrap();
    assert_eq!((next.sweep, next.cursor.as_deref()), (slow.sweep, Some("in time")));
}

async fn take_all(store: &Store, now: i64, until: i64) -> Vec<SweepLease> {
    let mut turns = Vec::new();
    while let Some(turn) = store.take_sweep(at(now), at(until)).await.unwrap() {
        turns.push(turn);
    }
    turns
}

async fn a_hastened_sweep_is_due_sooner_and_never_later(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    for turn in take_all(&store, 0, 60).await {
        store.finish_sweep(&turn, "", at(600)).await.unwrap();
    }
    for to in [30, 50] {
        store.expedite_sweep(&name("acme"), SweepName::Brightpearl, at(to)).await.unwrap();
    }
    store.expedite_sweep(&name("acme"), SweepName::Returngo, at(900)).await.unwrap();
    assert_eq!(store.take_sweep(at(29), at(90)).await.unwrap(), None);
    let turn = store.take_sweep(at(30), at(90)).await.unwrap().unwrap();
    assert_eq!((turn.sweep, turn.expedited), (SweepName::Brightpearl, true));
    assert_eq!(store.take_sweep(at(89), at(120)).await.unwrap(), None);
    store.finish_sweep(&turn, "", at(600)).await.unwrap();
    let turns = take_all(&store, 600, 660).await;
    let expedited: Vec<_> = turns.iter().filter(|turn| turn.expedited).map(|turn| turn.sweep).collect();
    assert_eq!((turns.len(), expedited), (3, vec![SweepName::Returngo]));
}

async fn a_sweep_that_is_hastened_while_it_is_taken_is_due_again(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    let turns = take_all(&store, 0, 60).await;
    store.expedite_sweep(&name("acme"), turns[0].sweep, at(5)).await.unwrap();
    assert_eq!(store.take_sweep(at(20), at(80)).await.unwrap(), None, "it is its holder's");
    store.finish_sweep(&turns[0], "page 7", at(600)).await.unwrap();
    let again = store.take_sweep(at(20), at(80)).await.unwrap().unwrap();
    assert_eq!(
        (again.sweep, again.cursor.as_deref(), again.expedited),
        (turns[0].sweep, Some("page 7"), true)
    );
}

async fn a_sweep_that_is_given_back_keeps_its_place_and_its_haste(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    for turn in take_all(&store, 0, 60).await {
        store.finish_sweep(&turn, "page 7", at(600)).await.unwrap();
    }
    store.expedite_sweep(&name("acme"), SweepName::Returngo, at(30)).await.unwrap();
    let turn = store.take_sweep(at(30), at(90)).await.unwrap().unwrap();
    store.release_sweep(&turn, at(300)).await.unwrap();
    assert_eq!(store.take_sweep(at(299), at(359)).await.unwrap(), None, "not at once: it failed");
    let again = store.take_sweep(at(300), at(360)).await.unwrap().unwrap();
    assert_eq!((again.sweep, again.expedited), (SweepName::Returngo, true));
    assert_eq!(again.cursor.as_deref(), Some("page 7"));
    store.release_sweep(&turn, at(301)).await.unwrap();
    assert_eq!(store.take_sweep(at(301), at(361)).await.unwrap(), None, "it is somebody else's by now");

    store.finish_sweep(&again, "page 8", at(500)).await.unwrap();
    let ordinary = store.take_sweep(at(500), at(560)).await.unwrap().unwrap();
    assert!(!ordinary.expedited);
    store.release_sweep(&ordinary, at(550)).await.unwrap();
    assert!(!store.take_sweep(at(550), at(599)).await.unwrap().unwrap().expedited);
}

async fn the_haste_of_a_sweep_that_is_never_finished_is_kept(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    for turn in take_all(&store, 0, 60).await {
        store.finish_sweep(&turn, "", at(600)).await.unwrap();
    }
    store.expedite_sweep(&name("acme"), SweepName::Returngo, at(30)).await.unwrap();
    for taken_at in [30, 90] {
        let turn = store.take_sweep(at(taken_at), at(taken_at + 60)).await.unwrap().unwrap();
        assert_eq!((turn.sweep, turn.expedited), (SweepName::Returngo, true));
    }
}

async fn what_is_found_is_marked_unless_somebody_looks_at_it_anyway(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    mark(&store, "acme", &[1, 2, 3], 1).await;
    let leases = lease_all(&store, 1).await;
    let given_up = JobOutcome::Failed { failure: "down".into(), again_at: None };
    let again = JobOutcome::Failed { failure: "down".into(), again_at: Some(at(500)) };
    let ended = [in_sync(), given_up, again];
    let outcomes: Vec<_> = leases.into_iter().zip(ended).collect();
    store.finish(&outcomes, at(2)).await.unwrap();
    let found = [1, 2, 3, 4].map(rma);
    let enqueued =
        store.enqueue_found(&name("acme"), &found, Cause::Returngo, "a sweep", at(3)).await.unwrap();
    assert_eq!((enqueued, numbers(&lease_all(&store, 3).await)), (2, vec!["1".to_owned(), "4".to_owned()]));
    let state = async |number| store.work(&name("acme"), &rma(number)).await.unwrap().unwrap();
    assert_eq!((state(2).await.state, state(2).await.failures), (JobState::NeedsReview, 1));
    assert_eq!((state(3).await.state, state(3).await.run_at), (JobState::Pending, Some(at(500))));
    let leased =
        store.enqueue_found(&name("acme"), &[rma(1)], Cause::Returngo, "a sweep", at(4)).await.unwrap();
    assert_eq!(leased, 1, "its holder may have looked before it changed");
}

fn seen(number: u32, credit: Option<u64>) -> (RmaId, Observation) {
    let seen_rma = serde_json::json!({"readAt": at(0), "status": "Approved", "statusSince": at(0), "items": [],
        "transactions": {}, "awaitsInspection": false});
    let credit = credit
        .map(|id| serde_json::json!({"id": id, "updatedOn": null, "goodsInNotes": [], "movements": [7]}));
    let seen = serde_json::json!({"rma": seen_rma, "credit": credit});
    (rma(number), serde_json::from_value::<Observation>(seen).unwrap())
}

async fn what_was_seen_is_known_by_time_and_by_credit(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    connect(&store, "bravo").await;
    let first = [seen(1, Some(900)), seen(2, None)];
    store.record_observations(&name("acme"), &first, at(10)).await.unwrap();
    store.record_observations(&name("bravo"), &[seen(1, Some(900))], at(10)).await.unwrap();
    store.record_observations(&name("acme"), &[seen(1, Some(901))], at(20)).await.unwrap();
    assert_eq!(
        store.observed_since(&name("acme"), at(0)).await.unwrap(),
        [seen(1, Some(901)), seen(2, None)]
    );
    assert_eq!(store.observed_since(&name("acme"), at(11)).await.unwrap(), [seen(1, Some(901))]);
    let of = async |credit: u64| {
        store.observations_of_credits(&name("acme"), &[OrderId::new(credit)]).await.unwrap()
    };
    assert_eq!((of(900).await, of(901).await), (Vec::new(), vec![seen(1, Some(901)).1]));
    store.remove_connection(&name("acme"), &Actor::command_line("dana"), at(30)).await.unwrap();
    assert!(store.observed_since(&name("acme"), at(0)).await.unwrap().is_empty());
}

async fn the_rma_of_a_unit_is_known_however_long_ago_it_was_seen(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    connect(&store, "bravo").await;
    let with = |number: u32, items: &[&str]| {
        let (rma, mut seen) = seen(number, None);
        seen.rma.items = items.iter().map(|item| ReturnedItemId::new(*item)).collect();
        (rma, seen)
    };
    store
        .record_observations(&name("acme"), &[with(1, &["81", "8%_!"]), with(2, &["8101"])], at(10))
        .await
        .unwrap();
    store.record_observations(&name("bravo"), &[with(3, &["81"])], at(10)).await.unwrap();
    let of = async |items: &[&str]| {
        let items: Vec<_> = items.iter().map(|item| ReturnedItemId::new(*item)).collect();
        store.rmas_of_items(&name("acme"), &items).await.unwrap()
    };
    assert_eq!(of(&["81"]).await, [rma(1)]);
    assert_eq!(of(&["8%_!"]).await, [rma(1)]);
    assert_eq!(of(&["8101", "99", "81"]).await, [rma(1), rma(2)]);
    for nobodys in [&[][..], &["8"], &["8%"], &["8_01"]] {
        assert!(of(nobodys).await.is_empty(), "{nobodys:?}");
    }
}

async fn a_credit_of_which_not_all_is_readable_was_not_seen(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    let remembered = [seen(1, Some(900)), seen(2, Some(900)), seen(3, Some(901))];
    store.record_observations(&name("acme"), &remembered, at(10)).await.unwrap();
    let credits = [900, 901].map(OrderId::new);
    assert_eq!(store.observations_of_credits(&name("acme"), &credits).await.unwrap().len(), 3);
    let mut other_version = sqlx::AnyConnection::connect(&database.url).await.unwrap();
    other_version.execute("UPDATE observation SET what = '{}' WHERE rma = '2'").await.unwrap();
    assert_eq!(store.observations_of_credits(&name("acme"), &credits).await.unwrap(), [seen(3, Some(901)).1]);
}

async fn the_oldest_is_one_that_a_webhook_is_about_too(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    let oldest = async || store.status().await.unwrap()[0].oldest_pending;
    assert_eq!(oldest().await, None);
    mark(&store, "acme", &[1], 20).await;
    assert_eq!(oldest().await, Some(at(20)));
    store.receive(&[delivery("acme", "{}", 10)]).await.unwrap();
    assert_eq!(oldest().await, Some(at(10)));
    let waiting = store.waiting_deliveries(10, &[]).await.unwrap();
    store.finish_deliveries(&name("acme"), &waiting, &named_by(Cause::Returngo, [1]), at(30)).await.unwrap();
    assert_eq!(oldest().await, Some(at(20)));
    let leases = lease_all(&store, 40).await;
    assert_eq!(oldest().await, Some(at(20)), "at work is not in step");
    store.finish(&[(leases[0].clone(), in_sync())], at(50)).await.unwrap();
    assert_eq!(oldest().await, None);
}

async fn connections_are_stored_and_replaced(database: Database) {
    let store = database.open().await;
    connect(&store, "bravo").await;
    connect(&store, "acme").await;
    let replaced = StoredConnection { id: name("bravo"), configuration: Encrypted(vec![0, 255]) };
    store.put_connection(&replaced, at(1)).await.unwrap();
    let again = database.open().await;
    let stored = again.connections().await.unwrap();
    assert_eq!(stored.iter().map(|stored| stored.id.as_str()).collect::<Vec<_>>(), ["acme", "bravo"]);
    assert_eq!(again.connection(&name("bravo")).await.unwrap(), Some(replaced));
    assert_eq!(again.connection(&name("nobody")).await.unwrap(), None);
}

async fn a_removed_connection_stops_and_can_come_back(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    mark(&store, "acme", &[1, 2], 1).await;
    store.receive(&[delivery("acme", "{}", 1)]).await.unwrap();
    let leases = lease_all(&store, 2).await;
    assert!(store.remove_connection(&name("acme"), &Actor::command_line("dana"), at(3)).await.unwrap());
    assert!(!store.remove_connection(&name("acme"), &Actor::command_line("dana"), at(3)).await.unwrap());

    assert_eq!(store.connection(&name("acme")).await.unwrap(), None);
    assert!(store.connections().await.unwrap().is_empty());
    assert!(store.status().await.unwrap().is_empty());
    assert!(store.waiting_deliveries(10, &[]).await.unwrap().is_empty());
    assert!(lease_all(&store, 1000).await.is_empty());
    assert_eq!(store.take_sweep(at(1000), at(2000)).await.unwrap(), None);
    assert!(store.enqueue(&name("acme"), &[rma(3)], Cause::User, "late", at(5)).await.is_err());
    assert!(!store.audit(&name("acme"), &rma(1)).await.unwrap().is_empty());

    connect(&store, "acme").await;
    let again = lease_all(&store, 2000).await;
    assert_eq!(again.len(), 2);
    assert_eq!(again[0].attempt, leases[0].attempt + 1);
    assert_eq!(store.finish(&[(leases[0].clone(), in_sync())], at(2001)).await.unwrap(), 0);
    let work = store.work(&name("acme"), &rma(1)).await.unwrap().unwrap();
    assert_eq!(work.state, JobState::InProgress);
}
