//! Lists: pages, rows, and servers that do not end them properly.

use std::pin::pin;

use futures_util::StreamExt;
use proptest::prelude::*;
use returngo::{Cursor, ErrorKind, RmaFilter, RmaStatus, TransactionFilter};
use returngo_mock::{Fault, FaultKind, ItemBuilder, MockReturngo, RmaBuilder};
use rust_decimal_macros::dec;
use serde_json::{Value, json};

use super::{
    client,
    script::{answer, scripted},
};
use crate::fixtures;

/// A shop with so many pending RMAs more than the seed's two.
async fn shop_with(more: u64) -> MockReturngo {
    let shop = MockReturngo::start().await;
    for number in 5_000_000..5_000_000 + more {
        shop.put_rma(RmaBuilder::new(number).item(ItemBuilder::new("LS-M", dec!(40))).build().unwrap());
    }
    shop
}

fn pending() -> RmaFilter {
    RmaFilter::new().statuses([RmaStatus::Pending])
}

#[tokio::test]
async fn a_long_list_comes_in_pages_and_can_be_taken_up_again() {
    let shop = shop_with(600).await;
    let returngo = client(&shop);
    let all = returngo.rmas().list(pending()).all().await.unwrap();
    assert_eq!(all.len(), 602);
    assert_eq!(shop.requests().of("GET /rmas"), 2);

    let mut first_run = returngo.rmas().list(pending());
    let first = first_run.next_page().await.unwrap().unwrap().rows().unwrap();
    let cursor = first_run.cursor().unwrap().clone();
    let mut second_run = returngo.rmas().list(pending()).resume_at(cursor);
    let second = second_run.next_page().await.unwrap().unwrap().rows().unwrap();
    assert_eq!([first, second].concat(), all);
    assert!(second_run.next_page().await.unwrap().is_none());
}

#[tokio::test]
async fn rows_come_one_by_one_and_pages_only_when_they_are_needed() {
    let shop = shop_with(600).await;
    let returngo = client(&shop);
    let mut rows = returngo.rmas().list(pending()).stream();
    assert_eq!(rows.cursor(), None);
    for _ in 0..500 {
        rows.next().await.unwrap().unwrap();
    }
    assert_eq!(shop.requests().of("GET /rmas"), 1, "the second page is not needed yet");
    let cursor = rows.cursor().unwrap().clone();
    let rest: Vec<_> = rows.collect().await;
    assert_eq!(rest.len(), 102);

    let resumed = returngo.rmas().list(pending()).resume_at(cursor).stream();
    let again: Vec<_> = pin!(resumed).map(|row| row.unwrap().rma_id).collect().await;
    assert_eq!(again, rest.into_iter().map(|row| row.unwrap().rma_id).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_page_that_cannot_be_had_ends_the_rows_and_says_where_to_go_on() {
    let shop = shop_with(600).await;
    let returngo = client(&shop);
    let mut rows = returngo.rmas().list(pending()).stream();
    rows.next().await.unwrap().unwrap();
    shop.faults().add(Fault::on("GET /rmas", FaultKind::Status500).times(20));
    let rest: Vec<_> = rows.by_ref().collect().await;
    assert_eq!(rest.len(), 500, "499 rows and the failure");
    assert_eq!(rest[499].as_ref().unwrap_err().kind(), ErrorKind::ServerFailed);

    shop.faults().clear();
    let cursor = rows.cursor().unwrap().clone();
    assert_eq!(returngo.rmas().list(pending()).resume_at(cursor).all().await.unwrap().len(), 102);
}

#[tokio::test]
async fn a_row_that_does_not_read_is_an_error_in_its_place() {
    let mut list: Value = serde_json::from_str(fixtures::RMAS).unwrap();
    let rows = list["rmas"].as_array().unwrap().len();
    list["next_cursor"] = json!(null);
    list["rmas"].as_array_mut().unwrap().insert(1, json!({"rmaId": "4410099", "status": {}, "name": "Pat"}));
    let page = || answer(200, &list.to_string());

    let it = scripted([page(), page(), page()]);
    let streamed: Vec<_> = it.client.rmas().list(RmaFilter::new()).stream().collect().await;
    assert_eq!(streamed.len(), rows + 1);
    assert_eq!(streamed.iter().filter(|row| row.is_ok()).count(), rows);
    let error = streamed[1].as_ref().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Undecodable);
    let source = std::error::Error::source(error).unwrap().to_string();
    assert!(source.starts_with("row 2 (id 4410099) cannot be read: at `status`"), "{source}");
    assert!(!format!("{error:?}").contains("Pat"));

    let page = it.client.rmas().list(RmaFilter::new()).next_page().await.unwrap().unwrap();
    assert_eq!(page.results().iter().filter(|row| row.is_err()).count(), 1);
    assert!(it.client.rmas().list(RmaFilter::new()).all().await.is_err(), "all is all or an error");
}

#[tokio::test]
async fn a_list_ends_with_no_cursor_an_empty_one_or_no_rows() {
    for last in [
        r#"{"transactions":[]}"#,
        r#"{"transactions":[],"next_cursor":"Nzc4MTIx"}"#,
        r#"{"transactions":null,"next_cursor":null}"#,
        r#"{"transactions":[],"next_cursor":""}"#,
    ] {
        let it = scripted([answer(200, fixtures::TRANSACTIONS), answer(200, last)]);
        let rows = it.client.transactions().list(TransactionFilter::new()).all().await.unwrap();
        assert_eq!((rows.len(), it.script.sent().len()), (2, 2), "{last}");
    }
}

#[tokio::test]
async fn an_answer_without_a_list_is_no_empty_list() {
    for body in [r#"{"next_cursor":""}"#, r#"{"message":"busy"}"#, "[]", "null", r#"{"rmas":{}}"#] {
        let it = scripted([answer(200, body)]);
        let error = it.client.rmas().list(RmaFilter::new()).all().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Undecodable, "{body}");
    }
}

proptest! {
    /// Whatever cursors come, in circles or not, the list ends, and no page is asked for twice.
    #[test]
    fn cursors_that_repeat_or_end_end_the_list(cursors in prop::collection::vec(prop::option::of(0u8..6), 1..30)) {
        let pages = cursors.iter().chain(std::iter::repeat(&cursors[cursors.len() - 1])).take(60).map(|cursor| {
            let mut page: Value = serde_json::from_str(fixtures::RMAS).unwrap();
            page["next_cursor"] = json!(cursor.map(|cursor| format!("c{cursor}")));
            answer(200, &page.to_string())
        });
        let it = scripted(pages);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let rows = runtime.block_on(it.client.rmas().list(RmaFilter::new()).all()).unwrap();

        let mut seen = std::collections::BTreeSet::new();
        let turned = cursors.iter().take_while(|cursor| cursor.is_some_and(|cursor| seen.insert(cursor))).count();
        let asked: Vec<String> = it.script.sent().into_iter().map(|request| request.url).collect();
        prop_assert_eq!(asked.len(), turned + 1);
        prop_assert_eq!(rows.len(), 2 * (turned + 1));
        let different: std::collections::BTreeSet<_> = asked.iter().collect();
        prop_assert_eq!(different.len(), asked.len());
    }
}

#[test]
fn a_cursor_is_kept_as_text() {
    let cursor: Cursor = serde_json::from_str(r#""cmV0dXJucy5pZDoxMjM0NTY3""#).unwrap();
    assert_eq!(serde_json::to_string(&cursor).unwrap(), r#""cmV0dXJucy5pZDoxMjM0NTY3""#);
}
