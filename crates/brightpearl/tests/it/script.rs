//! A transport that answers as told, and a clock that does not wait.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use api_client_core::{Headers, HttpRequest, HttpResponse};
use async_trait::async_trait;
use brightpearl::{
    Client, Credentials,
    client::{SkippingClock, Transport, TransportError},
};

pub(crate) const TOKEN: &str = "planted-token-9f2c";

#[derive(Debug, Default)]
pub(crate) struct Script {
    answers: Mutex<VecDeque<Result<HttpResponse, TransportError>>>,
    sent: Mutex<Vec<HttpRequest>>,
}

impl Script {
    pub(crate) fn sent(&self) -> Vec<HttpRequest> {
        self.sent.lock().unwrap().clone()
    }
}

#[async_trait]
impl Transport for Script {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        self.sent.lock().unwrap().push(request);
        self.answers.lock().unwrap().pop_front().expect("the script ended: one request too many")
    }
}

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
    pub(crate) script: Arc<Script>,
    pub(crate) clock: SkippingClock,
}

pub(crate) fn scripted(answers: impl IntoIterator<Item = Result<HttpResponse, TransportError>>) -> Scripted {
    scripted_as(Credentials::private_app("acmeoutdoors_returns", TOKEN), answers)
}

pub(crate) fn scripted_as(
    credentials: Credentials,
    answers: impl IntoIterator<Item = Result<HttpResponse, TransportError>>,
) -> Scripted {
    let script =
        Arc::new(Script { answers: Mutex::new(answers.into_iter().collect()), sent: Mutex::default() });
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
