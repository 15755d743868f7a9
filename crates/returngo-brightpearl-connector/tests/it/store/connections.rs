use returngo_brightpearl_connector::store::{
    self, Actor, ConnectionChange, Counterparts, Encrypted, FieldChange, RecordedChange, StoreError,
    StoredConnection,
};

use super::{at, connect, databases::Database, name, on_both};

on_both!(
    a_name_stands_for_one_account_and_shop_for_ever,
    of_two_people_who_change_a_connection_at_once_one_is_told,
    a_database_without_tables_is_not_set_up_by_reading,
    a_connection_is_replaced_only_as_it_was,
    one_process_refreshes_tokens_at_a_time,
);

async fn a_name_stands_for_one_account_and_shop_for_ever(database: Database) {
    let store = database.open().await;
    let acme = Counterparts::new("acmeoutdoors", "acme.example.test");
    assert_eq!(store.counterparts(&name("acme")).await.unwrap(), None);
    store.bind(&name("acme"), &acme).await.unwrap();
    connect(&store, "acme").await;
    store.bind(&name("acme"), &Counterparts::new("ACMEoutdoors", "Acme.example.test")).await.unwrap();
    assert!(store.remove_connection(&name("acme"), &Actor::command_line("dana"), at(1)).await.unwrap());
    for (account, shop) in [("acmesandbox", "acme.example.test"), ("acmeoutdoors", "other.example.test")] {
        let other = Counterparts::new(account, shop);
        let refused = store.bind(&name("acme"), &other).await.unwrap_err();
        assert!(matches!(refused, StoreError::BoundElsewhere { .. }), "{refused}");
        assert!(refused.to_string().contains(account) && refused.to_string().contains(shop), "{refused}");
        store.bind(&name(account), &other).await.unwrap();
    }
    assert_eq!(store.counterparts(&name("acme")).await.unwrap(), Some(acme));
}

async fn of_two_people_who_change_a_connection_at_once_one_is_told(database: Database) {
    let (one, other) = (database.open().await, database.open().await);
    let to = Counterparts::new("acmeoutdoors", "acme.example.test");
    one.bind(&name("acme"), &to).await.unwrap();
    let stored = |text: &str| StoredConnection { id: name("acme"), configuration: Encrypted(text.into()) };
    let change = |by: &str, after: &str| ConnectionChange {
        by: Actor::command_line(by),
        fields: vec![FieldChange {
            field: "trigger".to_owned(),
            before: None,
            after: Some(after.to_owned()),
        }],
    };
    let (first, dana, lee) = (stored("first"), change("dana", "received"), change("lee", "validated"));
    assert!(one.change_connection(&first, None, &dana, at(1)).await.unwrap());
    let seen = Some(&first.configuration);
    let (by_dana, by_lee) = (stored("of dana"), stored("of lee"));
    let (dana_is_in, lee_is_in) = tokio::join!(
        one.change_connection(&by_dana, seen, &dana, at(2)),
        other.change_connection(&by_lee, seen, &lee, at(2)),
    );
    let (dana_is_in, lee_is_in) = (dana_is_in.unwrap(), lee_is_in.unwrap());
    assert!(dana_is_in != lee_is_in, "one of them");
    let (is, of) = if dana_is_in { (by_dana, &dana) } else { (by_lee, &lee) };
    assert_eq!(one.connection(&name("acme")).await.unwrap(), Some(is));
    let recorded = one.connection_changes(&name("acme")).await.unwrap();
    let expected = [
        RecordedChange { at: at(1), change: dana.clone() },
        RecordedChange { at: at(2), change: of.clone() },
    ];
    assert_eq!(recorded, expected);
    assert!(!one.change_connection(&first, None, &dana, at(3)).await.unwrap(), "it is there by now");
    assert_eq!(other.connection_changes(&name("beta")).await.unwrap(), []);
}

async fn a_database_without_tables_is_not_set_up_by_reading(database: Database) {
    for _ in 0..2 {
        let refused = store::open_existing(&database.url).await.unwrap_err();
        assert!(matches!(refused, StoreError::NotSetUp { .. }), "{refused}");
    }
    database.open().await;
    store::open_existing(&database.url).await.unwrap();
}

async fn a_connection_is_replaced_only_as_it_was(database: Database) {
    let store = database.open().await;
    let acme = |configuration: u8| StoredConnection {
        id: name("acme"),
        configuration: Encrypted(vec![configuration]),
    };
    let was = |configuration: u8| Encrypted(vec![configuration]);
    assert!(!store.replace_connection(&acme(1), &was(0), at(1)).await.unwrap(), "there is none");
    store.put_connection(&acme(1), at(0)).await.unwrap();
    assert!(!store.replace_tokens(&acme(3), &was(2)).await.unwrap());
    assert!(!store.replace_connection(&acme(3), &was(2), at(1)).await.unwrap());
    assert!(store.replace_tokens(&acme(2), &was(1)).await.unwrap());
    assert_eq!(store.stored_connections().await.unwrap(), [(name("acme"), at(0))]);
    assert!(store.replace_connection(&acme(3), &was(2), at(2)).await.unwrap());
    assert_eq!(store.stored_connections().await.unwrap(), [(name("acme"), at(2))]);
    assert_eq!(store.connections().await.unwrap(), [acme(3)]);
}

async fn one_process_refreshes_tokens_at_a_time(database: Database) {
    let store = database.open().await;
    let begin = async |holder: &str, now: i64| {
        store.begin_token_refresh(&name("acme"), holder, at(now)).await.unwrap()
    };
    assert!(begin("one", 0).await);
    assert!(!begin("two", 89).await);
    store.end_token_refresh(&name("acme"), "two").await.unwrap();
    assert!(!begin("one", 89).await, "it is the first one's still");
    assert!(begin("two", 90).await, "the first may have been killed");
    store.end_token_refresh(&name("acme"), "one").await.unwrap();
    assert!(!begin("three", 91).await);
    store.end_token_refresh(&name("acme"), "two").await.unwrap();
    assert!(begin("three", 10_000).await);
    assert!(begin("four", 0).await, "a clock that was ahead keeps nobody out for hours");
}
