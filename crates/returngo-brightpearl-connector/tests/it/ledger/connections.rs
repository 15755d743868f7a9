use returngo_brightpearl_connector::ledger::{Counterparts, LedgerError, Sealed, StoredConnection};

use super::{at, connect, databases::Database, name, on_both};

on_both!(
    a_name_stands_for_one_account_and_shop_for_ever,
    a_connection_is_replaced_only_as_it_was,
    one_process_refreshes_tokens_at_a_time,
);

async fn a_name_stands_for_one_account_and_shop_for_ever(database: Database) {
    let ledger = database.open().await;
    let acme = Counterparts::new("acmeoutdoors", "acme.example.test");
    assert_eq!(ledger.counterparts(&name("acme")).await.unwrap(), None);
    ledger.bind(&name("acme"), &acme).await.unwrap();
    connect(&*ledger, "acme").await;
    ledger.bind(&name("acme"), &Counterparts::new("ACMEoutdoors", "Acme.example.test")).await.unwrap();
    assert!(ledger.remove_connection(&name("acme"), at(1)).await.unwrap());
    for (account, shop) in [("acmesandbox", "acme.example.test"), ("acmeoutdoors", "other.example.test")] {
        let other = Counterparts::new(account, shop);
        let refused = ledger.bind(&name("acme"), &other).await.unwrap_err();
        assert!(matches!(refused, LedgerError::BoundElsewhere { .. }), "{refused}");
        assert!(refused.to_string().contains(account) && refused.to_string().contains(shop), "{refused}");
        ledger.bind(&name(account), &other).await.unwrap();
    }
    assert_eq!(ledger.counterparts(&name("acme")).await.unwrap(), Some(acme));
}

async fn a_connection_is_replaced_only_as_it_was(database: Database) {
    let ledger = database.open().await;
    let acme =
        |configuration: u8| StoredConnection { id: name("acme"), configuration: Sealed(vec![configuration]) };
    let was = |configuration: u8| Sealed(vec![configuration]);
    assert!(!ledger.replace_connection(&acme(1), &was(0), at(1)).await.unwrap(), "there is none");
    ledger.put_connection(&acme(1), at(0)).await.unwrap();
    assert!(!ledger.replace_tokens(&acme(3), &was(2)).await.unwrap());
    assert!(!ledger.replace_connection(&acme(3), &was(2), at(1)).await.unwrap());
    assert!(ledger.replace_tokens(&acme(2), &was(1)).await.unwrap());
    assert_eq!(ledger.stored_connections().await.unwrap(), [(name("acme"), at(0))]);
    assert!(ledger.replace_connection(&acme(3), &was(2), at(2)).await.unwrap());
    assert_eq!(ledger.stored_connections().await.unwrap(), [(name("acme"), at(2))]);
    assert_eq!(ledger.connections().await.unwrap(), [acme(3)]);
}

async fn one_process_refreshes_tokens_at_a_time(database: Database) {
    let ledger = database.open().await;
    let begin = async |holder: &str, now: i64| {
        ledger.begin_token_refresh(&name("acme"), holder, at(now)).await.unwrap()
    };
    assert!(begin("one", 0).await);
    assert!(!begin("two", 89).await);
    ledger.end_token_refresh(&name("acme"), "two").await.unwrap();
    assert!(!begin("one", 89).await, "it is the first one's still");
    assert!(begin("two", 90).await, "the first may have been killed");
    ledger.end_token_refresh(&name("acme"), "one").await.unwrap();
    assert!(!begin("three", 91).await);
    ledger.end_token_refresh(&name("acme"), "two").await.unwrap();
    assert!(begin("three", 10_000).await);
    assert!(begin("four", 0).await, "a clock that was ahead keeps nobody out for hours");
}
