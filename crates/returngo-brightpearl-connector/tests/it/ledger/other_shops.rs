//! Several shops on one account: what Brightpearl tells of an RMA concerns the shop that has it.

use returngo_brightpearl_connector::ledger::{
    Cause, Claim, Counterparts, Ledger, Outcome, Source, WorkItem, WorkState,
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

async fn connect_with(ledger: &dyn Ledger, connection: &str, account: &str, shop: &str) {
    ledger.bind(&name(connection), &Counterparts::new(account, shop)).await.unwrap();
    connect(ledger, connection).await;
}

async fn two_shops(ledger: &dyn Ledger) {
    connect_with(ledger, "uk", "acmeoutdoors", "uk.example").await;
    connect_with(ledger, "de", "acmeoutdoors", "de.example").await;
}

async fn mark(ledger: &dyn Ledger, connection: &str, number: u32, cause: Cause, now: i64) {
    ledger.mark_due(&name(connection), &[rma(number)], cause, "a test", at(now)).await.unwrap();
}

async fn item(ledger: &dyn Ledger, connection: &str, number: u32) -> Option<WorkItem> {
    ledger.work(&name(connection), &rma(number)).await.unwrap()
}

/// The one RMA that is due.
async fn claim_one(ledger: &dyn Ledger, now: i64) -> Claim {
    let mut claims = claim_all(ledger, now).await;
    assert_eq!(claims.len(), 1, "{claims:?}");
    claims.remove(0)
}

async fn ends(ledger: &dyn Ledger, outcome: Outcome, now: i64) {
    let claim = claim_one(ledger, now).await;
    assert_eq!(ledger.finish(&[(claim, outcome)], at(now)).await.unwrap(), 1);
}

async fn what_another_connection_of_the_account_has_is_not_marked_because_of_brightpearl(database: Database) {
    let ledger = database.open().await;
    two_shops(&*ledger).await;
    for (number, cause) in [(1, Cause::Returngo), (2, Cause::Person)] {
        mark(&*ledger, "uk", number, cause, 1).await;
    }
    let both = [rma(1), rma(2)];
    ledger.mark_due(&name("de"), &both, Cause::Brightpearl, "a test", at(2)).await.unwrap();
    let found = ledger.mark_found(&name("de"), &both, Cause::Brightpearl, "a sweep", at(3)).await.unwrap();
    assert_eq!(found, 0, "none is marked");
    let webhook = super::Delivery { source: Source::Brightpearl, ..delivery("de", "{}", 4) };
    ledger.receive(&[webhook]).await.unwrap();
    let waiting = ledger.waiting_deliveries(9, &[]).await.unwrap();
    ledger.resolve(&name("de"), &waiting, &named_by(Cause::Brightpearl, [1, 2]), at(5)).await.unwrap();
    assert!(ledger.waiting_deliveries(9, &[]).await.unwrap().is_empty(), "it is handled nevertheless");
    for number in [1, 2] {
        assert_eq!(item(&*ledger, "de", number).await, None);
        assert!(ledger.audit(&name("de"), &rma(number)).await.unwrap().is_empty());
    }
    assert_eq!(
        claim_all(&*ledger, 10).await.iter().map(|claim| claim.connection.as_str()).collect::<Vec<_>>(),
        ["uk"; 2]
    );
    assert!(claim_all(&*ledger, 10).await.is_empty());

    // Numbers that nobody has told of yet are marked beside them, and an RMA that ReturnGO tells of is this shop's too.
    let three = [rma(1), rma(2), rma(3)];
    ledger.mark_due(&name("de"), &three, Cause::Brightpearl, "a test", at(11)).await.unwrap();
    let unknown = claim_one(&*ledger, 11).await;
    assert_eq!((&unknown.rma, unknown.of_this_shop, unknown.asked), (&rma(3), false, false));
    mark(&*ledger, "de", 1, Cause::Returngo, 12).await;
    let told = claim_one(&*ledger, 12).await;
    assert_eq!((&told.connection, &told.rma, told.of_this_shop), (&name("de"), &rma(1), true));
    ledger.finish(&[(told, in_step())], at(13)).await.unwrap();
    mark(&*ledger, "de", 1, Cause::Brightpearl, 14).await;
    assert_eq!(numbers(&claim_all(&*ledger, 14).await), ["1"]);
}

async fn what_was_brought_into_step_is_of_its_shop(database: Database) {
    let ledger = database.open().await;
    two_shops(&*ledger).await;
    mark(&*ledger, "uk", 1, Cause::Brightpearl, 1).await;
    mark(&*ledger, "de", 1, Cause::Brightpearl, 2).await;
    let claims = [claim_one(&*ledger, 3).await, claim_one(&*ledger, 3).await];
    assert_eq!(claims.iter().map(|claim| claim.connection.as_str()).collect::<Vec<_>>(), ["uk", "de"]);
    assert!(claims.iter().all(|claim| !claim.of_this_shop), "nobody knows yet whose it is");
    let [of_uk, of_de] = claims;
    ledger.finish(&[(of_de, Outcome::OfAnotherShop)], at(4)).await.unwrap();
    ledger.finish(&[(of_uk, in_step())], at(4)).await.unwrap();
    mark(&*ledger, "de", 1, Cause::Brightpearl, 5).await;
    mark(&*ledger, "uk", 1, Cause::Brightpearl, 5).await;
    let again = claim_one(&*ledger, 6).await;
    assert_eq!((again.connection, again.of_this_shop), (name("uk"), true));
}

async fn an_rma_that_ended_as_another_shops_is_not_marked_because_of_brightpearl(database: Database) {
    let ledger = database.open().await;
    two_shops(&*ledger).await;
    for (round, lifts) in (0..).zip([Cause::Returngo, Cause::Person]) {
        let (number, now) = (round, 100 * i64::from(round));
        mark(&*ledger, "uk", number, Cause::Brightpearl, now).await;
        ends(&*ledger, Outcome::OfAnotherShop, now + 1).await;
        let ended = item(&*ledger, "uk", number).await.unwrap();
        assert_eq!((ended.state, ended.due_at, ended.due_since), (WorkState::OfAnotherShop, None, None));
        assert!(ledger.reviews(None).await.unwrap().is_empty());

        let told = ledger.audit(&name("uk"), &rma(number)).await.unwrap().len();
        mark(&*ledger, "uk", number, Cause::Brightpearl, now + 2).await;
        let found = [rma(number)];
        let marked =
            ledger.mark_found(&name("uk"), &found, Cause::Brightpearl, "a sweep", at(now + 2)).await.unwrap();
        assert_eq!(marked, 0, "none is marked");
        assert!(claim_all(&*ledger, now + 3).await.is_empty());
        assert_eq!(item(&*ledger, "uk", number).await.unwrap(), ended);
        assert_eq!(ledger.audit(&name("uk"), &rma(number)).await.unwrap().len(), told);

        mark(&*ledger, "uk", number, lifts, now + 4).await;
        let claim = claim_one(&*ledger, now + 4).await;
        assert_eq!((claim.of_this_shop, claim.asked), (true, lifts == Cause::Person));
        ledger.finish(&[(claim, in_step())], at(now + 5)).await.unwrap();
        mark(&*ledger, "uk", number, Cause::Brightpearl, now + 6).await;
        ends(&*ledger, in_step(), now + 7).await;
    }
}

async fn what_returngo_tells_of_while_it_ends_as_another_shops_is_due(database: Database) {
    let ledger = database.open().await;
    two_shops(&*ledger).await;
    mark(&*ledger, "uk", 1, Cause::Brightpearl, 1).await;
    let claim = claim_one(&*ledger, 1).await;
    mark(&*ledger, "uk", 1, Cause::Returngo, 2).await;
    ledger.finish(&[(claim, Outcome::OfAnotherShop)], at(3)).await.unwrap();
    assert_eq!(item(&*ledger, "uk", 1).await.unwrap().state, WorkState::Due);
    assert!(claim_one(&*ledger, 3).await.of_this_shop);
}

async fn connections_of_other_accounts_are_another_matter(database: Database) {
    let ledger = database.open().await;
    two_shops(&*ledger).await;
    connect_with(&*ledger, "sandbox", "acmesandbox", "uk.example").await;
    connect(&*ledger, "unbound").await;
    mark(&*ledger, "uk", 1, Cause::Returngo, 1).await;
    ends(&*ledger, in_step(), 1).await;
    for connection in ["sandbox", "unbound"] {
        mark(&*ledger, connection, 1, Cause::Brightpearl, 2).await;
        assert_eq!(claim_one(&*ledger, 3).await.connection, name(connection));
    }
}

async fn a_removed_connection_of_the_same_shop_takes_nothing_away(database: Database) {
    let ledger = database.open().await;
    connect_with(&*ledger, "uk", "acmeoutdoors", "uk.example").await;
    mark(&*ledger, "uk", 1, Cause::Returngo, 1).await;
    ends(&*ledger, in_step(), 1).await;
    ledger.remove_connection(&name("uk"), at(2)).await.unwrap();
    connect_with(&*ledger, "uk-again", "acmeoutdoors", "uk.example").await;
    mark(&*ledger, "uk-again", 1, Cause::Brightpearl, 3).await;
    assert_eq!(numbers(&claim_all(&*ledger, 3).await), ["1"], "it is the same shop under another name");
}
