//! Reads bytes as every kind of answer: nothing may panic, nothing that was read may be lost when it is
//! written, and no error may show the token.
//!
//! Shared by the fuzz target and by the test that runs it over the corpus.

use std::{fmt::Debug, sync::Arc};

use api_client_core::{Headers, HttpRequest, HttpResponse, OffsetDateTime};
use async_trait::async_trait;
use brightpearl::{
    Client, ContactId, Credentials, CurrencyCode, IdSet, MultiMessage, OrderId, Request, WarehouseId,
    WebhookId, accounting,
    client::{RetryPolicy, SkippingClock, Transport, TransportError},
    contact, integration,
    order::{self, custom_field::CustomFieldsOf},
    product, warehouse,
};
use jiff::Timestamp;
use serde::{Serialize, de::DeserializeOwned};

const TOKEN: &str = "planted-token-9f2c";

/// Reads this body as every answer.
pub(crate) fn everything(body: &[u8]) {
    let answer = HttpResponse { status: 200, headers: Headers::default(), body: body.to_vec() };
    orders(&answer);
    books(&answer);
    goods(&answer);
    account(&answer);
    searches(&answer);
    small_forms(body);
    for status in [200, 207, 400, 401, 404, 500, 503] {
        called(status, body);
    }
}

fn orders(answer: &HttpResponse) {
    let (ids, order) = (IdSet::<u64>::default(), OrderId::new(300955));
    survives(order::get(&ids.typed()), answer);
    survives(order::sales_credit::get(&ids.typed()), answer);
    survives(order::sales_order::get(&ids.typed()), answer);
    survives(order::note::list(order), answer);
    survives(order::status::list(), answer);
    survives(order::custom_field::list(CustomFieldsOf::Sale), answer);
    reads(order::custom_field::get(order), answer);
    reads(order::order::options(&ids.typed()), answer);
    reads(order::sales_order::put_rows(order, &[]), answer);
    reads(order::code_list::order_types(), answer);
}

fn books(answer: &HttpResponse) {
    let ids = IdSet::<u64>::default();
    survives(accounting::payment_method::list(), answer);
    survives(accounting::nominal_code::list(), answer);
    survives(accounting::tax_code::list(), answer);
    survives(accounting::exchange_rate::list(), answer);
    survives(accounting::journal::get(&ids.typed()), answer);
    survives(accounting::accounting_period::list(), answer);
    survives(accounting::sale_payment_total::get(&ids.typed()), answer);
    reads(accounting::contact_balance::get(ContactId::new(5012), &CurrencyCode::new("GBP")), answer);
}

fn goods(answer: &HttpResponse) {
    let (ids, warehouse) = (IdSet::<u64>::default(), WarehouseId::new(2));
    survives(warehouse::goods_in_note::get(&ids.typed()), answer);
    survives(warehouse::warehouse::list(), answer);
    survives(warehouse::location::list(warehouse), answer);
    survives(warehouse::stock_correction::get(warehouse, &ids.typed()), answer);
    survives(warehouse::product_availability::get(&ids.typed()), answer);
    survives(warehouse::warehouse_defaults::get(warehouse, &ids.typed()), answer);
    reads(warehouse::quarantine::location(warehouse), answer);
}

fn account(answer: &HttpResponse) {
    let ids = IdSet::<u64>::default();
    survives(contact::contact::get(&ids.typed()), answer);
    survives(contact::postal_address::get(&ids.typed()), answer);
    survives(product::product::get(&ids.typed()), answer);
    survives(product::channel::list(), answer);
    survives(product::bundle::get(&ids.typed()), answer);
    survives(integration::webhook::list(), answer);
    survives(integration::account_configuration::get(), answer);
}

fn searches(answer: &HttpResponse) {
    reads(order::search(&Default::default()), answer);
    reads(order::sales_order::search(&Default::default()), answer);
    reads(accounting::customer_payment::search(&Default::default()), answer);
    reads(accounting::currency::search(&Default::default()), answer);
    reads(accounting::journal::search(&Default::default()), answer);
    reads(warehouse::goods_movement::search(&Default::default()), answer);
    reads(warehouse::goods_in_search::search(&Default::default()), answer);
    reads(contact::contact_search::search(&Default::default()), answer);
    reads(product::product_search::search(&Default::default()), answer);
}

fn small_forms(body: &[u8]) {
    if let Ok(notification) = integration::Notification::parse(body) {
        same_after_writing(&notification.ids.to_string().parse(), &Ok(notification.ids));
    }
    let Ok(text) = std::str::from_utf8(body) else { return };
    if let Ok(ids) = text.parse::<IdSet<u64>>() {
        same_after_writing(&ids.to_string().parse(), &Ok(ids));
    }
    if let Ok(time) = text.parse::<OffsetDateTime>() {
        let _ = format!("{time} {time:?}");
    }
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
    if let Some(read) = reads(request, answer) {
        let again = serde_json::to_string(&read).and_then(|written| serde_json::from_str(&written));
        same_after_writing(&again.ok(), &Some(read));
    }
}

#[track_caller]
fn same_after_writing<T: Debug + PartialEq>(again: &T, read: &T) {
    assert_eq!(again, read, "something was lost in writing");
}

/// The body as the answer to calls: errors of any kind, and messages judged part by part.
fn called(status: u16, body: &[u8]) {
    let client = Client::builder("acmeoutdoors")
        .datacenter("euw1")
        .credentials(Credentials::private_app("acmeoutdoors_returns", TOKEN))
        .transport(Arc::new(Always { status, body: body.to_vec() }))
        .clock(Arc::new(SkippingClock::at(Timestamp::UNIX_EPOCH)))
        .retry(RetryPolicy { attempts: 1, ..RetryPolicy::default() })
        .build();
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let (Ok(client), Ok(runtime)) = (client, runtime) else { return };
    if let Err(error) = runtime.block_on(client.channels().list()) {
        hides_the_token(&format!("{error} {error:?} {:?} {:?}", error.api_errors(), error.body_excerpt()));
    }
    let mut messages = MultiMessage::parallel();
    for webhook in [731, 732] {
        let _ = messages.add(webhook.to_string(), &integration::webhook::delete(WebhookId::new(webhook)));
    }
    let outcomes = runtime.block_on(client.multi_message(&messages));
    hides_the_token(&format!("{outcomes:?}"));
    let labels: Vec<_> = outcomes.iter().map(|(label, _)| label.as_str()).collect();
    assert_eq!(labels, ["731", "732"], "every message has one outcome");
}

fn hides_the_token(shown: &str) {
    assert!(!shown.contains(TOKEN), "the token shows");
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
