use std::time::{Duration, Instant};

use api_mock_core::{Fault, FaultKind};
use serde_json::{Value, json};

use crate::tally::{count, post, start};

#[tokio::test]
async fn an_answer_lost_after_the_commit_leaves_the_change_behind() {
    let mock = start().await;
    mock.core().faults().add(Fault::on("POST /tally", FaultKind::DropAfterCommit));
    post(&mock.url(), "/tally").await.expect_err("the connection is cut");
    assert_eq!(count(&mock.url()).await, 1);
}

#[tokio::test]
async fn faults_that_apply_nothing_leave_nothing_behind() {
    let mock = start().await;
    let faults = mock.core().faults();
    faults.add(Fault::on_any(FaultKind::DropBefore));
    post(&mock.url(), "/tally").await.expect_err("the connection is cut");
    for (kind, status) in [
        (FaultKind::Status500, 500),
        (FaultKind::Status503, 503),
        (FaultKind::Throttle, 429),
        (FaultKind::TokenExpired, 401),
        (FaultKind::Html502, 502),
    ] {
        faults.add(Fault::on("POST /tally", kind));
        assert_eq!(post(&mock.url(), "/tally").await.unwrap().status(), status);
    }
    assert_eq!(count(&mock.url()).await, 0);
    assert_eq!(mock.core().requests().of("POST /tally"), 6);
}

#[tokio::test]
#[allow(clippy::disallowed_methods, reason = "the delay is in real time")]
async fn a_delayed_answer_is_applied_and_comes_late() {
    let mock = start().await;
    mock.core().faults().add(Fault::on_any(FaultKind::Delay(Duration::from_millis(50))));
    let before = Instant::now();
    assert_eq!(post(&mock.url(), "/tally").await.unwrap().status(), 201);
    assert!(before.elapsed() >= Duration::from_millis(50));
}

#[tokio::test]
async fn faults_come_over_http_too_and_a_wrong_one_is_named() {
    let mock = start().await;
    let faults = format!("{}/_mock/faults", mock.url());
    let client = reqwest::Client::new();
    let send = |fault: Value| client.post(&faults).json(&fault).send();

    assert_eq!(send(json!({"match": "*", "times": 1, "fault": "status500"})).await.unwrap().status(), 200);
    assert_eq!(post(&mock.url(), "/tally").await.unwrap().status(), 500);

    for (wrong, name) in [
        (json!({"match": "*", "fault": "explode"}), "explode"),
        (json!({"match": "*", "fault": "throttle", "count": 2}), "count"),
        (json!({"fault": "throttle"}), "match"),
        (json!({"match": "*", "fault": "throttle", "probability": 1.5}), "1.5"),
        (json!({"match": "*", "fault": "throttle", "seed": 1}), "probability"),
    ] {
        let answer = send(wrong).await.unwrap();
        assert_eq!(answer.status(), 400);
        let answer: Value = answer.json().await.unwrap();
        assert!(answer["error"].as_str().unwrap().contains(name), "{answer}");
    }
}

#[tokio::test]
async fn faults_by_chance_strike_until_they_are_taken_away() {
    let mock = start().await;
    let faults = format!("{}/_mock/faults", mock.url());
    let client = reqwest::Client::new();
    let fault = json!({"match": "POST /tally", "fault": "dropAfterCommit", "probability": 0.5, "seed": 3});
    assert_eq!(client.post(&faults).json(&fault).send().await.unwrap().status(), 200);
    let mut lost = 0;
    for _ in 0..40 {
        lost += usize::from(post(&mock.url(), "/tally").await.is_err());
    }
    assert!((8..=32).contains(&lost), "{lost} of 40");
    assert_eq!(count(&mock.url()).await, 40, "lost answers leave their change behind");

    assert_eq!(client.delete(&faults).send().await.unwrap().status(), 200);
    for _ in 0..10 {
        assert_eq!(post(&mock.url(), "/tally").await.unwrap().status(), 201);
    }
}
