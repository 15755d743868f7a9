//! What waits for a person, over the versions of this program and over attempts that are told in other words.

use returngo_brightpearl_connector::{
    Failure,
    store::{Actor, JobOutcome, JobState, RmaAction, Store},
};
use returngo_brightpearl_mapping::{Review, ReviewCode};
use sqlx::{AnyConnection, AssertSqlSafe, Connection, Executor};

use super::{at, connect, databases::Database, lease_all, mark, name, on_both, rma};

on_both!(
    a_failure_is_the_same_one_whatever_its_request_id_and_attempts,
    a_question_of_another_version_is_shown_and_asked_anew,
    a_decision_of_another_version_blocks_nothing,
);

fn decision() -> RmaAction {
    RmaAction { connection: name("acme"), rma: rma(1), by: Actor::command_line("dana"), note: None }
}

fn question() -> Review {
    Review::new(ReviewCode::OverRefund, "refund above the credit".to_owned())
}

fn asking() -> JobOutcome {
    JobOutcome::Settled { reviews: vec![question()], credit: None }
}

/// Looks at RMA 1 and ends so.
async fn ends(store: &Store, outcome: JobOutcome, now: i64) {
    mark(store, "acme", &[1], now).await;
    let lease = lease_all(store, now).await.remove(0);
    assert_eq!(store.finish(&[(lease, outcome)], at(now)).await.unwrap(), 1);
}

async fn a_failure_is_the_same_one_whatever_its_request_id_and_attempts(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    let failed = |request: &str, signature: &str| {
        let message = format!("POST /order: rejected (status 400) [request {request}]");
        let failure = Failure { message, signature: signature.to_owned() };
        JobOutcome::Failed { failure, again_at: None }
    };
    ends(&store, failed("a1", "ORDC-004"), 1).await;
    assert!(store.resolve_reviews(&decision(), at(2)).await.unwrap());
    ends(&store, failed("b2", "ORDC-004"), 3).await;
    assert!(store.reviews(None).await.unwrap().is_empty());
    let item = store.work(&name("acme"), &rma(1)).await.unwrap().unwrap();
    assert_eq!(item.state, JobState::InSync);
    ends(&store, failed("b2", "ORDC-009"), 4).await;
    assert_eq!(store.reviews(None).await.unwrap().len(), 1);
}

/// Another version of the program has written this into the database.
async fn rewritten(database: &Database, column: &str, questions: &str) {
    sqlx::any::install_default_drivers();
    let mut other_version = AnyConnection::connect(&database.url).await.unwrap();
    let statement = format!("UPDATE job SET {column} = '{questions}'");
    other_version.execute(AssertSqlSafe(statement)).await.unwrap();
    other_version.close().await.unwrap();
}

const RENAMED: &str = r#"{"code":"RefundAboveCredit","message":"refund above the credit"}"#;

async fn a_question_of_another_version_is_shown_and_asked_anew(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    ends(&store, asking(), 1).await;
    let known = serde_json::to_string(&question()).unwrap();
    rewritten(&database, "reviews", &format!("[{RENAMED},{known}]")).await;
    let waiting = store.reviews(None).await.unwrap().remove(0);
    assert_eq!(waiting.reviews.len(), 1, "{:?}", waiting.unreadable_reviews);
    assert_eq!(waiting.unreadable_reviews[0].code, "RefundAboveCredit");
    assert_eq!(waiting.unreadable_reviews[0].message, "refund above the credit");

    rewritten(&database, "reviews", "no list").await;
    let waiting = store.reviews(None).await.unwrap().remove(0);
    assert!(waiting.unreadable_reviews[0].message.contains("invalid list of reviews"));
    assert!(store.resolve_reviews(&decision(), at(2)).await.unwrap());
    ends(&store, asking(), 3).await;
    let waiting = store.reviews(None).await.unwrap().remove(0);
    assert_eq!((waiting.reviews.len(), waiting.unreadable_reviews.len()), (1, 0));
}

async fn a_decision_of_another_version_blocks_nothing(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    ends(&store, asking(), 1).await;
    store.resolve_reviews(&decision(), at(2)).await.unwrap();
    rewritten(&database, "resolved", &format!("[{RENAMED}]")).await;
    assert!(store.work(&name("acme"), &rma(1)).await.unwrap().unwrap().resolved.is_empty());
    ends(&store, asking(), 3).await;
    assert_eq!(store.reviews(None).await.unwrap().len(), 1, "nothing counts as decided");
}
