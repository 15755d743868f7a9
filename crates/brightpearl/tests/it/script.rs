//! Clients to test with: over a scripted transport and a clock that does not wait, or over the mock's HTTP.

use std::sync::Arc;

use api_client_core::{Headers, HttpResponse};
use brightpearl::{
    Client, ClientBuilder, Credentials,
    client::{
        TransportError,
        testing::{ScriptedTransport, SkippingClock},
    },
};
use brightpearl_mock::MockBrightpearl;

pub(crate) const TOKEN: &str = "planted-token-9f2c";

pub(crate) fn answer(status: u16, body: &str) -> Result<HttpResponse, TransportError> {
    let mut headers = Headers::default();
    headers.insert("Ruid", "5d0b7f5e-0c34-4b4b-9a0e-2f2f3a7d1c55");
    headers.insert("Brightpearl-Installed-Integration-Instance-Id", "41");
    headers.insert("Brightpearl-Requests-Remaining", "150");
    headers.insert("Brightpearl-Next-Throttle-Period", "40000");
    Ok(HttpResponse { status, headers, body: body.as_bytes().to_vec() })
}

pub(crate) fn lost() -> Result<HttpResponse, TransportError> {
    Err(TransportError::answer_lost("the connection ended before the answer was complete"))
}

pub(crate) fn never_sent() -> Result<HttpResponse, TransportError> {
    Err(TransportError::never_sent("no connection to the server"))
}

pub(crate) struct Scripted {
    pub(crate) client: Client,
    pub(crate) script: Arc<ScriptedTransport>,
    pub(crate) clock: SkippingClock,
}

pub(crate) fn scripted(answers: impl IntoIterator<Item = Result<HttpResponse, TransportError>>) -> Scripted {
    scripted_as(Credentials::private_app("acmeoutdoors_returns", TOKEN), answers)
}

pub(crate) fn scripted_as(
    credentials: Credentials,
    answers: impl IntoIterator<Item = Result<HttpResponse, TransportError>>,
) -> Scripted {
    let script = Arc::new(ScriptedTransport::new(answers));
    let clock = SkippingClock::at("2026-05-04T10:15:20Z".parse().unwrap());
    let client = Client::builder("acmeoutdoors")
        .datacenter("euw1")
        .credentials(credentials)
        .transport(script.clone())
        .clock(Arc::new(clock.clone()))
        .build()
        .unwrap();
    Scripted { client, script, clock }
}

/// The mock's account, and a client of it.
pub(crate) async fn account() -> (MockBrightpearl, Client) {
    let mock = MockBrightpearl::start().await;
    let client = client_builder(&mock).build().unwrap();
    (mock, client)
}

pub(crate) fn client_builder(mock: &MockBrightpearl) -> ClientBuilder {
    Client::builder(mock.account())
        .url(mock.url())
        .credentials(Credentials::private_app(mock.app_ref(), mock.token()))
}
