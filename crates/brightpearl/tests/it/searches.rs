//! Searches as streams: one page at a time, rows that do not read in their place, and going on after a break.

use api_client_core::HttpResponse;
use brightpearl::{
    ErrorKind, OrderStatusId,
    client::{Continuation, TransportError},
    order::{OrderSearch, OrderSummary},
    search::Page,
};
use futures_util::{StreamExt, TryStreamExt};

use crate::script::{Scripted, answer, scripted};

/// A page of orders from `first` on; a row that is not a number is one that does not read.
fn page(first: u64, rows: &[&str], more: bool) -> Result<HttpResponse, TransportError> {
    let last = first + rows.len() as u64 - 1;
    let cells: Vec<String> = rows.iter().map(|row| format!("[{row},27]")).collect();
    answer(
        200,
        &format!(
            r#"{{"response":{{"results":[{}],"metaData":{{"morePagesAvailable":{more},"resultsAvailable":6,"resultsReturned":{},
            "firstResult":{first},"lastResult":{last},"columns":[{{"name":"orderId"}},{{"name":"orderStatusId"}}]}}}},
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

#[tokio::test]
async fn rows_come_one_by_one_and_pages_when_they_are_needed() {
    let it = scripted([page(1, &["11", "12"], true), page(3, &["13"], false)]);
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
    let it = scripted([page(1, &["11", "\"x\"", "13"], true), page(4, &["14"], false)]);
    let rows: Vec<_> = it.client.orders().search(OrderSearch::new()).stream().collect().await;
    let read: Vec<Option<u64>> = rows.iter().map(|row| row.as_ref().ok().map(number)).collect();
    assert_eq!(read, [Some(11), None, Some(13), Some(14)]);
    assert_eq!(rows[1].as_ref().unwrap_err().kind(), ErrorKind::Undecodable);
}

#[tokio::test]
async fn a_page_that_cannot_be_had_ends_the_stream_which_goes_on_from_its_continuation() {
    let mut answers = vec![page(1, &["11", "12"], true)];
    answers.extend(lost_for_good());
    answers.push(page(3, &["13"], false));
    let it = scripted(answers);
    let mut rows = it.client.orders().search(OrderSearch::new()).stream();
    assert_eq!(rows.by_ref().map(|row| row.is_ok()).collect::<Vec<_>>().await, [true, true, false]);

    let written = serde_json::to_string(&rows.continuation().unwrap()).unwrap();
    assert_eq!(written, r#"{"firstResult":3}"#);
    let read: Continuation = serde_json::from_str(&written).unwrap();
    let rest = it.client.orders().search(OrderSearch::new()).resume(read).all().await.unwrap();
    assert_eq!(rest.iter().map(number).collect::<Vec<_>>(), [13]);
    assert_eq!(asked_from(&it), ["1", "3", "3", "3", "3", "3"]);
}

#[tokio::test]
async fn a_continuation_counts_single_rows() {
    let it = scripted([page(1, &["11", "12"], false), page(2, &["12"], false)]);
    let mut rows = it.client.orders().search(OrderSearch::new()).stream();
    rows.next().await.unwrap().unwrap();
    let after_one = rows.continuation().unwrap();
    rows.next().await.unwrap().unwrap();
    assert_eq!(rows.continuation(), None);
    let mut rows = it.client.orders().search(OrderSearch::new()).resume(after_one).stream();
    assert_eq!(number(&rows.next().await.unwrap().unwrap()), 12);
    assert_eq!(asked_from(&it), ["1", "2"]);
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
