use brightpearl_mock::{MockBrightpearl, Switches};
use serde_json::{Value, json};

use crate::http::Http;

const PAYMENTS: &str = "accounting-service/customer-payment";

fn refund(order: u64, reference: &str, amount: f64) -> Value {
    json!({ "transactionRef": reference, "paymentMethodCode": "STRIPE_UK", "paymentType": "PAYMENT", "orderId": order,
        "currencyIsoCode": "GBP", "amountPaid": amount, "paymentDate": "2026-05-08" })
}

async fn payment_status(http: &Http, order: u64) -> Value {
    http.get(&format!("order-service/order/{order}")).await.response()[0]["orderPaymentStatus"].clone()
}

#[tokio::test]
async fn refunds_pay_a_credit_part_by_part_and_deleting_takes_them_back() {
    let http = Http::start().await;
    let credit = http.credit().await;
    let first = http.post(PAYMENTS, refund(credit, "RGO-1-a", 40.0)).await;
    assert_eq!((first.status, first.header("Message-Type")), (200, Some("post-customer-payment")));
    assert_eq!(payment_status(&http, credit).await, "PARTIALLY_PAID");
    let second = http.post(PAYMENTS, refund(credit, "RGO-1-b", 19.99)).await.id();
    assert_eq!(payment_status(&http, credit).await, "PAID");

    let deleted = http.delete(&format!("{PAYMENTS}/{second}")).await;
    assert_eq!((deleted.status, deleted.text.as_str()), (200, "{}"));
    assert_eq!(payment_status(&http, credit).await, "PARTIALLY_PAID");
    assert_eq!(http.delete(&format!("{PAYMENTS}/{second}")).await.code(), "CMNC-404");
    let order = http.get(&format!("order-service/order/{credit}")).await.response()[0].clone();
    assert_eq!(order.get("updatedOn"), None, "a payment is no change of the order by default");
}

#[tokio::test]
async fn a_receipt_on_a_credit_does_not_pay_it() {
    let http = Http::start().await;
    let credit = http.credit().await;
    let mut receipt = refund(credit, "RGO-1-a", 59.99);
    receipt["paymentType"] = json!("RECEIPT");
    assert_eq!(http.post(PAYMENTS, receipt).await.status, 200);
    assert_eq!(payment_status(&http, credit).await, "UNPAID");
}

#[tokio::test]
async fn a_journal_is_made_where_the_method_leads_to_a_bank_account() {
    let http = Http::start().await;
    let gbp = http.credit().await;
    let dollars = json!({ "customer": { "id": 5014 }, "currency": { "code": "USD" },
        "rows": [{ "name": "Refund", "quantity": 1, "taxCode": "Z", "net": "50", "tax": 0 }] });
    let usd = http.post("order-service/sales-credit", dollars).await.id();
    for (order, currency, method, has_journal) in [
        (gbp, "GBP", "STRIPE_UK", true),
        (gbp, "GBP", "stripe_uk", true),
        (usd, "USD", "BANK", true),
        (usd, "USD", "STRIPE_UK", true),
        (gbp, "GBP", "STORE_CREDIT", false),
        (gbp, "GBP", "1200", false),
    ] {
        let mut body = refund(order, &format!("{order}-{method}-{has_journal}-x"), 1.0);
        if method == "stripe_uk" {
            body["transactionRef"] = json!("another");
        }
        body["paymentMethodCode"] = json!(method);
        body["currencyIsoCode"] = json!(currency);
        let id = http.post(PAYMENTS, body).await.id();
        let row = http.get(&format!("{PAYMENTS}-search?paymentId={id}&columns=journalId")).await.response()["results"][0][0].clone();
        assert_eq!(row.is_u64(), has_journal, "{method} in {currency}: {row}");
    }
}

#[tokio::test]
async fn the_search_shows_payments_with_decimal_strings_and_nulls() {
    let http = Http::start().await;
    http.mock.set_clock("2026-05-08T12:00:00Z".parse::<jiff::Timestamp>().unwrap());
    let credit = http.credit().await;
    let id = http.post(PAYMENTS, refund(credit, "RGO-1-a", 15.65)).await.id();
    let found =
        http.get(&format!("{PAYMENTS}-search?orderId={credit}&transactionRef=RGO-1-a")).await.response();
    let journal = found["results"][0][13].clone();
    assert!(journal.is_u64());
    assert_eq!(
        found["results"],
        json!([[
            id,
            "RGO-1-a",
            null,
            "STRIPE_UK",
            "PAYMENT",
            credit,
            1,
            "GBP",
            "0.00",
            "15.65",
            null,
            "2026-05-08T01:00:00.000+01:00",
            "2026-05-08T13:00:00.000+01:00",
            journal
        ]])
    );
    assert_eq!(found["metaData"]["columns"][5]["sortable"], false);
    assert_eq!(
        http.get(&format!("{PAYMENTS}-search?paymentType=RECEIPT")).await.response()["metaData"]["resultsAvailable"],
        3
    );
}

#[tokio::test]
async fn reference_and_method_are_unique_and_without_reference_nothing_is() {
    let http = Http::start().await;
    let credit = http.credit().await;
    assert_eq!(http.post(PAYMENTS, refund(credit, "RGO-1-a", 1.0)).await.status, 200);
    let duplicate = http.post(PAYMENTS, refund(credit, "RGO-1-a", 1.0)).await;
    assert_eq!((duplicate.status, duplicate.code()), (409, "ACCB-901".to_owned()));
    assert!(duplicate.text.contains("transactionRef"));
    let mut other_method = refund(credit, "RGO-1-a", 1.0);
    other_method["paymentMethodCode"] = json!("BANK");
    assert_eq!(http.post(PAYMENTS, other_method).await.status, 200);
    let mut unkeyed = refund(credit, "", 1.0);
    unkeyed.as_object_mut().unwrap().remove("transactionRef");
    for _ in 0..2 {
        assert_eq!(http.post(PAYMENTS, unkeyed.clone()).await.status, 200);
    }

    let switches = Switches::with(|switches| switches.duplicate_payment_status = 400);
    let other = Http::to(MockBrightpearl::builder().switches(switches).start().await);
    let taken = refund(300871, "7000000000001-1", 1.0);
    assert_eq!(other.post(PAYMENTS, taken).await.status, 400);
}

#[tokio::test]
async fn a_wrong_payment_is_refused_and_named() {
    let http = Http::start().await;
    let credit = http.credit().await;
    for (field, value, named) in [
        ("orderId", json!(400001), "400001"),
        ("orderId", json!(1), "1"),
        ("paymentType", json!("REFUND"), "REFUND"),
        ("paymentMethodCode", Value::Null, "paymentMethodCode"),
        ("paymentDate", Value::Null, "paymentDate"),
        ("currencyIsoCode", json!("USD"), "GBP"),
        ("amountPaid", json!(-1), "negative"),
        ("transactionRef", json!("x".repeat(65)), "transactionRef"),
        ("exchangeRate", json!(0), "exchangeRate"),
    ] {
        let mut body = refund(credit, "RGO-1-a", 1.0);
        body[field] = value;
        let refused = http.post(PAYMENTS, body).await;
        assert_eq!(refused.status, 400, "{field}");
        assert!(refused.text.contains(named), "{}", refused.text);
    }
    assert!(http.mock.payments_on(brightpearl::OrderId::new(credit)).is_empty());
}

#[tokio::test]
async fn a_switch_makes_payments_a_change_of_the_order() {
    let switches = Switches::with(|switches| switches.receipts_and_payments_modify_the_order = true);
    let http = Http::to(MockBrightpearl::builder().switches(switches).start().await);
    let credit = http.credit().await;
    http.post(PAYMENTS, refund(credit, "RGO-1-a", 1.0)).await;
    let order = http.get(&format!("order-service/order/{credit}")).await.response()[0].clone();
    assert_eq!(order["version"], 2);
    assert!(order["updatedOn"].is_string());
}
