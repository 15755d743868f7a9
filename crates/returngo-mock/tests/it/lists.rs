//! The list of RMAs: pages, filters, order.

use returngo_mock::MockReturngo;
use serde_json::Value;

use crate::shop::{Answer, get};

async fn list(shop: &MockReturngo, query: &str) -> Answer {
    get(shop, &format!("/rmas?{query}")).await
}

fn ids(page: &Value) -> Vec<&str> {
    page["rmas"].as_array().unwrap().iter().map(|rma| rma["rmaId"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn pages_follow_each_other_and_end() {
    let shop = MockReturngo::start().await;
    let first = list(&shop, "pagesize=2").await.ok();
    assert_eq!(ids(&first), ["4410023", "4410022"]);
    let cursor = first["next_cursor"].as_str().unwrap().replace('=', "%3D");
    let second = list(&shop, &format!("pagesize=2&cursor={cursor}")).await.ok();
    assert_eq!(ids(&second), ["4410021"]);
    assert_eq!(second["next_cursor"], Value::Null);
}

#[tokio::test]
async fn a_full_last_page_has_a_cursor_to_an_empty_one() {
    let shop = MockReturngo::start().await;
    let all = list(&shop, "pagesize=3").await.ok();
    let cursor = all["next_cursor"].as_str().unwrap().replace('=', "%3D");
    let after = list(&shop, &format!("pagesize=3&cursor={cursor}")).await.ok();
    assert!(ids(&after).is_empty());
}

#[tokio::test]
async fn rows_are_summaries() {
    let shop = MockReturngo::start().await;
    let page = list(&shop, "pagesize=1").await.ok();
    let row = page["rmas"][0].as_object().unwrap();
    assert_eq!(row.keys().collect::<Vec<_>>(), ["events", "order_name", "rmaId", "status"]);
}

#[tokio::test]
async fn filters_take_comma_lists_and_bounds() {
    let shop = MockReturngo::start().await;
    for (filter, expected) in [
        ("status=Pending", &["4410023", "4410021"][..]),
        ("status=Approved,Received", &["4410022"]),
        ("order_name=AC2045,AC2047", &["4410023", "4410021"]),
        ("tracking_numbers=TRK-900101", &["4410022"]),
        ("rma_created_at=gte:2026-05-05T10:02:31", &["4410023", "4410022"]),
        ("rma_created_at=gt:2026-05-04T08:14:10&rma_created_at=lt:2026-05-06T00:00:00", &["4410022"]),
        ("rma_updated_at=lte:2026-05-04T08:14:10", &["4410021"]),
        ("sort_by=%2Brma_created_at", &["4410021", "4410022", "4410023"]),
        ("sort_by=-rma_updated_at,%2Brma_created_at", &["4410023", "4410022", "4410021"]),
    ] {
        let page = list(&shop, &format!("pagesize=500&{filter}")).await.ok();
        assert_eq!(ids(&page), expected, "{filter}");
    }
}

#[tokio::test]
async fn what_does_not_read_is_refused() {
    let shop = MockReturngo::start().await;
    for query in [
        "",
        "pagesize=0",
        "pagesize=501",
        "limit=10",
        "pagesize=1&cursor=nonsense",
        "pagesize=1&cursor=cmV0dXJucy5pZDox",
        "pagesize=1&rma_created_at=2026-05-05",
        "pagesize=1&rma_created_at=since:2026-05-05T00:00:00",
        "pagesize=1&sort_by=rma_created_at",
        "pagesize=1&sort_by=+rma_created_at",
        "pagesize=1&sort_by=-price",
        "pagesize=1&order_id=7000000000001",
    ] {
        assert_eq!(list(&shop, query).await.status, 400, "{query}");
    }
}
