use serde_json::json;

use crate::http::Http;

#[tokio::test]
async fn options_name_what_exists_in_sets_for_one_get_each() {
    let http = Http::start().await;
    let uris = async |path: &str| {
        let answer = http.options(path).await;
        answer.response()["getUris"].clone()
    };
    assert_eq!(uris("order-service/order/1-300872,400001").await, json!(["/order/300871,300872,400001"]));
    assert_eq!(
        uris("order-service/order/400001,300873,300871-300873").await,
        json!(["/order/300871-300873,400001"]),
        "ids need not ascend here"
    );
    assert_eq!(
        uris("order-service/sales-order").await,
        json!(["/sales-order/300871-300873"]),
        "no purchase order"
    );
    assert_eq!(uris("order-service/order/1-200").await, json!([]));
    assert_eq!(uris("product-service/product/2070-2072").await, json!(["/product/2070-2072"]));
    assert_eq!(uris("contact-service/contact").await, json!(["/contact/5012-5014,5090"]));
    let wrong = http.options("order-service/order/x").await;
    assert_eq!((wrong.status, wrong.code()), (400, "CMNC-006".to_owned()));
    assert_eq!(http.options("order-service/order").await.header("Message-Type"), Some("options-order"));
}

#[tokio::test]
async fn long_sets_are_split_at_what_one_get_takes() {
    let http = Http::start().await;
    for number in 0..198 {
        http.mock.set_throttle(None);
        assert_eq!(
            http.post("order-service/sales-credit", crate::http::credit(&number.to_string())).await.status,
            201
        );
    }
    let uris = http.options("order-service/order").await.response()["getUris"].clone();
    assert_eq!(uris, json!(["/order/300871-300873,400001-400197", "/order/400198,400199"]));
}
