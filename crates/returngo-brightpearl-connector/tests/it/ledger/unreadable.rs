//! What could not be read, and how sweeps went.

use returngo_brightpearl_connector::ledger::{Dismissal, Ledger, SweepName, Unreadable, UnreadableKind};

use super::{at, connect, databases::Database, mark, name, on_both, run};

on_both!(
    what_cannot_be_read_is_counted_and_kept_until_it_is_read,
    what_is_dismissed_stays_so_for_the_same_reason,
    a_row_is_known_by_its_text_wherever_it_stands,
    what_can_be_read_is_not_dismissed_any_more,
    a_removed_connection_has_nothing_that_cannot_be_read,
    how_a_sweep_ended_is_known,
    why_a_sweep_failed_is_known_whatever_the_error_says,
    what_was_noted_by_an_earlier_version_stays_but_for_rows_without_a_number,
    what_is_not_in_sync_is_told_by_age,
);

fn unreadable(kind: UnreadableKind, object: &str, reason: &str) -> Unreadable {
    Unreadable { kind, object: object.to_owned(), known_by: None, reason: reason.to_owned() }
}

async fn open(ledger: &dyn Ledger) -> Vec<(String, u64)> {
    let open = ledger.unreadable(None).await.unwrap();
    open.into_iter()
        .map(|stored| (format!("{} {}", stored.connection, stored.unreadable.object), stored.times))
        .collect()
}

async fn what_cannot_be_read_is_counted_and_kept_until_it_is_read(database: Database) {
    let ledger = database.open().await;
    for connection in ["acme", "other"] {
        connect(&*ledger, connection).await;
        let rows = [
            unreadable(UnreadableKind::RmaRow, "7", "status"),
            unreadable(UnreadableKind::RmaRow, "7", "status"),
            unreadable(UnreadableKind::Order, "7", "parties"),
        ];
        for second in 0..2 {
            ledger.report_unreadable(&name(connection), &rows, at(second)).await.unwrap();
        }
    }
    let all = ledger.unreadable(Some(&name("acme"))).await.unwrap();
    assert_eq!(all.len(), 2);
    assert!(
        all.iter()
            .all(|stored| (stored.times, stored.first_seen_at, stored.last_seen_at) == (2, at(0), at(1)))
    );
    ledger.readable_again(&name("acme"), &[(UnreadableKind::Order, "7".to_owned())]).await.unwrap();
    let left = [("acme 7".to_owned(), 2), ("other 7".to_owned(), 2), ("other 7".to_owned(), 2)];
    assert_eq!(open(&*ledger).await, left);
}

async fn what_is_dismissed_stays_so_for_the_same_reason(database: Database) {
    let ledger = database.open().await;
    connect(&*ledger, "acme").await;
    let report = async |object: &str, reason: &str| {
        let row = unreadable(UnreadableKind::RmaRow, object, reason);
        ledger.report_unreadable(&name("acme"), &[row], at(0)).await.unwrap();
    };
    report("7", "status").await;
    report("row 1", "status").await;
    let dismissal = |objects: &[&str]| Dismissal {
        connection: name("acme"),
        objects: objects.iter().map(|object| (*object).to_owned()).collect(),
        by: "ada".to_owned(),
        note: Some("seen to".to_owned()),
    };
    assert_eq!(ledger.dismiss_unreadable(&dismissal(&["7", "unknown"]), at(1)).await.unwrap(), 1);
    report("7", "status").await;
    assert_eq!(open(&*ledger).await, [("acme row 1".to_owned(), 1)]);
    report("7", "events").await;
    assert_eq!(open(&*ledger).await, [("acme 7".to_owned(), 1), ("acme row 1".to_owned(), 1)]);
    assert_eq!(ledger.dismiss_unreadable(&dismissal(&[]), at(2)).await.unwrap(), 2);
    assert_eq!(open(&*ledger).await, []);
}

async fn a_row_is_known_by_its_text_wherever_it_stands(database: Database) {
    let ledger = database.open().await;
    connect(&*ledger, "acme").await;
    let row = |place: &str, text: &str| Unreadable {
        known_by: Some(text.to_owned()),
        ..unreadable(UnreadableKind::RmaRow, place, "status")
    };
    // Two lists show it, each in another place.
    let rows = [row("row 1", "aaaa"), row("row 7", "aaaa"), row("row 7", "bbbb")];
    ledger.report_unreadable(&name("acme"), &rows, at(0)).await.unwrap();
    assert_eq!(open(&*ledger).await, [("acme row 7".to_owned(), 1), ("acme row 7".to_owned(), 1)]);
    ledger.report_unreadable(&name("acme"), &[row("row 2", "bbbb")], at(1)).await.unwrap();
    assert_eq!(open(&*ledger).await, [("acme row 2".to_owned(), 2), ("acme row 7".to_owned(), 1)]);
    let stored = ledger.unreadable(None).await.unwrap();
    assert_eq!(stored[0].unreadable, row("row 2", "bbbb"));
}

async fn what_can_be_read_is_not_dismissed_any_more(database: Database) {
    let ledger = database.open().await;
    connect(&*ledger, "acme").await;
    let orders =
        [unreadable(UnreadableKind::Order, "7", "parties"), unreadable(UnreadableKind::Order, "8", "rows")];
    ledger.report_unreadable(&name("acme"), &orders, at(0)).await.unwrap();
    let (connection, by) = (name("acme"), "ada".to_owned());
    let all = Dismissal { connection, objects: Vec::new(), by, note: None };
    ledger.dismiss_unreadable(&all, at(1)).await.unwrap();
    ledger
        .readable_again(
            &name("acme"),
            &[(UnreadableKind::Order, "7".to_owned()), (UnreadableKind::RmaRow, "8".to_owned())],
        )
        .await
        .unwrap();
    ledger.report_unreadable(&name("acme"), &orders, at(2)).await.unwrap();
    assert_eq!(open(&*ledger).await, [("acme 7".to_owned(), 1)]);
}

async fn a_removed_connection_has_nothing_that_cannot_be_read(database: Database) {
    let ledger = database.open().await;
    connect(&*ledger, "acme").await;
    let row = [unreadable(UnreadableKind::Webhook, "from ReturnGO", "no JSON")];
    ledger.report_unreadable(&name("acme"), &row, at(0)).await.unwrap();
    ledger.remove_connection(&name("acme"), at(1)).await.unwrap();
    // A process that has not heard of it yet.
    ledger.report_unreadable(&name("acme"), &row, at(2)).await.unwrap();
    assert_eq!(open(&*ledger).await, []);
}

async fn how_a_sweep_ended_is_known(database: Database) {
    let ledger = database.open().await;
    connect(&*ledger, "acme").await;
    let turn = ledger.take_sweep(at(0), at(60)).await.unwrap().unwrap();
    let status = async || {
        let all = ledger.sweeps().await.unwrap();
        assert_eq!(all.len(), SweepName::ALL.len());
        all.into_iter().find(|status| status.sweep == turn.sweep).unwrap()
    };
    assert!(status().await.is_under_way);
    for second in [1, 2] {
        ledger.sweep_ended(&turn, Some("no answer"), at(second)).await.unwrap();
    }
    let failing = status().await;
    assert_eq!((failing.succeeded_at, failing.failing_since), (None, Some(at(1))));
    assert_eq!(failing.error.as_deref(), Some("no answer"));
    ledger.finish_sweep(&turn, "page 1", at(90)).await.unwrap();
    ledger.sweep_ended(&turn, None, at(3)).await.unwrap();
    let well = status().await;
    assert_eq!((well.succeeded_at, well.failing_since, well.error), (Some(at(3)), None, None));
    assert_eq!((well.is_under_way, well.next_at), (false, at(90)));
}

async fn why_a_sweep_failed_is_known_whatever_the_error_says(database: Database) {
    let ledger = database.open().await;
    connect(&*ledger, "acme").await;
    let turn = ledger.take_sweep(at(0), at(60)).await.unwrap().unwrap();
    ledger.sweep_ended(&turn, Some("ReturnGO said: \0 odd"), at(1)).await.unwrap();
    let all = ledger.sweeps().await.unwrap();
    let status = all.into_iter().find(|status| status.sweep == turn.sweep).unwrap();
    assert!(status.error.unwrap().ends_with(" odd"));
}

async fn what_was_noted_by_an_earlier_version_stays_but_for_rows_without_a_number(database: Database) {
    let ledger = database.open().await;
    connect(&*ledger, "acme").await;
    let rows = ["7", "8", "row 3"].map(|object| unreadable(UnreadableKind::RmaRow, object, "status"));
    ledger.report_unreadable(&name("acme"), &rows, at(0)).await.unwrap();
    let (connection, by) = (name("acme"), "ada".to_owned());
    let of_8 = Dismissal { connection, objects: vec!["8".to_owned()], by, note: None };
    ledger.dismiss_unreadable(&of_8, at(1)).await.unwrap();
    drop(ledger);
    run(
        &database,
        &[
            "CREATE TABLE kept AS SELECT * FROM unreadable",
            "DROP TABLE unreadable",
            "CREATE TABLE unreadable (connection TEXT NOT NULL REFERENCES connection (id), kind TEXT NOT NULL,
                object TEXT NOT NULL, reason TEXT NOT NULL, times BIGINT NOT NULL, first_seen_at BIGINT NOT NULL,
                last_seen_at BIGINT NOT NULL, dismissed_at BIGINT, dismissed_by TEXT, note TEXT,
                PRIMARY KEY (connection, kind, object, reason))",
            "INSERT INTO unreadable SELECT connection, kind, object, reason, times, first_seen_at, last_seen_at,
                dismissed_at, dismissed_by, note FROM kept",
            "CREATE INDEX unreadable_open ON unreadable (connection) WHERE dismissed_at IS NULL",
            "DELETE FROM _sqlx_migrations WHERE version = 15",
        ],
    )
    .await;
    let ledger = database.open().await;
    assert_eq!(open(&*ledger).await, [("acme 7".to_owned(), 1)]);
    ledger.report_unreadable(&name("acme"), &rows, at(2)).await.unwrap();
    assert_eq!(open(&*ledger).await, [("acme 7".to_owned(), 2), ("acme row 3".to_owned(), 1)]);
}

async fn what_is_not_in_sync_is_told_by_age(database: Database) {
    let ledger = database.open().await;
    connect(&*ledger, "acme").await;
    assert_eq!(ledger.out_of_sync(at(0)).await.unwrap(), []);
    mark(&*ledger, "acme", &[1, 2], 0).await;
    mark(&*ledger, "acme", &[3], 3 * 3600).await;
    let told = ledger.out_of_sync(at(3 * 3600)).await.unwrap().remove(0);
    assert_eq!((told.within_an_hour, told.within_a_day, told.longer), (1, 2, 0));
    let told = ledger.out_of_sync(at(25 * 3600)).await.unwrap().remove(0);
    assert_eq!((told.within_an_hour, told.within_a_day, told.longer), (0, 1, 2));
    assert_eq!((told.failing, told.last_error), (0, None));
}
