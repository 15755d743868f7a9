//! `webhook_receiver`: which deliveries it takes.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Stdio},
};

use crate::example;

/// The example while it runs; killed when the test is done with it.
struct Running {
    child: Child,
    address: String,
}

impl Running {
    fn start() -> Self {
        let mut child = example("webhook_receiver")
            .args(["--listen", "127.0.0.1:0", "--account", "acmeoutdoors", "--secret", "a-secret"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        let address = line.split_once("http://").unwrap().1.split(": ").next().unwrap().to_owned();
        // It would end when what it prints could not be written.
        std::thread::spawn(move || output.read_to_string(&mut String::new()));
        Self { child, address }
    }

    /// The head of the answer to a delivery to this path, with these further lines in its head.
    fn ask(&self, method: &str, path: &str, lines: &str, body: &str) -> String {
        self.ask_of_length(method, path, lines, body, body.len())
    }

    fn ask_of_length(&self, method: &str, path: &str, lines: &str, body: &str, length: usize) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let head = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{lines}");
        write!(stream, "{head}content-length: {length}\r\n\r\n{body}").unwrap();
        let mut answer = Vec::new();
        // A connection that is cut after the answer has said enough.
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8(answer).unwrap().to_ascii_lowercase()
    }

    #[track_caller]
    fn assert_answers(&self, status: u16, lines: &str, body: &str) {
        let answer = self.ask("POST", "/webhooks/returngo/a-secret", lines, body);
        assert!(answer.starts_with(&format!("http/1.1 {status} ")), "{lines:?} {body}: {answer}");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const BODY: &str = r#"{"eventName":"RMA_STATUS_UPDATED","rmaId":"4410021","status":"Received"}"#;

#[test]
fn deliveries_are_taken_whatever_their_content_type_says() {
    let running = Running::start();
    for lines in [
        "content-type: application/json\r\n",
        "content-type: APPLICATION/JSON\r\n",
        "content-type: text/plain;charset=UTF-8\r\n",
        "content-type: application/x-www-form-urlencoded\r\n",
        "",
    ] {
        running.assert_answers(200, lines, BODY);
    }
    running.assert_answers(200, "", r#"{"eventName":"RMA_CREATED","rmaId":4410021}"#);
    running.assert_answers(200, "", r#"{"eventName":"RMA_EATEN","rmaId":"4410021"}"#);
    running.assert_answers(400, "content-type: application/json\r\n", "no JSON");
    running.assert_answers(415, "content-encoding: gzip\r\n", BODY);
    let head = running.ask("HEAD", "/webhooks/returngo/a-secret", "", "");
    assert!(head.starts_with("http/1.1 405 ") && head.contains("\r\nallow: post"), "{head}");
}

#[test]
fn deliveries_of_unusual_json_are_taken() {
    let running = Running::start();
    running.assert_answers(200, "", &format!("\u{feff}{BODY}"));
    running.assert_answers(200, "", r#"{"eventName":"RMA_CREATED","rmaId":"4410021","n":"\ud83d"}"#);
    running.assert_answers(200, "", r#"{"eventName":"RMA_CREATED","rmaId":184467440737095516170}"#);
}

#[test]
fn the_secret_is_checked_before_the_body_is_read() {
    let running = Running::start();
    let answer = running.ask_of_length("POST", "/webhooks/returngo/a-guess", "", "", 1000);
    assert!(answer.starts_with("http/1.1 404 "), "{answer}");
}
