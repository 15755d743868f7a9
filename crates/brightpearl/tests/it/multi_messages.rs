//! Several writes in one request: every label gets its outcome, and keyed writes happen once.

use std::sync::Arc;

use api_mock_core::{Fault, FaultKind};
use brightpearl::{
    Client, ContactId, CurrencyCode, ErrorKind, MultiMessage, OrderId, PaymentMethodCode, ProductId,
    WebhookId,
    accounting::{NewCustomerPayment, PaymentType},
    client::{MessageOutcome, RetryPolicy, SkippingClock},
    integration::webhook,
    multi_message::OnFail,
    order::{NewCreditRow, NewOrderNote, NewSalesCredit, note},
};
use brightpearl_mock::MockBrightpearl;
use rust_decimal::Decimal;
use rust_decimal_macros::dec;

use crate::script::{answer, client_builder, lost, never_sent, scripted};

const SALE: OrderId = OrderId::new(300871);

fn notes(on_fail: OnFail, count: usize) -> MultiMessage {
    let mut messages = MultiMessage::sequential(on_fail);
    for number in 0..count {
        let text = NewOrderNote { text: format!("Parcel {number}"), is_public: false };
        messages.add(number.to_string(), &note::create(SALE, &text)).unwrap();
    }
    messages
}

fn unsubscribings(count: u64) -> MultiMessage {
    let mut messages = MultiMessage::parallel();
    for number in 0..count {
        messages.add(number.to_string(), &webhook::delete(WebhookId::new(731 + number))).unwrap();
    }
    messages
}

fn told(outcomes: &[(String, MessageOutcome)]) -> Vec<(&str, &'static str)> {
    let word = |outcome: &MessageOutcome| match outcome {
        MessageOutcome::Done(_) => "done",
        MessageOutcome::Refused(_) => "refused",
        MessageOutcome::NotAttempted(None) => "not attempted",
        MessageOutcome::NotAttempted(Some(_)) => "not sent",
        MessageOutcome::Unknown(_) => "unknown",
        _ => "else",
    };
    outcomes.iter().map(|(label, outcome)| (label.as_str(), word(outcome))).collect()
}

fn part(label: &str, status: u16, content: &str) -> String {
    let content = serde_json::to_string(content).unwrap();
    format!(r#"{{"label":"{label}","statusCode":{status},"body":{{"content":{content}}}}}"#)
}

fn batch(parts: &[String], unprocessed: &str) -> String {
    format!(
        r#"{{"response":{{"processedMessages":[{}],"unprocessedMessages":[{unprocessed}]}}}}"#,
        parts.join(",")
    )
}

const BAD: &str = r#"{"errors":[{"code":"ORDC-003","message":"Invalid order id"}]}"#;
const BROKEN: &str = r#"{"errors":[{"code":"CMNU-003","message":"Internal Server Error"}]}"#;

#[tokio::test]
async fn each_part_is_judged_by_its_own_status() {
    let parts = [part("2", 500, BROKEN), part("0", 201, r#"{"response":7}"#), part("1", 400, BAD)];
    let it = scripted([answer(207, &batch(&parts, r#""3""#))]);
    let outcomes = it.client.multi_message(&notes(OnFail::Continue, 5)).await;
    assert_eq!(
        told(&outcomes),
        [("0", "done"), ("1", "refused"), ("2", "unknown"), ("3", "not attempted"), ("4", "unknown")]
    );
    let MessageOutcome::Done(created) = &outcomes[0].1 else { panic!() };
    let text = NewOrderNote { text: "Parcel 0".into(), is_public: false };
    assert_eq!(note::create(SALE, &text).read(created).unwrap().get(), 7);
    let MessageOutcome::Refused(error) = &outcomes[1].1 else { panic!() };
    assert!(error.has_code("ORDC-003") && !error.may_have_been_applied());
    let MessageOutcome::Unknown(error) = &outcomes[2].1 else { panic!() };
    assert_eq!(error.kind(), ErrorKind::Ambiguous);
}

#[tokio::test]
async fn a_lost_answer_leaves_every_message_unknown_and_the_next_request_goes() {
    let parts: Vec<String> =
        (6..11).map(|number| part(&number.to_string(), 200, r#"{"response":7}"#)).collect();
    let it = scripted([lost(), answer(200, &batch(&parts, ""))]);
    let outcomes = it.client.multi_message(&notes(OnFail::Continue, 11)).await;
    let words: Vec<&str> = told(&outcomes).into_iter().map(|(_, word)| word).collect();
    assert_eq!(words, [["unknown"; 6].as_slice(), &["done"; 5]].concat());
}

#[tokio::test]
async fn after_a_failure_nothing_more_is_attempted_where_that_was_asked_for() {
    let it = scripted([lost()]);
    let outcomes = it.client.multi_message(&notes(OnFail::Stop, 11)).await;
    let words: Vec<&str> = told(&outcomes).into_iter().map(|(_, word)| word).collect();
    assert_eq!(words, [["unknown"; 6].as_slice(), &["not attempted"; 5]].concat());
}

#[tokio::test]
async fn what_cannot_be_sent_is_not_tried_over_and_over() {
    let it = scripted((0..4).map(|_| never_sent()));
    let outcomes = it.client.multi_message(&notes(OnFail::Continue, 20)).await;
    assert!(told(&outcomes).iter().all(|(_, word)| *word == "not sent"));
}

#[tokio::test]
async fn single_calls_take_over_from_an_endpoint_that_refuses() {
    let it = scripted([
        answer(400, r#"{"errors":[{"code":"CMNC-010","message":"Not available"}]}"#),
        answer(200, r#"{"response":7}"#),
        answer(400, BAD),
    ]);
    let outcomes = it.client.multi_message(&notes(OnFail::Stop, 3)).await;
    assert_eq!(told(&outcomes), [("0", "done"), ("1", "refused"), ("2", "not attempted")]);
    assert!(it.script.sent()[2].url.ends_with("/order-service/order/300871/note"));
}

#[tokio::test]
async fn single_calls_take_over_from_an_endpoint_that_fails_only_where_twice_is_as_good_as_once() {
    let mut answers: Vec<_> = (0..4).map(|_| answer(500, "")).collect();
    answers.extend((0..2).map(|_| answer(200, "{}")));
    let it = scripted(answers);
    assert_eq!(told(&it.client.multi_message(&unsubscribings(2)).await), [("0", "done"), ("1", "done")]);

    let it = scripted([answer(500, "")]);
    let outcomes = it.client.multi_message(&notes(OnFail::Continue, 2)).await;
    assert_eq!(told(&outcomes), [("0", "unknown"), ("1", "unknown")]);
}

#[tokio::test]
async fn one_message_goes_by_itself_and_none_sends_nothing() {
    let it = scripted([answer(200, r#"{"response":7}"#)]);
    assert_eq!(told(&it.client.multi_message(&notes(OnFail::Stop, 1)).await), [("0", "done")]);
    assert!(it.script.sent()[0].url.ends_with("/note"));
    assert!(it.client.multi_message(&notes(OnFail::Stop, 0)).await.is_empty());
}

async fn account() -> (MockBrightpearl, Client) {
    let mock = MockBrightpearl::start().await;
    let client = client_builder(&mock)
        .clock(Arc::new(SkippingClock::at("2026-05-04T10:15:20Z".parse().unwrap())))
        .retry(RetryPolicy { attempts: 2, ..RetryPolicy::default() })
        .build()
        .unwrap();
    (mock, client)
}

fn credit(number: usize) -> NewSalesCredit {
    NewSalesCredit {
        parent_id: Some(SALE),
        external_ref: Some(format!("RGO-44100{number}")),
        rows: vec![NewCreditRow::product(ProductId::new(2044), dec!(1), "T20", dec!(10), dec!(2))],
        ..NewSalesCredit::for_customer(ContactId::new(5012))
    }
}

fn payment(credit: OrderId, reference: &str, method: &str, amount: Decimal) -> NewCustomerPayment {
    NewCustomerPayment {
        transaction_ref: Some(reference.to_owned()),
        payment_method_code: PaymentMethodCode::new(method),
        payment_type: PaymentType::Payment,
        order_id: credit,
        currency_iso_code: CurrencyCode::new("GBP"),
        exchange_rate: None,
        amount_paid: amount,
        payment_date: "2026-05-11T09:40:00+01:00".parse().unwrap(),
        journal_ref: None,
    }
}

#[tokio::test]
async fn credits_whose_answer_was_lost_together_are_there_once() {
    let (mock, client) = account().await;
    mock.faults().add(Fault::on("post-multi-message", FaultKind::DropAfterCommit));
    let credits: Vec<NewSalesCredit> = (0..12).map(credit).collect();
    let created = client.sales_credits().create_many(&credits).await;
    let ids: Vec<OrderId> = created.iter().map(|created| created.as_ref().unwrap().id).collect();
    let references: Vec<Option<String>> =
        ids.iter().map(|id| mock.order(*id).unwrap().external_ref).collect();
    assert_eq!(references, credits.iter().map(|credit| credit.external_ref.clone()).collect::<Vec<_>>());
    assert_eq!(mock.credits_of(SALE).len(), 12);
    let existed: Vec<bool> =
        created.iter().map(|created| created.as_ref().unwrap().already_existed).collect();
    assert_eq!(existed, [[true; 6], [false; 6]].concat(), "the first six were found, the others made");
    assert_eq!(mock.requests().of("post-multi-message"), 2);
    mock.assert_no_unexpected_requests();

    let again = client.sales_credits().create_many(&credits).await;
    assert!(again.iter().all(|created| created.as_ref().unwrap().already_existed));
    assert_eq!(mock.credits_of(SALE).len(), 12);
}

#[tokio::test]
async fn credits_that_never_arrived_or_failed_by_themselves_are_made_once() {
    let (mock, client) = account().await;
    mock.faults().add(Fault::on("post-multi-message", FaultKind::DropBefore));
    let credits: Vec<NewSalesCredit> = (0..3).map(credit).collect();
    assert!(client.sales_credits().create_many(&credits).await.iter().all(Result::is_ok));
    assert_eq!(mock.credits_of(SALE).len(), 3);

    let more: Vec<NewSalesCredit> = (3..6).map(credit).collect();
    mock.faults().add(Fault::on("post-sales-credit", FaultKind::DropAfterCommit));
    mock.faults().add(Fault::on("post-sales-credit", FaultKind::Status500));
    assert!(client.sales_credits().create_many(&more).await.iter().all(Result::is_ok));
    assert_eq!(mock.credits_of(SALE).len(), 6);
}

#[tokio::test]
async fn a_credit_that_is_refused_leaves_the_others() {
    let (mock, client) = account().await;
    let mut credits: Vec<NewSalesCredit> = (0..3).map(credit).collect();
    credits[1].rows[0].product_id = Some(ProductId::new(999_999));
    credits[2].external_ref = None;
    let created = client.sales_credits().create_many(&credits).await;
    assert!(created[0].is_ok() && created[2].is_ok());
    assert_eq!(created[1].as_ref().unwrap_err().kind(), ErrorKind::Refused);
    assert_eq!(mock.credits_of(SALE).len(), 2);
}

#[tokio::test]
async fn refunds_are_recorded_once_together_whatever_becomes_of_answer_and_method() {
    let (mock, client) = account().await;
    let credit = client.sales_credits().create(&credit(1)).await.unwrap().id;
    let refunds = [
        payment(credit, "RGO-1-1", "STRIPE_UK", dec!(5.00)),
        payment(credit, "RGO-1-2", "STRIPE_UK", dec!(4.00)),
        payment(credit, "RGO-1-1", "BANK", dec!(5.00)),
    ];
    mock.faults().add(Fault::on("post-multi-message", FaultKind::DropAfterCommit));
    let first = client.customer_payments().create_many(&refunds).await;
    let ids: Vec<u64> = first.iter().map(|created| created.as_ref().unwrap().id.get()).collect();
    assert_eq!(ids[0], ids[2], "the second of two with one reference is the first");
    assert_eq!(mock.payments_on(credit).len(), 2);

    let changed: Vec<NewCustomerPayment> = refunds
        .iter()
        .map(|refund| NewCustomerPayment {
            payment_method_code: PaymentMethodCode::new("BANK"),
            ..refund.clone()
        })
        .collect();
    let again = client.customer_payments().create_many(&changed).await;
    assert!(again.iter().all(|created| created.as_ref().unwrap().already_existed));
    assert_eq!(mock.payments_on(credit).len(), 2);
    let total: Decimal = mock.payments_on(credit).iter().map(|payment| payment.amount()).sum();
    assert_eq!(total, dec!(9.00));
}

const NO_PAYMENTS: &str = r#"{"response":{"results":[],"metaData":{"resultsAvailable":0,"resultsReturned":0,"columns":[{"name":"paymentId"}]}},"reference":{}}"#;

#[tokio::test]
async fn a_part_that_does_not_read_shows_how_its_answer_begins_and_is_not_sent_again() {
    let parts = r#"{"response":{"processedMessages":[
        {"label":"0","statusCode":200,"body":{"content":"{\"response\":551207}"}},
        {"label":"1","statusCode":200,"body":{"content":"<html>back soon</html>"}}],"unprocessedMessages":[]}}"#;
    let nothing = || answer(200, NO_PAYMENTS);
    let it = scripted([nothing(), answer(200, parts), nothing(), nothing()]);
    let credit = OrderId::new(300955);
    let refunds = ["RGO-1-1", "RGO-1-2"].map(|reference| payment(credit, reference, "STRIPE_UK", dec!(5.00)));
    let created = it.client.customer_payments().create_many(&refunds).await;
    assert_eq!(created[0].as_ref().unwrap().id.get(), 551207);
    let error = created[1].as_ref().unwrap_err();
    assert_eq!((error.kind(), error.may_have_been_applied()), (ErrorKind::Undecodable, true));
    assert_eq!(error.body_excerpt(), Some("<html>back soon</html>"));
}

#[tokio::test]
async fn an_answer_that_does_not_read_as_a_whole_shows_how_it_begins() {
    let it = scripted([answer(200, "<html>back soon</html>")]);
    let mut messages = MultiMessage::parallel();
    for webhook in [731, 732] {
        messages.add(webhook.to_string(), &webhook::delete(WebhookId::new(webhook))).unwrap();
    }
    for (_, outcome) in it.client.multi_message(&messages).await {
        let MessageOutcome::Unknown(error) = outcome else { panic!("{outcome:?}") };
        assert_eq!(error.body_excerpt(), Some("<html>back soon</html>"));
    }
}
