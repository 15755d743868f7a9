//! The table of retries in docs/clients.md, cell by cell over real HTTP, whatever the method.

use std::{fs, net::TcpListener, path::Path, sync::Arc};

use brightpearl::{
    Client, Credentials, ErrorKind,
    client::{NotRetried, RetryPolicy, SkippingClock},
    request::{Endpoint, HttpResponse, Idempotency, Method, Request},
};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

const COLUMNS: [(Idempotency, &[Method]); 4] = [
    (Idempotency::Read, &[Method::Get, Method::Options]),
    (Idempotency::RepeatableWrite, &[Method::Post, Method::Put, Method::Patch, Method::Delete]),
    (Idempotency::KeyedWrite, &[Method::Post, Method::Put]),
    (Idempotency::UnkeyedWrite, &[Method::Post, Method::Put, Method::Patch]),
];

const ATTEMPTS: u32 = 3;

/// The rows of the tables whose second column is `Read`: the response and its four cells.
fn rows() -> Vec<(String, Vec<String>)> {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/clients.md");
    let guide = fs::read_to_string(guide).unwrap();
    let mut rows = Vec::new();
    let mut in_table = false;
    for line in guide.lines() {
        let cells: Vec<String> = line.split('|').map(|cell| cell.trim().to_owned()).collect();
        match cells.as_slice() {
            [_, _, read, ..] if read == "`Read`" => in_table = true,
            [_, response, cells @ .., _] if in_table && !response.starts_with("--") => {
                rows.push((response.clone(), cells.to_vec()));
            }
            [_] => in_table = false,
            _ => {}
        }
    }
    rows
}

enum Answer {
    Status(u16, String),
    NoConnection,
    Cut,
}

fn errors(code: &str) -> String {
    format!(r#"{{"errors":[{{"code":"{code}","message":"It failed"}}]}}"#)
}

/// What the server does in a row of the table.
fn answers(response: &str) -> Vec<Answer> {
    let statuses =
        || response.split(", ").map(|status| Answer::Status(status.parse().unwrap(), errors("ORDU-1")));
    match response {
        "no connection" => vec![Answer::NoConnection],
        "connection closed without a response" => vec![Answer::Cut],
        "404" => vec![Answer::Status(404, errors("CMNC-404"))],
        _ if response.starts_with("500 with a code") => {
            ["CMNC-018", "WHSB-023"].map(|code| Answer::Status(500, errors(code))).into()
        }
        "500 with `CMNU-003`" => vec![Answer::Status(500, errors("CMNU-003"))],
        _ if response.starts_with("503 with") => {
            vec![Answer::Status(503, r#"{"response":"You have sent too many requests."}"#.to_owned())]
        }
        _ => statuses().collect(),
    }
}

/// Answers every request in the same way.
struct Server {
    url: String,
    mock: Option<MockServer>,
}

impl Server {
    async fn start(answer: &Answer) -> Self {
        let listener = || TcpListener::bind("127.0.0.1:0").unwrap();
        let url = |listener: &TcpListener| format!("http://{}", listener.local_addr().unwrap());
        match answer {
            Answer::Status(status, body) => {
                let mock = MockServer::start().await;
                let reply = ResponseTemplate::new(*status).set_body_string(body);
                Mock::given(any()).respond_with(reply).mount(&mock).await;
                Self { url: mock.uri(), mock: Some(mock) }
            }
            Answer::NoConnection => Self { url: url(&listener()), mock: None },
            Answer::Cut => {
                let listener = listener();
                let url = url(&listener);
                std::thread::spawn(move || listener.incoming().for_each(drop));
                Self { url, mock: None }
            }
        }
    }

    async fn received(&self) -> Option<usize> {
        Some(self.mock.as_ref()?.received_requests().await?.len())
    }
}

fn client(url: &str) -> Client {
    Client::builder("acmeoutdoors")
        .url(url)
        .credentials(Credentials::private_app("acmeoutdoors_returns", "planted"))
        .clock(Arc::new(SkippingClock::at("2026-05-04T10:15:20Z".parse().unwrap())))
        .retry(RetryPolicy { attempts: ATTEMPTS, throttle_waits: ATTEMPTS - 1, ..RetryPolicy::default() })
        .build()
        .unwrap()
}

fn request(method: Method, idempotency: Idempotency) -> Request<HttpResponse> {
    let request = Request::unmodelled(Endpoint::new(method, "/order-service/example", idempotency), &[]);
    if idempotency == Idempotency::Read { request } else { request.body(&["a body"]) }
}

#[tokio::test]
async fn the_table_of_the_guide_holds_for_every_status_method_and_idempotency() {
    let rows = rows();
    assert_eq!(rows.len(), 9, "{rows:?}");
    let mut walked = 0;
    for (response, cells) in rows {
        assert_eq!(cells.len(), COLUMNS.len(), "{response}");
        for answer in answers(&response) {
            for (cell, (idempotency, methods)) in cells.iter().zip(COLUMNS) {
                for &method in methods {
                    let server = Server::start(&answer).await;
                    check(
                        &format!("{response}: {method} {idempotency:?}"),
                        cell,
                        &server,
                        method,
                        idempotency,
                    )
                    .await;
                    walked += 1;
                }
            }
        }
    }
    assert!(walked > 150, "{walked}");
}

async fn check(case: &str, cell: &str, server: &Server, method: Method, idempotency: Idempotency) {
    let error = client(&server.url).send(&request(method, idempotency)).await.unwrap_err();
    let (how_often, kind) = cell.split_once(", ").unwrap();
    let retried = how_often == "retried";
    assert_eq!(format!("`{:?}`", error.kind()), kind, "{case}: {error}");
    let attempts = if retried { ATTEMPTS } else { 1 };
    assert_eq!(error.attempts(), attempts, "{case}");
    assert!(server.received().await.is_none_or(|received| received == attempts as usize), "{case}");

    assert_eq!(error.is_retryable(), retried, "{case}: behaviour and is_retryable agree");
    if retried {
        assert_eq!(error.not_retried(), Some(NotRetried::AttemptsUsedUp), "{case}");
    }
    assert_eq!(error.try_again_at().is_some(), error.kind() == ErrorKind::Throttled, "{case}");
    let ambiguous = error.kind() == ErrorKind::Ambiguous;
    let unkeyed = idempotency == Idempotency::UnkeyedWrite;
    assert_eq!(error.safe_to_repeat(), !(ambiguous && unkeyed), "{case}");
    assert!(!ambiguous || error.may_have_been_applied(), "{case}");
    let again = error.to_string().contains("create it again under the same key");
    assert_eq!(again, ambiguous && !unkeyed, "{case}: {error}");
}
