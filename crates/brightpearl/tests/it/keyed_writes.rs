//! Keyed writes happen once, whatever becomes of their answers: over the mock's real HTTP.

use std::{sync::Arc, time::Duration};

use api_client_core::{Headers, HttpResponse, Method};
use api_mock_core::{Fault, FaultKind};
use brightpearl::{
    Client, ContactId, CurrencyCode, ErrorKind, LocationId, OrderId, PaymentMethodCode, ProductId,
    WarehouseId,
    accounting::{CustomerPaymentSearch, NewCustomerPayment, PaymentType},
    client::{RetryPolicy, SkippingClock},
    order::{NewCreditRow, NewSalesCredit, OrderSearch},
    warehouse::{NewGoodsInLine, NewGoodsInNote, NewProductValue},
};
use brightpearl_mock::MockBrightpearl;
use rust_decimal_macros::dec;

use crate::script::{Scripted, answer, client_builder, lost, scripted};

const SALE: OrderId = OrderId::new(300871);

async fn account() -> (MockBrightpearl, Client) {
    let mock = MockBrightpearl::start().await;
    let client = client_at(&mock, &SkippingClock::at("2026-05-04T10:15:20Z".parse().unwrap()));
    (mock, client)
}

fn client_at(mock: &MockBrightpearl, clock: &SkippingClock) -> Client {
    client_builder(mock)
        .clock(Arc::new(clock.clone()))
        .retry(RetryPolicy { attempts: 2, ..RetryPolicy::default() })
        .build()
        .unwrap()
}

fn credit() -> NewSalesCredit {
    NewSalesCredit {
        parent_id: Some(SALE),
        external_ref: Some("RGO-4410021".into()),
        rows: vec![NewCreditRow::product(ProductId::new(2044), dec!(2), "T20", dec!(66.6667), dec!(13.33))],
        ..NewSalesCredit::for_customer(ContactId::new(5012))
    }
}

#[tokio::test]
async fn a_credit_whose_answer_was_lost_is_there_once() {
    let (mock, client) = account().await;
    mock.faults().add(Fault::on("post-sales-credit", FaultKind::DropAfterCommit));
    let created = client.sales_credits().create(&credit()).await.unwrap();
    assert!(created.already_existed);
    assert_eq!(mock.requests().of("post-sales-credit"), 1);

    let again = client.sales_credits().create(&credit()).await.unwrap();
    assert_eq!((again.id, again.already_existed), (created.id, true));
    let found = client.orders().search(OrderSearch::credits_of(SALE)).all().await.unwrap();
    assert_eq!(found.len(), 1);
}

#[tokio::test]
async fn a_credit_that_never_arrived_is_sent_again() {
    let (mock, client) = account().await;
    mock.faults().add(Fault::on("post-sales-credit", FaultKind::DropBefore));
    mock.faults().add(Fault::on("post-sales-credit", FaultKind::Html502));
    let created = client.sales_credits().create(&credit()).await.unwrap();
    assert!(!created.already_existed);
    assert_eq!(mock.requests().of("post-sales-credit"), 3);
    assert_eq!(client.orders().search(OrderSearch::credits_of(SALE)).all().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_refused_credit_stays_refused() {
    let (_mock, client) = account().await;
    let mut credit = credit();
    credit.rows[0].product_id = Some(ProductId::new(999_999));
    let error = client.sales_credits().create(&credit).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert!(!error.may_have_been_applied());
}

const NO_ORDERS: &str = r#"{"response":{"results":[],"metaData":{"morePagesAvailable":false,"resultsAvailable":0,"resultsReturned":0,"columns":[{"name":"orderId"},{"name":"externalRef"}]}},"reference":{}}"#;
const ONE_ORDER: &str = r#"{"response":{"results":[[300955,"RGO-4410021"]],"metaData":{"morePagesAvailable":false,"resultsAvailable":1,"resultsReturned":1,"firstResult":1,"lastResult":1,"columns":[{"name":"orderId"},{"name":"externalRef"}]}},"reference":{}}"#;

/// An account of which the caller has no instance id: no answer carries the header.
fn without_an_instance(answers: &[Result<(u16, &str), ()>]) -> Scripted {
    let configuration = (200, r#"{"response":{"configuration":{}}}"#);
    let mut all = vec![Ok(configuration)];
    all.extend_from_slice(answers);
    scripted(all.into_iter().map(|told| match told {
        Ok((status, body)) => {
            let body = body.as_bytes().to_vec();
            Ok(HttpResponse { status, headers: Headers::default(), body })
        }
        Err(()) => lost(),
    }))
}

#[tokio::test]
async fn a_credit_without_an_instance_id_is_looked_up_before() {
    let it = without_an_instance(&[Ok((200, ONE_ORDER))]);
    let created = it.client.sales_credits().create(&credit()).await.unwrap();
    assert_eq!((created.id, created.already_existed), (OrderId::new(300955), true));
    assert_eq!(it.script.sent().len(), 2, "nothing was posted");
}

#[tokio::test]
async fn a_credit_without_an_instance_id_is_looked_up_after_a_lost_answer_and_never_sent_again() {
    let it = without_an_instance(&[Ok((200, NO_ORDERS)), Err(()), Ok((200, ONE_ORDER))]);
    let created = it.client.sales_credits().create(&credit()).await.unwrap();
    assert_eq!((created.id, created.already_existed), (OrderId::new(300955), true));

    let it = without_an_instance(&[Ok((200, NO_ORDERS)), Err(()), Ok((200, NO_ORDERS))]);
    let error = it.client.sales_credits().create(&credit()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Ambiguous);
    assert!(error.may_have_been_applied() && !error.is_retryable());
    assert!(error.to_string().contains("search the credits for its externalRef"), "{error}");
}

#[tokio::test]
async fn what_is_said_of_a_later_attempt_does_not_clear_an_earlier_one() {
    let no_orders = || answer(200, NO_ORDERS);
    let refused = answer(400, r#"{"errors":[{"code":"ORDC-001","message":"It is refused"}]}"#);
    let account = answer(200, r#"{"response":{"configuration":{}}}"#);
    let it = scripted([account, lost(), no_orders(), no_orders(), refused, no_orders()]);
    let error = it.client.sales_credits().create(&credit()).await.unwrap_err();
    assert_eq!(it.script.sent().len(), 6);
    assert_eq!((error.kind(), error.may_have_been_applied()), (ErrorKind::Ambiguous, true));
}

#[tokio::test]
async fn writes_without_any_key_stay_ambiguous() {
    let it = scripted([lost()]);
    let unkeyed = NewSalesCredit { external_ref: None, ..credit() };
    let error = it.client.sales_credits().create(&unkeyed).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_been_applied()), (ErrorKind::Ambiguous, true));

    let it = scripted([lost()]);
    let unkeyed = NewCustomerPayment { transaction_ref: None, ..payment(OrderId::new(300955), dec!(80)) };
    let error = it.client.customer_payments().create(&unkeyed).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_been_applied()), (ErrorKind::Ambiguous, true));
}

#[tokio::test]
async fn a_refund_whose_method_changed_between_two_runs_is_not_recorded_again() {
    let (mock, client) = account().await;
    let credit = client.sales_credits().create(&credit()).await.unwrap().id;
    let first = client.customer_payments().create(&payment(credit, dec!(80))).await.unwrap();
    let changed = NewCustomerPayment {
        payment_method_code: PaymentMethodCode::new("BANK"),
        ..payment(credit, dec!(80))
    };
    let second = client.customer_payments().create(&changed).await.unwrap();
    assert_eq!((second.id, second.already_existed), (first.id, true));
    assert_eq!(mock.payments_on(credit).len(), 1);
}

fn payment(credit: OrderId, amount: rust_decimal::Decimal) -> NewCustomerPayment {
    NewCustomerPayment {
        transaction_ref: Some("RGO-4410021-778120".into()),
        payment_method_code: PaymentMethodCode::new("STRIPE_UK"),
        payment_type: PaymentType::Payment,
        order_id: credit,
        currency_iso_code: CurrencyCode::new("GBP"),
        exchange_rate: None,
        amount_paid: amount,
        payment_date: "2026-05-11T09:40:00+01:00".parse().unwrap(),
        journal_ref: Some("4410021 refund".into()),
    }
}

#[tokio::test]
async fn a_refund_is_recorded_once_through_lost_answers_and_repeats() {
    let (mock, client) = account().await;
    let credit = client.sales_credits().create(&credit()).await.unwrap().id;
    mock.faults().add(Fault::on("post-customer-payment", FaultKind::DropAfterCommit));
    let first = client.customer_payments().create(&payment(credit, dec!(80.00))).await.unwrap();
    let second = client.customer_payments().create(&payment(credit, dec!(80.00))).await.unwrap();
    assert_eq!(first.id, second.id);
    assert!(second.already_existed);

    let changed_method = NewCustomerPayment {
        payment_method_code: PaymentMethodCode::new("BANK"),
        ..payment(credit, dec!(80.00))
    };
    mock.faults().add(Fault::on("post-customer-payment", FaultKind::Status500));
    let third = client.customer_payments().create(&changed_method).await.unwrap();
    assert_eq!(third.id, first.id, "a method that changed between two attempts must not double the refund");

    let found =
        client.customer_payments().search(CustomerPaymentSearch::new().order(&credit)).all().await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].amount(), dec!(80.00));
    assert!(found[0].journal_id.is_some());
}

const NO_PAYMENTS: &str = r#"{"response":{"results":[],"metaData":{"morePagesAvailable":false,"resultsAvailable":0,"resultsReturned":0,"columns":[{"name":"paymentId"}]}},"reference":{}}"#;
const THE_PAYMENT: &str = r#"{"response":{"results":[[551207,"RGO-4410021-778120","PAYMENT","GBP","80.00"]],"metaData":{"morePagesAvailable":false,"resultsAvailable":1,"resultsReturned":1,"firstResult":1,"lastResult":1,"columns":[{"name":"paymentId"},{"name":"transactionRef"},{"name":"paymentType"},{"name":"currencyCode"},{"name":"amountPaid"}]}},"reference":{}}"#;

#[tokio::test]
async fn a_refund_that_appears_late_is_not_sent_again() {
    let nothing = || answer(200, NO_PAYMENTS);
    let it = scripted([nothing(), lost(), nothing(), answer(200, THE_PAYMENT)]);
    let refund = payment(OrderId::new(300955), dec!(80));
    let created = it.client.customer_payments().create(&refund).await.unwrap();
    assert_eq!((created.id.get(), created.already_existed), (551207, true));
    let posts = it.script.sent().iter().filter(|request| request.method == Method::Post).count();
    assert_eq!(posts, 1);
    assert_eq!(it.clock.waits().iter().sum::<Duration>(), Duration::from_secs(60));
}

#[tokio::test]
async fn a_refund_that_never_arrived_is_sent_again_after_a_minute_without_it() {
    let (mock, setup) = account().await;
    let credit = setup.sales_credits().create(&credit()).await.unwrap().id;
    let clock = SkippingClock::at("2026-05-04T10:15:20Z".parse().unwrap());
    let client = client_at(&mock, &clock);
    mock.faults().add(Fault::on("post-customer-payment", FaultKind::DropBefore));
    let created = client.customer_payments().create(&payment(credit, dec!(80))).await.unwrap();
    assert!(!created.already_existed);
    assert_eq!(mock.payments_on(credit).len(), 1);
    assert!(clock.waits().iter().sum::<Duration>() >= Duration::from_secs(60));
}

#[tokio::test]
async fn a_refund_of_which_nothing_is_ever_heard_stays_a_question() {
    let nothing = || answer(200, NO_PAYMENTS);
    let thrice = (0..3).flat_map(|_| [lost(), nothing(), nothing()]);
    let it = scripted([nothing()].into_iter().chain(thrice));
    let refund = payment(OrderId::new(300955), dec!(80));
    let error = it.client.customer_payments().create(&refund).await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Ambiguous, false));
    assert!(error.to_string().contains("search the order's payments for its transactionRef"), "{error}");
}

#[tokio::test]
async fn goods_are_received_once() {
    let (mock, client) = account().await;
    let credit = client.sales_credits().create(&credit()).await.unwrap().id;
    let row = client.sales_credits().get(&credit.into()).await.unwrap()[0].rows[0].id;
    let note = NewGoodsInNote {
        transfer: false,
        warehouse_id: WarehouseId::new(2),
        goods_moved: vec![NewGoodsInLine {
            product_id: ProductId::new(2044),
            purchase_order_row_id: row,
            quantity: 2,
            destination_location_id: LocationId::new(3),
            product_value: NewProductValue { currency: CurrencyCode::new("GBP"), value: dec!(12) },
        }],
        received_on: "2026-05-09T11:02:00+01:00".parse().unwrap(),
        user_batch_reference: Some("RMA4410021-1".into()),
    };
    mock.faults().add(Fault::on("post-goods-in-note", FaultKind::DropAfterCommit));
    let first = client.goods_in_notes().create(credit, &note).await.unwrap();
    let second = client.goods_in_notes().create(credit, &note).await.unwrap();
    assert_eq!(first.id, second.id);
    assert_eq!(client.goods_in_notes().of_orders(&credit.into()).await.unwrap().len(), 1);
}
