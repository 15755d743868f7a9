use serde_json::{Value, json};

use crate::http::Http;

async fn order(http: &Http, id: u64) -> Value {
    http.get(&format!("order-service/order/{id}")).await.response()[0].clone()
}

fn replace(path: &str, value: impl Into<Value>) -> Value {
    json!([{ "op": "replace", "path": path, "value": value.into() }])
}

#[tokio::test]
async fn a_plain_order_is_made_without_rows_and_answered_200() {
    let http = Http::start().await;
    let body = json!({ "orderTypeCode": "SC", "parties": { "customer": { "contactId": 5012 } } });
    let made = http.post("order-service/order", body).await;
    assert_eq!((made.status, made.header("Message-Type")), (200, Some("post-order")));
    let credit = order(&http, made.id()).await;
    assert_eq!((&credit["orderStatus"]["orderStatusId"], &credit["orderRows"]), (&json!(10), &json!({})));
    assert_eq!(credit["currency"]["fixedExchangeRate"], true, "the default over the API");
    assert_eq!(credit["parties"]["customer"]["addressFullName"], "Ada Example");
    assert_eq!(
        (&credit["orderPaymentStatus"], &credit["shippingStatusCode"]),
        (&json!("NOT_APPLICABLE"), &json!("NST"))
    );

    let row = json!({ "productId": 2044, "quantity": { "magnitude": 1 },
        "rowValue": { "taxCode": "T20", "rowNet": { "value": "10" }, "rowTax": { "value": "2" } } });
    assert_eq!(http.post(&format!("order-service/order/{}/row", made.id()), row).await.status, 200);
    let credit = order(&http, made.id()).await;
    assert_eq!((&credit["stockStatusCode"], &credit["shippingStatusCode"]), (&json!("SCN"), &json!("SNS")));

    for (body, code) in [
        (json!({ "parties": { "customer": { "contactId": 5012 } } }), "ORDC-005"),
        (json!({ "orderTypeCode": "XX" }), "ORDC-006"),
        (json!({ "orderTypeCode": "PO", "parties": { "customer": { "contactId": 5012 } } }), "ORDC-022"),
    ] {
        let refused = http.post("order-service/order", body).await;
        assert_eq!((refused.status, refused.code().as_str()), (400, code));
    }
    let twice = json!({ "orderTypeCode": "SO", "parties": { "customer": { "contactId": 5012 } },
        "externalRef": "A-1", "installedIntegrationInstanceId": 41 });
    let (first, second) = (
        http.post("order-service/order", twice.clone()).await.id(),
        http.post("order-service/order", twice).await.id(),
    );
    assert_ne!(first, second, "the key is one for the typed resources only");
}

#[tokio::test]
async fn few_fields_of_an_order_are_patched_and_the_answer_is_stale() {
    let http = Http::start().await;
    let id = http.credit().await;
    let path = format!("order-service/order/{id}");
    let changes = json!([
        { "op": "replace", "path": "/reference", "value": "RMA-7781-B" },
        { "op": "replace", "path": "/delivery/deliveryDate", "value": "2026-05-20" },
        { "op": "replace", "path": "/delivery/shippingMethodId", "value": 3 },
        { "op": "replace", "path": "/warehouseId", "value": 4 },
        { "op": "replace", "path": "/parties/customer/contactId", "value": 5013 },
    ]);
    let patched = http.patch(&path, changes).await;
    let answer = patched.response();
    assert_eq!(
        (&answer["reference"], &answer["version"]),
        (&json!("RMA-7781-B"), &json!(1)),
        "an object, not an array"
    );
    assert_eq!(answer.get("updatedOn"), None);
    let read = order(&http, id).await;
    assert_eq!((&read["version"], read.get("updatedOn").is_some()), (&json!(2), true));
    assert_eq!(
        read["delivery"],
        json!({ "deliveryDate": "2026-05-20T01:00:00.000+01:00", "shippingMethodId": 3 })
    );
    assert_eq!((&read["warehouseId"], &read["parties"]["customer"]["contactId"]), (&json!(4), &json!(5013)));

    let removed = json!([{ "op": "remove", "path": "/reference" }, { "op": "remove", "path": "/delivery/shippingMethodId" }]);
    assert_eq!(http.patch(&path, removed).await.response()["reference"], "");
    assert_eq!(order(&http, id).await["delivery"]["shippingMethodId"], 0);

    let add = http.patch(&path, json!([{ "op": "add", "path": "/reference", "value": "x" }])).await;
    assert_eq!((add.status, add.code().as_str()), (500, "CMNC-044"));
    assert_eq!(
        add.json()["errors"][0]["message"],
        "Invalid patch operation (add) for given path (/reference)"
    );
    for (change, status, code) in [
        (replace("/externalRef", "x"), 400, "CMNC-043"),
        (replace("/reference", 7), 500, "CMNU-003"),
        (replace("/reference", "x".repeat(65)), 400, "ORDC-908"),
        (replace("/warehouseId", 99), 400, "ORDC-907"),
        (replace("/parties/customer/contactId", 5090), 400, "ORDC-901"),
        (json!([{ "op": "remove", "path": "/warehouseId" }]), 500, "CMNC-044"),
    ] {
        let refused = http.patch(&path, change.clone()).await;
        assert_eq!((refused.status, refused.code().as_str()), (status, code), "{change}");
    }
    let invoiced =
        http.patch("order-service/order/300871", replace("/parties/billing/contactId", 5013)).await;
    assert_eq!((invoiced.status, invoiced.code().as_str()), (400, "ORDC-905"));
    let allocated = http.patch("order-service/order/300871", replace("/warehouseId", 4)).await;
    assert_eq!(allocated.code(), "ORDC-907", "its stock is allocated");
}

#[tokio::test]
async fn a_new_net_brings_its_tax_along_unless_the_row_is_calculated_by_hand() {
    let http = Http::start().await;
    let id = http.credit().await;
    let row_id: u64 =
        order(&http, id).await["orderRows"].as_object().unwrap().keys().next().unwrap().parse().unwrap();
    let path = format!("order-service/order/{id}/row/{row_id}");
    let row = http.patch(&path, replace("/rowValue/rowNet/value", "50.0000")).await.response();
    assert_eq!(
        (&row["rowValue"]["rowNet"]["value"], &row["rowValue"]["rowTax"]["value"]),
        (&json!("50.0000"), &json!("10.00"))
    );
    assert_eq!(row.get("id"), None);
    let by_hand = json!([
        { "op": "replace", "path": "/rowValue/taxCalculator", "value": "manual" },
        { "op": "replace", "path": "/rowValue/rowNet/value", "value": "60" },
        { "op": "replace", "path": "/nominalCode", "value": "4905" },
        { "op": "replace", "path": "/orderRowSequence", "value": "90" },
    ]);
    let row = http.patch(&path, by_hand).await.response();
    assert_eq!((&row["rowValue"]["rowTax"]["value"], &row["nominalCode"]), (&json!("10.00"), &json!("4905")));
    assert_eq!(row["orderRowSequence"], "90");
    assert_eq!(order(&http, id).await["totalValue"]["total"], "89.99");

    for (change, status, code) in [
        (replace("/quantity/magnitude", 0), 400, "ORDC-024"),
        (json!([{ "op": "remove", "path": "/quantity/magnitude" }]), 500, "CMNC-044"),
        (replace("/rowValue/rowNet/value", "1.00001"), 400, "ORDC-906"),
        (replace("/productId", 2051), 400, "CMNC-043"),
    ] {
        let refused = http.patch(&path, change.clone()).await;
        assert_eq!((refused.status, refused.code().as_str()), (status, code), "{change}");
    }
    let closed = http.patch("order-service/order/300871/row/884001", replace("/quantity/magnitude", 1)).await;
    assert_eq!(closed.code(), "ORDC-905", "invoiced");
}

#[tokio::test]
async fn a_bundle_changes_and_goes_with_its_components() {
    let http = Http::start().await;
    let bundle = json!({ "customer": { "id": 5013 }, "rows": [
        { "productId": 2070, "quantity": 1, "taxCode": "T20", "net": "25", "tax": "5" },
        { "productId": 2044, "quantity": 1, "taxCode": "T20", "net": "10", "tax": "2" } ] });
    let id = http.post("order-service/sales-credit", bundle).await.id();
    let rows = order(&http, id).await["orderRows"].as_object().unwrap().clone();
    let parent = rows.iter().find(|(_, row)| row["composition"]["bundleParent"] == true).unwrap().0.clone();
    let path = format!("order-service/order/{id}/row/{parent}");
    assert_eq!(http.patch(&path, replace("/quantity/magnitude", "2")).await.status, 200);
    let rows = order(&http, id).await["orderRows"].as_object().unwrap().clone();
    let spoons = rows.values().find(|row| row["productId"] == 2072).unwrap();
    assert_eq!(spoons["quantity"]["magnitude"], "4.0000");

    let deleted = http.delete(&path).await;
    assert_eq!(
        (deleted.status, deleted.text.as_str(), deleted.header("Message-Type")),
        (200, "{}", Some("delete-order-row"))
    );
    assert_eq!(order(&http, id).await["orderRows"].as_object().unwrap().len(), 1);
    assert_eq!(http.delete(&path).await.code(), "CMNC-404");
    assert_eq!(http.delete("order-service/order/1/row/1").await.code(), "ORDC-003");
}

#[tokio::test]
async fn a_row_does_not_fall_below_what_came_for_it() {
    let http = Http::start().await;
    let id = http.credit().await;
    let row: u64 =
        order(&http, id).await["orderRows"].as_object().unwrap().keys().next().unwrap().parse().unwrap();
    let note = json!({ "transfer": false, "warehouseId": 2, "receivedOn": "2026-05-09T11:02:00.000+01:00", "goodsMoved": [
        { "productId": 2044, "purchaseOrderRowId": row, "quantity": 1, "destinationLocationId": 2,
          "productValue": { "currency": "GBP", "value": 12 } }] });
    assert_eq!(
        http.post(&format!("warehouse-service/order/{id}/goods-note/goods-in"), note).await.status,
        200
    );
    let path = format!("order-service/order/{id}/row/{row}");
    assert_eq!(http.patch(&path, replace("/quantity/magnitude", "0.5")).await.code(), "ORDC-024");
    assert_eq!(http.delete(&path).await.code(), "ORDC-910");
}

#[tokio::test]
async fn statuses_are_made_and_codes_are_listed() {
    let http = Http::start().await;
    let new = json!({ "name": "Return refused", "orderTypeCode": "SC", "color": "#F00" });
    let id = http.post("order-service/order-status", new.clone()).await.id();
    let read = http.get(&format!("order-service/order-status/{id}")).await.response()[0].clone();
    assert_eq!((&read["name"], &read["orderTypeCode"]), (&json!("Return refused"), &json!("SC")));
    assert_eq!(http.post("order-service/order-status", new).await.status, 400, "the name is taken");
    assert_eq!(http.post("order-service/order-status", json!({ "name": "x" })).await.status, 400);

    let types = http.get("order-service/order-type").await.response();
    assert_eq!(types[2], json!({ "id": 3, "code": "SC", "description": "Sales credit" }));
    let stock = http.get("order-service/order-stock-status").await.response();
    assert_eq!(
        (stock.as_array().unwrap().len(), &stock[8]["code"], &stock[12]["code"]),
        (13, &json!("SCA"), &json!("NON"))
    );
    let shipping = http.get("order-service/order-shipping-status").await.response();
    assert_eq!((&shipping[0]["code"], &shipping[3]["code"]), (&json!("NST"), &json!("ASS")));
}

#[tokio::test]
async fn sales_orders_are_searched_by_their_own_columns() {
    let http = Http::start().await;
    let search = async |query: &str| {
        let found = http.get(&format!("order-service/sales-order-search?{query}")).await.response();
        found["results"].as_array().unwrap().iter().map(|row| row[0].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(search("").await, [300871, 300872, 300873], "no purchase order");
    assert_eq!(search("customerRefs=%23AC2045,AC2045").await, [300871]);
    assert_eq!(search("productIds=2044").await, [300871, 300873]);
    assert_eq!(
        search("orderPaymentStatus=PAID&channelId=9&sort=salesOrderId.DESC").await,
        [300873, 300872, 300871]
    );
    let all = http.get("order-service/sales-order-search").await.response();
    let columns = all["metaData"]["columns"].as_array().unwrap();
    assert_eq!((columns.len(), &columns[3]["name"]), (17, &json!("orderStockStatus")));
    assert_eq!(
        (&all["results"][0][3], &all["results"][0][7]),
        (&json!("SOA"), &json!("PAID")),
        "codes, not ids"
    );
}

#[tokio::test]
async fn notes_are_searched_across_orders() {
    let http = Http::start().await;
    http.post("order-service/order/300871/note", json!({ "text": "Return 4410021" })).await;
    http.post("order-service/order/300872/note", json!({ "text": "Something else" })).await;
    let found = http.get("order-service/order-note-search?noteText=4410021").await.response();
    assert_eq!((&found["metaData"]["resultsReturned"], &found["results"][0][0]), (&json!(1), &json!(300871)));
}

#[tokio::test]
async fn rows_of_a_sale_are_replaced_each_with_its_own_outcome() {
    let http = Http::start().await;
    let row = |quantity: u64| {
        json!({ "productId": 2044, "quantity": quantity, "taxCode": "T20", "net": "30", "tax": "6",
        "externalRef": "81" })
    };
    let sale = json!({ "customer": { "id": 5012 }, "rows": [row(1), row(1),
        { "productId": 2070, "quantity": 1, "taxCode": "T20", "net": "25", "tax": "5" }] });
    let sale = http.post("order-service/sales-order", sale).await.id();
    let rows: Vec<u64> = order(&http, sale).await["orderRows"]
        .as_object()
        .unwrap()
        .keys()
        .map(|id| id.parse().unwrap())
        .collect();
    let (first, second, bundle) = (rows[0], rows[1], rows[2]);
    let path = |ids: &str| format!("order-service/sales-order/{sale}/row/{ids}");
    let with = |id: u64, quantity: &str| json!({ "id": id, "productId": 2051, "quantity": quantity, "taxCode": "T20", "net": "10", "tax": "2" });

    let both =
        http.put(&path(&format!("{first},{bundle}")), json!([with(first, "2"), with(bundle, "1")])).await;
    assert_eq!((both.status, both.header("Message-Type")), (200, Some("put-sales-order-row")));
    assert_eq!(
        both.json()["response"],
        json!({ "resourceStatuses": { first.to_string(): 200, bundle.to_string(): 200 },
            "resourceErrors": { first.to_string(): [], bundle.to_string(): [] } })
    );
    let changed = order(&http, sale).await;
    let kept = &changed["orderRows"][first.to_string()];
    assert_eq!(
        (&kept["productId"], &kept["quantity"]["magnitude"], &kept["orderRowSequence"], &kept["externalRef"]),
        (&json!(2051), &json!("2.0000"), &json!("10"), &json!("81"))
    );
    assert_eq!(changed["orderRows"].as_object().unwrap().len(), 3, "the bundle's component rows are gone");
    assert_eq!(changed["totalValue"]["net"], "50.00");

    let some =
        http.put(&path(&format!("{first},{second}")), json!([with(first, "3"), with(second, "-1")])).await;
    assert_eq!(some.status, 207);
    let outcome = &some.json()["response"];
    assert_eq!(
        (
            &outcome["resourceStatuses"][second.to_string()],
            &outcome["resourceErrors"][second.to_string()][0]["code"]
        ),
        (&json!(400), &json!("ORDC-024"))
    );
    let none = http.put(&path(&second.to_string()), json!([with(second, "1.5")])).await;
    assert_eq!((none.status, none.code().as_str()), (400, "ORDC-024"));
    assert_eq!(http.put(&path(&second.to_string()), json!([with(first, "1")])).await.status, 400);
    assert_eq!(
        http.put("order-service/sales-order/300871/row/884001", json!([with(884_001, "1")])).await.status,
        400
    );
}

#[tokio::test]
async fn a_sale_that_went_out_cannot_be_cancelled() {
    let sale = brightpearl_mock::SeedOrder::sale(1, 5012)
        .row(brightpearl_mock::SeedRow::product(2044, 1, 10, 2, "T20"));
    for (sale, status) in [(sale.clone().shipped(), 400), (sale, 200)] {
        let mock =
            brightpearl_mock::MockBrightpearl::builder().with(|seed| seed.orders.push(sale)).start().await;
        let cancelled =
            Http::to(mock).put("order-service/order/1/status", json!({ "orderStatusId": 5 })).await;
        assert_eq!(cancelled.status, status);
    }
}

#[tokio::test]
async fn parties_of_an_order_tell_their_country_in_every_form() {
    let http = Http::start().await;
    let at = |country: &str| json!({ "customer": { "id": 5012, "address": { "addressLine1": "1", "countryIsoCode": country } } });
    let known = http.post("order-service/sales-credit", at("GBR")).await.id();
    let known = order(&http, known).await["parties"]["customer"].clone();
    assert_eq!(
        (
            &known["country"],
            &known["countryIsoCode"],
            &known["countryIsoCode3"],
            known["countryId"].as_u64() > Some(0)
        ),
        (&json!("United Kingdom"), &json!("GB"), &json!("GBR"), true)
    );
    let unknown = http.post("order-service/sales-credit", at("")).await.id();
    let unknown = order(&http, unknown).await["parties"]["customer"].clone();
    assert_eq!(
        (&unknown["countryId"], unknown.get("country"), unknown.get("countryIsoCode3")),
        (&json!(0), None, None)
    );
}
