use brightpearl_mock::MockBrightpearl;
use serde_json::{Value, json};

use crate::http::Http;

#[tokio::test]
async fn every_list_answers_all_some_or_none() {
    let http = Http::start().await;
    for (path, all, some) in [
        ("order-service/order-status", 13, "10-11"),
        ("product-service/channel", 3, "1,9"),
        ("accounting-service/nominal-code", 11, "53,54"),
        ("accounting-service/payment-method", 4, "7,8"),
        ("accounting-service/tax-code", 3, "7,8"),
        ("warehouse-service/warehouse", 2, "2,4"),
    ] {
        let length = |value: Value| value.as_array().unwrap().len();
        assert_eq!(length(http.get(path).await.response()), all, "{path}");
        assert_eq!(length(http.get(&format!("{path}/{some}")).await.response()), 2, "{path}");
        let none = http.get(&format!("{path}/4711")).await;
        assert_eq!((none.status, none.code()), (404, "CMNC-404".to_owned()), "{path}");
    }
}

#[tokio::test]
async fn codes_of_the_books_have_their_wire_shapes() {
    let http = Http::start().await;
    let taxes = http.get("accounting-service/tax-code/7,8").await.response();
    assert_eq!(taxes[0], json!({ "id": 7, "code": "T20", "description": "Standard rate", "rate": 20.0 }));
    assert_eq!(taxes[1].get("rate"), None, "left out where it is zero");
    let bank = http.get("accounting-service/nominal-code/55").await.response()[0].clone();
    assert_eq!(
        (&bank["code"], &bank["bank"], &bank["currencyId"], &bank["taxCode"]),
        (&json!("1220"), &json!(true), &json!(2), &json!(0.0))
    );
    let methods = http.get("accounting-service/payment-method").await.response();
    assert_eq!(
        methods[0]["bankAccounts"],
        json!([{ "paymentMethodId": 7, "currencyIsoCode": "GBP", "bankAccountNominalCode": "1210" }])
    );
    assert_eq!((&methods[2]["bankAccounts"], &methods[3]["isActive"]), (&json!([]), &json!(false)));
    let configuration =
        http.get("integration-service/account-configuration").await.response()["configuration"].clone();
    assert_eq!(
        (&configuration["timeZone"], &configuration["newSalesCreditStatusId"]),
        (&json!("Europe/London"), &json!("10"))
    );
}

#[tokio::test]
async fn warehouses_tell_their_locations_as_bare_numbers() {
    let http = Http::start().await;
    assert_eq!(http.get("warehouse-service/warehouse/2/location/default").await.text, r#"{"response":2}"#);
    assert_eq!(
        http.get("warehouse-service/warehouse/4/location/quarantine").await.text,
        r#"{"response":21}"#
    );
    assert_eq!(http.get("warehouse-service/warehouse/9/location/quarantine").await.status, 404);
}

#[tokio::test]
async fn every_account_has_two_hidden_products() {
    let http = Http::to(
        MockBrightpearl::builder()
            .with(|seed| {
                seed.orders.clear();
                seed.payments.clear();
            })
            .start()
            .await,
    );
    let hidden = http.get("product-service/product/1000,1001").await.response();
    for (product, id) in hidden.as_array().unwrap().iter().zip([1000, 1001]) {
        assert_eq!((&product["id"], &product["stock"]["stockTracked"]), (&json!(id), &json!(false)));
        assert!(product["identity"].get("sku").is_none_or(Value::is_null), "{product}");
    }
    let listed = http.get("product-service/product-search?columns=productId,SKU&pageSize=3").await.response();
    assert_eq!(listed["results"], json!([[1000, null], [1001, null], [2044, "LS-M"]]));
    let uris = http.options("product-service/product").await.response();
    assert_eq!(uris["getUris"], json!(["/product/1000,1001,2044,2051,2060,2070-2072"]));
    let availability = http.get("warehouse-service/product-availability/1001").await;
    assert_eq!((availability.status, availability.code()), (400, "WHSC-097".to_owned()));

    let row = |product: u64| json!({ "productId": product, "name": "Delivery", "quantity": 1, "taxCode": "T20", "net": "5", "tax": "1" });
    let credit = json!({ "customer": { "id": 5012 }, "rows": [row(1000), row(1001)] });
    let credit = http.post("order-service/sales-credit", credit).await.id();
    let order = http.get(&format!("order-service/order/{credit}")).await.response()[0].clone();
    let rows = order["orderRows"].as_object().unwrap();
    let products: Vec<&Value> = rows.values().map(|row| &row["productId"]).collect();
    assert_eq!(products, [1000, 1001]);
    assert_eq!(order["stockStatusCode"], "NON", "nothing is received for them");
}

#[tokio::test]
async fn products_tell_what_returns_need() {
    let http = Http::start().await;
    let answer = http.get("product-service/product/2044,2060,2070,9999").await;
    assert_eq!(answer.header("Message-Type"), Some("product-get"));
    let products = answer.response();
    assert_eq!(products.as_array().unwrap().len(), 3);
    assert_eq!(
        (&products[0]["stock"]["stockTracked"], &products[0]["identity"]["sku"]),
        (&json!(true), &json!("LS-M"))
    );
    assert_eq!(products[1]["stock"]["stockTracked"], false);
    assert_eq!(
        products[2]["composition"],
        json!({ "bundle": true, "bundleComponents": [
        { "productId": 2071, "productQuantity": 1 }, { "productId": 2072, "productQuantity": 2 }] })
    );
    assert_eq!(products[0]["composition"], json!({ "bundle": false }));
    assert_eq!(http.get("product-service/product/9999").await.code(), "CMNC-404");
}

#[tokio::test]
async fn contacts_come_with_paging_beside_the_response() {
    let http = Http::start().await;
    let body = http.get("contact-service/contact/5012-5014").await.json();
    assert_eq!(body["pagination"]["resultsReturned"], 3);
    assert_eq!(body["sorting"][0]["field"], "contactId");
    assert_eq!(body["response"][1]["communication"]["emails"]["PRI"]["email"], "ben@example.test");
    let none = http.get("contact-service/contact/1").await;
    assert_eq!((none.status, none.json()["errors"][0]["message"].clone()), (404, json!("No Contact Found")));
}

#[tokio::test]
async fn a_collection_may_end_in_a_slash() {
    let http = Http::start().await;
    assert_eq!(http.get("order-service/order-status/").await.response().as_array().unwrap().len(), 13);
    let credit = json!({ "customer": { "id": 5012 } });
    assert_eq!(http.post("order-service/sales-credit/", credit).await.status, 201);
}

#[tokio::test]
async fn warehouses_are_searched_and_what_went_out_is_told_by_row() {
    let http = Http::start().await;
    let found = http.get("warehouse-service/warehouse-search?name=returns&columns=id,name").await.response();
    assert_eq!(found["results"], json!([[4, "Returns warehouse"]]));
    let sale = http.get("warehouse-service/order/300871/fulfilment-status").await.response();
    assert_eq!(
        sale,
        json!({ "884001": { "quantity": 3, "fulfilled": 3, "shipped": 3 },
            "884002": { "quantity": 2, "fulfilled": 2, "shipped": 2 } })
    );
    let credit = http.credit().await;
    let returned = http.get(&format!("warehouse-service/order/{credit}/fulfilment-status")).await.response();
    assert!(returned.as_object().unwrap().values().all(|row| row["shipped"] == 0), "{returned}");
    assert_eq!(http.get("warehouse-service/order/1/fulfilment-status").await.code(), "CMNC-404");
}
