use super::{at, connect, databases::Database, delivery, mark, name, named_by, on_both, rma};
use returngo_brightpearl_connector::store::{Actor, Cause, JobState, Source, Store, StoredDelivery};

on_both!(
    the_same_body_is_one_entry,
    what_was_handled_waits_again_when_it_comes_again,
    what_came_again_while_it_was_handled_goes_on_waiting,
    an_older_answer_does_not_undo_a_newer_one,
    resolving_marks_and_handles_both_or_neither,
    connections_take_turns,
    the_oldest_come_first_and_no_more_than_asked_for,
    nothing_is_stored_for_a_connection_that_is_not_there,
    a_body_with_a_nul_is_stored,
    a_thousand_come_at_once,
    a_webhook_to_be_handled_again_waits_for_its_time,
    a_webhook_that_comes_again_does_not_wait_for_its_time,
    a_time_that_a_wrong_clock_set_is_not_waited_for,
);

async fn the_same_body_is_one_entry(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    connect(&store, "other").await;
    let mut from_brightpearl = delivery("acme", "{}", 3);
    from_brightpearl.source = Source::Brightpearl;
    let batch =
        [delivery("acme", "{}", 1), delivery("acme", "{}", 2), from_brightpearl, delivery("other", "{}", 4)];
    store.receive(&batch).await.unwrap();
    store.receive(&batch[..1]).await.unwrap();

    let waiting = store.waiting_deliveries(10, &[]).await.unwrap();
    assert_eq!(waiting.len(), 2);
    assert_eq!(waiting[0].times, 3);
    assert_eq!(waiting[0].delivery.source, Source::Returngo);
    assert_eq!(waiting[1].times, 1);
    assert_eq!(waiting[1].delivery.source, Source::Brightpearl);
    assert_eq!(store.delivery(waiting[0].id).await.unwrap().as_ref(), Some(&waiting[0]));
    assert_eq!(store.waiting_deliveries(10, &[]).await.unwrap()[0].delivery, delivery("other", "{}", 4));
}

async fn what_was_handled_waits_again_when_it_comes_again(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    store.receive(&[delivery("acme", "{}", 1)]).await.unwrap();
    let waiting = store.waiting_deliveries(10, &[]).await.unwrap();
    store.finish_deliveries(&name("acme"), &waiting, &[], at(2)).await.unwrap();
    assert!(store.waiting_deliveries(10, &[]).await.unwrap().is_empty());

    store.receive(&[delivery("acme", "{}", 3)]).await.unwrap();
    let again = store.waiting_deliveries(10, &[]).await.unwrap();
    assert_eq!(again[0].id, waiting[0].id);
    assert_eq!((again[0].times, again[0].delivery.received_at), (2, at(3)));
    store.finish_deliveries(&name("acme"), &again, &[], at(4)).await.unwrap();
    assert!(store.waiting_deliveries(10, &[]).await.unwrap().is_empty());
    assert_eq!(store.delivery(again[0].id).await.unwrap().unwrap().times, 2);
}

async fn what_came_again_while_it_was_handled_goes_on_waiting(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    store.receive(&[delivery("acme", "{}", 1)]).await.unwrap();
    let read = store.waiting_deliveries(10, &[]).await.unwrap();
    store.receive(&[delivery("acme", "{}", 2)]).await.unwrap();
    store.finish_deliveries(&name("acme"), &read, &[], at(3)).await.unwrap();
    assert_eq!(store.waiting_deliveries(10, &[]).await.unwrap()[0].times, 2);
}

async fn an_older_answer_does_not_undo_a_newer_one(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    store.receive(&[delivery("acme", "{}", 1)]).await.unwrap();
    let older = store.waiting_deliveries(10, &[]).await.unwrap();
    store.receive(&[delivery("acme", "{}", 2)]).await.unwrap();
    let newer = store.waiting_deliveries(10, &[]).await.unwrap();
    store.finish_deliveries(&name("acme"), &newer, &[], at(3)).await.unwrap();
    store.finish_deliveries(&name("acme"), &older, &[], at(4)).await.unwrap();
    assert!(store.waiting_deliveries(10, &[]).await.unwrap().is_empty());
}

async fn resolving_marks_and_handles_both_or_neither(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    store.receive(&[delivery("acme", "{}", 1)]).await.unwrap();
    let waiting = store.waiting_deliveries(10, &[]).await.unwrap();
    store
        .finish_deliveries(&name("acme"), &waiting, &named_by(Cause::Returngo, [7, 7, 8]), at(2))
        .await
        .unwrap();
    let work = store.work(&name("acme"), &rma(7)).await.unwrap().unwrap();
    assert_eq!((work.state, work.pending_since), (JobState::Pending, Some(at(2))));
    let audit = store.audit(&name("acme"), &rma(8)).await.unwrap();
    assert_eq!(audit[0].detail, format!("webhooks, inbox ids: {}", waiting[0].id));

    store.receive(&[delivery("acme", "later", 3)]).await.unwrap();
    let later = store.waiting_deliveries(10, &[]).await.unwrap();
    let refused = store
        .finish_deliveries(&name("nobody"), &later, &named_by(Cause::Returngo, [9]), at(4))
        .await
        .unwrap_err();
    assert_eq!(refused.to_string(), "connection nobody not found. Run `connect nobody` to create it");
    assert_eq!(store.waiting_deliveries(10, &[]).await.unwrap(), later);
}

/// This webhook is read, and put off until then.
async fn put_off(store: &Store, until: i64) -> StoredDelivery {
    let mut waiting = store.waiting_deliveries(10, &[]).await.unwrap();
    waiting[0].again_at = Some(at(until));
    store
        .finish_deliveries(&name("acme"), &waiting, &named_by(Cause::Brightpearl, [7]), at(2))
        .await
        .unwrap();
    waiting.remove(0)
}

async fn a_webhook_to_be_handled_again_waits_for_its_time(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    store.receive(&[delivery("acme", "{}", 1)]).await.unwrap();
    let put_off = put_off(&store, 12).await;
    assert!(store.work(&name("acme"), &rma(7)).await.unwrap().is_some(), "the rest of it is marked");
    store.resume_deliveries(at(11)).await.unwrap();
    assert!(store.waiting_deliveries(10, &[]).await.unwrap().is_empty());
    assert_eq!(store.status().await.unwrap()[0].waiting_deliveries, 1, "it is not handled");
    assert_eq!(store.prune_inbox(at(1000), 10).await.unwrap(), 0);

    // Another process, after this one was killed.
    let store = database.open().await;
    store.resume_deliveries(at(12)).await.unwrap();
    let again = store.waiting_deliveries(10, &[]).await.unwrap();
    assert_eq!((again[0].id, again[0].tries, again[0].again_at), (put_off.id, 1, None));
    store.finish_deliveries(&name("acme"), &again, &[], at(13)).await.unwrap();
    store.resume_deliveries(at(1000)).await.unwrap();
    assert!(store.waiting_deliveries(10, &[]).await.unwrap().is_empty());
    assert_eq!(store.status().await.unwrap()[0].waiting_deliveries, 0);
}

async fn a_webhook_that_comes_again_does_not_wait_for_its_time(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    store.receive(&[delivery("acme", "{}", 1)]).await.unwrap();
    put_off(&store, 12).await;
    store.receive(&[delivery("acme", "{}", 3)]).await.unwrap();
    let again = store.waiting_deliveries(10, &[]).await.unwrap();
    assert_eq!((again[0].times, again[0].tries, again[0].again_at), (2, 0, None));

    // It comes while it is being put off.
    store.receive(&[delivery("acme", "{}", 4)]).await.unwrap();
    let stale = StoredDelivery { again_at: Some(at(100)), ..again[0].clone() };
    store.finish_deliveries(&name("acme"), &[stale], &[], at(5)).await.unwrap();
    assert_eq!(store.waiting_deliveries(10, &[]).await.unwrap()[0].times, 3);
}

async fn a_time_that_a_wrong_clock_set_is_not_waited_for(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    store.receive(&[delivery("acme", "{}", 1)]).await.unwrap();
    put_off(&store, 86_400).await;
    store.resume_deliveries(at(3)).await.unwrap();
    assert_eq!(store.waiting_deliveries(10, &[]).await.unwrap().len(), 1);
}

async fn connections_take_turns(database: Database) {
    let store = database.open().await;
    for connection in ["busy", "calm", "idle"] {
        connect(&store, connection).await;
    }
    let flood: Vec<_> = (0..50).map(|number| delivery("busy", &number.to_string(), number)).collect();
    store.receive(&flood).await.unwrap();
    store.receive(&[delivery("calm", "{}", 100)]).await.unwrap();
    let mut turns = Vec::new();
    for _ in 0..4 {
        turns.push(store.waiting_deliveries(5, &[]).await.unwrap()[0].delivery.connection.to_string());
    }
    assert_eq!(turns, ["busy", "calm", "busy", "calm"]);
}

async fn the_oldest_come_first_and_no_more_than_asked_for(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    store.receive(&[delivery("acme", "second", 2), delivery("acme", "third", 3)]).await.unwrap();
    store.receive(&[delivery("acme", "first", 1)]).await.unwrap();
    let bodies: Vec<_> = store
        .waiting_deliveries(2, &[])
        .await
        .unwrap()
        .into_iter()
        .map(|waiting| waiting.delivery.body)
        .collect();
    assert_eq!(bodies, ["first", "second"]);
}

async fn nothing_is_stored_for_a_connection_that_is_not_there(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    connect(&store, "gone").await;
    store.remove_connection(&name("gone"), &Actor::command_line("dana"), at(1)).await.unwrap();
    let batch = [delivery("nobody", "{}", 2), delivery("gone", "{}", 2), delivery("acme", "{}", 2)];
    store.receive(&batch).await.unwrap();
    assert_eq!(store.waiting_deliveries(10, &[]).await.unwrap().len(), 1);
    assert!(
        store
            .waiting_deliveries(10, &[])
            .await
            .unwrap()
            .iter()
            .all(|w| w.delivery.connection == name("acme"))
    );
}

async fn a_body_with_a_nul_is_stored(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    let body = "{\"é\": \"\\u0000 \u{1F600} ' $1 {input $1: id text}\"}\0";
    store.receive(&[delivery("acme", body, 1), delivery("acme", "beside", 2)]).await.unwrap();
    let waiting = store.waiting_deliveries(10, &[]).await.unwrap();
    assert_eq!(waiting[0].delivery.body, body.replace('\0', "\u{fffd}"));
    assert_eq!(waiting[1].delivery.body, "beside");
}

async fn a_thousand_come_at_once(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    let batch: Vec<_> = (0..1000).map(|number| delivery("acme", &format!("body {number}"), number)).collect();
    store.receive(&batch).await.unwrap();
    let waiting = store.waiting_deliveries(2000, &[]).await.unwrap();
    assert_eq!(waiting.len(), 1000);
    mark(&store, "acme", &[1], 1).await;
    store
        .finish_deliveries(&name("acme"), &waiting, &named_by(Cause::Returngo, 0..1000), at(1000))
        .await
        .unwrap();
    let status = store.status().await.unwrap();
    assert_eq!((status[0].pending, status[0].waiting_deliveries), (1000, 0));
}
