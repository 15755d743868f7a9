//! Several shops on one account: what Brightpearl tells of an RMA concerns the shop that has it.

use returngo_brightpearl_connector::store::{
    Cause, Claim, Counterparts, Outcome, Source, Store, WorkItem, WorkState,
};

use super::{
    at, claim_all, connect, databases::Database, delivery, in_step, name, named_by, numbers, on_both, rma,
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
    store.mark_due(&name(connection), &[rma(number)], cause, "a test", at(now)).await.unwrap();
}

async fn item(store: &Store, connection: &str, number: u32) -> Option<WorkItem> {
    store.work(&name(connection), &rma(number)).await.unwrap()
}

/// The one RMA that is due.
async fn claim_one(store: &Store, now: i64) -> Claim {
    let mut claims = claim_all(store, now).await;
    assert_eq!(claims.len(), 1, "{claims:?}");
    claims.remove(0)
}

async fn ends(store: &Store, outcome: Outcome, now: i64) {
    let claim = claim_one(store, now).await;
    assert_eq!(store.finish(&[(claim, outcome)], at(now)).await.unwrap(), 1);
}

async fn what_another_connection_of_the_account_has_is_not_marked_because_of_brightpearl(database: Database) {
    let store = database.open().await;
    two_shops(&store).await;
    for (number, cause) in [(1, Cause::Returngo), (2, Cause::Person)] {
        mark(&store, "uk", number, cause, 1).await;
    }
    let both = [rma(1), rma(2)];
    store.mark_due(&name("de"), &both, Cause::Brightpearl, "a test", at(2)).await.unwrap();
    let found = store.mark_found(&name("de"), &both, Cause::Brightpearl, "a sweep", at(3)).await.unwrap();
    assert_eq!(found, 0, "none is marked");
    let webhook = super::Delivery { source: Source::Brightpearl, ..delivery("de", "{}", 4) };
    store.receive(&[webhook]).await.unwrap();
    let waiting = store.waiting_deliveries(9, &[]).await.unwrap();
    store.resolve(&name("de"), &waiting, &named_by(Cause::Brightpearl, [1, 2]), at(5)).await.unwrap();
    assert!(store.waiting_deliveries(9, &[]).await.unwrap().is_empty(), "it is handled nevertheless");
    for number in [1, 2] {
        assert_eq!(item(&store, "de", number).await, None);
        assert!(store.audit(&name("de"), &rma(number)).await.unwrap().is_empty());
    }
    assert_eq!(
        claim_all(&store, 10).await.iter().map(|claim| claim.connection.as_str()).collect::<Vec<_>>(),
        ["uk"; 2]
    );
    assert!(claim_all(&store, 10).await.is_empty());

    // Numbers that nobody has told of yet are marked beside them, and an RMA that ReturnGO tells of is this shop's too.
    let three = [rma(1), rma(2), rma(3)];
    store.mark_due(&name("de"), &three, Cause::Brightpearl, "a test", at(11)).await.unwrap();
    let unknown = claim_one(&store, 11).await;
    assert_eq!((&unknown.rma, unknown.of_this_shop, unknown.asked), (&rma(3), false, false));
    mark(&store, "de", 1, Cause::Returngo, 12).await;
    let told = claim_one(&store, 12).await;
    assert_eq!((&told.connection, &told.rma, told.of_this_shop), (&name("de"), &rma(1), true));
    store.finish(&[(told, in_step())], at(13)).await.unwrap();
    mark(&store, "de", 1, Cause::Brightpearl, 14).await;
    assert_eq!(numbers(&claim_all(&store, 14).await), ["1"]);
}

async fn what_was_brought_into_step_is_of_its_shop(database: Database) {
    let store = database.open().await;
    two_shops(&store).await;
    mark(&store, "uk", 1, Cause::Brightpearl, 1).await;
    mark(&store, "de", 1, Cause::Brightpearl, 2).await;
    let claims = [claim_one(&store, 3).await, claim_one(&store, 3).await];
    assert_eq!(claims.iter().map(|claim| claim.connection.as_str()).collect::<Vec<_>>(), ["uk", "de"]);
    assert!(claims.iter().all(|claim| !claim.of_this_shop), "nobody knows yet whose it is");
    let [of_uk, of_de] = claims;
    store.finish(&[(of_de, Outcome::OfAnotherShop)], at(4)).await.unwrap();
    store.finish(&[(of_uk, in_step())], at(4)).await.unwrap();
    mark(&store, "de", 1, Cause::Brightpearl, 5).await;
    mark(&store, "uk", 1, Cause::Brightpearl, 5).await;
    let again = claim_one(&store, 6).await;
    assert_eq!((again.connection, again.of_this_shop), (name("uk"), true));
}

async fn an_rma_that_ended_as_another_shops_is_not_marked_because_of_brightpearl(database: Database) {
    let store = database.open().await;
    two_shops(&store).await;
    for (round, lifts) in (0..).zip([Cause::Returngo, Cause::Person]) {
        let (number, now) = (round, 100 * i64::from(round));
        mark(&store, "uk", number, Cause::Brightpearl, now).await;
        ends(&store, Outcome::OfAnotherShop, now + 1).await;
        let ended = item(&store, "uk", number).await.unwrap();
        assert_eq!((ended.state, ended.due_at, ended.due_since), (WorkState::OfAnotherShop, None, None));
        assert!(store.reviews(None).await.unwrap().is_empty());

        let told = store.audit(&name("uk"), &rma(number)).await.unwrap().len();
        mark(&store, "uk", number, Cause::Brightpearl, now + 2).await;
        let found = [rma(number)];
        let marked =
            store.mark_found(&name("uk"), &found, Cause::Brightpearl, "a sweep", at(now + 2)).await.unwrap();
        assert_eq!(marked, 0, "none is marked");
        assert!(claim_all(&store, now + 3).await.is_empty());
        assert_eq!(item(&store, "uk", number).await.unwrap(), ended);
        assert_eq!(store.audit(&name("uk"), &rma(number)).await.unwrap().len(), told);

        mark(&store, "uk", number, lifts, now + 4).await;
        let claim = claim_one(&store, now + 4).await;
        assert_eq!((claim.of_this_shop, claim.asked), (true, lifts == Cause::Person));
        store.finish(&[(claim, in_step())], at(now + 5)).await.unwrap();
        mark(&store, "uk", number, Cause::Brightpearl, now + 6).await;
        ends(&store, in_step(), now + 7).await;
    }
}

async fn what_returngo_tells_of_while_it_ends_as_another_shops_is_due(database: Database) {
    let store = database.open().await;
    two_shops(&store).await;
    mark(&store, "uk", 1, Cause::Brightpearl, 1).await;
    let claim = claim_one(&store, 1).await;
    mark(&store, "uk", 1, Cause::Returngo, 2).await;
    store.finish(&[(claim, Outcome::OfAnotherShop)], at(3)).await.unwrap();
    assert_eq!(item(&store, "uk", 1).await.unwrap().state, WorkState::Due);
    assert!(claim_one(&store, 3).await.of_this_shop);
}

async fn connections_of_other_accounts_are_another_matter(database: Database) {
    let store = database.open().await;
    two_shops(&store).await;
    connect_with(&store, "sandbox", "acmesandbox", "uk.example").await;
    connect(&store, "unbound").await;
    mark(&store, "uk", 1, Cause::Returngo, 1).await;
    ends(&store, in_step(), 1).await;
    for connection in ["sandbox", "unbound"] {
        mark(&store, connection, 1, Cause::Brightpearl, 2).await;
        assert_eq!(claim_one(&store, 3).await.connection, name(connection));
    }
}

async fn a_removed_connection_of_the_same_shop_takes_nothing_away(database: Database) {
    let store = database.open().await;
    connect_with(&store, "uk", "acmeoutdoors", "uk.example").await;
    mark(&store, "uk", 1, Cause::Returngo, 1).await;
    ends(&store, in_step(), 1).await;
    store.remove_connection(&name("uk"), at(2)).await.unwrap();
    connect_with(&store, "uk-again", "acmeoutdoors", "uk.example").await;
    mark(&store, "uk-again", 1, Cause::Brightpearl, 3).await;
    assert_eq!(numbers(&claim_all(&store, 3).await), ["1"], "it is the same shop under another name");
}
