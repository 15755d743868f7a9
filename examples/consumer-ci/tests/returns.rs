//! The service against mocks of both systems, with a fault in each.

use acme_returns::{credit_goodwill, worth};
use brightpearl::{Credentials, OrderId, rust_decimal::Decimal};
use brightpearl_mock::{Fault, FaultKind, MockBrightpearl};
use returngo_mock::MockReturngo;

#[tokio::test]
async fn a_credit_whose_answer_is_lost_is_created_once() {
    let mock = MockBrightpearl::start().await;
    let client = brightpearl::Client::builder(mock.account())
        .url(mock.url())
        .credentials(Credentials::private_app(mock.app_ref(), mock.token()))
        .build()
        .unwrap();
    mock.faults().add(Fault::on("post-sales-credit", FaultKind::DropAfterCommit));

    let order = OrderId::new(300_871);
    let first = credit_goodwill(&client, order, "GOODWILL-1", Decimal::from(5)).await.unwrap();
    let second = credit_goodwill(&client, order, "GOODWILL-1", Decimal::from(5)).await.unwrap();

    assert_eq!(first, second);
    assert_eq!(mock.credits_of(order).len(), 1);
    assert!(mock.faults().pending().is_empty(), "the fault was part of the test");
}

#[tokio::test]
async fn a_return_is_read_although_returngo_is_unavailable_once() {
    let mock = MockReturngo::start().await;
    let client = returngo::Client::builder()
        .url(mock.url())
        .api_key(mock.api_key())
        .shop(mock.shop())
        .build()
        .unwrap();
    mock.faults().add(Fault::on("GET /rma/{id}", FaultKind::Status503));

    let paid = worth(&client, &"4410021".parse().unwrap()).await.unwrap();

    assert_eq!(paid, Decimal::new(8999, 2));
    assert_eq!(mock.requests().total(), 2, "it was asked again");
}
