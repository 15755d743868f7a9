//! Several shops on one account: what Brightpearl tells of an RMA concerns the shop that has it.

use returngo_brightpearl_connector::store::{
    Actor, Cause, Counterparts, Job, JobOutcome, JobState, Lease, Source, Store,
};

use super::{
    at, connect, databases::Database, delivery, in_sync, lease_all, name, named_by, numbers, on_both, rma,
};

on_both!(
    what_another_connection_of_the_account_has_is_not_marked_because_of_brightpearl,
    what_was_brought_into_step_is_of_its_shop,
    an_rma_that_ended_as_another_shops_is_not_marked_because_of_brightpearl,
    what_returngo_tells_of_while_it_ends_as_another_shops_is_due,
    connections_of_other_accounts_are_another_matter,
    a_removed_connection_of_the_same_shop_takes_nothing_away,
);

async fn connect_with(store: &Store, connection: &str, account: &str, shop: &str) {
    store.bind(&name(connection), &Counterparts::new(account, shop)).await.unwrap();
    connect(store, connection).await;
}

async fn two_shops(store: &Store) {
    connect_with(store, "uk", "acmeoutdoors", "uk.example").await;
    connect_with(store, "de", "acmeoutdoors", "de.example").await;
}

async fn mark(store: &Store, connection: &str, number: u32, cause: Cause, now: i64) {
    store.enqueue(&name(connection), &[rma(number)], cause, "a test", at(now)).await.unwrap();
}

async fn item(store: &Store, connection: &str, number: u32) -> Option<Job> {
    store.work(&name(connection), &rma(number)).await.unwrap()
}

/// The one RMA that is due.
async fn lease_one(store: &Store, now: i64) -> Lease {
    let mut leases = lease_all(store, now).await;
    assert_eq!(leases.len(), 1, "{leases:?}");
    leases.remove(0)
}

async fn ends(store: &Store, outcome: JobOutcome, now: i64) {
    let lease = lease_one(store, now).await;
    assert_eq!(store.finish(&[(lease, outcome)], at(now)).await.unwrap(), 1);
}

async fn what_another_connection_of_the_account_has_is_not_marked_because_of_brightpearl(database: Database) {
    let store = database.open().await;
    two_shops(&store).await;
    for (number, cause) in [(1, Cause::Returngo), (2, Cause::User)] {
        mark(&store, "uk", number, cause, 1).await;
    }
    let both = [rma(1), rma(2)];
    store.enqueue(&name("de"), &both, Cause::Brightpearl, "a test", at(2)).await.unwrap();
    let found = store.enqueue_found(&name("de"), &both, Cause::Brightpearl, "a sweep", at(3)).await.unwrap();
    assert_eq!(found, 0, "none is marked");
    let webhook = super::Delivery { source: Source::Brightpearl, ..delivery("de", "{}", 4) };
    store.receive(&[webhook]).await.unwrap();
    let waiting = store.waiting_deliveries(9, &[]).await.unwrap();
    store
        .finish_deliveries(&name("de"), &waiting, &named_by(Cause::Brightpearl, [1, 2]), at(5))
        .await
        .unwrap();
    assert!(store.waiting_deliveries(9, &[]).await.unwrap().is_empty(), "it is handled nevertheless");
    for number in [1, 2] {
        assert_eq!(item(&store, "de", number).await, None);
        assert!(store.audit(&name("de"), &rma(number)).await.unwrap().is_empty());
    }
    assert_eq!(
        lease_all(&store, 10).await.iter().map(|lease| lease.connection.as_str()).collect::<Vec<_>>(),
        ["uk"; 2]
    );
    assert!(lease_all(&store, 10).await.is_empty());

    // Numbers that nobody has told of yet are marked beside them, and an RMA that ReturnGO tells of is this shop's too.
    let three = [rma(1), rma(2), rma(3)];
    store.enqueue(&name("de"), &three, Cause::Brightpearl, "a test", at(11)).await.unwrap();
    let unknown = lease_one(&store, 11).await;
    assert_eq!((&unknown.rma, unknown.of_this_shop, unknown.requested), (&rma(3), false, false));
    mark(&store, "de", 1, Cause::Returngo, 12).await;
    let told = lease_one(&store, 12).await;
    assert_eq!((&told.connection, &told.rma, told.of_this_shop), (&name("de"), &rma(1), true));
    store.finish(&[(told, in_sync())], at(13)).await.unwrap();
    mark(&store, "de", 1, Cause::Brightpearl, 14).await;
    assert_eq!(numbers(&lease_all(&store, 14).await), ["1"]);
}

async fn what_was_brought_into_step_is_of_its_shop(database: Database) {
    let store = database.open().await;
    two_shops(&store).await;
    mark(&store, "uk", 1, Cause::Brightpearl, 1).await;
    mark(&store, "de", 1, Cause::Brightpearl, 2).await;
    let leases = [lease_one(&store, 3).await, lease_one(&store, 3).await];
    assert_eq!(leases.iter().map(|lease| lease.connection.as_str()).collect::<Vec<_>>(), ["uk", "de"]);
    assert!(leases.iter().all(|lease| !lease.of_this_shop), "nobody knows yet whose it is");
    let [of_uk, of_de] = leases;
    store.finish(&[(of_de, JobOutcome::OfAnotherShop)], at(4)).await.unwrap();
    store.finish(&[(of_uk, in_sync())], at(4)).await.unwrap();
    mark(&store, "de", 1, Cause::Brightpearl, 5).await;
    mark(&store, "uk", 1, Cause::Brightpearl, 5).await;
    let again = lease_one(&store, 6).await;
    assert_eq!((again.connection, again.of_this_shop), (name("uk"), true));
}

async fn an_rma_that_ended_as_another_shops_is_not_marked_because_of_brightpearl(database: Database) {
    let store = database.open().await;
    two_shops(&store).await;
    for (round, lifts) in (0..).zip([Cause::Returngo, Cause::User]) {
        let (number, now) = (round, 100 * i64::from(round));
        mark(&store, "uk", number, Cause::Brightpearl, now).await;
        ends(&store, JobOutcome::OfAnotherShop, now + 1).await;
        let ended = item(&store, "uk", number).await.unwrap();
        assert_eq!((ended.state, ended.run_at, ended.pending_since), (JobState::OfAnotherShop, None, None));
        assert!(store.reviews(None).await.unwrap().is_empty());

        let told = store.audit(&name("uk"), &rma(number)).await.unwrap().len();
        mark(&store, "uk", number, Cause::Brightpearl, now + 2).await;
        let found = [rma(number)];
        let enqueued = store
            .enqueue_found(&name("uk"), &found, Cause::Brightpearl, "a sweep", at(now + 2))
            .await
            .unwrap();
        assert_eq!(enqueued, 0, "none is marked");
        assert!(lease_all(&store, now + 3).await.is_empty());
        assert_eq!(item(&store, "uk", number).await.unwrap(), ended);
        assert_eq!(store.audit(&name("uk"), &rma(number)).await.unwrap().len(), told);

        mark(&store, "uk", number, lifts, now + 4).await;
        let lease = lease_one(&store, now + 4).await;
        assert_eq!((lease.of_this_shop, lease.requested), (true, lifts == Cause::User));
        store.finish(&[(lease, in_sync())], at(now + 5)).await.unwrap();
        mark(&store, "uk", number, Cause::Brightpearl, now + 6).await;
        ends(&store, in_sync(), now + 7).await;
    }
}

async fn what_returngo_tells_of_while_it_ends_as_another_shops_is_due(database: Database) {
    let store = database.open().await;
    two_shops(&store).await;
    mark(&store, "uk", 1, Cause::Brightpearl, 1).await;
    let lease = lease_one(&store, 1).await;
    mark(&store, "uk", 1, Cause::Returngo, 2).await;
    store.finish(&[(lease, JobOutcome::OfAnotherShop)], at(3)).await.unwrap();
    assert_eq!(item(&store, "uk", 1).await.unwrap().state, JobState::Pending);
    assert!(lease_one(&store, 3).await.of_this_shop);
}

async fn connections_of_other_accounts_are_another_matter(database: Database) {
    let store = database.open().await;
    two_shops(&store).await;
    connect_with(&store, "sandbox", "acmesandbox", "uk.example").await;
    connect(&store, "unbound").await;
    mark(&store, "uk", 1, Cause::Returngo, 1).await;
    ends(&store, in_sync(), 1).await;
    for connection in ["sandbox", "unbound"] {
        mark(&store, connection, 1, Cause::Brightpearl, 2).await;
        assert_eq!(lease_one(&store, 3).await.connection, name(connection));
    }
}

async fn a_removed_connection_of_the_same_shop_takes_nothing_away(database: Database) {
    let store = database.open().await;
    connect_with(&store, "uk", "acmeoutdoors", "uk.example").await;
    mark(&store, "uk", 1, Cause::Returngo, 1).await;
    ends(&store, in_sync(), 1).await;
    store.remove_connection(&name("uk"), &Actor::command_line("dana"), at(2)).await.unwrap();
    connect_with(&store, "uk-again", "acmeoutdoors", "uk.example").await;
    mark(&store, "uk-again", 1, Cause::Brightpearl, 3).await;
    assert_eq!(numbers(&lease_all(&store, 3).await), ["1"], "it is the same shop under another name");
}
