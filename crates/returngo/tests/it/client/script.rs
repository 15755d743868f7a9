//! A client over a scripted transport and a clock that does not wait.

use std::sync::Arc;

use api_client_core::{Headers, HttpResponse};
use returngo::{
    Client,
    client::testing::{ScriptedTransport, SkippingClock},
};

pub(crate) const KEY: &str = "planted-key-9f2c";

pub(crate) fn answer(status: u16, body: &str) -> HttpResponse {
    let mut headers = Headers::default();
    headers.insert("x-amzn-RequestId", "5d0b7f5e-0c34-4b4b-9a0e-2f2f3a7d1c55");
    headers.insert("x-amz-apigw-id", "mock00000001=");
    HttpResponse { status, headers, body: body.as_bytes().to_vec() }
}

pub(crate) struct Scripted {
    pub(crate) client: Client,
    pub(crate) script: Arc<ScriptedTransport>,
    pub(crate) clock: SkippingClock,
}

pub(crate) fn scripted(answers: impl IntoIterator<Item = HttpResponse>) -> Scripted {
    let script = Arc::new(ScriptedTransport::new(answers.into_iter().map(Ok)));
    let clock = SkippingClock::at("2026-05-04T10:15:20Z".parse().unwrap());
    let client = Client::builder()
        .api_key(KEY)
        .shop("acmeoutdoors.example.test")
        .transport(script.clone())
        .clock(Arc::new(clock.clone()))
        .build()
        .unwrap();
    Scripted { client, script, clock }
}
