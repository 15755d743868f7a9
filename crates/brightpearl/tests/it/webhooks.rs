//! Subscriptions are made to be as wanted, and those of others stay as they are: over the mock's real HTTP.

use api_mock_core::{Fault, FaultKind};
use brightpearl::{
    ErrorKind, GoodsInNoteId, IdSet, WebhookId,
    integration::{NewWebhook, Notification, QualityOfService, TestData},
};
use brightpearl_mock::MockBrightpearl;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use crate::script::{account, answer, lost, scripted};

const OURS: &str = "https://returns.example.test/bp/hook";

fn wanted(secret: &str) -> [NewWebhook; 2] {
    ["goods-in-note.created", "quarantine-release.created"]
        .map(|event| NewWebhook::post(event, format!("{OURS}?k={secret}")))
}

fn events(mock: &MockBrightpearl) -> Vec<(String, String)> {
    let mut events: Vec<_> = mock
        .webhooks()
        .into_iter()
        .map(|there| (there.webhook.subscribe_to, there.webhook.uri_template))
        .collect();
    events.sort();
    events
}

#[tokio::test]
async fn what_is_missing_is_made_and_then_left_alone() {
    let (mock, client) = account().await;
    let first = client.webhooks().ensure(&wanted("9f2c")).await.unwrap();
    assert_eq!((first.created.len(), first.kept.len(), first.deleted.len()), (2, 0, 0));
    let second = client.webhooks().ensure(&wanted("9f2c")).await.unwrap();
    assert_eq!((second.kept, second.created.len()), (first.created, 0));
    assert_eq!(mock.webhooks().len(), 2);
}

#[tokio::test]
async fn what_differs_is_made_anew_before_the_old_goes() {
    let (mock, client) = account().await;
    let [goods_in, released] = wanted("old");
    let once = NewWebhook { quality_of_service: QualityOfService::AtMostOnce, ..wanted("new")[1].clone() };
    client.webhooks().create(&goods_in).await.unwrap();
    client.webhooks().create(&released).await.unwrap();
    client.webhooks().create(&once).await.unwrap();
    let done = client.webhooks().ensure(&wanted("new")).await.unwrap();
    assert_eq!((done.created.len(), done.deleted.len()), (2, 3));
    assert!(done.created.iter().min() > done.deleted.iter().max());
    assert_eq!(events(&mock), wanted("new").map(|webhook| (webhook.subscribe_to, webhook.uri_template)));
}

#[tokio::test]
async fn one_that_is_there_twice_stays_once() {
    let (mock, client) = account().await;
    for _ in 0..2 {
        client.webhooks().create(&wanted("9f2c")[0]).await.unwrap();
    }
    let done = client.webhooks().ensure(&wanted("9f2c")[..1]).await.unwrap();
    assert_eq!((done.kept.len(), done.deleted.len(), mock.webhooks().len()), (1, 1, 1));
}

#[tokio::test]
async fn subscriptions_of_others_stay() {
    let (mock, client) = account().await;
    let others = [
        NewWebhook::post("goods-in-note.created", "https://stock.example.test/hook?k=1"),
        NewWebhook::post("order.modified", OURS),
    ];
    for other in &others {
        client.webhooks().create(other).await.unwrap();
    }
    client.webhooks().ensure(&wanted("9f2c")).await.unwrap();
    assert_eq!(mock.webhooks().len(), 4);

    let removed = client.webhooks().remove_ours(&format!("{OURS}?k=another")).await.unwrap();
    assert_eq!(removed.len(), 3);
    assert_eq!(events(&mock), [(others[0].subscribe_to.clone(), others[0].uri_template.clone())]);
    assert!(client.webhooks().remove_ours(OURS).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_subscription_whose_answer_was_lost_is_made_once() {
    let (mock, client) = account().await;
    mock.faults().add(Fault::on("post-webhook", FaultKind::DropAfterCommit));
    let done = client.webhooks().ensure(&wanted("9f2c")).await.unwrap();
    assert_eq!((done.created.len(), mock.webhooks().len()), (2, 2));

    let missing = r#"{"errors":[{"code":"CMNC-404","message":"No webhooks available"}]}"#;
    let it = scripted([answer(404, missing), lost(), answer(404, missing)]);
    let error = it.client.webhooks().ensure(&wanted("9f2c")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Ambiguous);
}

#[tokio::test]
async fn an_event_that_cannot_be_subscribed_to_removes_nothing() {
    let (mock, client) = account().await;
    let error =
        client.webhooks().ensure(&[NewWebhook::post("sales-credit.created", OURS)]).await.unwrap_err();
    assert!(error.has_code("INTC-064"));
    assert!(mock.webhooks().is_empty());
}

#[tokio::test]
async fn a_subscription_that_is_gone_is_as_good_as_deleted() {
    let (_mock, client) = account().await;
    client.webhooks().delete(WebhookId::new(731)).await.unwrap();
}

/// A receiver that keeps what is delivered to it, and answers 200.
async fn receiver() -> MockServer {
    let receiver = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).mount(&receiver).await;
    receiver
}

#[tokio::test]
async fn a_test_delivery_arrives_as_the_account_makes_it() {
    let (mock, client) = account().await;
    let receiver = receiver().await;
    let hook = NewWebhook::post("goods-in-note.created", format!("{}/bp?k=9f2c", receiver.uri()));
    let id = client.webhooks().create(&hook).await.unwrap();
    let notes: IdSet<GoodsInNoteId> = "60431-60433,60500".parse().unwrap();
    client.webhooks().simulate(id, &TestData::about(notes.clone())).await.unwrap();
    mock.deliveries_settled().await;

    let delivered = receiver.received_requests().await.unwrap();
    assert_eq!(delivered.len(), 1);
    assert_eq!(delivered[0].url.query(), Some("k=9f2c"));
    let notification = Notification::parse(&delivered[0].body).unwrap();
    assert_eq!((notification.ids.typed(), notification.account_code.as_str()), (notes, mock.account()));
    assert_eq!(notification.resource_type, "goods-in-note");

    let gone = client.webhooks().simulate(WebhookId::new(999), &TestData::about(GoodsInNoteId::new(1))).await;
    assert_eq!(gone.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_test_delivery_about_too_many_ids_is_not_sent() {
    let it = scripted([]);
    let ids: IdSet<GoodsInNoteId> = "1-11".parse().unwrap();
    let error = it.client.webhooks().simulate(WebhookId::new(731), &TestData::about(ids)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert!(error.to_string().contains("at most 10 ids, and this one has 11: send several"), "{error}");
    assert!(it.script.sent().is_empty());
}

#[tokio::test]
async fn a_test_delivery_fills_the_template() {
    let it = scripted([answer(200, "{}")]);
    let data = TestData::about(GoodsInNoteId::new(60431)).with("full-event", "goods-in-note.created");
    it.client.webhooks().simulate(WebhookId::new(731), &data).await.unwrap();
    let request = &it.script.sent()[0];
    assert!(request.url.ends_with("/integration-service/webhook/731/simulate"));
    assert_eq!(
        request.body.as_deref().unwrap(),
        br#"{"testData":{"${full-event}":"goods-in-note.created","${resource-id}":"60431"}}"#
    );
}
