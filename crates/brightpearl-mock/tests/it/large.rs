use brightpearl_mock::{MockBrightpearl, Seed, SeedOrder};
use serde_json::json;

use crate::http::Http;

/// The built-in account with additional sales.
fn with_sales(seed: &mut Seed, count: u64) {
    let template = seed.orders[0].clone();
    let row = template.rows[0].clone();
    seed.orders.extend((0..count).map(|number| SeedOrder {
        id: brightpearl::OrderId::new(1_000_000 + number),
        reference: format!("#L{number}"),
        external_ref: Some(format!("8{number:012}")),
        rows: vec![brightpearl_mock::SeedRow {
            id: Some(brightpearl::OrderRowId::new(5_000_000 + number)),
            ..row.clone()
        }],
        ..template.clone()
    }));
}

#[tokio::test]
async fn a_large_account_finds_keys_and_pages_like_a_small_one() {
    let http = Http::to(MockBrightpearl::builder().with(|seed| with_sales(seed, 3_000)).start().await);
    http.mock.set_throttle(None);
    let again = json!({ "customer": { "id": 5012 }, "externalRef": "8000000002999", "installedIntegrationInstanceId": 12, "rows": [] });
    assert_eq!(http.post("order-service/sales-order", again).await.response(), json!(1_002_999));
    let newest =
        http.get("order-service/order-search?sort=orderId.DESC&pageSize=2&columns=orderId").await.response();
    assert_eq!(newest["results"], json!([[1_002_999], [1_002_998]]));
    assert_eq!(newest["metaData"]["resultsAvailable"], 3_004);
    let found = http
        .get("order-service/order-search?externalRefs=8000000001234&columns=orderId,customerRef")
        .await
        .response();
    assert_eq!(found["results"], json!([[1_001_234, "#L1234"]]));
    let uris = http.options("order-service/sales-order").await.response()["getUris"].clone();
    assert_eq!(uris.as_array().unwrap().len(), 16, "3003 sales in sets of 200");
}
