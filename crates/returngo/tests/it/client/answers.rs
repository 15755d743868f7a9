//! How single answers are taken.

use std::error::Error as _;

use returngo::{ErrorKind, NewWebhook, WebhookEvent};

use super::{
    id,
    script::{KEY, answer, scripted},
};
use crate::fixtures;

#[tokio::test]
async fn a_request_carries_the_key_and_the_shop() {
    let it = scripted([answer(200, fixtures::RMA_RECEIVED)]);
    it.client.rmas().get(&id()).await.unwrap();
    let request = &it.script.sent()[0];
    assert_eq!(request.url, "https://api.returngo.ai/rma/4410021");
    assert_eq!(request.headers.get("x-api-key"), Some(KEY));
    assert_eq!(request.headers.get("x-shop-name"), Some("acmeoutdoors.example.test"));
}

#[tokio::test]
async fn an_answer_that_does_not_read_says_where() {
    let it = scripted([answer(200, r#"{"rmaSummary":{"rmaId":"4410021","status":7}}"#)]);
    let error = it.client.rmas().get(&id()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Undecodable);
    assert_eq!(error.request_id(), Some("5d0b7f5e-0c34-4b4b-9a0e-2f2f3a7d1c55"));
    let source = error.source().unwrap().to_string();
    assert!(source.starts_with("at `rmaSummary.status`"), "{source}");

    let shopper = error.body_excerpt();
    assert_eq!(shopper, None, "JSON is about a shopper and stays out");

    let it = scripted([answer(200, "<html>welcome</html>")]);
    let error = it.client.rmas().get(&id()).await.unwrap_err();
    assert_eq!((error.kind(), error.body_excerpt()), (ErrorKind::Undecodable, Some("<html>welcome</html>")));
    assert!(error.to_string().contains("report it"), "{error}");
}

#[tokio::test]
async fn a_registration_whose_answer_does_not_read_may_be_there() {
    let webhook = NewWebhook::new(WebhookEvent::RmaCreated, "https://returns.example.test/hooks/s3cret");
    let it = scripted([answer(200, "OK")]);
    let error = it.client.webhooks().create(&webhook).await.unwrap_err();
    assert!(error.may_have_been_applied());

    let listed =
        r#"[{"id":11901,"url":"https://returns.example.test/hooks/s3cret","eventName":"RMA_CREATED"}]"#;
    let it = scripted([answer(200, "[]"), answer(201, "OK"), answer(200, listed)]);
    assert_eq!(it.client.webhooks().ensure(&[webhook]).await.unwrap().created[0].as_str(), "11901");
}

#[tokio::test]
async fn a_wait_that_the_server_asks_for_is_honoured() {
    let mut throttled = answer(429, r#"{"message":"Too Many Requests"}"#);
    throttled.headers.insert("Retry-After", "30");
    let it = scripted([throttled, answer(200, fixtures::RMA_RECEIVED)]);
    it.client.rmas().get(&id()).await.unwrap();
    assert_eq!(it.clock.waits(), [std::time::Duration::from_secs(30)]);
}
