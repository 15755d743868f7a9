use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use serde_json::Value;

/// The running binary, killed when the test ends.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(arguments: &[&str]) -> (Server, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_brightpearl-mock"))
        .args(arguments)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (Server(child), line)
}

#[tokio::test]
async fn the_binary_says_where_it_listens_and_answers_there() {
    let (_server, line) = start(&["--port", "0", "--account", "acmewest"]);
    let [listening, url, rest] = line.trim_end().splitn(3, ' ').collect::<Vec<_>>().try_into().unwrap();
    assert_eq!(listening, "listening");
    assert_eq!(rest, "account=acmewest app-ref=acmeoutdoors_returns token=mock-account-token");
    let answer = reqwest::Client::new()
        .get(format!("{url}/public-api/acmewest/order-service/order/300871"))
        .header("brightpearl-app-ref", "acmeoutdoors_returns")
        .header("brightpearl-account-token", "mock-account-token")
        .send()
        .await
        .unwrap();
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["response"][0]["reference"], "#AC2045");
}

#[test]
fn a_seed_file_that_is_not_there_is_named() {
    let output = Command::new(env!("CARGO_BIN_EXE_brightpearl-mock"))
        .args(["--seed", "no-such-seed.json"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("no-such-seed.json"));
}

#[tokio::test]
async fn switches_are_set_on_the_command_line_and_listed_by_its_help() {
    let (_server, line) =
        start(&["--port", "0", "--switch", "newOrderStatus=200", "--switch", "partialReceipts=false"]);
    let url = line.split(' ').nth(1).unwrap();
    let credit = reqwest::Client::new()
        .post(format!("{url}/public-api/acmeoutdoors/order-service/sales-credit"))
        .header("brightpearl-app-ref", "acmeoutdoors_returns")
        .header("brightpearl-account-token", "mock-account-token")
        .json(&serde_json::json!({ "customer": { "id": 5012 } }));
    assert_eq!(credit.send().await.unwrap().status(), 200);

    let run = |arguments: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_brightpearl-mock")).args(arguments).output().unwrap()
    };
    let help = String::from_utf8(run(&["--help"]).stdout).unwrap();
    assert!(
        help.contains("partialReceipts=true")
            && help.contains("Whether a sales credit may be received in parts")
    );
    let wrong = run(&["--switch", "partialReceipt=false"]);
    assert_eq!(wrong.status.code(), Some(1));
    assert!(String::from_utf8(wrong.stderr).unwrap().contains("partialReceipt"));
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_it_cleanly() {
    let (mut server, _) = start(&["--port", "0"]);
    let interrupted = Command::new("kill").args(["-INT", &server.0.id().to_string()]).status().unwrap();
    assert!(interrupted.success());
    assert_eq!(server.0.wait().unwrap().code(), Some(0));
}
