use brightpearl_mock::{MockBrightpearl, Switches};
use serde_json::{Value, json};

use crate::http::Http;

const QUARANTINE: u64 = 3;
const SHELF: u64 = 2;

/// The rows of a credit as (row, product), by row.
async fn rows(http: &Http, credit: u64) -> Vec<(u64, u64)> {
    let credit = http.get(&format!("order-service/sales-credit/{credit}")).await.response()[0].clone();
    let row = |row: &Value| (row["id"].as_u64().unwrap(), row["productId"].as_u64().unwrap());
    credit["rows"].as_array().unwrap().iter().map(row).collect()
}

fn line(row: (u64, u64), quantity: i64, location: u64) -> Value {
    json!({ "productId": row.1, "purchaseOrderRowId": row.0, "quantity": quantity, "destinationLocationId": location,
        "productValue": { "currency": "GBP", "value": 12.5 } })
}

fn note(lines: &[Value], reference: &str) -> Value {
    json!({ "transfer": false, "warehouseId": 2, "goodsMoved": lines, "receivedOn": "2026-05-07T09:00:00.000+01:00",
        "userBatchReference": reference })
}

fn goods_in(order: impl std::fmt::Display) -> String {
    format!("warehouse-service/order/{order}/goods-note/goods-in")
}

async fn stock_status(http: &Http, order: u64) -> Value {
    http.get(&format!("order-service/order/{order}")).await.response()[0]["stockStatusCode"].clone()
}

async fn movements(http: &Http, query: &str) -> Value {
    let columns = "goodsNoteTypeCode,productId,quantity,destinationLocationId,isQuarantine,batchId";
    http.get(&format!("warehouse-service/goods-movement-search?{query}&columns={columns}")).await.response()["results"].clone()
}

#[tokio::test]
async fn goods_are_received_part_by_part() {
    let http = Http::start().await;
    let credit = http.credit().await;
    let rows = rows(&http, credit).await;
    let id = http.post(&goods_in(credit), note(&[line(rows[0], 1, SHELF)], "b1")).await.id();
    assert_eq!(stock_status(&http, credit).await, "SCP");
    let all = http.get(&goods_in(credit)).await.response();
    assert_eq!(
        all[id.to_string()],
        json!({
            "goodsNoteId": id, "orderId": credit, "transfer": false, "goodsNoteStatus": "OPEN", "userBatchReference": "b1",
            "receivedOn": "2026-05-07T09:00:00.000+01:00", "createdBy": 4,
            "goodsMoved": [{ "productId": 2044, "purchaseOrderRowId": rows[0].0, "quantity": 1, "warehouseId": 2,
                "destinationLocationId": SHELF, "goodsNoteId": id, "batchGoodsNoteId": id,
                "productValue": { "currency": "GBP", "value": "12.5000" }, "cleared": true }],
        })
    );
    assert_eq!(
        movements(&http, &format!("goodsNoteId={id}")).await,
        json!([["GI", 2044, 1, SHELF, false, id]])
    );
    http.post(&goods_in(credit), note(&[line(rows[1], 1, SHELF), line(rows[2], 1, SHELF)], "b2")).await.id();
    assert_eq!(stock_status(&http, credit).await, "SCA");
}

#[tokio::test]
async fn one_product_on_two_rows_makes_two_notes_and_answers_the_first() {
    let http = Http::start().await;
    let credit = http.credit().await;
    let rows = rows(&http, credit).await;
    let first = http
        .post(
            &goods_in(credit),
            note(&[line(rows[0], 1, SHELF), line(rows[1], 1, SHELF), line(rows[2], 1, QUARANTINE)], "b1"),
        )
        .await
        .id();
    let notes = http.get(&goods_in(credit)).await.response();
    assert_eq!(
        notes.as_object().unwrap().keys().collect::<Vec<_>>(),
        [&first.to_string(), &(first + 1).to_string()]
    );
    assert_eq!(notes[first.to_string()]["goodsMoved"].as_array().unwrap().len(), 2);
    assert_eq!(notes[(first + 1).to_string()]["goodsMoved"][0]["purchaseOrderRowId"], rows[2].0);
    let any = http.get(&format!("{}/{}", goods_in("*"), first + 1)).await.response();
    assert_eq!(any.as_object().unwrap().len(), 1);
}

#[tokio::test]
async fn notes_that_are_not_there_are_404_and_any_order_needs_note_ids() {
    let http = Http::start().await;
    for path in [goods_in(300871), format!("{}/5", goods_in("*"))] {
        let none = http.get(&path).await;
        assert_eq!((none.status, none.code()), (404, "CMNC-404".to_owned()), "{path}");
    }
    assert_eq!(http.get(&goods_in("*")).await.status, 400);
}

#[tokio::test]
async fn what_cannot_be_received_is_refused_and_nothing_moves() {
    let http = Http::start().await;
    let credit = http.credit().await;
    let rows = rows(&http, credit).await;
    let wrong_row = (rows[0].0, 2051);
    for (order, lines, status) in [
        (credit, vec![line(rows[0], 2, SHELF)], 409),
        (credit, vec![line(rows[0], 1, SHELF), line(rows[0], 1, QUARANTINE)], 409),
        (credit, vec![line(rows[0], 0, SHELF)], 400),
        (credit, vec![line(wrong_row, 1, SHELF)], 400),
        (credit, vec![line(rows[0], 1, 21)], 400),
        (credit, vec![], 400),
        (300871, vec![line((884001, 2044), 1, SHELF)], 400),
        (1, vec![line(rows[0], 1, SHELF)], 400),
    ] {
        let refused = http.post(&goods_in(order), note(&lines, "b1")).await;
        assert_eq!(refused.status, status, "{}", refused.text);
    }
    assert!(http.mock.movements().is_empty());

    assert_eq!(http.post(&goods_in(credit), note(&[line(rows[0], 1, SHELF)], "b1")).await.status, 200);
    let again = http.post(&goods_in(credit), note(&[line(rows[1], 1, SHELF)], "b1")).await;
    assert_eq!((again.status, again.code()), (409, "WHSB-902".to_owned()));
}

#[tokio::test]
async fn a_switch_refuses_partial_receipts_as_the_ui_does() {
    let switches = Switches::with(|switches| switches.partial_receipts = false);
    let http = Http::to(MockBrightpearl::builder().switches(switches).start().await);
    let credit = http.credit().await;
    let rows = rows(&http, credit).await;
    let part = http.post(&goods_in(credit), note(&[line(rows[0], 1, SHELF)], "b1")).await;
    assert_eq!((part.status, part.code()), (409, "WHSB-903".to_owned()));
    let all: Vec<Value> = rows.iter().map(|row| line(*row, 1, SHELF)).collect();
    assert_eq!(http.post(&goods_in(credit), note(&all, "b1")).await.status, 200);
    assert_eq!(stock_status(&http, credit).await, "SCA");
}

#[tokio::test]
async fn quarantine_is_released_oldest_batch_first_by_an_internal_transfer() {
    let http = Http::start().await;
    let credit = http.credit().await;
    let rows = rows(&http, credit).await;
    let release = "warehouse-service/warehouse/2/quarantine/release";
    let socks = |quantity: i64| json!({ "productId": 2051, "quantity": quantity, "toLocationId": SHELF });
    let empty = http.post(release, socks(1)).await;
    assert_eq!((empty.status, empty.code()), (409, "WHSB-023".to_owned()));

    let first = http.post(&goods_in(credit), note(&[line(rows[1], 1, QUARANTINE)], "b1")).await.id();
    let second = http.post(&goods_in(credit), note(&[line(rows[2], 1, QUARANTINE)], "b2")).await.id();
    assert_eq!(http.post(release, socks(3)).await.code(), "WHSB-023", "more than is there");
    assert_eq!(
        http.post(release, json!({ "productId": 2051, "quantity": 1, "toLocationId": QUARANTINE }))
            .await
            .status,
        400
    );
    let released = http.post(release, socks(2)).await;
    assert_eq!((released.status, released.text.as_str()), (200, "{}"));
    assert_eq!(
        movements(&http, "goodsNoteTypeCode=IT").await,
        json!([
            ["IT", 2051, -1, QUARANTINE, true, first],
            ["IT", 2051, 1, SHELF, false, first],
            ["IT", 2051, -1, QUARANTINE, true, second],
            ["IT", 2051, 1, SHELF, false, second],
        ])
    );
    assert_eq!(http.post(release, socks(1)).await.code(), "WHSB-023");
}

#[tokio::test]
async fn availability_counts_what_is_on_hand_and_not_in_quarantine() {
    let http = Http::start().await;
    let credit = http.credit().await;
    let rows = rows(&http, credit).await;
    http.post(&goods_in(credit), note(&[line(rows[0], 1, SHELF), line(rows[1], 1, QUARANTINE)], "b1"))
        .await
        .id();
    let there = http.get("warehouse-service/product-availability/2044,2051,2060").await.response();
    let one = json!({ "inStock": 1, "onHand": 1, "allocated": 0, "inTransit": 0 });
    assert_eq!(there["2044"], json!({ "total": one, "warehouses": { "2": one } }));
    assert_eq!((&there["2051"]["total"]["onHand"], there.get("2060")), (&json!(0), None));
    assert_eq!(http.get("warehouse-service/product-availability/2060").await.code(), "WHSC-097");
    assert_eq!(http.get("warehouse-service/product-availability").await.code(), "WHSC-020");

    let switches = Switches::with(|switches| switches.untracked_products_refuse_availability = true);
    let strict = Http::to(MockBrightpearl::builder().switches(switches).start().await);
    assert_eq!(strict.get("warehouse-service/product-availability/2044,2060").await.code(), "WHSC-097");
}

#[tokio::test]
async fn corrections_add_and_write_off_stock() {
    let http = Http::start().await;
    let credit = http.credit().await;
    let rows = rows(&http, credit).await;
    let batch = http.post(&goods_in(credit), note(&[line(rows[0], 1, SHELF)], "b1")).await.id();
    let path = "warehouse-service/warehouse/2/stock-correction";
    let correct = |correction: Value| http.post(path, json!({ "corrections": [correction] }));
    let twice = json!({ "quantity": -1, "productId": 2044, "reason": "Torn", "locationId": SHELF });
    assert_eq!(
        http.post(path, json!({ "corrections": [twice, twice] })).await.status,
        409,
        "one is there, two are not"
    );
    let write_off = json!({ "quantity": -1, "productId": 2044, "reason": "Torn", "locationId": SHELF, "batchId": batch, "orderId": credit });
    let notes = correct(write_off.clone()).await.response();
    let id = notes[0].as_u64().unwrap();
    assert_eq!(
        movements(&http, "goodsNoteTypeCode=SC").await,
        json!([["SC", 2044, -1, SHELF, false, batch]])
    );
    let read = http.get(&format!("{path}/{id}")).await.response()[0].clone();
    assert_eq!((&read["reason"], &read["orderId"]), (&json!("Torn"), &json!(credit)));
    assert_eq!(read["goodsMoved"][0]["productValue"], json!({ "currency": "GBP", "value": 12.5 }));

    assert_eq!(correct(write_off).await.status, 409, "there is none left");
    let add = json!({ "quantity": 2, "productId": 2044, "reason": "Found", "locationId": SHELF });
    assert_eq!(correct(add.clone()).await.status, 400, "no cost");
    let mut with_cost = add;
    with_cost["cost"] = json!({ "currency": "GBP", "value": 12 });
    assert_eq!(correct(with_cost).await.status, 200);
    assert_eq!(
        http.get("warehouse-service/product-availability/2044").await.response()["2044"]["total"]["onHand"],
        2
    );
}
