//! Shoppers, staff and secrets do not print.

use returngo::{NewWebhook, ShipmentUpdate, Transaction, Webhook, WebhookEvent};
use serde_json::Value;

use crate::{fixtures, rma};

/// What the fixtures hold of people, parcels' papers and codes that pay.
const PLANTED: &[&str] = &[
    "Pat",
    "Test Road",
    "Leeds",
    "LS1 1AA",
    "+440000000000",
    "pat@example.test",
    "Dock Street",
    "Sam",
    "Staff",
    "sam@example.test",
    "Too tight",
    "Shoulders",
    "TRK-900100",
    "labels/900100",
    "GB00EXMP",
    "Test branch",
    "AB12CD34",
    "planted-secret",
];

fn assert_hidden(printed: &str) {
    for planted in PLANTED {
        assert!(!printed.contains(planted), "`{planted}` is in {printed}");
    }
}

#[test]
fn an_rma_prints_no_person() {
    let planted = [fixtures::RMA_RECEIVED, fixtures::RMA_VALIDATED, fixtures::RMA_EXCHANGE];
    assert!(planted.concat().contains("pat@example.test"));
    for text in planted {
        let printed = format!("{:#?}", rma(text));
        assert!(printed.contains("44100"), "still says which RMA: {printed}");
        assert_hidden(&printed);
    }
}

#[test]
fn store_credit_codes_do_not_print() {
    let list: Value = serde_json::from_str(fixtures::TRANSACTIONS).unwrap();
    let transactions: Vec<Transaction> = serde_json::from_value(list["transactions"].clone()).unwrap();
    assert_eq!(transactions[1].external_reference_id.as_deref(), Some("AB12CD34"));
    assert_hidden(&format!("{transactions:?}"));
}

#[test]
fn a_receivers_secret_does_not_print() {
    let webhooks: Vec<Webhook> = serde_json::from_str(fixtures::WEBHOOKS).unwrap();
    assert!(webhooks[0].url.contains("planted-secret"));
    assert_hidden(&format!("{webhooks:?}"));
    assert_hidden(&format!("{:?}", NewWebhook::new(WebhookEvent::RmaCreated, &webhooks[0].url)));
    assert_eq!(webhooks[1].event_name.as_str(), "RMA_LOST");
}

#[test]
fn a_parcels_papers_do_not_print() {
    let update = ShipmentUpdate {
        tracking_number: Some("TRK-900100".to_owned()),
        label_url: Some("https://files.example.test/labels/900100.pdf".to_owned()),
        ..ShipmentUpdate::default()
    };
    assert_hidden(&format!("{update:?}"));
    let tracker = returngo::ShipmentTracker::new(returngo::ShipmentId::new("9100200"), "TRK-900100");
    assert_hidden(&format!("{tracker:?}"));
}
