//! Databases that do not do what they should.

use sqlx::{AnyConnection, AssertSqlSafe, Connection, Executor};

use super::{at, connect, databases::Database, delivery, in_sync, lease_all, mark, name, on_both, rma};
use crate::private_file::write_private;
use returngo_brightpearl_connector::store::{self, Actor, JobState, StoreError};

on_both!(
    a_newer_database_is_refused,
    what_is_stored_survives_opening_again,
    opening_at_once_makes_the_tables_once
);

async fn error(url: &str) -> StoreError {
    store::open(url).await.expect_err("it should not open")
}

/// Somebody else's connection to the database.
async fn stranger(database: &Database) -> AnyConnection {
    sqlx::any::install_default_drivers();
    AnyConnection::connect(&database.url).await.unwrap()
}

async fn a_newer_database_is_refused(database: Database) {
    database.open().await;
    let step = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
        SELECT 9000, 'later', success, checksum, 0 FROM _sqlx_migrations WHERE version = 1";
    stranger(&database).await.execute(AssertSqlSafe(step)).await.unwrap();
    let error = error(&database.url).await;
    assert!(matches!(error, StoreError::Newer { migration: 9000, .. }), "{error:?}");
    assert!(error.to_string().contains("install that version"));
}

async fn what_is_stored_survives_opening_again(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    mark(&store, "acme", &[1], 0).await;
    drop(store);
    let again = database.open().await;
    assert_eq!(again.work(&name("acme"), &rma(1)).await.unwrap().unwrap().state, JobState::Pending);
}

async fn opening_at_once_makes_the_tables_once(database: Database) {
    let opened = futures_util::future::join_all((0..4).map(|_| database.open())).await;
    for store in opened {
        store.ready().await.unwrap();
    }
}

#[tokio::test]
async fn a_read_only_database_is_refused() {
    let database = Database::sqlite();
    database.open().await;
    let error = error(&format!("{}?mode=ro", database.url)).await;
    assert!(
        matches!(&error, StoreError::ReadOnly { reason, .. } if reason == "read-only"),
        "{error:?}: {error}"
    );
}

#[tokio::test]
async fn a_database_that_another_process_holds_is_refused() {
    let database = Database::sqlite();
    let store = database.open().await;
    let mut other = stranger(&database).await;
    other.execute("BEGIN IMMEDIATE").await.unwrap();
    let url = format!("{}?busy_timeout=20", database.url);
    let refused = error(&url).await;
    assert!(matches!(refused, StoreError::Locked { .. }), "{refused:?}");
    assert!(refused.to_string().starts_with("another process holds the database"));
    store.connections().await.unwrap();
    other.execute("COMMIT").await.unwrap();
    store::open(&url).await.unwrap();
}

#[tokio::test]
async fn a_full_database_takes_nothing_and_recovers() {
    let database = Database::sqlite();
    let store = store::open(&format!("{}?max_page_count=120", database.url)).await.unwrap();
    for connection in ["acme", "other"] {
        connect(&store, connection).await;
    }
    mark(&store, "acme", &[1], 0).await;
    let mut stored = 0;
    let refused = loop {
        let batch = [delivery("other", &format!("{stored} {}", "x".repeat(10_000)), stored)];
        match store.receive(&batch).await {
            Ok(()) => stored += 1,
            Err(error) => break error,
        }
        assert!(stored < 1000, "it should be full");
    };
    assert!(matches!(&refused, StoreError::ReadOnly { reason, .. } if reason == "full"), "{refused:?}");
    let waiting = store.waiting_deliveries(1000, &[]).await.unwrap();
    assert_eq!(i64::try_from(waiting.len()).unwrap(), stored, "what was confirmed is there");

    // Space comes back.
    store.remove_connection(&name("other"), &Actor::command_line("dana"), at(1)).await.unwrap();
    store.receive(&[delivery("acme", &"x".repeat(10_000), 2)]).await.unwrap();
    let lease = lease_all(&store, 3).await.remove(0);
    assert_eq!(store.finish(&[(lease, in_sync())], at(4)).await.unwrap(), 1);
    store.ready().await.unwrap();
}

#[tokio::test]
async fn what_is_no_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("notes.txt");
    write_private(&text, "this is no database, however long one reads in it");
    let refused = error(&format!("sqlite://{}", text.display())).await;
    assert!(matches!(refused, StoreError::Unreachable { .. }), "{refused:?}");
    assert!(
        refused.to_string().ends_with("the file is damaged or no database: restore a backup"),
        "{refused}"
    );

    let refused = error("sqlite:///no/such/folder/store.db").await;
    assert!(refused.to_string().contains("check that its folder exists"), "{refused}");
    let refused = error("mysql://localhost/store").await;
    assert!(refused.to_string().contains("sqlite:///var/lib"), "{refused}");
    let refused = error(&format!("sqlite://{}?vfs=unix", text.display())).await;
    assert!(refused.to_string().contains("use mode=ro|rw|rwc"), "{refused}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named_without_its_password() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let refused =
        error(&format!("postgres://connector:t0psecret@127.0.0.1:{port}/store?sslmode=disable")).await;
    assert_eq!(
        refused.to_string(),
        format!(
            "cannot open the database postgres://127.0.0.1:{port}/store: \
             check that the server runs and that host and port are right"
        )
    );
    assert!(!format!("{refused:?}").contains("t0psecret"));
}

#[tokio::test]
async fn a_database_that_the_server_does_not_have_is_named() {
    let Some(database) = Database::postgres().await else { return };
    let refused = error(&format!("{}_else", database.url)).await;
    assert!(refused.to_string().ends_with("create the database first"), "{refused}");
}

#[cfg(unix)]
#[tokio::test]
async fn the_file_is_its_users_alone() {
    use std::os::unix::fs::PermissionsExt;

    let database = Database::sqlite();
    let store = database.open().await;
    connect(&store, "acme").await;
    for file in std::fs::read_dir(database.file().parent().unwrap()).unwrap() {
        let file = file.unwrap();
        let mode = file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", file.path().display());
    }
}

#[tokio::test]
async fn a_store_in_memory_is_one() {
    let store = store::open("sqlite::memory:").await.unwrap();
    connect(&store, "acme").await;
    assert_eq!(store.connections().await.unwrap().len(), 1);
}
