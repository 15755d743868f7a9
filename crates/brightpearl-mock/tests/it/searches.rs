use serde_json::{Value, json};

use crate::http::Http;

const ORDERS: &str = "order-service/order-search";

/// The values of one column, in order.
async fn column(http: &Http, query: &str, name: &str) -> Vec<Value> {
    let response = http.get(&format!("{ORDERS}?{query}")).await.response();
    let columns = response["metaData"]["columns"].as_array().unwrap();
    let place = columns.iter().position(|column| column["name"] == name).unwrap();
    response["results"].as_array().unwrap().iter().map(|row| row[place].clone()).collect()
}

async fn ids(http: &Http, query: &str) -> Vec<u64> {
    column(http, query, "orderId").await.iter().map(|id| id.as_u64().unwrap()).collect()
}

#[tokio::test]
async fn all_nineteen_columns_come_with_their_types_and_nulls() {
    let http = Http::start().await;
    let credit = http.credit().await;
    let answer = http.get(&format!("{ORDERS}?orderId={credit}")).await;
    assert_eq!(answer.header("Message-Type"), Some("bulk-data-search"));
    let body = answer.json();
    let row = &body["response"]["results"][0];
    assert_eq!(row.as_array().unwrap().len(), 19);
    assert_eq!(row[0], credit);
    for (place, value) in [
        (1, json!(3)),
        (2, json!(5012)),
        (3, json!(27)),
        (4, json!(7)),
        (7, json!("RMA4410021")),
        (8, json!(1)),
        (9, json!(null)),
        (10, json!(300871)),
        (11, json!(2)),
        (12, json!("RGO-1")),
        (13, json!(41)),
        (14, json!(2)),
        (15, json!(0)),
        (16, json!("2026-05-04T00:00:00.000+01:00")),
        (17, json!(9)),
        (18, json!(null)),
    ] {
        assert_eq!(row[place], value, "column {place}");
    }
    let meta = &body["response"]["metaData"];
    assert_eq!(
        meta["columns"][1],
        json!({ "name": "orderTypeId", "sortable": true, "filterable": true,
        "reportDataType": "IDSET", "referenceData": ["orderTypeNames"], "isFreeTextSearchable": false, "required": false })
    );
    assert_eq!(meta["sorting"][0]["filterable"]["name"], "orderId");
    assert_eq!(
        (&meta["firstResult"], &meta["lastResult"], &meta["morePagesAvailable"]),
        (&json!(1), &json!(1), &json!(false))
    );
    let reference = &body["reference"];
    assert_eq!(reference["orderTypeNames"].as_object().unwrap().len(), 4);
    assert_eq!(reference["orderStatusNames"], json!({ "27": "Return in transit" }));
    assert_eq!(reference["orderPaymentStatusNames"], json!({ "1": "Unpaid" }));
}

#[tokio::test]
async fn filters_are_of_their_column_and_all_must_hold() {
    let http = Http::start().await;
    let credit = http.credit().await;
    assert_eq!(ids(&http, "orderTypeId=3&parentOrderId=300871").await, [credit]);
    assert_eq!(ids(&http, "orderTypeId=1&customerRefs=%23AC2045,AC2046").await, [300871]);
    assert_eq!(ids(&http, "customerRef=%23AC2046").await, [300872]);
    assert_eq!(ids(&http, "externalRefs=7000000000001,7000000000003").await, [300871, 300873]);
    assert_eq!(ids(&http, "externalRefSearchString=00000000000").await, [300871, 300872, 300873]);
    assert_eq!(ids(&http, "externalRef=RGO-1&installedIntegrationInstanceId=41").await, [credit]);
    assert_eq!(ids(&http, "isClosed=true&departmentId=9").await, [300871, 300872, 300873]);
    assert_eq!(ids(&http, "orderStockStatusId=13").await, [] as [u64; 0]);
    assert_eq!(ids(&http, "createdOn=2026-04-21/2026-04-23").await, [300872, 300873]);
    // 22 April, 03:05 in London is 22 April, 02:05 in UTC.
    assert_eq!(ids(&http, "createdOn=2026-04-22").await, [300873]);
    assert_eq!(ids(&http, "createdOn=/2026-04-16T00:00:00.000Z").await, [400001]);
    assert_eq!(ids(&http, "updatedOn=2020-01-01/").await, [] as [u64; 0], "never changed, so no updatedOn");
}

#[tokio::test]
async fn pages_sort_and_columns_are_as_asked() {
    let http = Http::start().await;
    let page = http
        .get(&format!("{ORDERS}?orderTypeId=1&sort=orderId.DESC&pageSize=2&columns=orderId,customerRef"))
        .await
        .response();
    assert_eq!(page["results"], json!([[300873, "#AC2047"], [300872, "#AC2046"]]));
    let meta = &page["metaData"];
    assert_eq!(
        (&meta["resultsAvailable"], &meta["resultsReturned"], &meta["morePagesAvailable"]),
        (&json!(3), &json!(2), &json!(true))
    );
    let rest = http
        .get(&format!("{ORDERS}?orderTypeId=1&sort=orderId|DESC&pageSize=2&firstResult=3&columns=orderId"))
        .await
        .response();
    assert_eq!((&rest["results"], &rest["metaData"]["lastResult"]), (&json!([[300871]]), &json!(3)));
    let counted = http.get(&format!("{ORDERS}?countOnly=true")).await.response();
    assert_eq!((&counted["results"], &counted["metaData"]["resultsAvailable"]), (&json!([]), &json!(4)));
}

#[tokio::test]
async fn an_empty_search_has_no_first_and_last_result() {
    let http = Http::start().await;
    let body = http.get(&format!("{ORDERS}?orderId=1")).await.json();
    let meta = body["response"]["metaData"].as_object().unwrap();
    assert!(!meta.contains_key("firstResult") && !meta.contains_key("lastResult"));
    assert_eq!((&meta["resultsAvailable"], &meta["morePagesAvailable"]), (&json!(0), &json!(false)));
    assert_eq!(body["reference"], json!({}));
}

#[tokio::test]
async fn a_bad_filter_is_an_internal_error_with_html_safe_text() {
    let http = Http::start().await;
    let bad = http.get(&format!("{ORDERS}?orderStatusId=abc")).await;
    assert_eq!((bad.status, bad.code()), (500, "CMNC-018".to_owned()));
    assert!(
        bad.text.contains(r"The filter orderStatusId\u003dabc cannot be parsed as: INTEGER"),
        "{}",
        bad.text
    );
    for query in [
        "orderStatusId=1,2",
        "orderId=500-",
        "createdOn=yesterday",
        "isClosed=perhaps",
        "createdOn=2026-05-01T00:00:00+01:00/",
    ] {
        assert_eq!(http.get(&format!("{ORDERS}?{query}")).await.code(), "CMNC-018", "{query}");
    }
    for query in
        ["reference=x", "channelId=9", "columns=orderId,nothing", "sort=nothing", "orderId=1&orderId=2"]
    {
        assert_eq!(http.get(&format!("{ORDERS}?{query}")).await.status, 400, "{query}");
    }
}

#[tokio::test]
async fn nominal_codes_and_currencies_are_searched_by_their_own_columns() {
    let http = Http::start().await;
    let banks = http
        .get("accounting-service/nominal-code-search?bank=true&active=true&columns=code,name")
        .await
        .response();
    assert_eq!(
        banks["results"],
        json!([["1200", "Current account"], ["1210", "Card settlement"], ["1220", "Dollar account"]])
    );
    let contains = http.get("accounting-service/nominal-code-search?code=120").await.response();
    assert_eq!(contains["results"], json!([["1200", "Current account", 7, true, null, true]]));
    let currencies = http.get("accounting-service/currency-search?isDefault=false").await.response();
    assert_eq!(currencies["results"][0], json!([2, "US dollar", "USD", "$", "1.250000", false, null]));
}

#[tokio::test]
async fn the_columns_of_a_search_are_described_without_searching() {
    let http = Http::start().await;
    let described = http.get("order-service/order-search/meta-data").await;
    assert_eq!((described.status, described.header("Message-Type")), (200, Some("bulk-data-search")));
    let columns = described.response()["columns"].clone();
    let of = |name: &str| columns.as_array().unwrap().iter().find(|column| column["name"] == name).cloned();
    assert_eq!(of("orderId").unwrap()["reportDataType"], "IDSET");
    let filter = of("externalRefs").unwrap();
    assert_eq!((&filter["filterable"], &filter["sortable"]), (&json!(true), &json!(false)));
    let products = http.get("product-service/product-search/meta-data").await.response();
    assert_eq!(products["columns"][0]["referenceData"], json!(["productCategoryMembership"]));
}

#[tokio::test]
async fn indexed_filters_find_what_a_look_at_every_order_would() {
    let http = Http::start().await;
    http.mock.set_clock("2026-05-04T09:15:30Z".parse::<jiff::Timestamp>().unwrap());
    let credit = http.credit().await;
    let patch = json!([{ "op": "replace", "path": "/reference", "value": "RMA-new" }]);
    http.patch(&format!("order-service/order/{credit}"), patch).await.response();
    let ids = async |query: &str| -> Vec<u64> {
        let found = http.get(&format!("order-service/order-search?columns=orderId&{query}")).await.response();
        found["results"].as_array().unwrap().iter().map(|row| row[0].as_u64().unwrap()).collect()
    };
    for (query, expected) in [
        ("orderTypeId=3".to_owned(), vec![credit]),
        ("orderTypeId=1,3".to_owned(), vec![300_871, 300_872, 300_873, credit]),
        ("parentOrderId=300871".to_owned(), vec![credit]),
        ("parentOrderId=300872".to_owned(), vec![]),
        ("parentOrderId=1-9999999".to_owned(), vec![credit]),
        (format!("orderId=300872-{credit}"), vec![300_872, 300_873, 400_001, credit]),
        (format!("orderId={credit}&orderTypeId=1"), vec![]),
        ("customerRef=RMA-new".to_owned(), vec![credit]),
        ("customerRef=RMA4410021".to_owned(), vec![]),
        ("customerRefs=%23AC2046,RMA-new".to_owned(), vec![300_872, credit]),
        ("externalRef=RGO-1".to_owned(), vec![credit]),
        ("externalRefs=RGO-1,7000000000003".to_owned(), vec![300_873, credit]),
        ("contactId=5012".to_owned(), vec![300_871, credit]),
        ("updatedOn=2026-05-04/".to_owned(), vec![credit]),
        ("updatedOn=/2026-05-04T09:15:30Z".to_owned(), vec![]),
        ("updatedOn=2026-05-05/2026-05-04".to_owned(), vec![]),
        ("createdOn=2026-04-20".to_owned(), vec![300_871]),
        ("productIds=2060".to_owned(), vec![300_872]),
    ] {
        assert_eq!(ids(&query).await, expected, "{query}");
    }
    assert_eq!(http.get("order-service/order-search?contactId=x").await.code(), "CMNC-018");
}
