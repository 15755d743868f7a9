use brightpearl_mock::{MockBrightpearl, Seed, SeedPaymentMethod, Switches};
use reqwest::Method;
use serde_json::{Value, json};

use crate::http::Http;

const PAYMENTS: &str = "accounting-service/customer-payment";

fn refund(order: u64, date: &str) -> Value {
    json!({ "transactionRef": format!("RGO-{order}-{date}"), "paymentMethodCode": "STRIPE_UK", "paymentType": "PAYMENT",
        "orderId": order, "currencyIsoCode": "GBP", "amountPaid": "59.99", "paymentDate": date })
}

/// Nominal code, debit and credit of each line about an order.
async fn lines(http: &Http, order: u64, kind: &str) -> Vec<(String, String, String)> {
    let path = format!(
        "accounting-service/journal-search?orderId={order}&journalType={kind}&columns=nominalCode,journalDebit,journalCredit"
    );
    let text = |cell: &Value| cell.as_str().unwrap().to_owned();
    let rows = http.get(&path).await.response()["results"].as_array().unwrap().clone();
    rows.iter().map(|row| (text(&row[0]), text(&row[1]), text(&row[2]))).collect()
}

fn line(nominal: &str, debit: &str, credit: &str) -> (String, String, String) {
    (nominal.to_owned(), debit.to_owned(), credit.to_owned())
}

#[tokio::test]
async fn a_return_is_posted_to_the_books() {
    let http = Http::start().await;
    let credit = http.credit().await;
    assert_eq!(http.post(&format!("order-service/sales-credit/{credit}/close"), json!({})).await.status, 200);
    assert_eq!(
        lines(&http, credit, "SC").await,
        [line("2200", "10.01", "0.00"), line("4000", "49.98", "0.00"), line("1100", "0.00", "59.99")],
        "to the cent what the credit is worth"
    );
    let payment = http.post(PAYMENTS, refund(credit, "2026-05-08")).await.id();
    assert_eq!(
        lines(&http, credit, "SR").await,
        [line("1210", "0.00", "59.99"), line("1100", "59.99", "0.00")]
    );
    let journal = http
        .get(&format!("{PAYMENTS}-search?paymentId={payment}&columns=journalId"))
        .await
        .response()["results"][0][0]
        .clone();
    let read =
        http.get(&format!("accounting-service/journal/{journal}")).await.response()["journals"][0].clone();
    assert_eq!((&read["journalTypeCode"], &read["contactId"]), (&json!("SR"), &json!(5012)));
    assert_eq!(
        (&read["credits"][0]["nominalCode"], &read["credits"][0]["change"]["value"]),
        (&json!("1210"), &json!("59.99"))
    );
    assert_eq!(read["exchangeRate"], "1.000000");
    http.delete(&format!("{PAYMENTS}/{payment}")).await;
    assert_eq!(http.get(&format!("accounting-service/journal/{journal}")).await.code(), "CMNC-404");
}

#[tokio::test]
async fn money_in_another_currency_is_posted_in_base_currency_too() {
    let http = Http::start().await;
    let found = http
        .get("accounting-service/journal-search?orderId=300873&journalType=SR&nominalCode=1220")
        .await
        .response();
    let names: Vec<&str> = found["metaData"]["columns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|column| column["name"].as_str().unwrap())
        .collect();
    let cell =
        |name: &str| found["results"][0][names.iter().position(|other| *other == name).unwrap()].clone();
    assert_eq!(names.len(), 24);
    assert_eq!((cell("journalDebit"), cell("transactionDebit")), (json!("40.00"), json!("50.00")));
    assert_eq!((cell("exchangeRate"), cell("currencyId")), (json!("1.250000"), json!(2)));
}

#[tokio::test]
async fn totals_of_payments_are_numbers_and_negative_on_a_refunded_credit() {
    let http = Http::start().await;
    let credit = http.credit().await;
    http.post(PAYMENTS, refund(credit, "2026-05-08")).await;
    let totals = http.get(&format!("accounting-service/sale-payment-total/1,{credit}")).await.response();
    assert_eq!(
        totals[0],
        json!({ "orderId": 1, "amountPaid": 0.0, "amountAuthorized": 0.0, "amountCaptured": 0.0 })
    );
    assert_eq!((&totals[1]["paymentCurrency"], &totals[1]["amountPaid"]), (&json!("GBP"), &json!(-59.99)));
    assert_eq!(http.get("accounting-service/sale-payment-total").await.status, 400);
}

#[tokio::test]
async fn a_balance_is_text_or_null_and_never_an_error() {
    let http = Http::start().await;
    let balance = async |customer: &str, currency: &str, days: &str| {
        http.get(&format!("accounting-service/contact/{customer}/currency/{currency}/balance{days}"))
            .await
            .response()
    };
    assert_eq!(balance("5012", "GBP", "").await, json!("0.00"), "invoiced and paid");
    let credit = http.credit().await;
    http.post(PAYMENTS, refund(credit, "2026-05-08")).await;
    assert_eq!(balance("5012", "GBP", "").await, json!("59.99"), "paid out and not credited yet");
    assert_eq!(balance("5012", "GBP", "?dateTo=2026-05-07").await, json!("0.00"));
    assert_eq!(balance("5012", "GBP", "?dateFrom=2026-05-08&dateTo=2026-05-08").await, json!("59.99"));
    for (customer, currency) in [("5012", "USD"), ("1", "GBP"), ("5012", "QQQ")] {
        assert_eq!(balance(customer, currency, "").await, Value::Null);
    }
}

#[tokio::test]
async fn locked_books_take_a_payment_without_a_journal_and_leave_a_credit_pending() {
    let http = Http::start().await;
    assert_eq!(http.get("accounting-service/accounting-period-lock").await.code(), "CMNC-404");
    http.mock.lock_accounting("2026-05-08".parse::<jiff::civil::Date>().unwrap());
    let lock = http.get("accounting-service/accounting-period-lock").await.response();
    assert_eq!(lock, json!({ "lockedBy": 4, "lockedUntil": "2026-05-08" }));

    let credit = http.credit().await;
    assert_eq!(http.post(PAYMENTS, refund(credit, "2026-05-08")).await.status, 200);
    assert_eq!(http.post(PAYMENTS, refund(credit, "2026-05-09")).await.status, 200);
    let rows = http.get(&format!("{PAYMENTS}-search?orderId={credit}&columns=journalId")).await.response();
    assert!(rows["results"][0][0].is_null() && rows["results"][1][0].is_u64(), "{rows}");

    let close = format!("order-service/sales-credit/{credit}/close");
    let order = format!("order-service/order/{credit}");
    assert_eq!(http.post(&close, json!({})).await.text, "{}");
    let pending = http.get(&order).await.response()[0].clone();
    assert_eq!(
        (&pending["invoices"][0]["invoiceReference"], pending.get("closedOn")),
        (&json!("pending"), None)
    );
    assert_eq!(http.post(&close, json!({ "taxDate": "2026-05-09" })).await.text, "{}");
    assert_eq!(http.get(&order).await.response()[0]["invoices"][0]["invoiceReference"], "SC-1");

    let switches = Switches::with(|switches| switches.locked_books_refuse_payments = true);
    let strict = Http::to(MockBrightpearl::builder().switches(switches).start().await);
    strict.mock.lock_accounting("2026-05-08".parse::<jiff::civil::Date>().unwrap());
    let credit = strict.credit().await;
    assert_eq!(strict.post(PAYMENTS, refund(credit, "2026-05-08")).await.status, 400);
    strict.mock.lock_accounting(None);
    assert_eq!(strict.post(PAYMENTS, refund(credit, "2026-05-08")).await.status, 200);
}

#[tokio::test]
async fn periods_are_listed_and_once_there_are_any_a_date_must_be_in_an_open_one() {
    let periods = json!([{ "id": 12, "startDate": "2026-05-01T00:00:00+01:00", "endDate": "2026-05-31T23:59:59.999+01:00" },
        { "id": 11, "startDate": "2026-04-01T00:00:00+01:00", "endDate": "2026-04-30T23:59:59.999+01:00", "closed": true }]);
    let with_periods = |seed: &mut brightpearl_mock::Seed| {
        seed.accounting_periods = serde_json::from_value(periods.clone()).unwrap()
    };
    let http = Http::to(MockBrightpearl::builder().with(with_periods).start().await);
    let listed = http.get("accounting-service/accounting-period/12").await.response();
    assert_eq!(
        listed,
        json!([{ "id": 12, "startDate": "2026-05-01T00:00:00.000+01:00", "endDate": "2026-05-31T23:59:59.999+01:00" }])
    );
    assert!(
        http.get("accounting-service/accounting-period/11").await.response()[0]["closedDate"].is_string()
    );
    let credit = http.credit().await;
    for (date, has_journal) in [("2026-04-30", false), ("2026-05-08", true), ("2026-06-02", false)] {
        let id = http.post(PAYMENTS, refund(credit, date)).await.id();
        let rows = http.get(&format!("{PAYMENTS}-search?paymentId={id}&columns=journalId")).await.response();
        assert_eq!(rows["results"][0][0].is_u64(), has_journal, "{date}");
    }
    let june = json!({ "startDate": "2026-06-01T00:00:00+01:00", "endDate": "2026-06-30T23:59:59+01:00" });
    assert_eq!(http.post("accounting-service/accounting-period", june).await.id(), 13);
    assert_eq!(http.post("accounting-service/accounting-period", json!({})).await.status, 400);
}

#[tokio::test]
async fn a_period_is_closed_and_opened_from_outside() {
    let http = Http::start().await;
    http.mock.set_clock("2026-05-20T10:00:00Z".parse::<jiff::Timestamp>().unwrap());
    let may = json!({ "startDate": "2026-05-01T00:00:00+01:00", "endDate": "2026-05-31T23:59:59+01:00" });
    let id = http.post("accounting-service/accounting-period", may).await.id();
    let credit = http.credit().await;
    let set = async |body: Value| http.control(Method::PUT, &format!("accounting-period/{id}"), body).await;
    let has_journal = async || {
        let mut body = refund(credit, "2026-05-08");
        body["transactionRef"] = Value::Null;
        let payment = http.post(PAYMENTS, body).await.id();
        let search = format!("{PAYMENTS}-search?paymentId={payment}&columns=journalId");
        http.get(&search).await.response()["results"][0][0].is_u64()
    };
    assert!(has_journal().await);
    assert_eq!(set(json!({ "closed": true })).await.text, "{}");
    let period = http.get("accounting-service/accounting-period").await.response()[0].clone();
    assert_eq!(
        (&period["closedDate"], &period["closedByUserId"]),
        (&json!("2026-05-20T11:00:00.000+01:00"), &json!(4))
    );
    assert!(!has_journal().await, "recorded without a journal");
    let close = format!("order-service/sales-credit/{credit}/close");
    assert_eq!(http.post(&close, json!({ "taxDate": "2026-05-08" })).await.text, "{}");
    let order = http.get(&format!("order-service/order/{credit}")).await.response()[0].clone();
    assert_eq!(order["invoices"][0]["invoiceReference"], "pending");

    http.mock.set_accounting_period_closed(id, false).unwrap();
    assert!(has_journal().await);
    assert!(http.mock.set_accounting_period_closed(id + 1, true).is_err());
    assert_eq!(set(json!({})).await.status, 400);
}

#[tokio::test]
async fn exchange_rates_have_a_history_and_rule_new_orders() {
    let http = Http::start().await;
    http.mock.set_clock("2026-05-04T10:00:00Z".parse::<jiff::Timestamp>().unwrap());
    let path = "accounting-service/currency/2/exchange-rate";
    assert_eq!(
        http.post(path, json!({ "rateActiveFrom": "2026-05-10T00:00:00Z", "rate": 1.5 })).await.response(),
        json!(1)
    );
    for wrong in [
        json!({ "rateActiveFrom": "2026-05-01T00:00:00Z", "rate": 1.5 }),
        json!({ "rateActiveFrom": "2026-05-10T00:00:00Z", "rate": 0 }),
        json!({ "rateActiveFrom": "2026-05-10T00:00:00Z", "rate": "1.1234567" }),
    ] {
        assert_eq!(http.put(path, wrong.clone()).await.status, 400, "{wrong}");
    }
    assert_eq!(
        http.post("accounting-service/currency/1/exchange-rate", json!({})).await.status,
        400,
        "the base currency"
    );
    let rates = http.get("accounting-service/exchange-rate").await.response();
    assert_eq!(
        rates[0],
        json!({ "currencyId": 2, "rateActiveFrom": "2026-05-10T01:00:00.000+01:00", "rate": 1.5, "addedById": 4 })
    );
    assert_eq!((&rates[1]["currencyId"], &rates[1]["rate"]), (&json!(2), &json!(1.25)));

    let rate = async || {
        let body = json!({ "customer": { "id": 5014 }, "currency": { "code": "USD" }, "rows": [] });
        let id = http.post("order-service/sales-credit", body).await.id();
        http.get(&format!("order-service/order/{id}")).await.response()[0]["currency"]["exchangeRate"].clone()
    };
    assert_eq!(rate().await, "1.250000");
    http.mock.set_clock("2026-05-10T10:00:00Z".parse::<jiff::Timestamp>().unwrap());
    assert_eq!(rate().await, "1.500000");
}

#[tokio::test]
async fn a_sales_order_is_closed_like_a_credit() {
    let http = Http::start().await;
    let sale = json!({ "customer": { "id": 5012 }, "rows": [{ "name": "Repair", "quantity": 1, "taxCode": "T20", "net": "10", "tax": "2" }] });
    let sale = http.post("order-service/sales-order", sale).await.id();
    assert_eq!(http.post(&format!("order-service/sales-order/{sale}/close"), json!({})).await.text, "{}");
    assert_eq!(
        lines(&http, sale, "SI").await,
        [line("2200", "0.00", "2.00"), line("4000", "0.00", "10.00"), line("1100", "12.00", "0.00")]
    );
    let wrong = http.post(&format!("order-service/sales-credit/{sale}/close"), json!({})).await;
    assert_eq!(wrong.code(), "ORDC-003");
}

#[tokio::test]
async fn an_uninvoiced_credit_is_open_again_and_keeps_its_number_for_the_next_close() {
    let http = Http::start().await;
    http.mock.set_clock("2026-05-08T10:00:00Z".parse::<jiff::Timestamp>().unwrap());
    let credit = http.credit().await;
    let path = format!("order-service/order/{credit}");
    let close = format!("order-service/sales-credit/{credit}/close");
    let uninvoice = format!("order/{credit}/uninvoice");
    assert_eq!(http.control(Method::POST, &uninvoice, json!({})).await.status, 400, "it is not invoiced");
    assert_eq!(http.post(&close, json!({})).await.text, "{}");
    let closed = http.get(&path).await.response()[0].clone();
    assert_eq!(http.control(Method::POST, &uninvoice, json!({})).await.text, "{}");

    let open = http.get(&path).await.response()[0].clone();
    assert_eq!(
        (&open["invoices"][0]["invoiceReference"], &open["state"]["tax"]),
        (&json!(""), &json!("READY"))
    );
    assert_eq!((open.get("closedOn"), open.get("originalInvoiceDate")), (None, None));
    let version = |order: &Value| order["version"].as_u64().unwrap();
    assert!(version(&open) > version(&closed), "a change of the order");
    assert_eq!(http.get("accounting-service/contact/5012/currency/GBP/balance").await.response(), "0.00");
    let row = open["orderRows"].as_object().unwrap().keys().next().unwrap();
    let change = json!([{ "op": "replace", "path": "/nominalCode", "value": "4905" }]);
    assert_eq!(http.patch(&format!("{path}/row/{row}"), change).await.status, 200, "rows can change again");

    http.mock.set_clock("2026-05-09T10:00:00Z".parse::<jiff::Timestamp>().unwrap());
    assert_eq!(http.post(&close, json!({})).await.text, "{}");
    let again = http.get(&path).await.response()[0].clone();
    assert_eq!(again["invoices"][0]["invoiceReference"], closed["invoices"][0]["invoiceReference"]);
    assert_eq!(again["originalInvoiceDate"], closed["originalInvoiceDate"]);
    assert_eq!(again["closedOn"], "2026-05-09T11:00:00.000+01:00");
    let kinds = http.get(&format!("accounting-service/journal-search?orderId={credit}&journalType=SC&nominalCode=1100&columns=journalDebit,journalCredit")).await.response();
    let total = again["totalValue"]["total"].as_str().unwrap();
    assert_eq!(
        kinds["results"],
        json!([["0.00", total], [total, "0.00"], ["0.00", total]]),
        "credited, reversed, credited again"
    );
}

#[tokio::test]
async fn uninvoicing_waits_for_accounting_and_may_remove_the_journal() {
    let switches = Switches::with(|switches| switches.uninvoicing_removes_the_journal = true);
    let http = Http::to(MockBrightpearl::builder().switches(switches).start().await);
    let sale = brightpearl::OrderId::new(300_871);
    http.mock.lock_accounting("2026-04-30".parse::<jiff::civil::Date>().unwrap());
    assert!(http.mock.uninvoice(sale).unwrap_err().contains("locked"));
    assert_eq!(lines(&http, 300_871, "SI").await.len(), 3);
    http.mock.lock_accounting(None);
    http.mock.uninvoice(sale).unwrap();
    assert!(lines(&http, 300_871, "SI").await.is_empty());
    assert_eq!(http.post("order-service/sales-order/300871/close", json!({})).await.text, "{}");
    let order = http.get("order-service/order/300871").await.response()[0].clone();
    assert_eq!(order["invoices"][0]["invoiceReference"], "SI-1001");
}

#[tokio::test]
async fn payment_methods_are_made_changed_and_searched_by_currency() {
    let http = Http::start().await;
    let path = "accounting-service/payment-method";
    let method = json!({ "name": "Card", "code": "card_uk", "isActive": true,
        "bankAccounts": [{ "currencyIsoCode": "GBP", "bankAccountNominalCode": "1200" },
            { "currencyIsoCode": "USD", "bankAccountNominalCode": "1220" }] });
    let id = http.post(path, method.clone()).await.id();
    let read = http.get(&format!("{path}/{id}")).await.response()[0].clone();
    assert_eq!((&read["code"], &read["bankAccounts"][1]["paymentMethodId"]), (&json!("CARD_UK"), &json!(id)));

    let found = http.get("accounting-service/payment-method-search?code=card").await;
    assert_eq!(found.header("Message-Type"), Some("bulk-data-search"));
    assert_eq!(
        found.response()["results"],
        json!([[id, "CARD_UK", "Card", true, "GBP", "1200"], [id, "CARD_UK", "Card", true, "USD", "1220"]])
    );
    let by_account = "accounting-service/payment-method-search?columns=code&bank_account=1290&active=false";
    assert_eq!(http.get(by_account).await.response()["results"], json!([["OLD_GATEWAY"]]));
    let sorted = http.get("accounting-service/payment-method-search?columns=code").await.response();
    assert_eq!(sorted["results"][0], json!(["BANK"]), "by code unless told otherwise");

    let mut renamed = method.clone();
    renamed["name"] = json!("Cards");
    assert_eq!(http.put(&format!("{path}/{id}"), renamed).await.text, "{}");
    assert_eq!(http.get(&format!("{path}/{id}")).await.response()[0]["name"], "Cards");
    assert_eq!(
        http.put(&format!("{path}/4711"), json!({ "name": "N", "code": "N" })).await.code(),
        "CMNC-404"
    );

    for (field, value) in [
        ("name", json!("stripe uk")),
        ("name", json!("")),
        ("code", json!("bank")),
        ("code", json!("x".repeat(33))),
        ("bankAccounts", json!([{ "currencyIsoCode": "USD", "bankAccountNominalCode": "1220" }])),
        ("bankAccounts", json!([{ "currencyIsoCode": "GBP", "bankAccountNominalCode": "1999" }])),
        ("bankAccounts", json!([{ "currencyIsoCode": "CHF", "bankAccountNominalCode": "1200" }])),
    ] {
        let mut wrong = json!({ "name": "New", "code": "NEW", "isActive": true, "bankAccounts": [] });
        wrong[field] = value;
        assert_eq!(http.post(path, wrong.clone()).await.status, 400, "{wrong}");
    }
}

#[tokio::test]
async fn a_payment_method_of_an_app_says_so_and_records_like_any_other() {
    let with_method = |seed: &mut Seed| {
        let method = SeedPaymentMethod::new(12, "PAYMENTS_APP", "Card (payments app)");
        seed.payment_methods.push(method.bank_account("GBP", "1210").of_app(52));
    };
    let http = Http::to(MockBrightpearl::builder().with(with_method).start().await);
    let path = "accounting-service/payment-method";
    let owner = async |id: u64| {
        http.get(&format!("{path}/{id}")).await.response()[0]["installedIntegrationId"].clone()
    };
    assert_eq!((owner(12).await, owner(7).await), (json!("52"), json!("0")));

    let mut method =
        json!({ "name": "Wallet", "code": "WALLET", "isActive": true, "installedIntegrationId": 53 });
    let id = http.post(path, method.clone()).await.id();
    assert_eq!(owner(id).await, "53", "a number is accepted and shown as a text");
    method["installedIntegrationId"] = json!("54");
    assert_eq!(http.put(&format!("{path}/{id}"), method).await.text, "{}");
    assert_eq!(owner(id).await, "54");

    let credit = http.credit().await;
    let mut payment = refund(credit, "2026-05-08");
    payment["paymentMethodCode"] = json!("PAYMENTS_APP");
    http.post(PAYMENTS, payment).await.response();
    let found = http.get(&format!("{PAYMENTS}-search?orderId={credit}&columns=journalId")).await.response();
    assert!(found["results"][0][0].is_u64(), "recorded with a journal: {found}");
}

#[tokio::test]
async fn a_journal_carries_the_reference_that_the_payment_gave_it() {
    let http = Http::start().await;
    let credit = http.credit().await;
    let payment = json!({ "paymentMethodCode": "STRIPE_UK", "paymentType": "PAYMENT", "orderId": credit,
        "currencyIsoCode": "GBP", "amountPaid": 10, "paymentDate": "2026-05-08", "journalRef": "R".repeat(300) });
    http.post("accounting-service/customer-payment", payment.clone()).await.response();
    let journal = http.mock.payments_on(brightpearl::OrderId::new(credit))[0].journal_id.unwrap();
    let read = http.get(&format!("accounting-service/journal/{journal}")).await.response();
    assert_eq!(read["journals"][0]["description"], "R".repeat(255), "cut after 255 characters");
    for (field, value) in [("transactionCode", "x".repeat(65)), ("transactionRef", "x".repeat(65))] {
        let mut long = payment.clone();
        long[field] = json!(value);
        assert_eq!(http.post("accounting-service/customer-payment", long).await.status, 400, "{field}");
    }
    let mut own = payment;
    own["journalId"] = json!(902_001);
    http.post("accounting-service/customer-payment", own).await.response();
    let given = http.mock.payments_on(brightpearl::OrderId::new(credit))[1].journal_id;
    assert_eq!(
        given,
        Some(brightpearl::JournalId::new(902_001)),
        "a given journal stops the account from making one"
    );
}
