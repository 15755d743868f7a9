use returngo_brightpearl_connector::ledger::{self, Counterparts, LedgerError};

use super::{at, connect, databases::Database, name, on_both};

on_both!(
    a_name_stands_for_one_account_and_shop_for_ever,
    a_database_without_tables_is_not_set_up_by_reading,
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

async fn a_database_without_tables_is_not_set_up_by_reading(database: Database) {
    for _ in 0..2 {
        let refused = ledger::open_existing(&database.url).await.unwrap_err();
        assert!(matches!(refused, LedgerError::NotSetUp { .. }), "{refused}");
    }
    database.open().await;
    ledger::open_existing(&database.url).await.unwrap();
}
