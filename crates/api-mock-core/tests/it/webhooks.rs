use api_mock_core::{Fault, FaultKind, WiremockAdapter};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use crate::tally::{Tally, post, start};

async fn receiver(status: u16) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(status)).mount(&server).await;
    server
}

async fn counting_for(receiver: &MockServer) -> WiremockAdapter<Tally> {
    let mock = start().await;
    let url = format!("{}/hook?key=k", receiver.uri());
    mock.core().act(|tally, _| tally.webhook = Some(url));
    mock
}

async fn bodies(receiver: &MockServer) -> Vec<String> {
    let requests = receiver.received_requests().await.unwrap();
    requests.into_iter().map(|request| String::from_utf8(request.body).unwrap()).collect()
}

async fn counted(times: usize, fault: Option<Fault>) -> Vec<String> {
    let receiver = receiver(200).await;
    let mock = counting_for(&receiver).await;
    fault.into_iter().for_each(|fault| mock.core().faults().add(fault));
    for _ in 0..times {
        post(&mock.url(), "/tally").await.unwrap();
    }
    mock.core().deliveries_settled().await;
    bodies(&receiver).await
}

#[tokio::test]
async fn webhooks_come_in_the_order_in_which_they_were_raised() {
    assert_eq!(counted(4, None).await, ["1", "2", "3", "4"]);
}

#[tokio::test]
async fn a_webhook_comes_twice_not_at_all_or_in_another_order_when_told_so() {
    let event = "tally.changed";
    assert_eq!(counted(2, Some(Fault::on(event, FaultKind::DuplicateWebhooks))).await, ["1", "1", "2"]);
    assert_eq!(counted(3, Some(Fault::on(event, FaultKind::LoseWebhooks).times(2))).await, ["3"]);
    assert_eq!(counted(3, Some(Fault::on_any(FaultKind::ReorderWebhooks).times(2))).await, ["2", "1", "3"]);
    assert_eq!(counted(1, Some(Fault::on("other", FaultKind::LoseWebhooks))).await, ["1"]);
}

#[tokio::test]
async fn webhooks_held_for_reordering_are_not_held_for_ever() {
    assert_eq!(counted(2, Some(Fault::on_any(FaultKind::ReorderWebhooks).times(9))).await, ["2", "1"]);
}

#[tokio::test]
async fn webhooks_are_overtaken_doubled_and_lost_by_chance() {
    let in_order: Vec<String> = (1..=30).map(|number: u32| number.to_string()).collect();
    let by_chance = |kind| Some(Fault::on_any(kind).by_chance(0.3, 5));
    let mut overtaken = counted(30, by_chance(FaultKind::ReorderWebhooks)).await;
    assert_ne!(overtaken, in_order);
    overtaken.sort_by_key(|number| number.parse::<u32>().unwrap());
    assert_eq!(overtaken, in_order, "none is lost or doubled");
    let mut doubled = counted(30, by_chance(FaultKind::DuplicateWebhooks)).await;
    assert!(doubled.len() > 30, "{}", doubled.len());
    doubled.dedup();
    assert_eq!(doubled, in_order);
    let left = counted(30, by_chance(FaultKind::LoseWebhooks)).await;
    assert!(!left.is_empty() && left.len() < 30, "{}", left.len());
    assert_eq!(left, counted(30, by_chance(FaultKind::LoseWebhooks)).await, "the same seed, the same loss");
}

#[tokio::test]
async fn the_retry_rule_decides_what_is_sent_again_and_how_often() {
    for (status, attempts) in [(200, 1), (404, 1), (503, 3)] {
        let receiver = receiver(status).await;
        let mock = counting_for(&receiver).await;
        post(&mock.url(), "/tally").await.unwrap();
        mock.core().deliveries_settled().await;
        assert_eq!(bodies(&receiver).await.len(), attempts, "{status}");
        let statuses = mock.core().delivery_attempts().into_iter().map(|attempt| attempt.status);
        assert!(statuses.eq(std::iter::repeat_n(Some(status), attempts)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_is_not_there_is_given_up_even_when_the_test_pauses_its_time() {
    let mock = start().await;
    mock.core().act(|tally, _| tally.webhook = Some("http://127.0.0.1:1/".to_owned()));
    post(&mock.url(), "/tally").await.unwrap();
    mock.core().deliveries_settled().await;
    assert_eq!(mock.core().delivery_attempts().iter().filter(|attempt| attempt.status.is_none()).count(), 3);
}
