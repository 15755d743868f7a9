//! How a client connects: the host, the environment, and what a transport of one's own needs.

use std::{process::Command, sync::Arc};

use brightpearl::{
    Client, ClientBuilder, Credentials, Error, ErrorKind,
    client::{
        Headers, HttpRequest, HttpResponse, HttpSettings, OAuthApp, Transport, TransportError, async_trait,
    },
    request::{Endpoint, Idempotency, Method, Request},
};
use brightpearl_mock::MockBrightpearl;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use crate::script::client_builder;

fn builder() -> ClientBuilder {
    Client::builder("acmeoutdoors").credentials(Credentials::private_app("acmeoutdoors_returns", "planted"))
}

#[test]
fn credentials_go_to_other_hosts_encrypted_unless_it_is_allowed() {
    let error = builder().url("http://api.example.test").build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().contains("without encryption"), "{error}");
    builder().url("http://api.example.test").allow_insecure_http().build().unwrap();
    builder().url("https://api.example.test").build().unwrap();
    for here in ["http://127.0.0.1:4010", "http://localhost:4010", "http://[::1]:4010"] {
        builder().url(here).build().unwrap();
    }
}

#[tokio::test]
async fn an_authorisation_server_is_reached_encrypted_too() {
    let app = OAuthApp::new("acmedev_returns", "https://returns.example.test/connected")
        .server("http://oauth.example.test");
    let error = app.exchange(&"acmeoutdoors".parse().unwrap(), "code").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
}

#[tokio::test]
async fn settings_of_http_reach_the_server() {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(200).set_body_string(r#"{"response":[]}"#);
    Mock::given(any()).respond_with(answer).mount(&server).await;
    let http = HttpSettings::new().without_proxy().user_agent("acme-returns/1.4").header("x-trace", "7");
    builder().url(server.uri()).http(http).build().unwrap().channels().list().await.unwrap();
    let request = &server.received_requests().await.unwrap()[0];
    let sent = request.headers["user-agent"].to_str().unwrap();
    assert!(sent.starts_with("acme-returns/1.4 brightpearl-rust/"), "{sent}");
    assert_eq!(request.headers["x-trace"], "7");

    let error = builder().url(server.uri()).http(HttpSettings::new().proxy("://")).build().unwrap_err();
    assert!(error.kind() == ErrorKind::Configuration && error.to_string().contains("proxy"), "{error}");
}

/// Written with the names of this crate alone.
#[derive(Debug)]
struct Echo;

#[async_trait]
impl Transport for Echo {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        if request.url.ends_with("lost") {
            return Err(TransportError::answer_lost("it was lost"));
        }
        let mut headers = Headers::default();
        headers.insert("Ruid", "1");
        Ok(HttpResponse { status: 200, headers, body: request.url.into_bytes() })
    }
}

const UNMODELLED: Endpoint = Endpoint::new(Method::Get, "/product-service/season/{ids}", Idempotency::Read);

#[tokio::test]
async fn a_transport_of_ones_own_sends_requests_that_are_not_modelled() {
    let client = builder().url("http://in.process").transport(Arc::new(Echo)).build().unwrap();
    let answer = client.send_raw(&Request::unmodelled(UNMODELLED, &[&"1-3"])).await.unwrap();
    assert_eq!(answer.body, b"http://in.process/public-api/acmeoutdoors/product-service/season/1-3");
    let invalid = Request::unmodelled(UNMODELLED, &[&"1"]).unsendable("it is wrong");
    assert_eq!(client.send_raw(&invalid).await.unwrap_err().kind(), ErrorKind::InvalidRequest);
}

#[tokio::test]
async fn an_unmodelled_response_is_decoded_with_its_envelope() {
    #[derive(serde::Deserialize)]
    struct Statuses {
        response: Vec<serde_json::Value>,
    }
    const STATUSES: Endpoint = Endpoint::new(Method::Get, "/order-service/order-status", Idempotency::Read);
    let mock = MockBrightpearl::start().await;
    let client = client_builder(&mock).build().unwrap();
    let statuses = client.send(&Request::<Statuses>::unmodelled_json(STATUSES, &[])).await.unwrap();
    assert!(!statuses.response.is_empty());
}

fn from(pairs: &[(&str, &str)]) -> Result<Client, Error> {
    let get = |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
    ClientBuilder::from_variables(get)?.build()
}

#[test]
fn every_kind_of_credentials_comes_from_its_variable() {
    let account = [
        ("BRIGHTPEARL_ACCOUNT", "acmeoutdoors"),
        ("BRIGHTPEARL_DATACENTER", "euw1"),
        ("BRIGHTPEARL_APP_REF", "acmeoutdoors_returns"),
        ("BRIGHTPEARL_URL", ""),
    ];
    for (variables, kind) in [
        (&[("BRIGHTPEARL_TOKEN", "planted")][..], "account token"),
        (&[("BRIGHTPEARL_STAFF_TOKEN", "planted"), ("BRIGHTPEARL_TOKEN", "")][..], "staff token"),
        (&[("BRIGHTPEARL_ACCESS_TOKEN", "planted"), ("BRIGHTPEARL_TOKEN", "other")][..], "access token"),
        (
            &[("BRIGHTPEARL_TOKEN", "planted"), ("BRIGHTPEARL_DEV_REF", "acmedev")][..],
            "by acmedev, account token",
        ),
    ] {
        let client = from(&[&account[..], variables].concat()).unwrap();
        let shown = format!("{client:?}");
        assert!(shown.contains(kind) && !shown.contains("planted"), "{shown}");
        assert_eq!(client.base(), "https://euw1.brightpearlconnect.com/public-api/acmeoutdoors");
    }
}

#[test]
fn a_url_overrides_the_data_centre_and_what_is_missing_is_named() {
    let mut set = vec![
        ("BRIGHTPEARL_ACCOUNT", "acmeoutdoors"),
        ("BRIGHTPEARL_DATACENTER", "euw1"),
        ("BRIGHTPEARL_URL", "http://127.0.0.1:4010"),
        ("BRIGHTPEARL_APP_REF", "acmeoutdoors_returns"),
        ("BRIGHTPEARL_TOKEN", "planted"),
    ];
    assert_eq!(from(&set).unwrap().base(), "http://127.0.0.1:4010/public-api/acmeoutdoors");
    set.retain(|(name, _)| matches!(*name, "BRIGHTPEARL_ACCOUNT" | "BRIGHTPEARL_TOKEN"));
    let error = from(&set).unwrap_err();
    assert_eq!(
        error.to_string(),
        "missing environment variables: BRIGHTPEARL_DATACENTER (or BRIGHTPEARL_URL), BRIGHTPEARL_APP_REF"
    );
}

/// Runs in a process of its own, started by the next test.
#[test]
#[ignore = "needs the environment that the next test sets"]
fn in_an_environment() {
    let client = Client::from_env().unwrap();
    assert_eq!(client.base(), "https://use1.brightpearlconnect.com/public-api/acmeoutdoors");
}

#[test]
fn a_client_comes_from_the_environment() {
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "connecting::in_an_environment", "--ignored"])
        .env("BRIGHTPEARL_ACCOUNT", "acmeoutdoors")
        .env("BRIGHTPEARL_DATACENTER", "use1")
        .env("BRIGHTPEARL_APP_REF", "acmeoutdoors_returns")
        .env("BRIGHTPEARL_TOKEN", "planted")
        .env_remove("BRIGHTPEARL_URL")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&status.stdout);
    assert!(status.status.success() && said.contains("1 passed"), "{said}");
}
