//! Orders that are new or changed.

use brightpearl::{
    Client, ContactId, ErrorKind, IdSet, OrderId, OrderStatusId, ProductId,
    order::{NewCreditRow, NewSalesCredit, OrderSearch, OrderSummary, OrderTypeCode, StatusChange},
    search::Period,
};
use jiff::Timestamp;
use rust_decimal_macros::dec;

use crate::script::{account, answer, scripted};

async fn create(client: &Client, external_ref: &str) -> OrderId {
    let mut credit = NewSalesCredit::for_customer(ContactId::new(5012));
    credit.external_ref = Some(external_ref.to_owned());
    credit.rows = vec![NewCreditRow::product(ProductId::new(2044), dec!(1), "T20", dec!(33.33), dec!(6.67))];
    client.sales_credits().create(&credit).await.unwrap().id
}

async fn change(client: &Client, order: OrderId) {
    let done = StatusChange { order_status_id: OrderStatusId::new(11), order_note: None };
    client.order_statuses().set(order, &done).await.unwrap();
}

fn ids(orders: &[OrderSummary]) -> Vec<OrderId> {
    orders.iter().filter_map(|order| order.order_id).collect()
}

#[tokio::test]
async fn orders_that_were_created_and_orders_that_changed_are_found_once_each() {
    let (mock, client) = account().await;
    let at = |text: &str| text.parse::<Timestamp>().unwrap();

    mock.set_clock(at("2031-03-02T09:00:00Z"));
    let untouched = create(&client, "RGO-1").await;
    let changed_later = create(&client, "RGO-2").await;

    let since = at("2031-03-03T09:00:00Z");
    mock.set_clock(since);
    let never_changed = create(&client, "RGO-3").await;
    let changed_at_once = create(&client, "RGO-4").await;
    mock.set_clock(at("2031-03-03T10:00:00Z"));
    change(&client, changed_later).await;
    change(&client, changed_at_once).await;

    let those: IdSet<OrderId> =
        [untouched, changed_later, never_changed, changed_at_once].into_iter().collect();
    let credits = OrderSearch::new().order_type(&OrderTypeCode::SalesCredit).ids(&those);
    let found = client.orders().changed_since(since).matching(credits.clone()).all().await.unwrap();
    assert_eq!(ids(&found), [changed_later, never_changed, changed_at_once]);
    let status = Some(OrderStatusId::new(11));
    assert_eq!(
        found
            .iter()
            .map(|order| (order.updated_on.is_some(), order.order_status_id == status))
            .collect::<Vec<_>>(),
        [(true, true), (false, false), (true, true)]
    );

    let by_change_alone =
        client.orders().search(credits.updated_on(&Period::from(since))).all().await.unwrap();
    assert_eq!(ids(&by_change_alone), [changed_later, changed_at_once]);
}

#[tokio::test]
async fn an_invalid_row_of_both_searches_is_one_error_after_the_orders() {
    let page = || {
        answer(
            200,
            r#"{"response":{"results":[["x",27],[12,27]],"metaData":{"resultsReturned":2,"columns":[{"name":"orderId"},
            {"name":"orderStatusId"}]}},"reference":{}}"#,
        )
    };
    let it = scripted([page(), page()]);
    let found = it.client.orders().changed_since(Timestamp::UNIX_EPOCH).all_results().await.unwrap();
    let valid: Vec<bool> = found.iter().map(Result::is_ok).collect();
    assert_eq!(valid, [true, false]);
    let asked: Vec<String> = it.script.sent().iter().map(|request| request.url.clone()).collect();
    assert!(asked[0].contains("createdOn=1970-01-01T00:00:00.000Z/"), "{asked:?}");
    assert!(asked[1].contains("updatedOn=1970-01-01T00:00:00.000Z/"), "{asked:?}");

    let it = scripted([page(), page()]);
    let error = it.client.orders().changed_since(Timestamp::UNIX_EPOCH).all().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Undecodable);
}
