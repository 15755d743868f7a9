//! `return_lifecycle`: one return, end to end.

use serde_json::{Value, json};

use crate::{example, succeeded, text};

fn figures() -> Value {
    let output = example("return_lifecycle").arg("--json").output().unwrap();
    let stdout = succeeded(&output);
    assert!(text(&output.stderr).contains("7. The bookkeeper reconciles"));
    serde_json::from_str(stdout).expect("stdout is one JSON object")
}

#[test]
fn the_story_ends_the_same_twice_in_a_row() {
    let mut first = figures();
    assert_eq!(first["rmaId"], "4410021");
    assert_eq!(
        first["rows"],
        json!([
            {"sku": "LS-M", "quantity": 2, "net": "66.6667", "tax": "13.33"},
            {"sku": "TS-42", "quantity": 1, "net": "8.3250", "tax": "1.67"},
            {"sku": null, "quantity": 1, "net": "-3.3300", "tax": "-0.67"},
        ])
    );
    let payments = first["payments"].as_array().unwrap();
    let amounts: Vec<_> = payments.iter().map(|payment| payment["amount"].as_str().unwrap()).collect();
    assert_eq!(amounts, ["40.00", "36.00", "9.99"], "the second shirt less its fee");
    assert!(
        payments.iter().all(|payment| payment["methodCode"] == "STRIPE_UK" && payment["journalId"].is_u64())
    );
    assert_eq!(first["rmaStatus"], "Validated");
    let lines = first["reconciliation"].as_array().unwrap();
    assert_eq!(lines.len(), 3);
    assert!(lines.iter().all(|line| line["code"] == "Matched"), "{lines:?}");
    assert!(first["duplicatesSuppressed"].as_u64().unwrap() >= 6, "every webhook came twice");

    // How many requests it takes depends on how webhooks fall together; nothing else does.
    let mut second = figures();
    for figures in [&mut first, &mut second] {
        for figure in ["brightpearlRequests", "returngoRequests", "duplicatesSuppressed"] {
            assert!(figures[figure].take().is_u64(), "{figure}");
        }
    }
    assert_eq!(first, second);
}

#[test]
fn the_story_is_told_in_words() {
    let output = example("return_lifecycle").output().unwrap();
    let story = succeeded(&output);
    for line in [
        "sales credit",
        "2 × Linen shirt M (LS-M): net 66.6667, tax 13.33",
        "Restocking fee (no SKU): net -3.3300, tax -0.67",
        "reference RMA4410021, for order 300871, total 85.99 GBP",
        "1 × LS-M, 1 × TS-42",
        "shipment 9100200 set to Received",
        "comment on the RMA",
        "shipment 9100200 set to Validated",
        "bank account 1210: 85.99 GBP refunded (3), 85.99 GBP recorded (3)",
    ] {
        assert!(story.contains(line), "{line} is missing from\n{story}");
    }
}
