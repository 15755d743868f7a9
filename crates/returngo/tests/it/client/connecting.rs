//! How a client connects: the host, the environment, and what a transport of one's own needs.

use std::{process::Command, sync::Arc};

use futures_util::StreamExt as _;
use returngo::{
    Client, ClientBuilder, Error, ErrorKind, RmaFilter,
    client::{Headers, HttpRequest, HttpResponse, HttpSettings, Transport, TransportError, async_trait},
    request::{Endpoint, Idempotency, Method, Request},
};
use returngo_mock::MockReturngo;

use super::{builder, client};

fn elsewhere() -> ClientBuilder {
    Client::builder().api_key("planted").shop("acmeoutdoors.example.test")
}

#[test]
fn the_key_goes_to_other_hosts_encrypted_unless_it_is_allowed() {
    let error = elsewhere().url("http://api.example.test").build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().contains("without encryption"), "{error}");
    elsewhere().url("http://api.example.test").allow_insecure_http().build().unwrap();
    elsewhere().url("http://localhost:4020").build().unwrap();
    elsewhere().build().unwrap();
    let error = elsewhere().http(HttpSettings::new().proxy("://")).build().unwrap_err();
    assert!(error.kind() == ErrorKind::Configuration && error.to_string().contains("proxy"), "{error}");
}

/// Written with the names of this crate alone.
#[derive(Debug)]
struct Echo;

#[async_trait]
impl Transport for Echo {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        let mut headers = Headers::default();
        headers.insert("x-amzn-requestid", "1");
        Ok(HttpResponse { status: 200, headers, body: request.url.into_bytes() })
    }
}

const UNMODELLED: Endpoint = Endpoint::new(Method::Get, "/rma/{id}/notes", Idempotency::Read);

#[tokio::test]
async fn a_transport_of_ones_own_sends_requests_that_are_not_modelled() {
    let returngo = elsewhere().url("http://in.process").transport(Arc::new(Echo)).build().unwrap();
    let answer = returngo.send_raw(&Request::unmodelled(UNMODELLED, &[&4410021])).await.unwrap();
    assert_eq!(answer.body, b"http://in.process/rma/4410021/notes");
}

#[tokio::test]
async fn a_stream_outlives_the_client_that_it_came_from() {
    let shop = MockReturngo::start().await;
    let rows = {
        let returngo = client(&shop);
        returngo.rmas().list(RmaFilter::new()).stream()
    };
    let read = tokio::spawn(rows.collect::<Vec<_>>()).await.unwrap();
    assert!(!read.is_empty() && read.iter().all(Result::is_ok));
}

#[tokio::test]
async fn a_stream_whose_next_is_dropped_loses_no_row() {
    let shop = MockReturngo::start().await;
    let returngo = builder(&shop).build().unwrap();
    let all = returngo.rmas().list(RmaFilter::new()).all().await.unwrap();
    let mut rows = returngo.rmas().list(RmaFilter::new()).stream();
    let mut read = Vec::new();
    loop {
        // Polled once and dropped.
        match futures_util::poll!(Box::pin(rows.next())) {
            std::task::Poll::Pending => tokio::task::yield_now().await,
            std::task::Poll::Ready(Some(row)) => read.push(row.unwrap().rma_id),
            std::task::Poll::Ready(None) => break,
        }
    }
    assert_eq!(read, all.into_iter().map(|rma| rma.rma_id).collect::<Vec<_>>());
}

fn from(pairs: &[(&str, &str)]) -> Result<Client, Error> {
    let get = |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
    ClientBuilder::from_variables(get)?.build()
}

#[test]
fn what_is_missing_is_named_and_the_key_never_shown() {
    let set = [
        ("RETURNGO_API_KEY", "planted"),
        ("RETURNGO_SHOP", "acmeoutdoors.example.test"),
        ("RETURNGO_URL", ""),
    ];
    let shown = format!("{:?}", from(&set).unwrap());
    assert!(shown.contains("https://api.returngo.ai") && !shown.contains("planted"), "{shown}");
    let error = from(&set[1..]).unwrap_err();
    assert_eq!(error.to_string(), "missing environment variables: RETURNGO_API_KEY");
}

/// Runs in a process of its own, started by the next test.
#[test]
#[ignore = "needs the environment that the next test sets"]
fn in_an_environment() {
    assert_eq!(Client::from_env().unwrap().shop(), "acmeoutdoors.example.test");
}

#[test]
fn a_client_comes_from_the_environment() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "client::connecting::in_an_environment", "--ignored"])
        .env("RETURNGO_API_KEY", "planted")
        .env("RETURNGO_SHOP", "acmeoutdoors.example.test")
        .env_remove("RETURNGO_URL")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}
