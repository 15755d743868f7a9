//! What could not be read, and how sweeps went.

use returngo_brightpearl_connector::store::{Actor, Dismissal, Store, SweepName, Unreadable, UnreadableKind};

use super::{at, connect, databases::Database, mark, name, on_both};

on_both!(
    what_cannot_be_read_is_counted_and_kept_until_it_is_read,
    what_is_dismissed_stays_so_for_the_same_reason,
    a_row_is_known_by_its_text_wherever_it_stands,
    what_can_be_read_is_not_dismissed_any_more,
    a_removed_connection_has_nothing_that_cannot_be_read,
    how_a_sweep_ended_is_known,
    why_a_sweep_failed_is_known_whatever_the_error_says,
    what_is_not_in_sync_is_told_by_age,
);

fn unreadable(kind: UnreadableKind, object: &str, reason: &str) -> Unreadable {
    Unreadable { kind, object: object.to_owned(), known_by: None, reason: reason.into() }
}

async fn open(store: &Store) -> Vec<(String, u64)> {
    let open = store.unreadable(None).await.unwrap();
    open.into_iter()
        .map(|stored| (format!("{} {}", stored.connection, stored.unreadable.object), stored.times))
        .collect()
}

async fn what_cannot_be_read_is_counted_and_kept_until_it_is_read(database: Database) {
    let store = database.open().await;
    for connection in ["acme", "other"] {
        connect(&store, connection).await;
        let rows = [
            unreadable(UnreadableKind::RmaRow, "7", "status"),
            unreadable(UnreadableKind::RmaRow, "7", "status"),
            unreadable(UnreadableKind::Order, "7", "parties"),
        ];
        for second in 0..2 {
            store.report_unreadable(&name(connection), &rows, at(second)).await.unwrap();
        }
    }
    let all = store.unreadable(Some(&name("acme"))).await.unwrap();
    assert_eq!(all.len(), 2);
    assert!(
        all.iter()
            .all(|stored| (stored.times, stored.first_seen_at, stored.last_seen_at) == (2, at(0), at(1)))
    );
    store.readable_again(&name("acme"), &[(UnreadableKind::Order, "7".to_owned())]).await.unwrap();
    let left = [("acme 7".to_owned(), 2), ("other 7".to_owned(), 2), ("other 7".to_owned(), 2)];
    assert_eq!(open(&store).await, left);
}

async fn what_is_dismissed_stays_so_for_the_same_reason(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    let report = async |object: &str, reason: &str| {
        let row = unreadable(UnreadableKind::RmaRow, object, reason);
        store.report_unreadable(&name("acme"), &[row], at(0)).await.unwrap();
    };
    report("7", "status").await;
    report("row 1", "status").await;
    let dismissal = |objects: &[&str]| Dismissal {
        connection: name("acme"),
        objects: objects.iter().map(|object| (*object).to_owned()).collect(),
        by: Actor::command_line("ada"),
        note: Some("seen to".to_owned()),
    };
    assert_eq!(store.dismiss_unreadable(&dismissal(&["7", "unknown"]), at(1)).await.unwrap(), 1);
    report("7", "status").await;
    assert_eq!(open(&store).await, [("acme row 1".to_owned(), 1)]);
    report("7", "events").await;
    assert_eq!(open(&store).await, [("acme 7".to_owned(), 1), ("acme row 1".to_owned(), 1)]);
    assert_eq!(store.dismiss_unreadable(&dismissal(&[]), at(2)).await.unwrap(), 2);
    assert_eq!(open(&store).await, []);
}

async fn a_row_is_known_by_its_text_wherever_it_stands(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    let row = |place: &str, text: &str| Unreadable {
        known_by: Some(text.to_owned()),
        ..unreadable(UnreadableKind::RmaRow, place, "status")
    };
    // Two lists show it, each in another place.
    let rows = [row("row 1", "aaaa"), row("row 7", "aaaa"), row("row 7", "bbbb")];
    store.report_unreadable(&name("acme"), &rows, at(0)).await.unwrap();
    assert_eq!(open(&store).await, [("acme row 7".to_owned(), 1), ("acme row 7".to_owned(), 1)]);
    store.report_unreadable(&name("acme"), &[row("row 2", "bbbb")], at(1)).await.unwrap();
    assert_eq!(open(&store).await, [("acme row 2".to_owned(), 2), ("acme row 7".to_owned(), 1)]);
    let stored = store.unreadable(None).await.unwrap();
    assert_eq!(stored[0].unreadable, row("row 2", "bbbb"));
}

async fn what_can_be_read_is_not_dismissed_any_more(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    let orders =
        [unreadable(UnreadableKind::Order, "7", "parties"), unreadable(UnreadableKind::Order, "8", "rows")];
    store.report_unreadable(&name("acme"), &orders, at(0)).await.unwrap();
    let (connection, by) = (name("acme"), Actor::command_line("ada"));
    let all = Dismissal { connection, objects: Vec::new(), by, note: None };
    store.dismiss_unreadable(&all, at(1)).await.unwrap();
    store
        .readable_again(
            &name("acme"),
            &[(UnreadableKind::Order, "7".to_owned()), (UnreadableKind::RmaRow, "8".to_owned())],
        )
        .await
        .unwrap();
    store.report_unreadable(&name("acme"), &orders, at(2)).await.unwrap();
    assert_eq!(open(&store).await, [("acme 7".to_owned(), 1)]);
}

async fn a_removed_connection_has_nothing_that_cannot_be_read(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    let row = [unreadable(UnreadableKind::Webhook, "from ReturnGO", "no JSON")];
    store.report_unreadable(&name("acme"), &row, at(0)).await.unwrap();
    store.remove_connection(&name("acme"), &Actor::command_line("dana"), at(1)).await.unwrap();
    // A process that has not heard of it yet.
    store.report_unreadable(&name("acme"), &row, at(2)).await.unwrap();
    assert_eq!(open(&store).await, []);
}

async fn how_a_sweep_ended_is_known(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    let turn = store.take_sweep(at(0), at(60)).await.unwrap().unwrap();
    let status = async || {
        let all = store.sweeps().await.unwrap();
        assert_eq!(all.len(), SweepName::ALL.len());
        all.into_iter().find(|status| status.sweep == turn.sweep).unwrap()
    };
    assert!(status().await.is_in_progress);
    for second in [1, 2] {
        store.sweep_ended(&turn, Some("no answer"), at(second)).await.unwrap();
    }
    let failing = status().await;
    assert_eq!((failing.succeeded_at, failing.failing_since), (None, Some(at(1))));
    assert_eq!(failing.error.as_deref(), Some("no answer"));
    store.finish_sweep(&turn, "page 1", at(90)).await.unwrap();
    store.sweep_ended(&turn, None, at(3)).await.unwrap();
    let well = status().await;
    assert_eq!((well.succeeded_at, well.failing_since, well.error), (Some(at(3)), None, None));
    assert_eq!((well.is_in_progress, well.next_at), (false, at(90)));
}

async fn why_a_sweep_failed_is_known_whatever_the_error_says(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    let turn = store.take_sweep(at(0), at(60)).await.unwrap().unwrap();
    store.sweep_ended(&turn, Some("ReturnGO said: \0 odd"), at(1)).await.unwrap();
    let all = store.sweeps().await.unwrap();
    let status = all.into_iter().find(|status| status.sweep == turn.sweep).unwrap();
    assert!(status.error.unwrap().ends_with(" odd"));
}

async fn what_is_not_in_sync_is_told_by_age(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    assert_eq!(store.out_of_sync(at(0)).await.unwrap(), []);
    mark(&store, "acme", &[1, 2], 0).await;
    mark(&store, "acme", &[3], 3 * 3600).await;
    let told = store.out_of_sync(at(3 * 3600)).await.unwrap().remove(0);
    assert_eq!((told.within_an_hour, told.within_a_day, told.longer), (1, 2, 0));
    let told = store.out_of_sync(at(25 * 3600)).await.unwrap().remove(0);
    assert_eq!((told.within_an_hour, told.within_a_day, told.longer), (0, 1, 2));
    assert_eq!((told.failing, told.last_error), (0, None));
}
