use super::{
    at, connect, databases::Database, in_sync, lease_all, mark, name, numbers, on_both, request, rma, rmas,
    take_over, worker_ended,
};
use returngo_brightpearl_connector::store::{AuditEvent, JobOutcome, JobState, Lease, LeaseRequest};
use returngo_brightpearl_mapping::{Review, ReviewCode};

on_both!(
    what_is_marked_is_claimed_once,
    two_processes_work_on_one_connection_each_on_rmas_of_its_own,
    the_connection_that_waited_longest_comes_first,
    a_backlog_does_not_hold_up_a_single_return,
    excepted_connections_are_left_alone,
    one_connection_is_claimed_from_if_it_is_asked_for,
    what_a_process_held_that_ended_is_due_again,
    a_claim_is_held_however_long_it_takes,
    a_claim_that_was_taken_over_changes_nothing,
    what_is_marked_while_it_is_worked_on_stays_due,
    what_fails_is_tried_again_when_it_says,
    a_mark_does_not_wait_for_the_next_attempt,
    what_has_no_attempt_left_waits_for_a_person,
    what_a_person_has_to_decide_is_listed_until_it_is_settled,
    what_is_released_is_due_as_before,
    the_rmas_of_credits_are_known,
    status_counts,
    a_thousand_are_claimed_and_finished_at_once,
);

async fn what_is_marked_is_claimed_once(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    mark(&store, "acme", &[2, 1, 1], 0).await;
    mark(&store, "acme", &[2], 5).await;
    let leases = lease_all(&store, 10).await;
    assert_eq!(numbers(&leases), ["1", "2"]);
    assert_eq!((leases[0].attempt, leases[0].enqueued, leases[0].failures), (1, 1, 0));
    assert_eq!(leases[1].enqueued, 2);
    assert!(lease_all(&store, 10).await.is_empty());
    assert_eq!(
        store
            .finish(&leases.into_iter().map(|lease| (lease, in_sync())).collect::<Vec<_>>(), at(11))
            .await
            .unwrap(),
        2
    );
    assert!(lease_all(&store, 1000).await.is_empty());
    let work = store.work(&name("acme"), &rma(2)).await.unwrap().unwrap();
    assert_eq!(
        (work.state, work.pending_since, work.run_at, work.attempt),
        (JobState::InSync, None, None, 1)
    );
    assert_eq!(store.work(&name("acme"), &rma(9)).await.unwrap(), None);
}

async fn two_processes_work_on_one_connection_each_on_rmas_of_its_own(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    mark(&store, "acme", &[1, 2, 3, 4, 5], 0).await;
    let first = store.lease(&request("one", 2, 1)).await.unwrap();
    assert_eq!(numbers(&first), ["1", "2"]);
    let second = store.lease(&request("two", 2, 1)).await.unwrap();
    assert_eq!(numbers(&second), ["3", "4"]);
    mark(&store, "acme", &[1, 3], 2).await;
    assert_eq!(numbers(&store.lease(&request("two", 9, 2)).await.unwrap()), ["5"]);
    assert!(store.lease(&request("one", 9, 2)).await.unwrap().is_empty());
    store.finish(&[(first[0].clone(), in_sync())], at(3)).await.unwrap();
    assert_eq!(numbers(&store.lease(&request("two", 9, 3)).await.unwrap()), ["1"]);
    store.finish(&[(second[0].clone(), in_sync())], at(4)).await.unwrap();
    assert_eq!(numbers(&store.lease(&request("one", 9, 4)).await.unwrap()), ["3"]);
    assert_eq!(
        store.finish(&[(first[1].clone(), in_sync()), (second[1].clone(), in_sync())], at(5)).await.unwrap(),
        2
    );
}

async fn the_connection_that_waited_longest_comes_first(database: Database) {
    let store = database.open().await;
    for connection in ["a", "b", "c"] {
        connect(&store, connection).await;
    }
    mark(&store, "b", &[1], 1).await;
    mark(&store, "c", &[1], 2).await;
    mark(&store, "a", &[1], 3).await;
    let mut order = Vec::new();
    for _ in 0..3 {
        order.push(lease_all(&store, 10).await[0].connection.to_string());
    }
    assert_eq!(order, ["b", "c", "a"]);
}

async fn a_backlog_does_not_hold_up_a_single_return(database: Database) {
    let store = database.open().await;
    for connection in ["backlog", "single"] {
        connect(&store, connection).await;
    }
    mark(&store, "backlog", &(0..30).collect::<Vec<_>>(), 0).await;
    let mut order = Vec::new();
    for turn in 0..6 {
        let now = 100 + 10 * turn;
        let leases = store.lease(&request("worker", 10, now)).await.unwrap();
        order.extend(leases.first().map(|lease| lease.connection.to_string()));
        if turn == 1 {
            mark(&store, "single", &[1], now + 3).await;
        }
        let outcomes: Vec<_> = leases.into_iter().map(|lease| (lease, in_sync())).collect();
        store.finish(&outcomes, at(now + 5)).await.unwrap();
    }
    assert_eq!(order, ["backlog", "backlog", "single", "backlog"]);
}

async fn excepted_connections_are_left_alone(database: Database) {
    let store = database.open().await;
    for connection in ["a", "b"] {
        connect(&store, connection).await;
        mark(&store, connection, &[1], 0).await;
    }
    let excepting = |names: &[&str]| LeaseRequest {
        except: names.iter().map(|text| name(text)).collect(),
        ..request("worker", 10, 1)
    };
    assert!(store.lease(&excepting(&["a", "b"])).await.unwrap().is_empty());
    assert_eq!(store.lease(&excepting(&["a"])).await.unwrap()[0].connection, name("b"));
}

async fn one_connection_is_claimed_from_if_it_is_asked_for(database: Database) {
    let store = database.open().await;
    for connection in ["a", "b"] {
        connect(&store, connection).await;
        mark(&store, connection, &[1], 0).await;
    }
    let of = |connection: &str| LeaseRequest { only: Some(name(connection)), ..request("worker", 10, 1) };
    let leases = store.lease(&of("b")).await.unwrap();
    assert_eq!(leases.iter().map(|lease| &lease.connection).collect::<Vec<_>>(), [&name("b")]);
    assert!(store.lease(&of("b")).await.unwrap().is_empty(), "it is worked on");
    assert!(store.lease(&of("c")).await.unwrap().is_empty(), "there is none");
    assert_eq!(store.lease(&of("a")).await.unwrap()[0].connection, name("a"));
}

async fn what_a_process_held_that_ended_is_due_again(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    mark(&store, "acme", &[1], 0).await;
    let lost = lease_all(&store, 1).await;
    assert_eq!(worker_ended(&store, 60).await, 1);
    let work = store.work(&name("acme"), &rma(1)).await.unwrap().unwrap();
    assert_eq!((work.state, work.run_at, work.worker), (JobState::Pending, Some(at(60)), None));
    assert_eq!(work.pending_since, Some(at(0)));
    let taken_over = lease_all(&store, 61).await;
    assert_eq!(numbers(&taken_over), ["1"]);
    assert_eq!(taken_over[0].attempt, lost[0].attempt + 1);
    assert_eq!((lost[0].abandoned, taken_over[0].abandoned), (0, 1));
}

async fn a_claim_is_held_however_long_it_takes(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    mark(&store, "acme", &[1, 2], 0).await;
    let leases = lease_all(&store, 1).await;
    store.finish(&[(leases[0].clone(), in_sync())], at(2)).await.unwrap();
    let year = 365 * 24 * 3600;
    assert!(lease_all(&store, year).await.is_empty());
    let work = store.work(&name("acme"), &rma(2)).await.unwrap().unwrap();
    assert_eq!((work.state, work.run_at), (JobState::InProgress, None));
    assert_eq!(work.worker.map(|worker| worker.0).as_deref(), Some("worker"));
    assert_eq!(store.finish(&[(leases[1].clone(), in_sync())], at(year)).await.unwrap(), 1);
    assert_eq!(worker_ended(&store, year + 1).await, 0);
    assert!(lease_all(&store, year + 1).await.is_empty());
}

async fn a_claim_that_was_taken_over_changes_nothing(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    mark(&store, "acme", &[1], 0).await;
    let lost = lease_all(&store, 1).await.remove(0);
    let held = take_over(&store, 100).await.remove(0);
    let before = store.work(&name("acme"), &rma(1)).await.unwrap();
    for outcome in [in_sync(), failed(None), failed(Some(500)), JobOutcome::Released] {
        assert_eq!(store.finish(&[(lost.clone(), outcome)], at(101)).await.unwrap(), 0);
    }
    assert_eq!(store.work(&name("acme"), &rma(1)).await.unwrap(), before);
    assert_eq!(store.finish(&[(held.clone(), in_sync())], at(102)).await.unwrap(), 1);
    assert_eq!(store.finish(&[(held, failed(None))], at(103)).await.unwrap(), 0);
    let events = store.audit(&name("acme"), &rma(1)).await.unwrap();
    assert_eq!(events.iter().filter(|entry| entry.event == AuditEvent::Settled).count(), 1);
    assert!(events.iter().all(|entry| entry.event != AuditEvent::Failed));
}

async fn what_is_marked_while_it_is_worked_on_stays_due(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    for (number, outcome) in [(1, in_sync()), (2, in_review()), (3, failed(None)), (4, failed(Some(900)))] {
        let from = |seconds: i64| i64::from(number) * 100 + seconds;
        mark(&store, "acme", &[number], from(0)).await;
        let lease = lease_all(&store, from(1)).await.remove(0);
        mark(&store, "acme", &[number], from(2)).await;
        mark(&store, "acme", &[number], from(3)).await;
        assert_eq!(store.finish(&[(lease, outcome)], at(from(4))).await.unwrap(), 1);
        let work = store.work(&name("acme"), &rma(number)).await.unwrap().unwrap();
        assert_eq!((work.state, work.run_at), (JobState::Pending, Some(at(from(4)))));
        let since = if number <= 2 { 2 } else { 0 };
        assert_eq!(work.pending_since, Some(at(from(since))));
        let again = lease_all(&store, from(4)).await.remove(0);
        assert_eq!((again.attempt, again.enqueued), (2, 3));
        store.finish(&[(again, in_sync())], at(from(5))).await.unwrap();
    }
}

async fn what_fails_is_tried_again_when_it_says(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    mark(&store, "acme", &[1], 0).await;
    for failures in 0..3 {
        let now = i64::from(failures) * 100;
        let lease = lease_all(&store, now).await.remove(0);
        assert_eq!(lease.failures, failures);
        store.finish(&[(lease, failed(Some(now + 100)))], at(now + 1)).await.unwrap();
        assert!(lease_all(&store, now + 99).await.is_empty());
    }
    let work = store.work(&name("acme"), &rma(1)).await.unwrap().unwrap();
    assert_eq!((work.failures, work.last_error.as_deref()), (3, Some("503")));
    assert_eq!((work.run_at, work.pending_since), (Some(at(300)), Some(at(0))));
    let lease = lease_all(&store, 300).await.remove(0);
    store.finish(&[(lease, in_sync())], at(301)).await.unwrap();
    let work = store.work(&name("acme"), &rma(1)).await.unwrap().unwrap();
    assert_eq!((work.failures, work.last_error), (0, None));
}

async fn a_mark_does_not_wait_for_the_next_attempt(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    mark(&store, "acme", &[1], 0).await;
    let lease = lease_all(&store, 1).await.remove(0);
    store.finish(&[(lease, failed(Some(900)))], at(2)).await.unwrap();
    mark(&store, "acme", &[1], 3).await;
    assert_eq!(lease_all(&store, 3).await[0].failures, 1);
}

async fn what_has_no_attempt_left_waits_for_a_person(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    mark(&store, "acme", &[1], 0).await;
    let lease = lease_all(&store, 1).await.remove(0);
    store.finish(&[(lease, failed(None))], at(2)).await.unwrap();
    assert!(lease_all(&store, 9000).await.is_empty());
    let waiting = store.reviews(Some(&name("acme"))).await.unwrap().remove(0);
    assert_eq!((waiting.state, waiting.last_error.as_deref()), (JobState::NeedsReview, Some("503")));
    let last = store.audit(&name("acme"), &rma(1)).await.unwrap().pop().unwrap();
    assert_eq!(last.event, AuditEvent::NeedsReview);

    mark(&store, "acme", &[1], 9000).await;
    let retried = lease_all(&store, 9000).await.remove(0);
    assert_eq!((retried.failures, retried.attempt), (0, 2));
    assert_eq!(store.reviews(None).await.unwrap().len(), 1);
    store.finish(&[(retried, in_sync())], at(9001)).await.unwrap();
    assert!(store.reviews(None).await.unwrap().is_empty());
}

async fn what_a_person_has_to_decide_is_listed_until_it_is_settled(database: Database) {
    let store = database.open().await;
    for (connection, now) in [("b", 0), ("a", 10)] {
        connect(&store, connection).await;
        mark(&store, connection, &[1], now).await;
        let lease = lease_all(&store, now).await.remove(0);
        store.finish(&[(lease, in_review())], at(now + 1)).await.unwrap();
    }
    let listed = store.reviews(None).await.unwrap();
    let connections: Vec<_> = listed.iter().map(|item| item.connection.as_str()).collect();
    assert_eq!(connections, ["b", "a"]);
    assert_eq!((listed[0].pending_since, &listed[0].reviews), (Some(at(1)), &vec![review()]));
    assert_eq!(store.reviews(Some(&name("a"))).await.unwrap(), listed[1..]);
    mark(&store, "b", &[1], 20).await;
    assert_eq!(store.reviews(Some(&name("b"))).await.unwrap()[0].state, JobState::Pending);
    let lease = lease_all(&store, 20).await.remove(0);
    store.finish(&[(lease, in_sync())], at(21)).await.unwrap();
    assert_eq!(store.reviews(None).await.unwrap(), listed[1..]);
}

async fn what_is_released_is_due_as_before(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    mark(&store, "acme", &[1], 0).await;
    let lease = lease_all(&store, 1).await.remove(0);
    store.finish(&[(lease, failed(Some(2)))], at(1)).await.unwrap();
    let lease = lease_all(&store, 2).await.remove(0);
    store.finish(&[(lease.clone(), JobOutcome::Released)], at(3)).await.unwrap();
    let work = store.work(&name("acme"), &rma(1)).await.unwrap().unwrap();
    assert_eq!((work.state, work.failures, work.pending_since), (JobState::Pending, 1, Some(at(0))));
    assert_eq!(lease_all(&store, 3).await[0], Lease { attempt: lease.attempt + 1, ..lease });
}

async fn the_rmas_of_credits_are_known(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    mark(&store, "acme", &[1, 2, 3], 0).await;
    let outcomes: Vec<_> = lease_all(&store, 1)
        .await
        .into_iter()
        .zip([Some(501), Some(502), None])
        .map(|(lease, credit)| {
            let credit = credit.map(brightpearl::OrderId::new);
            (lease, JobOutcome::Settled { reviews: Vec::new(), credit })
        })
        .collect();
    store.finish(&outcomes, at(2)).await.unwrap();
    let credits = [502, 501, 999].map(brightpearl::OrderId::new);
    assert_eq!(store.rmas_of_credits(&name("acme"), &credits).await.unwrap(), rmas([1, 2]));
    assert!(store.rmas_of_credits(&name("other"), &credits).await.unwrap().is_empty());

    mark(&store, "acme", &[1], 3).await;
    let lease = lease_all(&store, 4).await.remove(0);
    store.finish(&[(lease, in_sync())], at(5)).await.unwrap();
    let work = store.work(&name("acme"), &rma(1)).await.unwrap().unwrap();
    assert_eq!(work.credit, Some(brightpearl::OrderId::new(501)));
}

async fn status_counts(database: Database) {
    let store = database.open().await;
    for connection in ["acme", "idle"] {
        connect(&store, connection).await;
    }
    mark(&store, "acme", &[1, 2, 3, 4], 0).await;
    let leases = lease_all(&store, 1).await;
    let outcomes = [
        (leases[0].clone(), in_sync()),
        (leases[1].clone(), in_review()),
        (leases[2].clone(), failed(Some(500))),
    ];
    store.finish(&outcomes, at(2)).await.unwrap();
    let status = store.status().await.unwrap();
    let acme = &status[0];
    assert_eq!((acme.pending, acme.in_progress, acme.in_sync, acme.needs_review), (1, 1, 1, 1));
    assert_eq!(acme.oldest_pending, Some(at(0)));
    let idle = &status[1];
    assert_eq!(
        (idle.pending, idle.in_progress, idle.in_sync, idle.needs_review, idle.oldest_pending),
        (0, 0, 0, 0, None)
    );
    worker_ended(&store, 100).await;
    let later = &store.status().await.unwrap()[0];
    assert_eq!((later.pending, later.in_progress), (2, 0), "its process has ended");
}

async fn a_thousand_are_claimed_and_finished_at_once(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    mark(&store, "acme", &(0..1000).collect::<Vec<_>>(), 0).await;
    let leases = lease_all(&store, 1).await;
    assert_eq!(leases.len(), 1000);
    assert_eq!(worker_ended(&store, 1).await, 1000);
    let leases = lease_all(&store, 1).await;
    assert_eq!(leases.len(), 1000);
    let outcomes: Vec<_> = leases.into_iter().map(|lease| (lease, in_sync())).collect();
    assert_eq!(store.finish(&outcomes, at(2)).await.unwrap(), 1000);
    assert_eq!(store.status().await.unwrap()[0].in_sync, 1000);
}

fn failed(again_at: Option<i64>) -> JobOutcome {
    JobOutcome::Failed { failure: "503".into(), again_at: again_at.map(at) }
}

fn review() -> Review {
    Review::new(ReviewCode::OrderNotFound, "no order 300871".to_owned())
}

fn in_review() -> JobOutcome {
    JobOutcome::Settled { reviews: vec![review()], credit: None }
}
