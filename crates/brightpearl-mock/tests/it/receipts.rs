use serde_json::{Value, json};

use crate::http::Http;

/// Receives a shirt and a pair of socks into the default location and one pair into quarantine.
async fn received(http: &Http) -> (u64, u64) {
    let credit = http.credit().await;
    let rows = http.get(&format!("order-service/order/{credit}")).await.response()[0]["orderRows"].clone();
    let mut rows: Vec<(u64, u64)> = rows
        .as_object()
        .unwrap()
        .iter()
        .map(|(id, row)| (id.parse().unwrap(), row["productId"].as_u64().unwrap()))
        .collect();
    rows.sort_unstable();
    let line = |(row, product): (u64, u64), location: u64| {
        json!({ "productId": product, "purchaseOrderRowId": row, "quantity": 1, "destinationLocationId": location,
            "productValue": { "currency": "GBP", "value": 3.1 } })
    };
    let note = json!({ "transfer": false, "warehouseId": 2, "receivedOn": "2026-05-09T11:02:00.000+01:00",
        "userBatchReference": "RMA-1", "goodsMoved": [line(rows[0], 2), line(rows[1], 3)] });
    let id = http.post(&format!("warehouse-service/order/{credit}/goods-note/goods-in"), note).await.id();
    (credit, id)
}

async fn stock_status(http: &Http, order: u64) -> Value {
    http.get(&format!("order-service/order/{order}")).await.response()[0]["stockStatusCode"].clone()
}

async fn posted(http: &Http, order: u64) -> Vec<Value> {
    let path = format!(
        "accounting-service/journal-search?orderId={order}&journalType=SG&columns=nominalCode,journalDebit"
    );
    http.get(&path).await.response()["results"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_correction_takes_units_out_of_their_batch_again() {
    let http = Http::start().await;
    let (credit, note) = received(&http).await;
    assert_eq!(posted(&http, credit).await, [json!(["1001", "6.20"]), json!(["5000", "0.00"])]);
    let path = format!("warehouse-service/goods-note/goods-in/{note}/correction");
    let correction = json!({ "productId": 2051, "locationId": 3, "cost": { "currency": "GBP", "value": "3.10" }, "quantity": 1 });
    for (field, value) in [
        ("productId", json!(2060)),
        ("locationId", json!(2)),
        ("cost", json!({ "currency": "GBP", "value": "3.11" })),
        ("quantity", json!(2)),
        ("quantity", json!(0)),
    ] {
        let mut wrong = correction.clone();
        wrong[field] = value;
        assert_eq!(http.post(&path, wrong.clone()).await.status, 400, "{wrong}");
    }
    let corrected = http.post(&path, correction.clone()).await;
    assert_eq!((corrected.status, corrected.text.as_str()), (200, "{}"));
    assert_eq!(stock_status(&http, credit).await, "SCP");
    let movements = http
        .get(&format!(
            "warehouse-service/goods-movement-search?goodsNoteId={note}&columns=productId,quantity"
        ))
        .await;
    assert_eq!(movements.response()["results"], json!([[2044, 1], [2051, 1], [2051, -1]]));
    assert_eq!(http.post(&path, correction).await.status, 400, "nothing of it is left");
    assert_eq!(
        http.post("warehouse-service/goods-note/goods-in/1/correction", json!({})).await.code(),
        "CMNC-404"
    );
}

#[tokio::test]
async fn a_note_is_deleted_while_its_goods_are_still_there() {
    let http = Http::start().await;
    let (credit, note) = received(&http).await;
    let path = format!("warehouse-service/goods-note/goods-in/{note}");
    let release = json!({ "productId": 2051, "quantity": 1, "toLocationId": 2 });
    http.post("warehouse-service/warehouse/2/quarantine/release", release).await;
    let refused = http.delete(&path).await;
    assert_eq!((refused.status, refused.code().as_str()), (409, "WHSB-904"), "the socks went elsewhere");

    http.mock.reset();
    let (credit_again, note) = received(&http).await;
    assert_eq!(credit, credit_again);
    let deleted = http.delete(&format!("warehouse-service/goods-note/goods-in/{note}")).await;
    assert_eq!((deleted.status, deleted.text.as_str()), (200, "{}"));
    assert_eq!(stock_status(&http, credit).await, "SCN");
    assert!(posted(&http, credit).await.is_empty(), "the accounting is reversed");
    let read = http.get(&format!("warehouse-service/order/{credit}/goods-note/goods-in")).await.response();
    assert_eq!(read[note.to_string()]["goodsNoteStatus"], "CANCELLED");
    assert_eq!(
        http.delete(&format!("warehouse-service/goods-note/goods-in/{note}")).await.code(),
        "CMNC-404"
    );
}

#[tokio::test]
async fn receipts_are_searched_by_batch_product_and_location() {
    let http = Http::start().await;
    let (credit, note) = received(&http).await;
    let release = json!({ "productId": 2051, "quantity": 1, "toLocationId": 2 });
    http.post("warehouse-service/warehouse/2/quarantine/release", release).await;
    let columns = "batchId,productId,locationId,groupingA,price,receivedQuantity,onHand";
    let path = format!(
        "warehouse-service/goods-in-search?purchaseOrderId={credit}&sort=batchId.ASC&columns={columns}"
    );
    assert_eq!(
        http.get(&path).await.response()["results"],
        json!([[note, 2044, 2, "0", "3.1000", 1, 1], [note, 2051, 3, "QUARANTINE", "3.1000", 1, 0]])
    );
    let later =
        http.get("warehouse-service/goods-in-search?receivedDate=2026-05-10T00:00:00Z/").await.response();
    assert_eq!(later["results"], json!([]));
    assert_eq!(
        http.get("warehouse-service/goods-in-search").await.response()["metaData"]["columns"]
            .as_array()
            .unwrap()
            .len(),
        17
    );
}

#[tokio::test]
async fn locations_have_groupings_and_products_their_places() {
    let http = Http::start().await;
    let locations = http.get("warehouse-service/warehouse/2/location").await.response();
    assert_eq!(
        locations[0],
        json!({ "id": 2, "groupingA": "0", "groupingB": "0", "groupingC": "0", "groupingD": "0" })
    );
    assert_eq!(locations[1], json!({ "id": 3, "groupingA": "QUARANTINE" }));
    assert_eq!(
        http.get("warehouse-service/warehouse/2/location/20").await.code(),
        "CMNC-404",
        "in another warehouse"
    );
    let found = http.get("warehouse-service/location-search?warehouseId=4&columns=id").await.response();
    assert_eq!(found["results"], json!([[20], [21]]));
    let defaults = http.get("warehouse-service/warehouse/2/product/2044-2051").await.response();
    assert_eq!(
        defaults[0],
        json!({ "productId": 2044, "defaultLocationId": 0, "overflowLocationId": 0, "reorderLevel": 0, "reorderQuantity": 0 })
    );
    assert_eq!(defaults.as_array().unwrap().len(), 2);
}
