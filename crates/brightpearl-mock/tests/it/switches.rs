//! Every switch with the opposite of its default.

use brightpearl_mock::{MockBrightpearl, Switches};
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use crate::http::{Http, credit};

/// The built-in account with these switches, each as on the command line.
async fn with(assignments: &[&str]) -> Http {
    let mut switches = Switches::default();
    for assignment in assignments {
        switches.set(assignment).unwrap();
    }
    Http::to(MockBrightpearl::builder().switches(switches).start().await)
}

const CREDITS: &str = "order-service/sales-credit";

/// The first row of an order that holds this product.
async fn row_of(http: &Http, order: u64, product: u64) -> u64 {
    let rows = http.get(&format!("order-service/order/{order}")).await.response()[0]["orderRows"].clone();
    let rows = rows.as_object().unwrap();
    let (id, _) = rows.iter().find(|(_, row)| row["productId"] == json!(product)).unwrap();
    id.parse().unwrap()
}

/// Receives one shirt on a new credit.
async fn receive(http: &Http, location: u64) -> u64 {
    let credit = http.credit().await;
    let line = json!({ "productId": 2044, "purchaseOrderRowId": row_of(http, credit, 2044).await, "quantity": 1,
        "destinationLocationId": location, "productValue": { "currency": "GBP", "value": 12 } });
    let note = json!({ "warehouseId": 2, "goodsMoved": [line], "receivedOn": "2026-05-07T09:00:00Z",
        "userBatchReference": "RMA-1" });
    let received = http.post(&format!("warehouse-service/order/{credit}/goods-note/goods-in"), note).await;
    assert_eq!(received.status, 200, "{}", received.text);
    credit
}

async fn release(http: &Http) {
    let body = json!({ "productId": 2044, "quantity": 1, "toLocationId": 2 });
    assert_eq!(http.post("warehouse-service/warehouse/2/quarantine/release", body).await.text, "{}");
}

fn payment(order: u64, method: &str) -> Value {
    json!({ "transactionRef": "R-1", "paymentMethodCode": method, "paymentType": "PAYMENT", "orderId": order,
        "currencyIsoCode": "GBP", "amountPaid": 10, "paymentDate": "2026-05-08T00:00:00Z" })
}

#[tokio::test]
async fn statuses_of_refusals_are_what_a_switch_says() {
    let http =
        with(&["patchRefusalStatus=500", "unknownFilterStatus=500", "unsortedIdsAreCmnc006=true"]).await;
    let patch = json!([{ "op": "replace", "path": "/PCF_NOTE", "value": "x" }]);
    let unset = http.patch("order-service/order/300871/custom-field", patch).await;
    assert_eq!((unset.status, unset.code().as_str()), (500, "CMNC-038"));
    let patch = json!([{ "op": "replace", "path": "/externalRef", "value": "x" }]);
    let unsupported = http.patch("order-service/order/300871", patch).await;
    assert_eq!((unsupported.status, unsupported.code().as_str()), (500, "CMNC-043"));
    assert_eq!(http.get("order-service/order-search?colour=red").await.status, 500);
    assert_eq!(http.get("order-service/order/9,3").await.code(), "CMNC-006");
}

#[tokio::test]
async fn a_batch_reference_that_exists_is_refused_with_the_status_of_a_switch() {
    let http = with(&["duplicateBatchStatus=400"]).await;
    let credit = receive(&http, 2).await;
    let line = json!({ "productId": 2051, "purchaseOrderRowId": row_of(&http, credit, 2051).await, "quantity": 1,
        "destinationLocationId": 2, "productValue": { "currency": "GBP", "value": 3 } });
    let again = json!({ "warehouseId": 2, "goodsMoved": [line], "receivedOn": "2026-05-07T09:00:00Z",
        "userBatchReference": "RMA-1" });
    let path = format!("warehouse-service/order/{credit}/goods-note/goods-in");
    assert_eq!(http.post(&path, again).await.status, 400);
}

#[tokio::test]
async fn a_new_credit_can_be_200_and_a_repeated_one_without_its_id() {
    let http = with(&["newOrderStatus=200", "existingOrdersAnswerTheirId=false"]).await;
    let first = http.post(CREDITS, credit("RGO-1")).await;
    assert_eq!((first.status, first.id() > 0), (200, true));
    let again = http.post(CREDITS, credit("RGO-1")).await;
    assert_eq!((again.status, again.text.as_str()), (200, "{}"));
    assert_eq!(http.mock.credits_of(brightpearl::OrderId::new(300871)).len(), 1);
}

#[tokio::test]
async fn sales_and_credits_can_share_their_keys() {
    let of_the_sale = json!({ "customer": { "id": 5012 }, "externalRef": "7000000000001",
        "installedIntegrationInstanceId": 12, "rows": [] });
    assert_eq!(Http::start().await.post(CREDITS, of_the_sale.clone()).await.status, 201);
    let shared = with(&["orderKeysAreSharedByTypes=true"]).await.post(CREDITS, of_the_sale).await;
    assert_eq!((shared.status, shared.id()), (200, 300_871));
}

#[tokio::test]
async fn plain_orders_can_have_a_key() {
    let body = json!({ "orderTypeCode": "SC", "parties": { "customer": { "contactId": 5012 } },
        "externalRef": "RGO-1", "installedIntegrationInstanceId": 41 });
    for (assignment, same) in [("plainOrdersHaveAKey=false", false), ("plainOrdersHaveAKey=true", true)] {
        let http = with(&[assignment]).await;
        let first = http.post("order-service/order", body.clone()).await.id();
        let second = http.post("order-service/order", body.clone()).await.id();
        assert_eq!(first == second, same, "{assignment}");
    }
}

#[tokio::test]
async fn a_credit_of_no_parent_can_be_taken() {
    let mut orphan = credit("RGO-1");
    orphan["parentId"] = json!(1);
    assert_eq!(Http::start().await.post(CREDITS, orphan.clone()).await.status, 400);
    assert_eq!(with(&["unknownParentsAreRefused=false"]).await.post(CREDITS, orphan).await.status, 201);
}

#[tokio::test]
async fn partly_found_sales_orders_can_be_200() {
    let path = "order-service/sales-order/300871,999999";
    assert_eq!(Http::start().await.get(path).await.status, 207);
    assert_eq!(with(&["partlyFoundSalesOrdersAre207=false"]).await.get(path).await.status, 200);
}

#[tokio::test]
async fn a_closed_credit_can_read_as_pending_for_a_while() {
    let http = with(&["pendingReadsAfterClose=2"]).await;
    let credit = http.credit().await;
    assert_eq!(http.post(&format!("{CREDITS}/{credit}/close"), json!({})).await.text, "{}");
    let path = format!("order-service/order/{credit}");
    for _ in 0..2 {
        let pending = http.get(&path).await.response()[0].clone();
        assert_eq!(pending["invoices"][0]["invoiceReference"], "pending");
        assert_eq!((&pending["state"]["tax"], pending.get("closedOn")), (&json!("READY"), None));
    }
    let closed = http.get(&path).await.response()[0].clone();
    assert_eq!(
        (&closed["invoices"][0]["invoiceReference"], &closed["state"]["tax"]),
        (&json!("SC-1"), &json!("INVOICED"))
    );
    assert!(closed["closedOn"].is_string());
    assert_eq!(http.post(&format!("{CREDITS}/{credit}/close"), json!({})).await.status, 400);
}

#[tokio::test]
async fn a_patch_can_leave_what_came_before_its_refusal() {
    let patch = json!([{ "op": "replace", "path": "/reference", "value": "new" },
        { "op": "add", "path": "/reference", "value": "newer" }]);
    for (assignment, reference) in [("patchesAreAtomic=true", "#AC2045"), ("patchesAreAtomic=false", "new")] {
        let http = with(&[assignment]).await;
        assert_eq!(http.patch("order-service/order/300871", patch.clone()).await.code(), "CMNC-044");
        let order = http.get("order-service/order/300871").await.response();
        assert_eq!(order[0]["reference"], reference, "{assignment}");
    }
}

#[tokio::test]
async fn custom_fields_need_not_change_the_order() {
    let patch = json!([{ "op": "add", "path": "/PCF_NOTE", "value": "x" }]);
    for (assignment, version) in
        [("customFieldsModifyTheOrder=true", 2), ("customFieldsModifyTheOrder=false", 1)]
    {
        let http = with(&[assignment]).await;
        http.patch("order-service/order/300871/custom-field", patch.clone()).await.response();
        let order = http.get("order-service/order/300871").await.response()[0].clone();
        assert_eq!((&order["version"], order.get("updatedOn").is_some()), (&json!(version), version == 2));
    }
}

#[tokio::test]
async fn the_end_of_a_period_can_belong_to_it() {
    let search =
        "order-service/order-search?columns=orderId&placedOn=2026-04-20T09:15:00Z/2026-04-21T17:40:00Z";
    let found = Http::start().await.get(search).await.response();
    assert_eq!(found["results"], json!([[300_871]]));
    let found = with(&["periodsIncludeTheirEnd=true"]).await.get(search).await.response();
    assert_eq!(found["results"], json!([[300_871], [300_872]]));
}

#[tokio::test]
async fn refunds_can_read_negative_in_the_search() {
    let http = with(&["paymentsOutAreNegative=true"]).await;
    let credit = http.credit().await;
    http.post("accounting-service/customer-payment", payment(credit, "STRIPE_UK")).await.response();
    let search = "accounting-service/customer-payment-search?columns=amountPaid&orderId=";
    assert_eq!(http.get(&format!("{search}{credit}")).await.response()["results"], json!([["-10.00"]]));
    assert_eq!(http.get(&format!("{search}300871")).await.response()["results"], json!([["144.97"]]));
}

#[tokio::test]
async fn inactive_methods_can_refuse_payments() {
    let payment = payment(300_871, "OLD_GATEWAY");
    assert_eq!(
        Http::start().await.post("accounting-service/customer-payment", payment.clone()).await.status,
        200
    );
    let refused = with(&["inactiveMethodsRefusePayments=true"]).await;
    assert_eq!(refused.post("accounting-service/customer-payment", payment).await.status, 400);
}

#[tokio::test]
async fn the_journal_of_a_deleted_payment_can_stay() {
    for (assignment, status) in
        [("deletedPaymentsKeepTheirJournal=false", 404), ("deletedPaymentsKeepTheirJournal=true", 200)]
    {
        let http = with(&[assignment]).await;
        let credit = http.credit().await;
        let id = http.post("accounting-service/customer-payment", payment(credit, "STRIPE_UK")).await.id();
        let journal = http.mock.payments_on(brightpearl::OrderId::new(credit))[0].journal_id.unwrap();
        assert_eq!(http.delete(&format!("accounting-service/customer-payment/{id}")).await.text, "{}");
        assert_eq!(http.get(&format!("accounting-service/journal/{journal}")).await.status, status);
    }
}

#[tokio::test]
async fn quarantine_can_count_as_on_hand() {
    for (assignment, on_hand) in
        [("quarantineIsOnHand=false", Value::Null), ("quarantineIsOnHand=true", json!(1))]
    {
        let http = with(&[assignment]).await;
        receive(&http, 3).await;
        let available = http.get("warehouse-service/product-availability/2044").await.response();
        assert_eq!(available["2044"]["warehouses"]["2"]["onHand"], on_hand, "{assignment}");
    }
}

#[tokio::test]
async fn goods_in_quarantine_can_be_out_of_reach_of_corrections() {
    let off =
        json!({ "corrections": [{ "quantity": -1, "productId": 2044, "reason": "Torn", "locationId": 3 }] });
    for (assignment, status) in
        [("quarantineCanBeCorrected=true", 200), ("quarantineCanBeCorrected=false", 400)]
    {
        let http = with(&[assignment]).await;
        receive(&http, 3).await;
        let corrected = http.post("warehouse-service/warehouse/2/stock-correction", off.clone()).await;
        assert_eq!(corrected.status, status, "{assignment}");
    }
}

#[tokio::test]
async fn a_release_can_be_a_batch_of_its_own() {
    for (assignment, keeps) in [("releasesKeepTheBatch=true", true), ("releasesKeepTheBatch=false", false)] {
        let http = with(&[assignment]).await;
        receive(&http, 3).await;
        release(&http).await;
        let movements = http.mock.movements();
        let (received, arrived) = (&movements[0], &movements[2]);
        assert_eq!(arrived.batch_id == received.batch_id, keeps, "{assignment}");
        let batch = arrived.batch_id.unwrap();
        let search =
            format!("warehouse-service/goods-movement-search?columns=goodsMovementId&batchId={batch}");
        let count = http.get(&search).await.response()["metaData"]["resultsAvailable"].clone();
        assert_eq!(count, json!(if keeps { 3 } else { 1 }));
    }
}

#[tokio::test]
async fn a_release_can_be_told_by_the_movement_that_arrives() {
    let receiver = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).mount(&receiver).await;
    let http = with(&["releasesAreToldByMovement=true"]).await;
    let uri = format!(
        "{}/${{account-code}}/${{resource-type}}/${{lifecycle-event}}/${{resource-id}}",
        receiver.uri()
    );
    let webhook =
        json!({ "subscribeTo": "quarantine-release.created", "httpMethod": "GET", "uriTemplate": uri });
    http.post("integration-service/webhook", webhook).await.response();
    receive(&http, 3).await;
    release(&http).await;
    http.mock.deliveries_settled().await;
    let told = receiver.received_requests().await.unwrap();
    let arrived = http.mock.movements()[2].goods_movement_id;
    assert!(
        told[0].url.path().ends_with(&format!("/quarantine-release/created/{arrived}")),
        "{}",
        told[0].url
    );
}

#[tokio::test]
async fn a_webhook_need_not_mention_the_id() {
    let webhook = json!({ "subscribeTo": "order.modified", "httpMethod": "GET",
        "uriTemplate": "http://hooks.example.test/${account-code}/${resource-type}/${lifecycle-event}" });
    assert_eq!(
        Http::start().await.post("integration-service/webhook", webhook.clone()).await.code(),
        "INTC-057"
    );
    let lenient = with(&["resourceIdIsMandatory=false"]).await;
    assert_eq!(lenient.post("integration-service/webhook", webhook).await.status, 200);
}

#[tokio::test]
async fn a_throttled_answer_can_be_without_its_headers() {
    let http = with(&["throttleHeadersWhenThrottled=false"]).await;
    http.mock.set_clock("2026-05-04T09:15:30Z".parse::<jiff::Timestamp>().unwrap());
    http.mock.set_throttle(0);
    let refused = http.get("order-service/order-status").await;
    assert_eq!(refused.status, 503);
    assert_eq!(refused.header("Brightpearl-Requests-Remaining"), None);
    assert_eq!(refused.header("Brightpearl-Next-Throttle-Period"), None);
}

#[tokio::test]
async fn the_status_of_an_empty_quarantine_is_what_a_switch_says() {
    let http = with(&["emptyQuarantineStatus=400"]).await;
    let body = json!({ "productId": 2044, "quantity": 1, "toLocationId": 2 });
    let refused = http.post("warehouse-service/warehouse/2/quarantine/release", body).await;
    assert_eq!((refused.status, refused.code().as_str()), (400, "WHSB-023"));
}

#[test]
fn a_switch_that_does_not_exist_or_a_value_that_it_does_not_take_is_named() {
    let refusal = |assignment: &str| Switches::default().set(assignment).unwrap_err().to_string();
    assert!(refusal("partialReceipt=false").contains("`partialReceipt`"));
    for wrong in ["partialReceipts=3", "partialReceipts", "duplicatePaymentStatus=true"] {
        let refusal = refusal(wrong);
        assert!(
            refusal.contains(wrong.split('=').next().unwrap()) && refusal.contains("default"),
            "{refusal}"
        );
    }
}

#[tokio::test]
async fn searches_can_lag_behind_writes() {
    let http = with(&["searchLagMs=20000"]).await;
    let at = |time: &str| http.mock.set_clock(time.parse::<jiff::Timestamp>().unwrap());
    let found = async |search: String| {
        http.get(&search).await.response()["metaData"]["resultsAvailable"].as_u64().unwrap()
    };
    at("2026-05-08T10:00:00Z");
    let credit = receive(&http, 3).await;
    release(&http).await;
    assert_eq!(
        http.post("accounting-service/customer-payment", payment(credit, "STRIPE_UK")).await.status,
        200
    );
    let note = json!({ "text": "Called" });
    assert_eq!(http.post(&format!("order-service/order/{credit}/note"), note).await.status, 200);
    let searches = [
        (format!("order-service/order-search?orderId={credit}"), 1),
        (format!("accounting-service/customer-payment-search?orderId={credit}"), 1),
        (format!("order-service/order-note-search?orderId={credit}"), 1),
        (format!("warehouse-service/goods-in-search?purchaseOrderId={credit}"), 1),
        (format!("warehouse-service/goods-movement-search?orderId={credit}"), 1),
    ];
    for (search, _) in &searches {
        assert_eq!(found(search.clone()).await, 0, "{search}");
    }
    assert_eq!(
        http.get(&format!("order-service/order/{credit}")).await.response().as_array().unwrap().len(),
        1
    );
    at("2026-05-08T10:00:19.999Z");
    assert_eq!(found(searches[0].0.clone()).await, 0);
    at("2026-05-08T10:00:20Z");
    for (search, there) in searches {
        assert!(found(search.clone()).await >= there, "{search}");
    }
    assert_eq!(found("order-service/sales-order-search?salesOrderId=300871".to_owned()).await, 1);
    let control = http.mock.url() + "/_mock/switches";
    reqwest::Client::new().put(control).body(r#"{"searchLagMs":0}"#).send().await.unwrap();
    let late = http.post(CREDITS, credit_of("RGO-LATE")).await.id();
    assert_eq!(found(format!("order-service/order-search?orderId={late}")).await, 1);
}

fn credit_of(key: &str) -> Value {
    credit(key)
}
