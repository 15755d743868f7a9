//! Searches as streams: one page at a time, rows that do not read in their place, and going on after a break.

use std::collections::BTreeSet;

use api_client_core::HttpResponse;
use brightpearl::{
    Client, ContactId, ErrorKind, IdSet, OrderId, OrderStatusId, ProductId,
    accounting::{CustomerPaymentColumn, CustomerPaymentSearch},
    client::{Continuation, TransportError},
    order::{
        NewCreditRow, NewSalesCredit, OrderColumn, OrderSearch, OrderSummary, OrderTypeCode, StatusChange,
    },
    search::Page,
};
use futures_util::{StreamExt, TryStreamExt};
use rust_decimal_macros::dec;

use crate::script::{Scripted, account, answer, scripted};

/// A page of orders from `first` on, by their id; a row that is not a number is one that does not read.
fn page(first: u64, rows: &[&str], more: bool) -> Result<HttpResponse, TransportError> {
    sorted_by("orderId", first, rows, more)
}

fn sorted_by(column: &str, first: u64, rows: &[&str], more: bool) -> Result<HttpResponse, TransportError> {
    let numbers = match rows.len() as u64 {
        0 => String::new(),
        rows => format!(r#""firstResult":{first},"lastResult":{},"#, first + rows - 1),
    };
    let cells: Vec<String> = rows.iter().map(|row| format!("[{row},27]")).collect();
    answer(
        200,
        &format!(
            r#"{{"response":{{"results":[{}],"metaData":{{"morePagesAvailable":{more},"resultsAvailable":6,"resultsReturned":{},{numbers}
            "columns":[{{"name":"orderId"}},{{"name":"orderStatusId"}}],
            "sorting":[{{"filterable":{{"name":"{column}"}},"direction":"ASC"}}]}}}},
            "reference":{{"orderStatusNames":{{"27":"Return in transit"}},"categories":{{"27":[300,301]}}}}}}"#,
            cells.join(","),
            rows.len()
        ),
    )
}

fn lost_for_good() -> [Result<HttpResponse, TransportError>; 4] {
    std::array::from_fn(|_| answer(502, "<html>bad gateway</html>"))
}

fn number(row: &OrderSummary) -> u64 {
    row.order_id.unwrap().get()
}

fn asked_from(it: &Scripted) -> Vec<String> {
    it.script
        .sent()
        .iter()
        .map(|request| request.url.rsplit_once("firstResult=").unwrap().1.to_owned())
        .collect()
}

async fn rest_of(it: &Scripted, at: Continuation) -> Vec<u64> {
    let results = it.client.orders().search(OrderSearch::new()).resume(at).unwrap();
    results.all().await.unwrap().iter().map(number).collect()
}

async fn first_two(it: &Scripted) -> Continuation {
    let mut rows = it.client.orders().search(OrderSearch::new()).stream();
    assert_eq!(number(&rows.next().await.unwrap().unwrap()), 11);
    assert_eq!(number(&rows.next().await.unwrap().unwrap()), 12);
    rows.continuation().unwrap()
}

#[tokio::test]
async fn rows_come_one_by_one_and_pages_when_they_are_needed() {
    let it = scripted([page(1, &["11", "12"], true), page(2, &["12", "13"], false)]);
    let mut rows = it.client.orders().search(OrderSearch::new()).stream();
    assert!(it.script.sent().is_empty());
    assert_eq!(number(&rows.next().await.unwrap().unwrap()), 11);
    assert_eq!(number(&rows.next().await.unwrap().unwrap()), 12);
    assert_eq!(it.script.sent().len(), 1);
    let rest: Vec<OrderSummary> = rows.try_collect().await.unwrap();
    assert_eq!(rest.iter().map(number).collect::<Vec<_>>(), [13]);
}

#[tokio::test]
async fn a_row_that_does_not_read_is_an_error_in_its_place() {
    let it = scripted([page(1, &["11", "\"x\"", "13"], true), page(3, &["13", "14"], false)]);
    let rows: Vec<_> = it.client.orders().search(OrderSearch::new()).stream().collect().await;
    let read: Vec<Option<u64>> = rows.iter().map(|row| row.as_ref().ok().map(number)).collect();
    assert_eq!(read, [Some(11), None, Some(13), Some(14)]);
    assert_eq!(rows[1].as_ref().unwrap_err().kind(), ErrorKind::Undecodable);

    let it = scripted([page(1, &["11", "\"x\""], true), page(3, &["13"], false)]);
    let rows: Vec<_> = it.client.orders().search(OrderSearch::new()).stream().collect().await;
    assert_eq!(rows.len(), 3, "a row without an id that reads is not asked for again");
}

#[tokio::test]
async fn a_page_that_cannot_be_had_ends_the_stream_which_goes_on_from_its_continuation() {
    let mut answers = vec![page(1, &["11", "12"], true)];
    answers.extend(lost_for_good());
    answers.push(page(2, &["12", "13"], false));
    let it = scripted(answers);
    let mut rows = it.client.orders().search(OrderSearch::new()).stream();
    assert_eq!(rows.by_ref().map(|row| row.is_ok()).collect::<Vec<_>>().await, [true, true, false]);

    let written = serde_json::to_string(&rows.continuation().unwrap()).unwrap();
    assert!(written.ends_with(r#""firstResult":2,"after":12,"again":true}"#), "{written}");
    let read: Continuation = serde_json::from_str(&written).unwrap();
    assert_eq!(rest_of(&it, read).await, [13]);
    assert_eq!(asked_from(&it), ["1", "2", "2", "2", "2", "2"]);
}

#[tokio::test]
async fn a_continuation_counts_single_rows() {
    let it = scripted([page(1, &["11", "12"], false), page(1, &["11", "12"], false)]);
    let mut rows = it.client.orders().search(OrderSearch::new()).stream();
    rows.next().await.unwrap().unwrap();
    let after_one = rows.continuation().unwrap();
    rows.next().await.unwrap().unwrap();
    assert_eq!(rows.continuation(), None);
    assert_eq!(rest_of(&it, after_one).await, [12]);
    assert_eq!(asked_from(&it), ["1", "1"]);
}

#[tokio::test]
async fn rows_that_came_in_between_come_and_none_comes_twice() {
    // An order below the last one that was seen matches now: the numbers of those after it have grown.
    let it = scripted([page(1, &["11", "12"], true), page(2, &["11", "12", "13", "14"], false)]);
    let at = first_two(&it).await;
    assert_eq!(rest_of(&it, at).await, [13, 14]);
}

#[tokio::test]
async fn rows_that_went_in_between_hide_no_others() {
    // 11 and 12 are gone: what was row 3 is row 1 now, and row 2 on is not all that is left.
    let it = scripted([page(1, &["11", "12"], true), page(2, &["14"], false), page(1, &["13", "14"], false)]);
    let at = first_two(&it).await;
    assert_eq!(rest_of(&it, at).await, [13, 14]);
    assert_eq!(asked_from(&it), ["1", "2", "1"]);

    let it = scripted([page(1, &["11", "12"], true), page(2, &[], false), page(1, &["13"], false)]);
    let at = first_two(&it).await;
    assert_eq!(rest_of(&it, at).await, [13], "so few are left that the next page is empty");
}

#[tokio::test]
async fn a_server_that_contradicts_itself_does_not_lead_in_circles() {
    let circle = [page(2, &["90", "91"], true), page(1, &["11", "12"], true)];
    let it = scripted([page(1, &["11", "12"], true)].into_iter().chain(circle).chain([page(
        2,
        &["90", "91"],
        false,
    )]));
    let rows = it.client.orders().search(OrderSearch::new()).all().await.unwrap();
    assert_eq!(rows.iter().map(number).collect::<Vec<_>>(), [11, 12, 90, 91]);
}

#[tokio::test]
async fn what_is_passed_on_the_way_back_and_forth_does_not_come_again() {
    // 11 goes after four rows came: what was row 5 is row 4 now.
    let it = scripted([
        page(1, &["11", "12", "13", "14"], true),
        page(4, &["15", "16"], false),
        page(1, &["12", "13"], true),
        page(2, &["13"], true),
        page(3, &["14", "15"], true),
        page(4, &["15", "16"], false),
    ]);
    let rows = it.client.orders().search(OrderSearch::new()).all().await.unwrap();
    assert_eq!(rows.iter().map(number).collect::<Vec<_>>(), [11, 12, 13, 14, 15, 16]);
}

/// Two rows of one id would be one row too few, were ids taken to tell them apart.
#[tokio::test]
async fn ids_that_come_twice_are_not_relied_on() {
    let it = scripted([page(1, &["11", "12", "12"], true), page(4, &["12", "13"], false)]);
    let rows = it.client.orders().search(OrderSearch::new()).all().await.unwrap();
    assert_eq!(rows.iter().map(number).collect::<Vec<_>>(), [11, 12, 12, 12, 13]);
}

#[tokio::test]
async fn rows_by_another_column_are_counted() {
    let it = scripted([
        sorted_by("createdOn", 1, &["12", "11"], true),
        sorted_by("createdOn", 3, &["14", "13"], false),
        sorted_by("createdOn", 2, &["11", "14", "13"], false),
    ]);
    let search = || OrderSearch::new().sort(OrderColumn::CreatedOn.ascending());
    let mut rows = it.client.orders().search(search()).stream();
    rows.next().await.unwrap().unwrap();
    let after_one = rows.continuation().unwrap();
    assert_eq!(rows.map(|row| number(&row.unwrap())).collect::<Vec<_>>().await, [11, 14, 13]);
    let rest = it.client.orders().search(search()).resume(after_one).unwrap().all().await.unwrap();
    assert_eq!(rest.iter().map(number).collect::<Vec<_>>(), [11, 14, 13]);
    assert_eq!(asked_from(&it), ["1", "3", "2"]);
    assert!(it.script.sent()[0].url.contains("sort=createdOn.ASC"));
}

#[tokio::test]
async fn a_continuation_of_another_search_is_refused() {
    let it = scripted([page(1, &["11", "12"], true)]);
    let at = first_two(&it).await;
    let other = OrderSearch::new().status(&OrderStatusId::new(27));
    let error = it.client.orders().search(other).resume(at).map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert!(error.to_string().contains("belongs to another search"), "{error}");
}

async fn five_credits(client: &Client) -> BTreeSet<OrderId> {
    let row = NewCreditRow::product(ProductId::new(2044), dec!(1), "T20", dec!(33.33), dec!(6.67));
    let mut credits = BTreeSet::new();
    for number in 1..=5 {
        let credit = NewSalesCredit {
            external_ref: Some(format!("RGO-{number}")),
            rows: vec![row.clone()],
            ..NewSalesCredit::for_customer(ContactId::new(5012))
        };
        credits.insert(client.sales_credits().create(&credit).await.unwrap().id);
    }
    credits
}

fn set(orders: &BTreeSet<OrderId>) -> IdSet<OrderId> {
    orders.iter().copied().collect()
}

/// What is done about a row takes it out of the search: by number alone, every second page would be skipped.
#[tokio::test]
async fn a_search_whose_rows_leave_it_on_the_way_finds_them_all() {
    let (_mock, client) = account().await;
    let credits = five_credits(&client).await;
    let first = client.orders().search(OrderSearch::new().ids(&set(&credits)));
    let status = first.all().await.unwrap()[0].order_status_id.unwrap();
    let search = OrderSearch::new()
        .order_type(&OrderTypeCode::SalesCredit)
        .ids(&set(&credits))
        .status(&status)
        .page_size(2);
    let mut rows = client.orders().search(search).stream();
    let mut seen = Vec::new();
    while let Some(row) = rows.next().await {
        let id = row.unwrap().order_id.unwrap();
        let done = StatusChange { order_status_id: OrderStatusId::new(11), order_note: None };
        client.order_statuses().set(id, &done).await.unwrap();
        seen.push(id);
    }
    assert_eq!(seen, credits.into_iter().collect::<Vec<_>>());
}

#[tokio::test]
async fn the_columns_that_were_chosen_come_and_the_ids_with_them() {
    let (_mock, client) = account().await;
    let credits = five_credits(&client).await;
    let search = OrderSearch::new()
        .ids(&set(&credits))
        .columns([OrderColumn::CustomerRef, OrderColumn::ExternalRef])
        .sort(OrderColumn::OrderId.descending())
        .page_size(2);
    let request = search.request().to_string();
    assert!(request.contains("columns=orderId,customerRef,externalRef&sort=orderId.DESC"), "{request}");
    let rows = client.orders().search(search).all().await.unwrap();
    let expected: Vec<OrderSummary> = credits
        .iter()
        .rev()
        .zip((1..=5).rev())
        .map(|(id, number)| OrderSummary {
            order_id: Some(*id),
            customer_ref: rows[0].customer_ref.clone(),
            external_ref: Some(format!("RGO-{number}")),
            ..OrderSummary::default()
        })
        .collect();
    assert_eq!(rows, expected, "the other fields are empty");

    let search = CustomerPaymentSearch::new().columns([CustomerPaymentColumn::JournalId]);
    assert!(
        search
            .request()
            .to_string()
            .ends_with("columns=paymentId,paymentType,currencyCode,amountPaid,journalId")
    );
    let payments = client.customer_payments().search(search).all().await.unwrap();
    assert!(payments.iter().all(|payment| payment.transaction_ref.is_none()));
    let refused = OrderSearch::new().columns([OrderColumn::from("noSuchColumn")]);
    let error = client.orders().search(refused).all().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
}

#[tokio::test]
async fn counting_asks_for_no_rows() {
    let counted = r#"{"response":{"metaData":{"resultsAvailable":37,"resultsReturned":0,"columns":[]}},"reference":{}}"#;
    let it = scripted([answer(200, counted)]);
    assert_eq!(it.client.orders().search(OrderSearch::new()).count().await.unwrap(), 37);
    assert!(it.script.sent()[0].url.ends_with("countOnly=true"));
}

#[tokio::test]
async fn ids_on_a_page_have_names() {
    let it = scripted([page(1, &["11"], false)]);
    let page: Page<OrderSummary> =
        it.client.orders().search(OrderSearch::new()).next_page().await.unwrap().unwrap();
    let status = OrderStatusId::new(27);
    assert_eq!(page.reference.name("orderStatusNames", status), Some("Return in transit"));
    assert_eq!(page.reference.name("orderTypeNames", status), None);
    assert_eq!(page.reference.read::<Vec<u64>>("categories", status), Some(vec![300, 301]));
}
