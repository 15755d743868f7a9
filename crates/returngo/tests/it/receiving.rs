//! Taking deliveries: the secret, the size, and which one it is.

use returngo::webhook::{Delivery, DeliveryId, Receiver, Rejection};

const BODY: &[u8] = br#"{"eventName":"RMA_STATUS_UPDATED","rmaId":"4410021","status":"Received"}"#;
const HEADERS: [(&str, &str); 2] = [("Content-Type", "application/json"), ("X-Amzn-Trace-Id", "Root=1-2")];

fn receive(secret: &str, body: &[u8]) -> Result<Delivery, Rejection> {
    Receiver::new("planted-secret").largest_body(1000).receive(secret, HEADERS, body)
}

#[test]
fn a_delivery_is_its_notification_and_its_id() {
    let delivery = receive("planted-secret", BODY).unwrap();
    assert_eq!(delivery.notification.rma_id.unwrap().as_str(), "4410021");
    assert_eq!(delivery.trace_id.as_deref(), Some("Root=1-2"));
    assert_eq!(delivery.id, DeliveryId::of(BODY));
    let without: [(&str, &[u8]); 0] = [];
    let bare = Receiver::new("planted-secret").receive("planted-secret", without, BODY).unwrap();
    assert_eq!((bare.id, bare.trace_id), (delivery.id, None));
}

#[test]
fn one_body_is_one_delivery_and_another_another() {
    let again = receive("planted-secret", BODY).unwrap();
    assert_eq!(receive("planted-secret", BODY).unwrap().id, again.id);
    let other = br#"{"eventName":"RMA_STATUS_UPDATED","rmaId":"4410021","status":"Validated"}"#;
    assert_ne!(receive("planted-secret", other).unwrap().id, again.id);
}

/// A known vector: ids that were stored by an older version must stay the same.
#[test]
fn the_id_is_the_sha_256_of_the_body() {
    let id = DeliveryId::of(b"abc").to_string();
    assert_eq!(id, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_eq!(id.parse(), Ok(DeliveryId::of(b"abc")));
    assert_eq!(serde_json::to_string(&DeliveryId::of(b"abc")).unwrap(), format!("\"{id}\""));
    assert_eq!(serde_json::from_str::<DeliveryId>(&format!("\"{id}\"")).unwrap(), DeliveryId::of(b"abc"));
    for text in ["", "ba78", &id[1..], &format!("{id}0"), &id.replace('b', "x"), &id.replace('b', "é")] {
        assert!(text.parse::<DeliveryId>().is_err(), "{text}");
    }
}

#[test]
fn what_is_not_taken_says_why_and_how_to_answer() {
    let rejected = |secret, body| {
        let rejection = receive(secret, body).unwrap_err();
        (rejection.status(), rejection.to_string())
    };
    assert_eq!(rejected("planted-secreT", BODY).0, 404);
    assert_eq!(rejected("", BODY).0, 404);
    assert_eq!(rejected("a guess", b"not even JSON").0, 404, "who has no secret learns nothing else");
    assert_eq!(rejected("planted-secret", &[b' '; 1001]).0, 413);
    let (status, says) = rejected("planted-secret", b"[]");
    assert_eq!(status, 400);
    assert!(says.contains("invalid delivery"), "{says}");
}

#[test]
fn an_empty_secret_opens_nothing() {
    assert_eq!(Receiver::new("").receive("", HEADERS, BODY), Err(Rejection::WrongSecret));
}

#[test]
fn the_secret_does_not_print() {
    let receiver = Receiver::new("planted-secret");
    assert!(!format!("{receiver:?}").contains("planted-secret"));
    let rejection = receive("planted-guess", BODY).unwrap_err();
    assert!(!format!("{rejection} {rejection:?}").contains("planted"));
}
