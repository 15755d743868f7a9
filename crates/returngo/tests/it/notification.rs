//! Deliveries have no published schema: whatever names an RMA is understood, whatever does not asks for a look
//! at all of them (docs/evidence/returngo.md#webhooks).

use returngo::{Notification, WebhookEvent};

fn read(body: &str) -> Notification {
    Notification::parse(body.as_bytes()).unwrap()
}

fn rma_of(body: &str) -> Option<String> {
    read(body).rma_id.map(|id| id.to_string())
}

#[test]
fn both_shapes_name_the_rma() {
    for body in [
        r#"{"eventName":"RMA_STATUS_UPDATED","rmaId":"4410021","status":"Received","order_name":"AC2045"}"#,
        r#"{"eventName":"RMA_STATUS_UPDATED","data":{"rmaId":"4410021","status":"Received"}}"#,
    ] {
        let notification = read(body);
        assert_eq!(notification.event_name, Some(WebhookEvent::RmaStatusUpdated), "{body}");
        assert_eq!(notification.rma_id.unwrap().as_str(), "4410021", "{body}");
    }
}

#[test]
fn the_rma_is_found_wherever_it_may_stand() {
    for body in [
        r#"{"eventName":"RMA_CREATED","rma_id":4410021}"#,
        r#"{"eventName":"RMA_CREATED","id":"4410021"}"#,
        r#"{"eventName":"RMA_CREATED","data":{"id":4410021}}"#,
        r#"{"eventName":"RMA_CREATED","id":"delivery-1","data":{"id":"4410021"}}"#,
        r#"{"eventName":"RMA_CREATED","rma":{"id":"4410021"}}"#,
        r#"{"eventName":"RMA_CREATED","rmaSummary":{"rmaId":"RMA4410021"}}"#,
        r#"{"eventName":"RMA_CREATED","data":{"rmaSummary":{"rmaId":"4410021"}}}"#,
        r#"{"eventName":"NEVER_SEEN_BEFORE","rmaId":"4410021"}"#,
        r#"{"rmaId":"4410021"}"#,
    ] {
        assert_eq!(rma_of(body).as_deref(), Some("4410021"), "{body}");
    }
}

#[test]
fn a_bare_id_belongs_to_what_the_event_is_about() {
    let shipment =
        read(r#"{"eventName":"SHIPMENT_STATUS_UPDATED","data":{"id":"9100200","rmaId":"4410021"}}"#);
    assert_eq!(shipment.shipment_id.unwrap().as_str(), "9100200");
    assert_eq!(shipment.rma_id.unwrap().as_str(), "4410021");

    let transaction = read(r#"{"eventName":"TRANSACTION_CREATED","id":778120}"#);
    assert_eq!(transaction.transaction_id.unwrap().as_str(), "778120");
    assert_eq!(transaction.rma_id, None, "the transaction's id is no RMA's");

    let unknown = read(r#"{"eventName":"ITEM_VALIDATED","id":"5600011"}"#);
    assert_eq!((unknown.rma_id, unknown.shipment_id, unknown.transaction_id), (None, None, None));
}

#[test]
fn without_an_rma_everything_must_be_looked_at() {
    for body in [
        "{}",
        r#"{"eventName":"REFUND_CREATED"}"#,
        r#"{"eventName":"RMA_CREATED","data":{"rmaId":"not a number"}}"#,
        r#"{"eventName":"RMA_CREATED","data":[]}"#,
        r#"{"eventName":7,"rmaId":null}"#,
    ] {
        assert!(read(body).needs_sweep(), "{body}");
    }
}

#[test]
fn what_is_no_json_object_is_refused() {
    for body in ["", "RMA_CREATED", "[]", "<html>", r#"{"rmaId":"#] {
        assert!(Notification::parse(body.as_bytes()).is_err(), "{body}");
    }
}

#[test]
fn every_event_reads_and_writes_its_wire_name() {
    for event in WebhookEvent::KNOWN {
        let body = format!(r#"{{"eventName":"{event}"}}"#);
        assert_eq!(read(&body).event_name.as_ref(), Some(event));
    }
    assert_eq!(WebhookEvent::KNOWN.len(), 7);
}

proptest::proptest! {
    #[test]
    fn no_body_panics(body in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
        let _ = Notification::parse(&body);
    }
}
