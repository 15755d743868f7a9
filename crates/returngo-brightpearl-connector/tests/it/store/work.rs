use super::{
    at, claim_all, connect, databases::Database, in_step, mark, name, numbers, on_both, request, rma, rmas,
    take_over, worker_ended,
};
use returngo_brightpearl_connector::store::{AuditEvent, Claim, ClaimRequest, Outcome, WorkState};
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
    let claims = claim_all(&store, 10).await;
    assert_eq!(numbers(&claims), ["1", "2"]);
    assert_eq!((claims[0].attempt, claims[0].marked, claims[0].failures), (1, 1, 0));
    assert_eq!(claims[1].marked, 2);
    assert!(claim_all(&store, 10).await.is_empty());
    assert_eq!(
        store
            .finish(&claims.into_iter().map(|claim| (claim, in_step())).collect::<Vec<_>>(), at(11))
            .await
            .unwrap(),
        2
    );
    assert!(claim_all(&store, 1000).await.is_empty());
    let work = store.work(&name("acme"), &rma(2)).await.unwrap().unwrap();
    assert_eq!((work.state, work.due_since, work.due_at, work.attempt), (WorkState::InStep, None, None, 1));
    assert_eq!(store.work(&name("acme"), &rma(9)).await.unwrap(), None);
}

async fn two_processes_work_on_one_connection_each_on_rmas_of_its_own(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    mark(&store, "acme", &[1, 2, 3, 4, 5], 0).await;
    let first = store.claim(&request("one", 2, 1)).await.unwrap();
    assert_eq!(numbers(&first), ["1", "2"]);
    let second = store.claim(&request("two", 2, 1)).await.unwrap();
    assert_eq!(numbers(&second), ["3", "4"]);
    mark(&store, "acme", &[1, 3], 2).await;
    assert_eq!(numbers(&store.claim(&request("two", 9, 2)).await.unwrap()), ["5"]);
    assert!(store.claim(&request("one", 9, 2)).await.unwrap().is_empty());
    store.finish(&[(first[0].clone(), in_step())], at(3)).await.unwrap();
    assert_eq!(numbers(&store.claim(&request("two", 9, 3)).await.unwrap()), ["1"]);
    store.finish(&[(second[0].clone(), in_step())], at(4)).await.unwrap();
    assert_eq!(numbers(&store.claim(&request("one", 9, 4)).await.unwrap()), ["3"]);
    assert_eq!(
        store.finish(&[(first[1].clone(), in_step()), (second[1].clone(), in_step())], at(5)).await.unwrap(),
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
        order.push(claim_all(&store, 10).await[0].connection.to_string());
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
        let claims = store.claim(&request("worker", 10, now)).await.unwrap();
        order.extend(claims.first().map(|claim| claim.connection.to_string()));
        if turn == 1 {
            mark(&store, "single", &[1], now + 3).await;
        }
        let outcomes: Vec<_> = claims.into_iter().map(|claim| (claim, in_step())).collect();
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
    let excepting = |names: &[&str]| ClaimRequest {
        except: names.iter().map(|text| name(text)).collect(),
        ..request("worker", 10, 1)
    };
    assert!(store.claim(&excepting(&["a", "b"])).await.unwrap().is_empty());
    assert_eq!(store.claim(&excepting(&["a"])).await.unwrap()[0].connection, name("b"));
}

async fn one_connection_is_claimed_from_if_it_is_asked_for(database: Database) {
    let store = database.open().await;
    for connection in ["a", "b"] {
        connect(&store, connection).await;
        mark(&store, connection, &[1], 0).await;
    }
    let of = |connection: &str| ClaimRequest { only: Some(name(connection)), ..request("worker", 10, 1) };
    let claims = store.claim(&of("b")).await.unwrap();
    assert_eq!(claims.iter().map(|claim| &claim.connection).collect::<Vec<_>>(), [&name("b")]);
    assert!(store.claim(&of("b")).await.unwrap().is_empty(), "it is worked on");
    assert!(store.claim(&of("c")).await.unwrap().is_empty(), "there is none");
    assert_eq!(store.claim(&of("a")).await.unwrap()[0].connection, name("a"));
}

async fn what_a_process_held_that_ended_is_due_again(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    mark(&store, "acme", &[1], 0).await;
    let lost = claim_all(&store, 1).await;
    assert_eq!(worker_ended(&store, 60).await, 1);
    let work = store.work(&name("acme"), &rma(1)).await.unwrap().unwrap();
    assert_eq!((work.state, work.due_at, work.worker), (WorkState::Due, Some(at(60)), None));
    assert_eq!(work.due_since, Some(at(0)));
    let taken_over = claim_all(&store, 61).await;
    assert_eq!(numbers(&taken_over), ["1"]);
    assert_eq!(taken_over[0].attempt, lost[0].attempt + 1);
    assert_eq!((lost[0].abandoned, taken_over[0].abandoned), (0, 1));
}

async fn a_claim_is_held_however_long_it_takes(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    mark(&store, "acme", &[1, 2], 0).await;
    let claims = claim_all(&store, 1).await;
    store.finish(&[(claims[0].clone(), in_step())], at(2)).await.unwrap();
    let year = 365 * 24 * 3600;
    assert!(claim_all(&store, year).await.is_empty());
    let work = store.work(&name("acme"), &rma(2)).await.unwrap().unwrap();
    assert_eq!((work.state, work.due_at), (WorkState::Claimed, None));
    assert_eq!(work.worker.map(|worker| worker.0).as_deref(), Some("worker"));
    assert_eq!(store.finish(&[(claims[1].clone(), in_step())], at(year)).await.unwrap(), 1);
    assert_eq!(worker_ended(&store, year + 1).await, 0);
    assert!(claim_all(&store, year + 1).await.is_empty());
}

async fn a_claim_that_was_taken_over_changes_nothing(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    mark(&store, "acme", &[1], 0).await;
    let lost = claim_all(&store, 1).await.remove(0);
    let held = take_over(&store, 100).await.remove(0);
    let before = store.work(&name("acme"), &rma(1)).await.unwrap();
    for outcome in [in_step(), failed(None), failed(Some(500)), Outcome::Released] {
        assert_eq!(store.finish(&[(lost.clone(), outcome)], at(101)).await.unwrap(), 0);
    }
    assert_eq!(store.work(&name("acme"), &rma(1)).await.unwrap(), before);
    assert_eq!(store.finish(&[(held.clone(), in_step())], at(102)).await.unwrap(), 1);
    assert_eq!(store.finish(&[(held, failed(None))], at(103)).await.unwrap(), 0);
    let events = store.audit(&name("acme"), &rma(1)).await.unwrap();
    assert_eq!(events.iter().filter(|entry| entry.event == AuditEvent::Settled).count(), 1);
    assert!(events.iter().all(|entry| entry.event != AuditEvent::Failed));
}

async fn what_is_marked_while_it_is_worked_on_stays_due(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    for (number, outcome) in [(1, in_step()), (2, in_review()), (3, failed(None)), (4, failed(Some(900)))] {
        let from = |seconds: i64| i64::from(number) * 100 + seconds;
        mark(&store, "acme", &[number], from(0)).await;
        let claim = claim_all(&store, from(1)).await.remove(0);
        mark(&store, "acme", &[number], from(2)).await;
        mark(&store, "acme", &[number], from(3)).await;
        assert_eq!(store.finish(&[(claim, outcome)], at(from(4))).await.unwrap(), 1);
        let work = store.work(&name("acme"), &rma(number)).await.unwrap().unwrap();
        assert_eq!((work.state, work.due_at), (WorkState::Due, Some(at(from(4)))));
        let since = if number <= 2 { 2 } else { 0 };
        assert_eq!(work.due_since, Some(at(from(since))));
        let again = claim_all(&store, from(4)).await.remove(0);
        assert_eq!((again.attempt, again.marked), (2, 3));
        store.finish(&[(again, in_step())], at(from(5))).await.unwrap();
    }
}

async fn what_fails_is_tried_again_when_it_says(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    mark(&store, "acme", &[1], 0).await;
    for failures in 0..3 {
        let now = i64::from(failures) * 100;
        let claim = claim_all(&store, now).await.remove(0);
        assert_eq!(claim.failures, failures);
        store.finish(&[(claim, failed(Some(now + 100)))], at(now + 1)).await.unwrap();
        assert!(claim_all(&store, now + 99).await.is_empty());
    }
    let work = store.work(&name("acme"), &rma(1)).await.unwrap().unwrap();
    assert_eq!((work.failures, work.last_error.as_deref()), (3, Some("503")));
    assert_eq!((work.due_at, work.due_since), (Some(at(300)), Some(at(0))));
    let claim = claim_all(&store, 300).await.remove(0);
    store.finish(&[(claim, in_step())], at(301)).await.unwrap();
    let work = store.work(&name("acme"), &rma(1)).await.unwrap().unwrap();
    assert_eq!((work.failures, work.last_error), (0, None));
}

async fn a_mark_does_not_wait_for_the_next_attempt(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    mark(&store, "acme", &[1], 0).await;
    let claim = claim_all(&store, 1).await.remove(0);
    store.finish(&[(claim, failed(Some(900)))], at(2)).await.unwrap();
    mark(&store, "acme", &[1], 3).await;
    assert_eq!(claim_all(&store, 3).await[0].failures, 1);
}

async fn what_has_no_attempt_left_waits_for_a_person(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    mark(&store, "acme", &[1], 0).await;
    let claim = claim_all(&store, 1).await.remove(0);
    store.finish(&[(claim, failed(None))], at(2)).await.unwrap();
    assert!(claim_all(&store, 9000).await.is_empty());
    let waiting = store.reviews(Some(&name("acme"))).await.unwrap().remove(0);
    assert_eq!((waiting.state, waiting.last_error.as_deref()), (WorkState::NeedsReview, Some("503")));
    let last = store.audit(&name("acme"), &rma(1)).await.unwrap().pop().unwrap();
    assert_eq!(last.event, AuditEvent::PutToAPerson);

    mark(&store, "acme", &[1], 9000).await;
    let retried = claim_all(&store, 9000).await.remove(0);
    assert_eq!((retried.failures, retried.attempt), (0, 2));
    assert_eq!(store.reviews(None).await.unwrap().len(), 1);
    store.finish(&[(retried, in_step())], at(9001)).await.unwrap();
    assert!(store.reviews(None).await.unwrap().is_empty());
}

async fn what_a_person_has_to_decide_is_listed_until_it_is_settled(database: Database) {
    let store = database.open().await;
    for (connection, now) in [("b", 0), ("a", 10)] {
        connect(&store, connection).await;
        mark(&store, connection, &[1], now).await;
        let claim = claim_all(&store, now).await.remove(0);
        store.finish(&[(claim, in_review())], at(now + 1)).await.unwrap();
    }
    let listed = store.reviews(None).await.unwrap();
    let connections: Vec<_> = listed.iter().map(|item| item.connection.as_str()).collect();
    assert_eq!(connections, ["b", "a"]);
    assert_eq!((listed[0].due_since, &listed[0].reviews), (Some(at(1)), &vec![review()]));
    assert_eq!(store.reviews(Some(&name("a"))).await.unwrap(), listed[1..]);
    mark(&store, "b", &[1], 20).await;
    assert_eq!(store.reviews(Some(&name("b"))).await.unwrap()[0].state, WorkState::Due);
    let claim = claim_all(&store, 20).await.remove(0);
    store.finish(&[(claim, in_step())], at(21)).await.unwrap();
    assert_eq!(store.reviews(None).await.unwrap(), listed[1..]);
}

async fn what_is_released_is_due_as_before(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    mark(&store, "acme", &[1], 0).await;
    let claim = claim_all(&store, 1).await.remove(0);
    store.finish(&[(claim, failed(Some(2)))], at(1)).await.unwrap();
    let claim = claim_all(&store, 2).await.remove(0);
    store.finish(&[(claim.clone(), Outcome::Released)], at(3)).await.unwrap();
    let work = store.work(&name("acme"), &rma(1)).await.unwrap().unwrap();
    assert_eq!((work.state, work.failures, work.due_since), (WorkState::Due, 1, Some(at(0))));
    assert_eq!(claim_all(&store, 3).await[0], Claim { attempt: claim.attempt + 1, ..claim });
}

async fn the_rmas_of_credits_are_known(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    mark(&store, "acme", &[1, 2, 3], 0).await;
    let outcomes: Vec<_> = claim_all(&store, 1)
        .await
        .into_iter()
        .zip([Some(501), Some(502), None])
        .map(|(claim, credit)| {
            let credit = credit.map(brightpearl::OrderId::new);
            (claim, Outcome::Settled { reviews: Vec::new(), credit })
        })
        .collect();
    store.finish(&outcomes, at(2)).await.unwrap();
    let credits = [502, 501, 999].map(brightpearl::OrderId::new);
    assert_eq!(store.rmas_of_credits(&name("acme"), &credits).await.unwrap(), rmas([1, 2]));
    assert!(store.rmas_of_credits(&name("other"), &credits).await.unwrap().is_empty());

    mark(&store, "acme", &[1], 3).await;
    let claim = claim_all(&store, 4).await.remove(0);
    store.finish(&[(claim, in_step())], at(5)).await.unwrap();
    let work = store.work(&name("acme"), &rma(1)).await.unwrap().unwrap();
    assert_eq!(work.credit, Some(brightpearl::OrderId::new(501)));
}

async fn status_counts(database: Database) {
    let store = database.open().await;
    for connection in ["acme", "idle"] {
        connect(&store, connection).await;
    }
    mark(&store, "acme", &[1, 2, 3, 4], 0).await;
    let claims = claim_all(&store, 1).await;
    let outcomes = [
        (claims[0].clone(), in_step()),
        (claims[1].clone(), in_review()),
        (claims[2].clone(), failed(Some(500))),
    ];
    store.finish(&outcomes, at(2)).await.unwrap();
    let status = store.status().await.unwrap();
    let acme = &status[0];
    assert_eq!((acme.due, acme.claimed, acme.in_step, acme.needs_review), (1, 1, 1, 1));
    assert_eq!(acme.oldest_due, Some(at(0)));
    let idle = &status[1];
    assert_eq!(
        (idle.due, idle.claimed, idle.in_step, idle.needs_review, idle.oldest_due),
        (0, 0, 0, 0, None)
    );
    worker_ended(&store, 100).await;
    let later = &store.status().await.unwrap()[0];
    assert_eq!((later.due, later.claimed), (2, 0), "its process has ended");
}

async fn a_thousand_are_claimed_and_finished_at_once(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    mark(&store, "acme", &(0..1000).collect::<Vec<_>>(), 0).await;
    let claims = claim_all(&store, 1).await;
    assert_eq!(claims.len(), 1000);
    assert_eq!(worker_ended(&store, 1).await, 1000);
    let claims = claim_all(&store, 1).await;
    assert_eq!(claims.len(), 1000);
    let outcomes: Vec<_> = claims.into_iter().map(|claim| (claim, in_step())).collect();
    assert_eq!(store.finish(&outcomes, at(2)).await.unwrap(), 1000);
    assert_eq!(store.status().await.unwrap()[0].in_step, 1000);
}

fn failed(again_at: Option<i64>) -> Outcome {
    Outcome::Failed { error: "503".to_owned(), again_at: again_at.map(at) }
}

fn review() -> Review {
    Review {
        code: ReviewCode::OrderNotFound,
        message: "no order 300871".to_owned(),
        item_ids: Vec::new(),
        transaction_ids: Vec::new(),
    }
}

fn in_review() -> Outcome {
    Outcome::Settled { reviews: vec![review()], credit: None }
}
