use std::time::Duration;

use api_client_core::client::{HttpSettings, ReqwestTransport, Transport as _};

use crate::server::{ANSWER, Server, get};

fn transport(settings: &HttpSettings) -> ReqwestTransport {
    ReqwestTransport::with_settings("brightpearl-rust/0.1.0", Duration::from_secs(10), settings).unwrap()
}

#[tokio::test]
async fn a_request_goes_through_the_proxy_with_its_credentials() {
    let proxy = Server::start(ANSWER);
    let url = proxy.url.replace("http://", "http://returns:pr0xy@");
    let transport = transport(&HttpSettings::new().proxy(url));
    let answer = transport.send(get("http://api.example.test")).await.unwrap();
    assert_eq!(
        (answer.status, answer.headers.get("ruid"), answer.body.as_slice()),
        (200, Some("5d0b"), &b"{}"[..])
    );
    let request = proxy.request();
    assert!(request.starts_with("GET http://api.example.test/rma/1?fields=id HTTP/1.1"), "{request}");
    assert!(request.to_ascii_lowercase().contains("proxy-authorization: basic"), "{request}");
}

#[tokio::test]
async fn the_program_is_named_before_the_client_and_further_headers_are_sent() {
    let server = Server::start(ANSWER);
    let settings = HttpSettings::new()
        .without_proxy()
        .user_agent("acme-returns/1.4")
        .header("x-trace-source", "returns")
        .secret_header("x-gateway-key", "planted-gateway");
    transport(&settings).send(get(&server.url)).await.unwrap();
    let request = server.request().to_ascii_lowercase();
    for line in [
        "user-agent: acme-returns/1.4 brightpearl-rust/0.1.0\r\n",
        "x-trace-source: returns\r\n",
        "x-gateway-key: planted-gateway\r\n",
        "x-api-key: planted\r\n",
    ] {
        assert!(request.contains(line), "{line}: {request}");
    }
    assert!(!format!("{settings:?}").contains("planted"), "{settings:?}");
}

#[test]
fn a_wrong_setting_is_named_without_its_secret() {
    let wrong = [
        (HttpSettings::new().proxy("http://returns:pr0xy@"), "proxy URL"),
        (HttpSettings::new().root_certificates("no certificate"), "root certificates"),
        (HttpSettings::new().user_agent("two\nlines"), "user agent"),
        (HttpSettings::new().header("a header", "x"), "header a header"),
        (HttpSettings::new().secret_header("x-key", "pr0xy\n"), "header x-key"),
    ];
    for (settings, named) in wrong {
        let made = ReqwestTransport::with_settings("client/1", Duration::from_secs(1), &settings);
        let error = made.unwrap_err().to_string();
        assert!(error.contains(named) && !error.contains("pr0xy"), "{error}");
    }
}
