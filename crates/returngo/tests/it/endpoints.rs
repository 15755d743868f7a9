//! Every endpoint and what repeating it would do: a change here is a change of what may be applied twice.

use returngo::{
    NewWebhook, Request, RmaId, RmaStatus, ShipmentId, ShipmentTracker, ShipmentUpdate, TransactionId,
    TransactionOutcome, TransactionStatus, WebhookEvent, WebhookId,
    request::Idempotency::{self, *},
    rma::{self, RmaFilter, RmaOrder},
    shipment,
    transaction::{self, TransactionFilter},
    webhook,
};

fn declared<T>(request: Request<T>) -> (String, Idempotency) {
    let endpoint = request.endpoint();
    (format!("{} {}", endpoint.method, endpoint.template), endpoint.idempotency)
}

fn id() -> RmaId {
    "4410021".parse().unwrap()
}

#[test]
fn every_endpoint_declares_what_repeating_it_does() {
    let shipment = ShipmentId::new("9100200");
    let transaction = TransactionId::new("778120");
    let outcome = TransactionOutcome {
        status: TransactionStatus::Success,
        external_reference_id: None,
        external_reference_type: None,
    };
    let webhook_id = WebhookId::new("11901");
    let new_webhook = NewWebhook::new(WebhookEvent::RmaCreated, "https://returns.example.test/hooks/s3cret");
    let found = [
        declared(rma::list(&RmaFilter::new(), None)),
        declared(rma::get(&id())),
        declared(rma::get_with_media(&id())),
        declared(rma::comment(&id(), "x")),
        declared(rma::set_status(&id(), &RmaStatus::Done)),
        declared(shipment::update(&shipment, &ShipmentUpdate::default())),
        declared(shipment::delete(&shipment)),
        declared(shipment::track(&ShipmentTracker::new(shipment, "TRK-1"))),
        declared(transaction::list(&TransactionFilter::new(), None)),
        declared(transaction::update(&transaction, &outcome)),
        declared(webhook::list()),
        declared(webhook::create(&new_webhook)),
        declared(webhook::update(&webhook_id, &new_webhook)),
        declared(webhook::delete(&webhook_id)),
    ];
    let expected = [
        ("GET /rmas", Read),
        ("GET /rma/{id}", Read),
        ("GET /rma/{id}", Read),
        ("POST /rma/{id}/comment", UnkeyedWrite),
        ("PUT /rma/{id}/status", RepeatableWrite),
        ("PUT /shipment/{id}", RepeatableWrite),
        ("DELETE /shipment/{id}", RepeatableWrite),
        ("POST /shipment-tracker", UnkeyedWrite),
        ("GET /transactions", Read),
        ("PUT /transaction/{id}", RepeatableWrite),
        ("GET /webhooks", Read),
        ("POST /webhook", UnkeyedWrite),
        ("PUT /webhook/{id}", RepeatableWrite),
        ("DELETE /webhook/{id}", RepeatableWrite),
    ];
    assert_eq!(found, expected.map(|(name, idempotency)| (name.to_owned(), idempotency)));
}

#[test]
fn bodies_are_written_as_returngo_reads_them() {
    let body = |request: Request<()>| request.json().unwrap().to_owned();
    assert_eq!(
        body(rma::comment(&id(), "Received &amp; counted")),
        r#"{"htmlText":"Received &amp; counted"}"#
    );
    assert_eq!(body(rma::comment_as("comment", &id(), "x")), r#"{"comment":"x"}"#);
    assert_eq!(body(rma::set_status(&id(), &RmaStatus::Received)), r#"{"status":"Received"}"#);
    let tracker = ShipmentTracker::new(ShipmentId::new("9100200"), "TRK-1");
    assert_eq!(body(shipment::track(&tracker)), r#"{"shipmentId":"9100200","trackingNumber":"TRK-1"}"#);
    let tracked = ShipmentUpdate {
        tracking_url: Some("https://track.example.test/1".to_owned()),
        ..ShipmentUpdate::default()
    };
    let request = shipment::update(&ShipmentId::new("9100200"), &tracked);
    assert_eq!(
        request.json(),
        Some(r#"{"trackingURL":"https://track.example.test/1"}"#),
        "what is none stays"
    );
}

#[test]
fn filters_are_written_as_returngo_reads_them() {
    let time = "2031-03-02T10:14:10+02:00".parse().unwrap();
    let filter = RmaFilter::new()
        .order(RmaOrder::OldestFirst)
        .order_names(["AC2045", "AC2046"])
        .created_since(time)
        .updated_since(time);
    assert_eq!(
        rma::list(&filter, Some(&"YQ==".to_owned().into())).uri(),
        "/rmas?pagesize=500&sort_by=%2Brma_created_at&order_name=AC2045,AC2046\
         &rma_created_at=gte:2031-03-02T08:14:10&rma_updated_at=gte:2031-03-02T08:14:10&cursor=YQ%3D%3D"
    );
}

#[test]
fn every_filter_has_the_name_that_returngo_gives_it() {
    let time = "2031-03-02T08:14:10Z".parse().unwrap();
    let rmas = RmaFilter::new()
        .statuses([RmaStatus::Approved, RmaStatus::Received])
        .customer_ids([1, 2])
        .tracking_numbers(["T/1"])
        .created_before(time);
    assert_eq!(
        rma::list(&rmas, None).uri(),
        "/rmas?pagesize=500&sort_by=-rma_created_at&status=Approved,Received&customer_ids=1,2\
         &tracking_numbers=T/1&rma_created_at=lt:2031-03-02T08:14:10"
    );
    let transactions = TransactionFilter::new()
        .rmas([id()])
        .orders(["7000000000001".to_owned().into()])
        .ids([TransactionId::new("778120")])
        .statuses([TransactionStatus::Success])
        .kinds(["RefundToStoreCredit".into()])
        .processors(["Shopify".into()])
        .created_since(time)
        .updated_since(time);
    assert_eq!(
        transaction::list(&transactions, None).uri(),
        "/transactions?pagesize=500&rma_ids=4410021&order_ids=7000000000001&ids=778120&statuses=Success\
         &types=RefundToStoreCredit&processors=Shopify&created_at=gte:2031-03-02T08:14:10\
         &updated_at=gte:2031-03-02T08:14:10"
    );
}
