//! Calls that are dropped at any await.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::{Arc, Mutex},
    task::Poll,
    time::Duration,
};

use api_client_core::Method;
use async_trait::async_trait;
use brightpearl::{
    Client, ContactId, Credentials, CurrencyCode, OrderId, PaymentMethodCode, ProductId,
    accounting::{NewCustomerPayment, PaymentType},
    client::{Clock, HttpRequest, HttpResponse, ReqwestTransport, SkippingClock, Transport, TransportError},
    order::{NewCreditRow, NewSalesCredit, OrderSearch},
};
use brightpearl_mock::MockBrightpearl;
use futures_util::StreamExt as _;
use jiff::Timestamp;
use rust_decimal_macros::dec;
use tokio::sync::Notify;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use crate::script::client_builder;

/// Polls a future this many times, and then drops it.
async fn polled<T>(times: usize, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let mut polls = 0;
    poll_fn(|context| {
        if polls == times {
            return Poll::Ready(None);
        }
        polls += 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}

/// An account with a credit, made by a client of its own.
pub(crate) async fn credited() -> (MockBrightpearl, OrderId) {
    let mock = MockBrightpearl::start().await;
    let credit = NewSalesCredit {
        parent_id: Some(OrderId::new(300871)),
        external_ref: Some("RGO-4410021".into()),
        rows: vec![NewCreditRow::product(ProductId::new(2044), dec!(2), "T20", dec!(66.6667), dec!(13.33))],
        ..NewSalesCredit::for_customer(ContactId::new(5012))
    };
    let credit = client_builder(&mock).build().unwrap().sales_credits().create(&credit).await.unwrap();
    (mock, credit.id)
}

pub(crate) fn payment(credit: OrderId) -> NewCustomerPayment {
    NewCustomerPayment {
        transaction_ref: Some("RGO-4410021-778120".into()),
        payment_method_code: PaymentMethodCode::new("STRIPE_UK"),
        payment_type: PaymentType::Payment,
        order_id: credit,
        currency_iso_code: CurrencyCode::new("GBP"),
        exchange_rate: None,
        amount_paid: dec!(80),
        payment_date: "2026-05-11T09:40:00+01:00".parse().unwrap(),
        journal_ref: None,
    }
}

const LEFT: u32 = 150;

#[tokio::test]
async fn a_call_that_is_dropped_at_any_await_gives_its_permit_back() {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(200)
        .set_body_string(r#"{"response":[]}"#)
        .insert_header("brightpearl-requests-remaining", LEFT.to_string().as_str())
        .insert_header("brightpearl-next-throttle-period", "40000");
    Mock::given(any()).respond_with(answer).mount(&server).await;
    let clock = SkippingClock::at("2026-05-04T10:15:20Z".parse().unwrap());
    let client = Client::builder("acmeoutdoors")
        .url(server.uri())
        .credentials(Credentials::private_app("acmeoutdoors_returns", "planted"))
        .clock(Arc::new(clock.clone()))
        .build()
        .unwrap();
    client.channels().list().await.unwrap();
    let mut dropped = 0;
    while polled(dropped, client.channels().list()).await.is_none() {
        assert_eq!(client.calls_left().calls, LEFT, "dropped after {dropped} polls");
        client.channels().list().await.unwrap();
        dropped += 1;
    }
    assert!(dropped > 1, "{dropped}");
    assert!(clock.waits().is_empty());
}

/// A clock whose waits never end.
#[derive(Debug)]
struct StoppedClock;

#[async_trait]
impl Clock for StoppedClock {
    fn now(&self) -> Timestamp {
        "2026-05-04T10:15:20Z".parse().unwrap()
    }

    async fn sleep(&self, _duration: Duration) {
        std::future::pending().await
    }
}

#[tokio::test]
async fn a_call_that_is_dropped_in_the_queue_holds_up_no_other() {
    let server = MockServer::start().await;
    let answer = |left: &str| {
        ResponseTemplate::new(200)
            .set_body_string(r#"{"response":[]}"#)
            .insert_header("brightpearl-requests-remaining", left)
            .insert_header("brightpearl-next-throttle-period", "40000")
    };
    Mock::given(any()).respond_with(answer("1")).mount(&server).await;
    let client = Client::builder("acmeoutdoors")
        .url(server.uri())
        .credentials(Credentials::private_app("acmeoutdoors_returns", "planted"))
        .clock(Arc::new(StoppedClock))
        .build()
        .unwrap();
    client.channels().list().await.unwrap();
    // One call is left: it is in progress, and another waits for it.
    let channels = client.channels();
    let mut in_progress = Box::pin(channels.list());
    let mut waiting = Box::pin(channels.list());
    assert!(futures_util::poll!(&mut in_progress).is_pending());
    assert!(futures_util::poll!(&mut waiting).is_pending());
    assert_eq!(client.calls_left().calls, 0);
    drop(waiting);
    drop(in_progress);
    assert_eq!(client.calls_left().calls, 1);
    client.channels().list().await.unwrap();
}

/// Delivers the first payment only when it is told to, however soon its call is dropped.
#[derive(Debug)]
struct LatePayment {
    network: ReqwestTransport,
    held: Mutex<Option<HttpRequest>>,
    /// Told when the payment is in transit.
    sent: Notify,
    posts: Mutex<usize>,
}

impl LatePayment {
    async fn deliver(&self) {
        let held = self.held.lock().unwrap().take();
        if let Some(request) = held {
            self.network.send(request).await.unwrap();
        }
    }
}

#[async_trait]
impl Transport for LatePayment {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        if request.method == Method::Post && request.url.contains("customer-payment") {
            let first = {
                let mut posts = self.posts.lock().unwrap();
                *posts += 1;
                *posts == 1
            };
            if first {
                *self.held.lock().unwrap() = Some(request);
                self.sent.notify_one();
                return std::future::pending().await;
            }
        }
        self.network.send(request).await
    }
}

/// A clock in whose waits what is in transit arrives.
#[derive(Debug)]
struct ArrivingClock {
    time: SkippingClock,
    transport: Arc<LatePayment>,
}

#[async_trait]
impl Clock for ArrivingClock {
    fn now(&self) -> Timestamp {
        self.time.now()
    }

    async fn sleep(&self, duration: Duration) {
        self.transport.deliver().await;
        self.time.sleep(duration).await;
    }
}

#[tokio::test]
async fn a_payment_that_was_dropped_in_transit_is_looked_up_before_another_is_sent() {
    let (mock, credit) = credited().await;
    let transport = Arc::new(LatePayment {
        network: ReqwestTransport::new("test", Duration::from_secs(10)).unwrap(),
        held: Mutex::default(),
        sent: Notify::new(),
        posts: Mutex::default(),
    });
    let time = SkippingClock::at("2026-05-04T10:15:20Z".parse().unwrap());
    let clock = ArrivingClock { time: time.clone(), transport: transport.clone() };
    let client = client_builder(&mock).transport(transport.clone()).clock(Arc::new(clock)).build().unwrap();

    let payments = client.customer_payments();
    let refund = payment(credit);
    tokio::select! {
        created = payments.create(&refund) => panic!("{created:?}"),
        () = transport.sent.notified() => {}
    }
    assert!(mock.payments_on(credit).is_empty(), "it is in transit");

    // By a clone as well, and whatever else of it changed.
    let changed = NewCustomerPayment { payment_method_code: PaymentMethodCode::new("BANK"), ..refund };
    let again = client.clone().customer_payments().create(&changed).await.unwrap();
    assert!(again.already_existed);
    assert_eq!((*transport.posts.lock().unwrap(), mock.payments_on(credit).len()), (1, 1));
    assert_eq!(time.waits().iter().sum::<Duration>(), Duration::from_secs(60));

    // It is settled now: nothing is waited for again.
    assert!(payments.create(&payment(credit)).await.unwrap().already_existed);
    assert_eq!(time.waits().len(), 1);
}

#[tokio::test]
async fn payments_that_were_dropped_together_are_looked_up_too() {
    let (mock, credit) = credited().await;
    let clock = SkippingClock::at("2026-05-04T10:15:20Z".parse().unwrap());
    let client = client_builder(&mock).clock(Arc::new(clock)).build().unwrap();
    let second = NewCustomerPayment { transaction_ref: Some("RGO-4410021-778121".into()), ..payment(credit) };
    let refunds = [payment(credit), second];
    let payments = client.customer_payments();
    let mut dropped = 0;
    while polled(dropped, payments.create_many(&refunds)).await.is_none() {
        dropped += 1;
    }
    assert!(payments.create_many(&refunds).await.iter().all(Result::is_ok));
    assert_eq!(mock.payments_on(credit).len(), 2);
}

#[tokio::test]
async fn a_keyed_write_that_is_dropped_at_any_await_is_made_once() {
    let mut dropped = 0;
    loop {
        let (mock, credit) = credited().await;
        let clock = SkippingClock::at("2026-05-04T10:15:20Z".parse().unwrap());
        let client = client_builder(&mock).clock(Arc::new(clock)).build().unwrap();
        let finished = polled(dropped, client.customer_payments().create(&payment(credit))).await;
        client.customer_payments().create(&payment(credit)).await.unwrap();
        assert_eq!(mock.payments_on(credit).len(), 1, "dropped after {dropped} polls");
        if finished.is_some() {
            break;
        }
        dropped += 1;
    }
    assert!(dropped > 3, "{dropped}");
}

#[tokio::test]
async fn a_stream_whose_next_is_dropped_loses_no_row() {
    let mock = MockBrightpearl::start().await;
    let client = client_builder(&mock).build().unwrap();
    let search = || OrderSearch::new().page_size(1);
    let all = client.orders().search(search()).all().await.unwrap();
    assert!(all.len() > 2);
    let mut rows = client.orders().search(search()).stream();
    let mut read = Vec::new();
    loop {
        match polled(1, rows.next()).await {
            None => tokio::task::yield_now().await,
            Some(Some(row)) => read.push(row.unwrap().order_id),
            Some(None) => break,
        }
    }
    assert_eq!(read, all.iter().map(|order| order.order_id).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_stream_outlives_the_client_that_it_came_from() {
    let mock = MockBrightpearl::start().await;
    let rows = {
        let client = client_builder(&mock).build().unwrap();
        client.orders().search(OrderSearch::new()).stream()
    };
    let read = tokio::spawn(rows.collect::<Vec<_>>()).await.unwrap();
    assert!(!read.is_empty() && read.iter().all(Result::is_ok));
}
