//! Keyed writes happen once, whatever becomes of their answers: over the mock's real HTTP.

use std::sync::Arc;

use api_mock_core::{Fault, FaultKind};
use brightpearl::{
    Client, ContactId, Credentials, CurrencyCode, ErrorKind, LocationId, OrderId, PaymentMethodCode,
    ProductId, WarehouseId,
    accounting::{CustomerPaymentSearch, NewCustomerPayment, PaymentType},
    client::{RetryPolicy, SkippingClock},
    order::{NewCreditRow, NewSalesCredit, OrderSearch},
    warehouse::{NewGoodsInLine, NewGoodsInNote, NewProductValue},
};
use brightpearl_mock::MockBrightpearl;
use rust_decimal_macros::dec;

const SALE: OrderId = OrderId::new(300871);

async fn account() -> (MockBrightpearl, Client) {
    let mock = MockBrightpearl::start().await;
    let client = Client::builder(mock.account())
        .url(mock.url())
        .credentials(Credentials::private_app(mock.app_ref(), mock.token()))
        .clock(Arc::new(SkippingClock::at("2026-05-04T10:15:20Z".parse().unwrap())))
        .retry(RetryPolicy { attempts: 2, ..RetryPolicy::default() })
        .build()
        .unwrap();
    (mock, client)
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
