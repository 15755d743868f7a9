//! A transport that answers as told, and a clock that does not wait.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use api_client_core::{Headers, HttpRequest, HttpResponse};
use async_trait::async_trait;
use returngo::{
    Client,
    client::{SkippingClock, Transport, TransportError},
};

pub(crate) const KEY: &str = "planted-key-9f2c";

#[derive(Debug, Default)]
pub(crate) struct Script {
    answers: Mutex<VecDeque<HttpResponse>>,
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
        Ok(self.answers.lock().unwrap().pop_front().expect("the script ended: one request too many"))
    }
}

pub(crate) fn answer(status: u16, body: &str) -> HttpResponse {
    let mut headers = Headers::default();
    headers.insert("x-amzn-RequestId", "5d0b7f5e-0c34-4b4b-9a0e-2f2f3a7d1c55");
    headers.insert("x-amz-apigw-id", "mock00000001=");
    HttpResponse { status, headers, body: body.as_bytes().to_vec() }
}

pub(crate) struct Scripted {
    pub(crate) client: Client,
    pub(crate) script: Arc<Script>,
    pub(crate) clock: SkippingClock,
}

pub(crate) fn scripted(answers: impl IntoIterator<Item = HttpResponse>) -> Scripted {
    let script =
        Arc::new(Script { answers: Mutex::new(answers.into_iter().collect()), sent: Mutex::default() });
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
