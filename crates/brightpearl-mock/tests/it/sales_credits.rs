use brightpearl_mock::{Fault, FaultKind};
use serde_json::{Value, json};

use crate::http::{Http, credit};

const CREDITS: &str = "order-service/sales-credit";

#[tokio::test]
async fn a_credit_is_made_once_under_its_key() {
    let http = Http::start().await;
    let first = http.post(CREDITS, credit("RGO-1")).await;
    assert_eq!((first.status, first.header("Message-Type")), (201, Some("post-sales-credit")));
    let again = http.post(CREDITS, credit("RGO-1")).await;
    assert_eq!((again.status, again.id()), (200, first.id()));
    assert_eq!(http.mock.credits_of(brightpearl::OrderId::new(300871)).len(), 1);

    let mut unkeyed = credit("RGO-1");
    unkeyed.as_object_mut().unwrap().remove("installedIntegrationInstanceId");
    for body in [credit("RGO-2"), unkeyed.clone(), unkeyed] {
        assert_eq!(http.post(CREDITS, body).await.status, 201);
    }
    assert_eq!(http.mock.credits_of(brightpearl::OrderId::new(300871)).len(), 4);
}

#[tokio::test]
async fn a_credit_is_an_order_too_with_brightpearls_scales_and_defaults() {
    let http = Http::start().await;
    http.mock.set_clock("2026-05-04T09:15:02Z".parse::<jiff::Timestamp>().unwrap());
    let id = http.credit().await;
    let order = http.get(&format!("order-service/order/{id}")).await.response()[0].clone();
    assert_eq!(order["orderTypeCode"], "SC");
    assert_eq!(order["reference"], "RMA4410021");
    assert_eq!(order["parentOrderId"], 300871);
    assert_eq!(order["orderStatus"], json!({ "orderStatusId": 27, "name": "Return in transit" }));
    assert_eq!(order["createdOn"], "2026-05-04T10:15:02.000+01:00");
    assert_eq!(order.get("updatedOn"), None);
    assert_eq!(
        order["currency"],
        json!({
            "accountingCurrencyCode": "GBP", "orderCurrencyCode": "GBP", "exchangeRate": "1.000000", "fixedExchangeRate": false,
        })
    );
    // 33.3333 + 8.325 + 8.325 = 49.9833; 6.67 + 1.67 + 1.67 (two decimals stored, halves up) = 10.01
    assert_eq!(order["totalValue"]["net"], "49.98");
    assert_eq!(order["totalValue"]["taxAmount"], "10.01");
    assert_eq!(order["totalValue"]["total"], "59.99");
    assert_eq!((&order["stockStatusCode"], &order["orderPaymentStatus"]), (&json!("SCN"), &json!("UNPAID")));
    assert_eq!(
        (&order["shippingStatusCode"], &order["allocationStatusCode"]),
        (&json!("SNS"), &json!("ANR"))
    );
    assert_eq!(order["warehouseId"], 2);
    assert_eq!(order["parties"]["customer"]["email"], "ada@example.test");

    let rows: Vec<&Value> = order["orderRows"].as_object().unwrap().values().collect();
    let shirt = rows.iter().find(|row| row["productId"] == 2044).unwrap();
    assert_eq!(shirt["quantity"]["magnitude"], "1.0000");
    assert_eq!(shirt["orderRowSequence"], "10");
    assert_eq!(shirt["rowValue"]["rowNet"], json!({ "currencyCode": "GBP", "value": "33.3333" }));
    assert_eq!(shirt["rowValue"]["taxRate"], "20.0000");
    assert_eq!(shirt["itemCost"]["value"], "12.0000");
    assert_eq!((&shirt["productName"], &shirt["productSku"]), (&json!("Linen shirt M"), &json!("LS-M")));
    assert_eq!((&shirt["nominalCode"], &shirt["externalRef"]), (&json!("4000"), &json!("81000001")));

    let credit = http.get(&format!("{CREDITS}/{id}")).await.response()[0].clone();
    assert_eq!(
        (&credit["ref"], &credit["parentId"], &credit["statusId"]),
        (&json!("RMA4410021"), &json!(300871), &json!(27))
    );
    assert_eq!(credit["total"]["gross"], "59.99");
    assert_eq!(credit["taxDate"], "2026-05-04T00:00:00.000+01:00");
    assert_eq!(credit.get("orderPaymentStatus"), None);
}

#[tokio::test]
async fn a_minimal_credit_gets_the_accounts_defaults_and_a_bare_date_slips() {
    let http = Http::start().await;
    let body = json!({ "customerId": "5013", "taxDate": "2026-05-04", "stray": true });
    let id = http.post(CREDITS, body).await.id();
    let order = http.get(&format!("order-service/order/{id}")).await.response()[0].clone();
    assert_eq!(order["orderStatus"]["orderStatusId"], 10);
    assert_eq!(
        (&order["orderPaymentStatus"], &order["stockStatusCode"]),
        (&json!("NOT_APPLICABLE"), &json!("NON"))
    );
    assert_eq!((&order["priceListId"], &order["orderRows"]), (&json!(3), &json!({})));
    // Read as UTC midnight, shown in the account's zone.
    assert_eq!(order["invoices"][0]["taxDate"], "2026-05-04T01:00:00.000+01:00");
}

#[tokio::test]
async fn a_bundle_brings_its_component_rows_and_free_text_reads_back_as_product_1000() {
    let http = Http::start().await;
    let body = json!({ "customer": { "id": 5013 }, "rows": [
        { "productId": 2070, "quantity": "2", "taxCode": "T20", "net": "50", "tax": "10" },
        { "name": "Return label fee", "quantity": "1", "taxCode": "T20", "net": "-2.50", "tax": "-0.50" },
    ] });
    let id = http.post(CREDITS, body).await.id();
    let credit = http.get(&format!("{CREDITS}/{id}")).await.response()[0].clone();
    let rows = credit["rows"].as_array().unwrap();
    let of = |product: u64| rows.iter().find(|row| row["productId"] == product).unwrap();
    assert_eq!((&of(2070)["bundleParent"], &of(2070)["net"]), (&json!(true), &json!("50.0000")));
    assert_eq!(
        (&of(2072)["quantity"], &of(2072)["net"], &of(2072)["tax"]),
        (&json!("4.0000"), &json!("0.0000"), &json!("0.00"))
    );
    assert_eq!((&of(2072)["bundleChild"], &of(2072)["parentRowId"]), (&json!(true), &of(2070)["id"]));
    assert_eq!((&of(1000)["name"], of(1000).get("sku")), (&json!("Return label fee"), None));
    assert_eq!(credit["total"]["gross"], "57.00");
    assert_eq!(credit["stockStatusCode"], "SCN");
}

#[tokio::test]
async fn a_wrong_credit_is_refused_whole_with_all_that_is_wrong() {
    let http = Http::start().await;
    let body = json!({ "customer": { "id": 5090 }, "statusId": 29, "channelId": 77, "rows": [
        { "productId": 2044, "quantity": "0.5", "taxCode": "T99", "net": "1.00001", "tax": 0 },
        { "quantity": -1, "taxCode": "T20", "net": 1, "tax": 0 },
        { "productId": 4711, "quantity": 1, "taxCode": "T20", "net": 1 },
    ] });
    let refused = http.post(CREDITS, body).await;
    assert_eq!(refused.status, 400);
    let errors = refused.json()["errors"].as_array().unwrap().clone();
    let codes: Vec<&str> = errors.iter().map(|error| error["code"].as_str().unwrap()).collect();
    assert_eq!(
        codes,
        [
            "ORDC-901", "ORDC-904", "ORDC-907", "ORDC-024", "ORDC-903", "ORDC-906", "ORDC-026", "ORDC-024",
            "ORDC-902", "ORDC-906",
        ]
    );
    assert!(http.mock.orders().iter().all(|order| !order.is_sales_credit()));

    let no_json = http.post_text(CREDITS, "{").await;
    assert_eq!((no_json.status, no_json.code()), (400, "CMNC-010".to_owned()));
    let wrong_type = http.post(CREDITS, json!({ "customer": "Ada" })).await;
    assert_eq!((wrong_type.status, wrong_type.code()), (500, "CMNU-003".to_owned()));
    assert!(wrong_type.header("Mock-Hint").unwrap().contains("Ada"));
}

#[tokio::test]
async fn reading_some_that_exist_is_207_and_reading_none_is_200() {
    let http = Http::start().await;
    let id = http.credit().await;
    let part = http.get(&format!("{CREDITS}/300871,{id}")).await;
    assert_eq!((part.status, part.json()["response"].as_array().unwrap().len()), (207, 1));
    assert_eq!(http.get(&format!("{CREDITS}/300871")).await.response(), json!([]));
}

#[tokio::test]
async fn closing_invoices_the_credit_and_locks_it() {
    let http = Http::start().await;
    let id = http.credit().await;
    let close = format!("{CREDITS}/{id}/close");
    let closed = http.post(&close, json!({})).await;
    assert_eq!((closed.status, closed.text.as_str()), (200, "{}"));
    let order = http.get(&format!("order-service/order/{id}")).await.response()[0].clone();
    assert_eq!(order["invoices"][0]["invoiceReference"], "SC-1");
    assert_eq!(order["state"]["tax"], "INVOICED");
    assert!(order["closedOn"].is_string() && order["updatedOn"].is_string());
    assert_eq!(order["version"], 2);

    assert_eq!(http.post(&close, json!({})).await.status, 400);
    let row = json!({ "productName": "Fee", "quantity": { "magnitude": 1 },
        "rowValue": { "taxCode": "Z", "rowNet": { "value": 1 }, "rowTax": { "value": 0 } } });
    assert_eq!(http.post(&format!("order-service/order/{id}/row"), row).await.status, 400);
}

#[tokio::test]
async fn a_credit_whose_answer_was_lost_is_there_and_found_under_its_key() {
    let http = Http::start().await;
    http.mock.faults().add(Fault::on("post-sales-credit", FaultKind::DropAfterCommit));
    http.try_post(CREDITS, credit("RGO-1")).await.expect_err("the connection is cut");
    let [made] = http.mock.credits_of(brightpearl::OrderId::new(300871)).try_into().unwrap();
    let again = http.post(CREDITS, credit("RGO-1")).await;
    assert_eq!((again.status, again.id()), (200, made.id.get()));
    assert_eq!(http.mock.requests().of("post-sales-credit"), 2);
}

#[tokio::test]
async fn sales_orders_are_made_and_read_the_same_way() {
    let http = Http::start().await;
    let body = json!({ "customer": { "id": 5014 }, "ref": "#AC2050", "externalRef": "7000000000009",
        "installedIntegrationInstanceId": 12, "currency": { "code": "USD" },
        "rows": [{ "productId": 2044, "quantity": 1, "taxCode": "Z", "net": "50", "tax": "0" }] });
    let made = http.post("order-service/sales-order", body.clone()).await;
    assert_eq!(made.status, 201);
    assert_eq!(http.post("order-service/sales-order", body).await.status, 200);
    let order = http.get(&format!("order-service/sales-order/{}", made.id())).await.response()[0].clone();
    assert_eq!((&order["orderPaymentStatus"], &order["stockStatusCode"]), (&json!("UNPAID"), &json!("SON")));
    assert_eq!((&order["total"]["gross"], &order["total"]["baseGross"]), (&json!("50.00"), &json!("40.00")));
    assert_eq!((&order["isCanceled"], &order["invoice"]["invoiceReference"]), (&json!(false), &json!("")));
}
