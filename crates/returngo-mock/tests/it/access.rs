//! Keys, shops, quotas, the gateway's headers, faults.

use returngo_mock::{Fault, FaultKind, MockReturngo, Quota};

use crate::shop::{Answer, get};

async fn get_as(shop: &MockReturngo, key: Option<&str>, name: Option<&str>) -> Answer {
    let mut request = reqwest::Client::new().get(format!("{}/rma/4410021", shop.url()));
    for (header, value) in [("X-API-KEY", key), ("X-Shop-Name", name)] {
        if let Some(value) = value {
            request = request.header(header, value);
        }
    }
    Answer::of(request.send().await.unwrap()).await
}

#[tokio::test]
async fn the_key_is_checked_before_the_shop() {
    let shop = MockReturngo::start().await;
    let (key, name) = (Some("mock-api-key"), Some("acmeoutdoors.example.test"));
    assert_eq!(get_as(&shop, key, name).await.status, 200);
    assert_eq!(get_as(&shop, None, name).await.status, 401);
    assert_eq!(get_as(&shop, Some("wrong"), Some("wrong")).await.status, 401);
    assert_eq!(get_as(&shop, key, None).await.status, 403);
    assert_eq!(get_as(&shop, key, Some("another.example.test")).await.status, 403);

    shop.switch(|switches| switches.wrong_key_is_forbidden = true);
    let forbidden = get_as(&shop, Some("wrong"), name).await;
    assert_eq!((forbidden.status, forbidden.body["message"].as_str()), (403, Some("Forbidden")));
}

#[tokio::test]
async fn every_answer_carries_the_gateways_ids() {
    let shop = MockReturngo::start().await;
    for path in ["/rma/4410021", "/rma/1", "/rmas"] {
        let answer = get(&shop, path).await;
        for header in ["x-amzn-requestid", "x-amz-apigw-id", "x-amzn-trace-id"] {
            assert!(answer.headers.contains_key(header), "{path} {header}");
        }
    }
}

#[tokio::test]
async fn a_second_and_a_day_have_so_many_calls() {
    let shop = MockReturngo::start().await;
    let set_clock = |time: &str| shop.clock().set(Some(time.parse().unwrap()));
    shop.set_quota(Quota { per_second: Some(2), per_day: Some(3) });
    set_clock("2026-05-04T23:59:58Z");
    assert_eq!(get(&shop, "/rma/4410021").await.status, 200);
    assert_eq!(get(&shop, "/rma/4410021").await.status, 200);
    let throttled = get(&shop, "/rma/4410021").await;
    assert_eq!((throttled.status, throttled.body["message"].as_str()), (429, Some("Too Many Requests")));

    set_clock("2026-05-04T23:59:59Z");
    assert_eq!(get(&shop, "/rma/4410021").await.status, 200, "what was refused used up nothing");
    let spent = get(&shop, "/rma/4410021").await;
    assert_eq!((spent.status, spent.body["message"].as_str()), (429, Some("Limit Exceeded")));

    set_clock("2026-05-05T00:00:00Z");
    assert_eq!(get(&shop, "/rma/4410021").await.status, 200);
}

#[tokio::test]
async fn faults_strike_by_method_and_path_template() {
    let shop = MockReturngo::start().await;
    for (kind, status) in [
        (FaultKind::Status500, 500),
        (FaultKind::Status503, 503),
        (FaultKind::Throttle, 429),
        (FaultKind::TokenExpired, 401),
        (FaultKind::Html502, 502),
    ] {
        shop.faults().add(Fault::on("GET /rma/{id}", kind));
        assert_eq!(get(&shop, "/rmas?pagesize=1").await.status, 200);
        assert_eq!(get(&shop, "/rma/4410021").await.status, status, "{kind}");
    }
    assert_eq!(get(&shop, "/rma/4410021").await.status, 200);
    assert_eq!(shop.requests().of("GET /rma/{id}"), 6);
    assert_eq!(shop.requests().total(), 11);
}

#[tokio::test]
#[should_panic(expected = "GET /returns/4410021")]
async fn a_request_that_returngo_does_not_have_fails_the_test() {
    let shop = MockReturngo::start().await;
    assert_eq!(get(&shop, "/returns/4410021").await.status, 404);
}
