//! The control routes under `/_mock/`, and the binary.

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use returngo_mock::MockReturngo;
use serde_json::json;

use crate::shop::{get, post, put};

#[tokio::test]
async fn what_a_person_clicks_has_a_route() {
    let shop = MockReturngo::start().await;
    let status = |body: &serde_json::Value| body["rmaSummary"]["status"].clone();
    let approved = post(&shop, "/_mock/rma/4410021/approve", json!({})).await.ok();
    assert_eq!(status(&approved), "Approved");
    assert_eq!(approved["rmaSummary"]["events"][1]["eventName"], "RMA_APPROVED");
    assert_eq!(post(&shop, "/_mock/rma/4410021/approve", json!({})).await.status, 400);
    assert_eq!(status(&post(&shop, "/_mock/rma/4410021/cancel", json!({})).await.ok()), "Canceled");
    assert_eq!(status(&post(&shop, "/_mock/rma/4410021/reopen", json!({})).await.ok()), "Approved");
    let refund = json!({"amount": 12.5, "type": "RefundToStoreCredit", "status": "Success"});
    let refund = post(&shop, "/_mock/rma/4410021/refund", refund).await.ok();
    assert_eq!((&refund["id"], &refund["amount"]["amount"]), (&json!(778_120), &json!(12.5)));
    assert_eq!(refund["externalReferenceType"], "StoreCreditCode");
    assert_eq!(post(&shop, "/_mock/rma/4410021/refund", json!({"ammount": 1})).await.status, 400);
    assert_eq!(post(&shop, "/_mock/rma/4410099/approve", json!({})).await.status, 404);
    assert_eq!(post(&shop, "/_mock/rma/4410021/explode", json!({})).await.status, 404);
}

#[tokio::test]
async fn controls_are_neither_counted_nor_throttled() {
    let shop = MockReturngo::start().await;
    put(&shop, "/_mock/quota", json!({"perDay": 1})).await.ok();
    get(&shop, "/rma/4410021").await.ok();
    assert_eq!(get(&shop, "/rma/4410021").await.status, 429);
    let counts = get(&shop, "/_mock/requests").await.ok();
    assert_eq!(counts, json!({"total": 2, "byMessageType": {"GET /rma/{id}": 2}}));
    put(&shop, "/_mock/quota", json!({"perSecond": null, "perDay": null})).await.ok();
    get(&shop, "/rma/4410021").await.ok();
    assert_eq!(put(&shop, "/_mock/quota", json!({"perHour": 1})).await.status, 400);
}

#[tokio::test]
async fn reset_goes_back_to_the_seed() {
    let shop = MockReturngo::start().await;
    post(&shop, "/_mock/rma/4410021/approve", json!({})).await.ok();
    post(&shop, "/webhook", json!({"url": "string", "eventName": "RMA_CREATED"})).await.ok();
    put(&shop, "/_mock/switches", json!({"commentField": "comment"})).await.ok();
    post(&shop, "/_mock/reset", json!({})).await.ok();
    assert_eq!(get(&shop, "/_mock/requests").await.ok()["total"], 0);
    assert_eq!(get(&shop, "/rma/4410021").await.ok()["rmaSummary"]["status"], "Pending");
    assert_eq!(get(&shop, "/webhooks").await.ok(), json!([]));
    post(&shop, "/rma/4410021/comment", json!({"htmlText": "x"})).await.ok();
}

/// Ends the process even if the test fails.
struct Running(std::process::Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn the_binary_says_first_where_it_listens() {
    let mut binary = Command::new(env!("CARGO_BIN_EXE_returngo-mock"));
    let mut running = Running(binary.args(["--port", "0"]).stdout(Stdio::piped()).spawn().unwrap());
    let mut first_line = String::new();
    BufReader::new(running.0.stdout.take().unwrap()).read_line(&mut first_line).unwrap();
    let words: Vec<&str> = first_line.split_whitespace().collect();
    let ["listening", url, "api-key=mock-api-key", "shop=acmeoutdoors.example.test"] = words[..] else {
        panic!("{first_line}");
    };
    let answer = reqwest::Client::new()
        .get(format!("{url}/rma/4410022"))
        .header("x-api-key", "mock-api-key")
        .header("x-shop-name", "acmeoutdoors.example.test")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
}

#[test]
fn a_seed_that_does_not_read_is_named() {
    let seed = std::env::temp_dir().join(format!("returngo-mock-seed-{}.json", std::process::id()));
    std::fs::write(&seed, r#"{"apiKey":"k","shop":"s","rmas":[{}]}"#).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_returngo-mock")).arg("--seed").arg(&seed).output().unwrap();
    std::fs::remove_file(&seed).unwrap();
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("returngo-mock-seed") && error.contains("rmaSummary"), "{error}");
    let wrong = Command::new(env!("CARGO_BIN_EXE_returngo-mock")).arg("--prot").output().unwrap();
    assert_eq!(wrong.status.code(), Some(2));
}
