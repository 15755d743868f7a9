//! What is read of an account.

use brightpearl::ErrorKind;
use returngo_brightpearl_mapping::world::{AccountFacts, AccountList};
use returngo_brightpearl_sync::account_facts;
use serde_json::{Value, json};
use wiremock::{
    Mock, ResponseTemplate,
    matchers::{method, path_regex},
};

use crate::systems::Systems;

const LOCK: &str = "accounting-service/accounting-period-lock$";

async fn facts(systems: &Systems) -> Result<AccountFacts, brightpearl::Error> {
    account_facts(&systems.to_brightpearl()).await
}

/// A Brightpearl that answers the request for the lock in this way.
async fn answering(status: u16, body: Value) -> Systems {
    let systems = Systems::start().await;
    Mock::given(method("GET"))
        .and(path_regex(LOCK))
        .respond_with(ResponseTemplate::new(status).set_body_json(body))
        .with_priority(1)
        .mount(systems.brightpearl.server())
        .await;
    systems
}

#[tokio::test]
async fn the_last_locked_day_is_a_fact_about_the_account() {
    let systems = Systems::start().await;
    assert_eq!(facts(&systems).await.unwrap().locked_until, None, "no lock is set");
    let day = jiff::civil::date(2026, 3, 31);
    systems.brightpearl.lock_accounting(day);
    let locked = facts(&systems).await.unwrap();
    assert_eq!((locked.locked_until, locked.unreadable.as_slice()), (Some(day), [].as_slice()));
    let json = serde_json::to_value(&locked).unwrap();
    assert_eq!(json["lockedUntil"], "2026-03-31");
    systems.brightpearl.lock_accounting(None);
    assert_eq!(facts(&systems).await.unwrap().locked_until, None);
    assert_eq!(systems.brightpearl.requests().of("get-accounting-period-lock"), 3, "one request each time");
}

#[tokio::test]
async fn an_account_that_refuses_to_show_its_lock_is_read_without_it() {
    for status in [403, 404] {
        let refused =
            answering(status, json!({"errors": [{"code": "CMNC-403", "message": "Forbidden"}]})).await;
        let facts = facts(&refused).await.unwrap();
        assert_eq!((facts.locked_until, facts.unreadable.len()), (None, 0), "{status}");
        assert!(!facts.warehouses.is_empty());
    }
}

#[tokio::test]
async fn a_lock_that_cannot_be_decoded_is_noted_and_another_failure_is_returned() {
    let unreadable = answering(200, json!({"response": {"lockedBy": 4, "lockedUntil": "soon"}})).await;
    let unreadable = facts(&unreadable).await.unwrap();
    assert_eq!(unreadable.locked_until, None);
    let entry = unreadable.unreadable(&AccountList::AccountingPeriodLock).unwrap();
    assert!(
        entry.to_string().starts_with("accounting period lock: the last locked day cannot be"),
        "{entry}"
    );
    let refused = answering(400, json!({"errors": [{"code": "CMNC-001", "message": "Invalid"}]})).await;
    assert_eq!(facts(&refused).await.unwrap_err().kind(), ErrorKind::Refused);
}
