use serde_json::json;

use crate::http::Http;

#[tokio::test]
async fn the_seeded_sale_reads_as_brightpearl_would_show_it() {
    let http = Http::start().await;
    let order = http.get("order-service/order/300871").await.response()[0].clone();
    assert_eq!(order["totalValue"]["total"], "144.97");
    assert_eq!((&order["orderPaymentStatus"], &order["stockStatusCode"]), (&json!("PAID"), &json!("SOA")));
    assert_eq!((&order["shippingStatusCode"], &order["state"]["tax"]), (&json!("ASS"), &json!("INVOICED")));
    assert_eq!(order["placedOn"], "2026-04-20T10:15:00.000+01:00");
    assert_eq!(order["parentOrderId"], 0);
    assert_eq!(order["orderRows"]["884003"]["productId"], 1000);
    assert_eq!(order.get("customFields"), None);
    let bundle = http.get("order-service/order/300872").await.response()[0]["orderRows"].clone();
    assert_eq!(
        bundle["884012"]["composition"],
        json!({ "bundleParent": false, "bundleChild": true, "parentOrderRowId": 884011 })
    );
    assert_eq!(
        (&bundle["884013"]["productId"], &bundle["884014"]["orderRowSequence"]),
        (&json!(2072), &json!("40"))
    );
}

#[tokio::test]
async fn orders_come_in_another_order_than_asked_and_without_those_that_do_not_exist() {
    let http = Http::start().await;
    let ids = |orders: serde_json::Value| {
        orders.as_array().unwrap().iter().map(|order| order["id"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(
        ids(http.get("order-service/order/1,300871-300873").await.response()),
        [300872, 300871, 300873]
    );
    assert_eq!(http.get("order-service/order/1").await.response(), json!([]));
}

#[tokio::test]
async fn id_sets_must_ascend_and_be_short() {
    let http = Http::start().await;
    for (set, status) in [("300872,300871", 400), ("1-201", 400), ("300872.300871", 200), ("x", 400)] {
        assert_eq!(http.get(&format!("order-service/order/{set}")).await.status, status, "{set}");
    }
}

#[tokio::test]
async fn a_row_is_added_checked_and_changes_the_total() {
    let http = Http::start().await;
    let id = http.credit().await;
    let path = format!("order-service/order/{id}/row");
    let row = json!({ "productId": 1000, "productName": "Restocking fee", "quantity": { "magnitude": "1" }, "nominalCode": "4040",
        "rowValue": { "taxCode": "T20", "rowNet": { "value": "-2.50" }, "rowTax": { "value": "-0.50" } } });
    let row_id = http.post(&path, row).await.id();
    let order = http.get(&format!("order-service/order/{id}")).await.response()[0].clone();
    assert_eq!(order["totalValue"]["total"], "56.99");
    assert_eq!(order["orderRows"][row_id.to_string()]["orderRowSequence"], "40");
    assert_eq!(order["version"], 2);

    let empty = http.post(&path, json!({})).await;
    assert_eq!((empty.status, empty.code()), (400, "ORDC-026".to_owned()));
    assert_eq!(http.post("order-service/order/1/row", json!({})).await.code(), "ORDC-003");
    let bundle = json!({ "productId": 2070, "quantity": { "magnitude": 1 },
        "rowValue": { "taxCode": "T20", "rowNet": { "value": 1 }, "rowTax": { "value": 0 } } });
    assert_eq!(http.post("order-service/order/400001/row", bundle).await.code(), "ORDC-023");
}

#[tokio::test]
async fn a_status_is_set_with_a_note_or_not_at_all() {
    let http = Http::start().await;
    let id = http.credit().await;
    let path = format!("order-service/order/{id}/status");
    let set = http
        .put(&path, json!({ "orderStatusId": 28, "orderNote": { "text": "At the dock", "isPublic": true } }))
        .await;
    assert_eq!((set.status, set.text.as_str()), (200, "{}"));
    for wrong in [29, 4, 999] {
        assert_eq!(http.put(&path, json!({ "orderStatusId": wrong })).await.status, 400, "{wrong}");
    }
    let notes = http.get(&format!("order-service/order/{id}/note")).await.response();
    assert_eq!(notes.as_array().unwrap().len(), 1);
    assert_eq!((&notes[0]["text"], &notes[0]["isPublic"]), (&json!("At the dock"), &json!(true)));
    assert_eq!((&notes[0]["orderStatusId"], &notes[0]["contactId"]), (&json!(28), &json!(5012)));

    let cancelled = http.put("order-service/order/300871/status", json!({ "orderStatusId": 5 })).await;
    assert_eq!(cancelled.status, 400, "an invoiced sale cannot be cancelled");
}

#[tokio::test]
async fn notes_are_added_and_read_by_id() {
    let http = Http::start().await;
    assert_eq!(http.get("order-service/order/300871/note").await.code(), "CMNC-404");
    let id = http
        .post("order-service/order/300871/note", json!({ "text": "Return <b>4410021</b>", "fileId": 7 }))
        .await
        .id();
    let notes = http.get(&format!("order-service/order/300871/note/{id}")).await.response();
    assert_eq!((&notes[0]["noteId"], &notes[0]["text"]), (&json!(id), &json!("Return <b>4410021</b>")));
    assert_eq!(notes[0]["fileId"], 7);
    assert_eq!(http.post("order-service/order/300871/note", json!({})).await.status, 400);
}

#[tokio::test]
async fn custom_fields_are_described_set_read_and_removed() {
    let http = Http::start().await;
    let definitions = http.get("order-service/sale/custom-field-meta-data").await.response();
    assert_eq!(
        (&definitions[0]["code"], &definitions[0]["options"]["912"]["value"]),
        (&json!("PCF_REASON"), &json!("Wrong size"))
    );
    assert_eq!(http.get("order-service/purchase/custom-field-meta-data").await.code(), "CMNC-404");
    let path = "order-service/order/300871/custom-field";
    assert_eq!(http.get(path).await.response(), json!({}));

    let set = json!([{ "op": "add", "path": "/PCF_REASON", "value": { "id": 912 } }, { "op": "add", "path": "/PCF_NOTE", "value": "Boxed" }]);
    let all = json!({ "PCF_REASON": { "id": 912, "value": "Wrong size" }, "PCF_NOTE": "Boxed" });
    assert_eq!(http.patch(path, set).await.response(), all);
    assert_eq!(http.get(path).await.response(), all);
    let order =
        http.get("order-service/order/300871?includeOptional=customFields,nullCustomFields").await.response();
    assert_eq!((&order[0]["customFields"], &order[0]["nullCustomFields"]), (&all, &json!([])));

    let removed = http.patch(path, json!([{ "op": "remove", "path": "/PCF_NOTE" }])).await;
    assert_eq!(removed.response(), json!({ "PCF_REASON": { "id": 912, "value": "Wrong size" } }));
    for (operation, status, code) in [
        (json!({ "op": "replace", "path": "/PCF_NOTE", "value": "x" }), 400, "CMNC-038"),
        (json!({ "op": "add", "path": "/PCF_NONE", "value": "x" }), 400, "CMNC-043"),
        (json!({ "op": "move", "path": "/PCF_REASON" }), 500, "CMNC-044"),
        (json!({ "op": "add", "path": "/PCF_REASON", "value": { "id": 4 } }), 500, "CMNU-003"),
    ] {
        let refused = http.patch(path, json!([operation])).await;
        assert_eq!((refused.status, refused.code().as_str()), (status, code));
    }
}
