//! Several live connections between the same account and shop: none of them is worked on until one is left.

use returngo_brightpearl_connector::store::{
    Actor, ConnectionId, Counterparts, JobState, LeaseRequest, Store, SweepLease, SweepName,
};

use super::{
    at, connect, databases::Database, delivery, in_sync, lease_all, mark, name, numbers, on_both, request,
    rma,
};

on_both!(
    two_connections_of_one_account_and_shop_are_not_worked_on_until_one_is_left,
    what_is_claimed_when_a_duplicate_comes_is_finished,
    of_three_two_have_to_go,
    a_connection_that_comes_back_is_a_duplicate_again,
    live_connections_of_an_account_and_a_shop_are_known,
);

/// Connects the account `acmeoutdoors` and this shop, and asks nobody.
async fn connect_with(store: &Store, connection: &str, shop: &str) {
    store.bind(&name(connection), &Counterparts::new("acmeoutdoors", shop)).await.unwrap();
    connect(store, connection).await;
}

async fn take_all(store: &Store, now: i64) -> Vec<SweepLease> {
    let mut turns = Vec::new();
    while let Some(turn) = store.take_sweep(at(now), at(now + 60)).await.unwrap() {
        turns.push(turn);
    }
    turns
}

async fn blocked(store: &Store) -> Vec<(String, bool)> {
    let status = store.status().await.unwrap();
    status.into_iter().map(|status| (status.connection.to_string(), status.blocked)).collect()
}

async fn two_connections_of_one_account_and_shop_are_not_worked_on_until_one_is_left(database: Database) {
    let store = database.open().await;
    connect_with(&store, "acme", "uk.example").await;
    mark(&store, "acme", &[1], 1).await;
    store.receive(&[delivery("acme", "{}", 1)]).await.unwrap();
    connect_with(&store, "acme-again", "UK.example").await;
    mark(&store, "acme", &[2], 2).await;
    mark(&store, "acme-again", &[3], 2).await;
    store.receive(&[delivery("acme", "{ }", 2), delivery("acme-again", "{}", 2)]).await.unwrap();
    store.expedite_sweep(&name("acme"), SweepName::Returngo, at(2)).await.unwrap();
    connect_with(&store, "other-shop", "de.example").await;
    mark(&store, "other-shop", &[4], 3).await;
    store.receive(&[delivery("other-shop", "{}", 3)]).await.unwrap();

    let blocked_are = [("acme", true), ("acme-again", true), ("other-shop", false)];
    assert_eq!(blocked(&store).await, blocked_are.map(|(of, is_blocked)| (of.to_owned(), is_blocked)));
    let others = lease_all(&store, 10).await;
    assert_eq!(others.iter().map(|lease| lease.connection.as_str()).collect::<Vec<_>>(), ["other-shop"]);
    store.finish(&[(others[0].clone(), in_sync())], at(10)).await.unwrap();
    assert!(lease_all(&store, 10).await.is_empty());
    for connection in ["acme", "acme-again"] {
        let only = LeaseRequest { only: Some(name(connection)), ..request("worker", 9, 10) };
        assert!(store.lease(&only).await.unwrap().is_empty(), "{connection}");
    }
    let swept: Vec<_> = take_all(&store, 10).await.into_iter().map(|turn| turn.connection).collect();
    assert_eq!(swept, vec![name("other-shop"); SweepName::ALL.len()]);
    for _ in 0..3 {
        let handled = store.waiting_deliveries(9, &[]).await.unwrap();
        assert!(
            handled.iter().all(|waiting| waiting.delivery.connection == name("other-shop")),
            "{handled:?}"
        );
    }

    store.remove_connection(&name("acme-again"), &Actor::command_line("dana"), at(20)).await.unwrap();
    assert_eq!(blocked(&store).await[0], ("acme".to_owned(), false));
    let leases = lease_all(&store, 20).await;
    assert_eq!(
        (numbers(&leases), &leases[0].connection),
        (vec!["1".to_owned(), "2".to_owned()], &name("acme"))
    );
    let swept: Vec<_> = take_all(&store, 20).await.into_iter().map(|turn| turn.connection).collect();
    assert_eq!(swept, vec![name("acme"); SweepName::ALL.len()]);
    let except = [name("other-shop")];
    let handled = store.waiting_deliveries(9, &except).await.unwrap();
    assert_eq!(handled.len(), 2);
    assert!(handled.iter().all(|waiting| waiting.delivery.connection == name("acme")), "{handled:?}");
}

async fn what_is_claimed_when_a_duplicate_comes_is_finished(database: Database) {
    let store = database.open().await;
    connect_with(&store, "acme", "uk.example").await;
    mark(&store, "acme", &[1], 1).await;
    let lease = lease_all(&store, 1).await.remove(0);
    connect_with(&store, "acme-again", "uk.example").await;
    mark(&store, "acme", &[1], 2).await;
    assert_eq!(store.finish(&[(lease, in_sync())], at(3)).await.unwrap(), 1);
    assert_eq!(store.work(&name("acme"), &rma(1)).await.unwrap().unwrap().state, JobState::Pending);
    assert!(lease_all(&store, 10).await.is_empty());
    store.remove_connection(&name("acme-again"), &Actor::command_line("dana"), at(20)).await.unwrap();
    assert_eq!(numbers(&lease_all(&store, 20).await), ["1"]);
}

async fn of_three_two_have_to_go(database: Database) {
    let store = database.open().await;
    for connection in ["a", "b", "c"] {
        connect_with(&store, connection, "uk.example").await;
        mark(&store, connection, &[1], 1).await;
    }
    store.remove_connection(&name("a"), &Actor::command_line("dana"), at(2)).await.unwrap();
    assert_eq!(blocked(&store).await, [("b".to_owned(), true), ("c".to_owned(), true)]);
    assert!(lease_all(&store, 10).await.is_empty());
    store.remove_connection(&name("c"), &Actor::command_line("dana"), at(11)).await.unwrap();
    let leases = lease_all(&store, 11).await;
    assert_eq!(leases.iter().map(|lease| lease.connection.as_str()).collect::<Vec<_>>(), ["b"]);
}

async fn a_connection_that_comes_back_is_a_duplicate_again(database: Database) {
    let store = database.open().await;
    connect_with(&store, "acme", "uk.example").await;
    mark(&store, "acme", &[1], 1).await;
    store.remove_connection(&name("acme"), &Actor::command_line("dana"), at(2)).await.unwrap();
    connect_with(&store, "acme-again", "uk.example").await;
    mark(&store, "acme-again", &[2], 3).await;
    assert_eq!(blocked(&store).await, [("acme-again".to_owned(), false)]);
    assert_eq!(numbers(&lease_all(&store, 3).await), ["2"]);
    mark(&store, "acme-again", &[3], 4).await;
    connect_with(&store, "acme", "uk.example").await;
    assert!(lease_all(&store, 10).await.is_empty());
    store.remove_connection(&name("acme-again"), &Actor::command_line("dana"), at(11)).await.unwrap();
    assert_eq!(numbers(&lease_all(&store, 11).await), ["1"]);
}

async fn live_connections_of_an_account_and_a_shop_are_known(database: Database) {
    let store = database.open().await;
    let connected = async |account: &str, shop: &str| {
        store.connected_as(&Counterparts::new(account, shop)).await.unwrap()
    };
    let nothing: [ConnectionId; 0] = [];
    assert_eq!(connected("acmeoutdoors", "uk.example").await, nothing);
    store.bind(&name("acme"), &Counterparts::new("acmeoutdoors", "uk.example")).await.unwrap();
    assert_eq!(connected("acmeoutdoors", "uk.example").await, nothing, "it is bound, and not there yet");
    connect(&store, "acme").await;
    connect(&store, "unbound").await;
    connect_with(&store, "other-shop", "de.example").await;
    assert_eq!(connected("AcmeOutdoors", "UK.example").await, [name("acme")]);
    assert_eq!(connected("acmesandbox", "uk.example").await, nothing);
    connect_with(&store, "acme-again", "uk.example").await;
    assert_eq!(connected("acmeoutdoors", "uk.example").await, [name("acme"), name("acme-again")]);
    store.remove_connection(&name("acme"), &Actor::command_line("dana"), at(1)).await.unwrap();
    assert_eq!(connected("acmeoutdoors", "uk.example").await, [name("acme-again")]);
}
