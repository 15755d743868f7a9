//! Reads bytes as a delivery and as every answer: nothing may panic, nothing that was read may be lost when it
//! is written, and no secret may show.
//!
//! Shared by the fuzz target and by the test that runs it over the corpus.

use std::{fmt::Debug, sync::Arc};

use api_client_core::{Headers, HttpRequest, HttpResponse};
use async_trait::async_trait;
use jiff::Timestamp;
use returngo::{
    Client, NewWebhook, Page, Request, Rma, RmaFilter, RmaId, RmaSummary, ShipmentId, ShipmentUpdate,
    Transaction, TransactionFilter, WebhookEvent,
    client::{RetryPolicy, SkippingClock, Transport, TransportError},
    rma, shipment,
    sweep::{SweepJob, SweepState},
    transaction,
    webhook::{self, DeliveryId, Receiver},
};
use serde::{Serialize, de::DeserializeOwned};

const KEY: &str = "planted-key-9f2c";
const SECRET: &str = "planted-secret-7d1a";

/// Reads this body as a delivery and as every answer.
pub(crate) fn everything(body: &[u8]) {
    delivered(body);
    let answer = HttpResponse { status: 200, headers: Headers::default(), body: body.to_vec() };
    survives(rma::get(&RmaId::from(4_410_021)), &answer);
    survives(shipment::update(&ShipmentId::new("9100200"), &ShipmentUpdate::default()), &answer);
    survives(webhook::list(), &answer);
    reads(webhook::create(&NewWebhook::new(WebhookEvent::RmaCreated, "")), &answer);
    listed(&answer);
    for status in [200, 400, 401, 403, 404, 429, 500] {
        called(status, body);
    }
}

fn delivered(body: &[u8]) {
    let headers: [(&str, &[u8]); 1] = [("x-amzn-trace-id", body)];
    let receiver = Receiver::new(SECRET).largest_body(usize::MAX);
    assert!(receiver.receive("", headers, body).is_err(), "no secret opens the door");
    match receiver.receive(SECRET, headers, body) {
        Ok(delivery) => {
            assert_eq!(delivery.id, DeliveryId::of(body));
            assert_eq!(delivery.id.to_string().parse(), Ok(delivery.id));
            if let Some(id) = &delivery.notification.rma_id {
                assert!(id.as_str().bytes().all(|byte| byte.is_ascii_digit()), "{id} is no RMA number");
            }
            hides(&format!("{:?}", delivery.notification));
        }
        Err(rejection) => hides(&format!("{rejection} {rejection:?}")),
    }
}

/// Every row of a list is there, read or as an error; and a sweep takes it in.
fn listed(answer: &HttpResponse) {
    let mut state = SweepState::new(Timestamp::UNIX_EPOCH);
    let rmas: Option<Page<RmaSummary>> = reads(rma::list(&RmaFilter::new(), None), answer);
    if let Some(page) = rmas {
        let rows = page.clone().results().len();
        let undecodable = state.record_rmas(SweepJob::Open, page, Timestamp::UNIX_EPOCH);
        assert!(undecodable.len() <= rows);
    }
    let transactions: Option<Page<Transaction>> =
        reads(transaction::list(&TransactionFilter::new(), None), answer);
    if let Some(page) = transactions {
        let _ = state.record_transactions(page, Timestamp::UNIX_EPOCH);
    }
    if let Ok(rma) = serde_json::from_slice::<Rma>(&answer.body) {
        state.record_read(&rma, Timestamp::UNIX_EPOCH);
    }
    let written = serde_json::to_string(&state).ok();
    let again = written.and_then(|written| serde_json::from_str(&written).ok());
    assert_eq!(again, Some(state), "a state that is stored is the same");
}

/// What does not read is an error that can be printed; what reads can be printed.
fn reads<T: Debug>(request: Request<T>, answer: &HttpResponse) -> Option<T> {
    match request.read(answer) {
        Ok(read) => {
            let _ = format!("{read:?}");
            Some(read)
        }
        Err(error) => {
            let _ = format!("{error} {error:?}");
            None
        }
    }
}

fn survives<T: Debug + PartialEq + Serialize + DeserializeOwned>(request: Request<T>, answer: &HttpResponse) {
    if let Some(read) = reads(request, answer)
        && !holds_a_number_beyond_the_wire(&answer.body)
    {
        let written = serde_json::to_string(&read).ok();
        let again = written.and_then(|written| serde_json::from_str(&written).ok());
        assert_eq!(again, Some(read), "something was lost in writing");
    }
}

/// Amounts are numbers on the wire, which hold 15 digits for certain: more than any amount has.
fn holds_a_number_beyond_the_wire(body: &[u8]) -> bool {
    body.split(|byte| !byte.is_ascii_digit()).any(|digits| digits.len() > 15)
}

/// The body as the answer to a call: errors of any kind.
fn called(status: u16, body: &[u8]) {
    let client = Client::builder()
        .api_key(KEY)
        .shop("acmeoutdoors.example.test")
        .transport(Arc::new(Always { status, body: body.to_vec() }))
        .clock(Arc::new(SkippingClock::at(Timestamp::UNIX_EPOCH)))
        .retry(RetryPolicy { attempts: 1, throttle_waits: 0, ..RetryPolicy::default() })
        .build();
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let (Ok(client), Ok(runtime)) = (client, runtime) else { return };
    if let Err(error) = runtime.block_on(client.rmas().get(&RmaId::from(4_410_021))) {
        hides(&format!("{error} {error:?} {} {:?}", error.message(), error.body_excerpt()));
    }
}

fn hides(shown: &str) {
    for secret in [KEY, SECRET] {
        assert!(!shown.contains(secret), "`{secret}` shows");
    }
}

/// Answers every request alike.
#[derive(Debug)]
struct Always {
    status: u16,
    body: Vec<u8>,
}

#[async_trait]
impl Transport for Always {
    async fn send(&self, _request: HttpRequest) -> Result<HttpResponse, TransportError> {
        Ok(HttpResponse { status: self.status, headers: Headers::default(), body: self.body.clone() })
    }
}
