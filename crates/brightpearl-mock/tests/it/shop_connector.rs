//! Brightpearl's shop connector, which reverses a sale that is refunded before it is shipped.

use brightpearl::OrderId;
use brightpearl_mock::{MockBrightpearl, SaleReversal, Seed, Switches};
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    http::{Answer, Http},
    webhooks::{got, receiver, subscription},
};

const SALE: u64 = 300_871;

/// The built-in account, in which the first sale is paid and neither shipped nor invoiced.
fn unshipped(seed: &mut Seed) {
    seed.orders[0].shipped = false;
    seed.orders[0].invoice_reference = None;
    seed.orders[0].order_status_id = None;
}

fn unshipped_but_invoiced(seed: &mut Seed) {
    unshipped(seed);
    seed.orders[0].invoice_reference = Some("SI-1001".to_owned());
}

async fn started(change: fn(&mut Seed), switches: Switches) -> Http {
    let http = Http::to(MockBrightpearl::builder().with(change).switches(switches).start().await);
    http.mock.set_clock(now());
    http
}

fn now() -> Timestamp {
    "2026-05-11T08:40:00Z".parse().unwrap()
}

async fn set_clock(http: &Http, later: SignedDuration) {
    http.control(Method::PUT, "clock", json!({ "now": now() + later })).await;
}

async fn reverse(http: &Http, sale: u64, reversal: Value) -> Answer {
    http.control(Method::POST, &format!("order/{sale}/reverse"), reversal).await
}

async fn sale(http: &Http) -> Value {
    http.get(&format!("order-service/order/{SALE}")).await.response()[0].clone()
}

#[tokio::test]
async fn a_refunded_sale_is_reversed_and_cancelled_five_minutes_later() {
    let http = started(unshipped, Switches::default()).await;
    assert_eq!(sale(&http).await["orderPaymentStatus"], "PAID");
    let reversed = reverse(&http, SALE, json!({})).await;
    assert_eq!(reversed.status, 200, "{}", reversed.text);

    let found = http.get(&format!("accounting-service/customer-payment-search?orderId={SALE}&columns=paymentId,paymentMethodCode,paymentType,amountPaid,transactionRef,paymentDate,journalId")).await.response();
    let payment = &found["results"][1];
    let id = reversed.json()["paymentIds"][0].clone();
    assert_eq!(
        payment.as_array().unwrap()[..6],
        [
            id,
            json!("STRIPE_UK"),
            json!("PAYMENT"),
            json!("144.97"),
            json!(null),
            json!("2026-05-11T09:40:00.000+01:00")
        ]
    );
    assert!(payment[6].is_u64(), "the reversal is posted to accounting: {payment}");

    set_clock(&http, SignedDuration::from_secs(299)).await;
    let waiting = sale(&http).await;
    assert_eq!(waiting["orderPaymentStatus"], "UNPAID");
    assert_eq!(waiting["orderStatus"]["orderStatusId"], 3, "the status follows later");
    set_clock(&http, SignedDuration::from_secs(420)).await;
    let cancelled = sale(&http).await;
    assert_eq!(cancelled["orderStatus"], json!({ "orderStatusId": 5, "name": "Cancelled" }));
    assert_eq!(
        cancelled["updatedOn"], "2026-05-11T09:45:00.000+01:00",
        "when it happened, not when it was read"
    );
    let typed = http.get(&format!("order-service/sales-order/{SALE}")).await.response()[0].clone();
    assert_eq!(typed["isCanceled"], true);
    let notes = http.get(&format!("order-service/order/{SALE}/note")).await.response();
    assert!(notes[0]["text"].as_str().unwrap().contains("refunded in the shop"), "{notes}");
    assert!(http.mock.credits_of(OrderId::new(SALE)).is_empty(), "there is no sales credit");
}

#[tokio::test]
async fn the_cancellation_is_told_by_a_webhook_when_its_time_comes() {
    let (http, receiver) = (started(unshipped, Switches::default()).await, receiver().await);
    let webhook = subscription("order.modified.order-status", &receiver.uri());
    assert_eq!(http.post("integration-service/webhook", webhook).await.status, 200);
    http.mock.reverse_sale(OrderId::new(SALE), &SaleReversal::default()).unwrap();
    assert!(got(&http, &receiver).await.is_empty());
    http.mock.set_clock(now() + SignedDuration::from_mins(5));
    let told = ("order.modified.order-status".to_owned(), SALE.to_string());
    assert_eq!(got(&http, &receiver).await, [told]);
}

#[tokio::test]
async fn an_invoiced_sale_is_reversed_and_stays_invoiced() {
    for (switch, status) in [(false, 3), (true, 5)] {
        let switches = Switches::with(|switches| switches.reversals_cancel_invoiced_sales = switch);
        let http = started(unshipped_but_invoiced, switches).await;
        assert_eq!(reverse(&http, SALE, json!({})).await.status, 200);
        set_clock(&http, SignedDuration::from_mins(5)).await;
        let sale = sale(&http).await;
        assert_eq!(sale["orderPaymentStatus"], "UNPAID");
        assert_eq!(sale["invoices"][0]["invoiceReference"], "SI-1001");
        assert_eq!(sale["orderStatus"]["orderStatusId"], status);
    }
}

#[tokio::test]
async fn the_connectors_setting_and_reference_can_be_given() {
    let http = started(unshipped, Switches::default()).await;
    let used = json!({ "transactionRef": "7000000000001-1" });
    assert_eq!(reverse(&http, SALE, used).await.status, 400, "the receipt has this reference");
    let reversed = reverse(&http, SALE, json!({ "transactionRef": "gateway-1" })).await;
    assert_eq!(reversed.status, 200, "{}", reversed.text);
    let payments = http.mock.payments_on(OrderId::new(SALE));
    assert_eq!(payments[1].transaction_ref.as_deref(), Some("gateway-1"));

    let http = started(unshipped, Switches::default()).await;
    let reversed = reverse(&http, SALE, json!({ "createsPayments": false })).await;
    assert_eq!(reversed.json(), json!({ "paymentIds": [] }));
    set_clock(&http, SignedDuration::from_mins(5)).await;
    let sale = sale(&http).await;
    assert_eq!(
        (&sale["orderPaymentStatus"], &sale["orderStatus"]["orderStatusId"]),
        (&json!("PAID"), &json!(5))
    );
}

#[tokio::test]
async fn what_gets_a_sales_credit_is_not_reversed() {
    let http = started(unshipped, Switches::default()).await;
    for (order, reason) in [(300_872, "shipped"), (400_001, "not a sales order"), (999_999, "not found")] {
        let refused = reverse(&http, order, json!({})).await;
        assert!(refused.status == 400 && refused.text.contains(reason), "{}", refused.text);
    }
    http.credit_of(SALE).await;
    assert!(reverse(&http, SALE, json!({})).await.text.contains("refunded before"));
    assert_eq!(http.mock.payments_on(OrderId::new(SALE)).len(), 1, "nothing is recorded");
    http.mock.reset();

    http.mock.set_clock(now());
    assert_eq!(reverse(&http, SALE, json!({})).await.status, 200);
    assert!(reverse(&http, SALE, json!({})).await.text.contains("cancelled already"));
    assert_eq!(reverse(&http, SALE, json!({ "transactionReference": "x" })).await.status, 400);
    http.mock.reset();
    http.mock.set_clock(now() + SignedDuration::from_mins(5));
    assert_eq!(sale(&http).await["orderStatus"]["orderStatusId"], 3, "a reset forgets what is scheduled");
}
