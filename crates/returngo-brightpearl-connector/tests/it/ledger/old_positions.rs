//! The positions of sweeps of ReturnGO that earlier versions left, with all RMAs in them.

use returngo_brightpearl_connector::ledger;
use serde_json::Value;
use sqlx::Row;

use super::{
    connect,
    databases::Database,
    on_both, run,
    year::{make_version_12, raw},
};

on_both!(a_position_loses_its_rmas_and_nothing_else, who_dies_meanwhile_has_changed_nothing);

/// What stands around the list of RMAs stands in texts too.
const RMAS: &str = r#"{"1":{"readAt":"2026-05-18T08:00:00Z","status":"}},\"due\":{","statusSince":"2026-05-18T08:00:00Z","items":["\"rmas\":{"],"transactions":{},"awaitsInspection":false},"2":{"readAt":"2026-05-18T08:00:00Z","status":"Doné","statusSince":"2026-05-18T08:00:00Z","items":["83"],"transactions":{"due":"Success"},"awaitsInspection":false}}"#;

/// A position as version 12 wrote it, with these RMAs.
fn of_version_12(rmas: &str) -> String {
    let run = r#"{"last":"2026-05-18T09:00:00Z","pages":1,"underWay":null,"hurried":false}"#;
    let due = r#"{"777":{"reason":"new","since":"2026-05-18T09:00:00Z","last":"2026-05-18T09:00:00Z"}}"#;
    let unmatched = r#"{"é\"}},\"due\":{":["999"]}"#;
    format!(
        r#"{{"state":{{"began":"2026-05-18T08:00:00Z","rmas":{rmas},"due":{due},"unmatched":{unmatched},"open":{run},"edited":{run},"money":{run},"recent":{run},"looks":{{"hour":0,"made":0}}}},"heardUntil":"2026-05-18T09:00:00Z"}}"#
    )
}

async fn put(database: &Database, connection: &str, position: &str) {
    let mut raw = raw(database).await;
    let put = sqlx::query("UPDATE sweep SET position = $1 WHERE connection = $2 AND name = 'returngo'");
    put.bind(position.to_owned()).bind(connection.to_owned()).execute(&mut raw).await.unwrap();
}

async fn stored(database: &Database, connection: &str) -> String {
    let mut raw = raw(database).await;
    let stored = sqlx::query("SELECT position FROM sweep WHERE connection = $1 AND name = 'returngo'");
    stored.bind(connection.to_owned()).fetch_one(&mut raw).await.unwrap().get("position")
}

/// A store of version 12, with a connection for each of these positions.
async fn store_of_version_12(database: &Database, positions: &[(&str, String)]) {
    let ledger = database.open().await;
    for (connection, _) in positions {
        connect(&*ledger, connection).await;
    }
    drop(ledger);
    make_version_12(database).await;
    for (connection, position) in positions {
        put(database, connection, position).await;
    }
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn without_rmas(position: &str) -> Value {
    let mut position = json(position);
    position["state"].as_object_mut().unwrap().remove("rmas");
    position
}

async fn a_position_loses_its_rmas_and_nothing_else(database: Database) {
    let long = of_version_12(RMAS);
    assert_eq!(json(&long)["state"]["rmas"].as_object().unwrap().len(), 2);
    let none = of_version_12("{}");
    let torn = long[..long.len() - 3].to_owned();
    let positions = [("acme", long.clone()), ("bravo", none.clone()), ("coyote", torn.clone())];
    store_of_version_12(&database, &positions).await;
    let other = "UPDATE sweep SET position = '{\"rmas\": 7}' WHERE name = 'brightpearl'";
    run(&database, &[other]).await;
    for time in ["first", "second"] {
        drop(database.open().await);
        assert_eq!(json(&stored(&database, "acme").await), without_rmas(&long), "{time}");
        assert_eq!(without_rmas(&stored(&database, "bravo").await), without_rmas(&none), "{time}");
        assert_eq!(stored(&database, "coyote").await, torn, "{time}: what cannot be read stays");
    }
    let mut raw = raw(&database).await;
    let others =
        sqlx::query("SELECT position FROM sweep WHERE name = 'brightpearl'").fetch_all(&mut raw).await;
    assert!(others.unwrap().iter().all(|row| row.get::<String, _>("position") == "{\"rmas\": 7}"));
}

/// It dies after the last migration's statements, before it is noted that they ran.
async fn who_dies_meanwhile_has_changed_nothing(database: Database) {
    let long = of_version_12(RMAS);
    store_of_version_12(&database, &[("acme", long.clone())]).await;
    let (dies, lives): (&[&str], &[&str]) = match database.url.starts_with("sqlite") {
        true => (
            &["CREATE TRIGGER dies BEFORE INSERT ON _sqlx_migrations WHEN NEW.version = 17
                BEGIN SELECT RAISE(ABORT, 'killed'); END"],
            &["DROP TRIGGER dies"],
        ),
        false => (
            &[
                "CREATE FUNCTION dies() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'killed'; END $$",
                "CREATE TRIGGER dies BEFORE INSERT ON _sqlx_migrations FOR EACH ROW WHEN (NEW.version = 17)
                    EXECUTE FUNCTION dies()",
            ],
            &["DROP FUNCTION dies CASCADE"],
        ),
    };
    run(&database, dies).await;
    assert!(ledger::open(&database.url).await.is_err());
    assert_eq!(stored(&database, "acme").await, long);
    let mut raw = raw(&database).await;
    let count = "SELECT COUNT(*) AS steps FROM _sqlx_migrations WHERE version > 12";
    let steps: i64 = sqlx::query(count).fetch_one(&mut raw).await.unwrap().get("steps");
    assert_eq!(steps, 0, "one transaction");
    run(&database, lives).await;
    drop(database.open().await);
    assert_eq!(json(&stored(&database, "acme").await), without_rmas(&long));
}
