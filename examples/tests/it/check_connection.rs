//! `check_connection`: whether returns can go through.

use std::process::Stdio;

use serde_json::Value;

use crate::{example, failed, succeeded, text};

const REAL: [(&str, &str); 6] = [
    ("BRIGHTPEARL_URL", "http://127.0.0.1:9"),
    ("BRIGHTPEARL_ACCOUNT", "acmeoutdoors"),
    ("BRIGHTPEARL_APP_REF", "acmeoutdoors_returns"),
    ("BRIGHTPEARL_TOKEN", "planted-token"),
    ("RETURNGO_API_KEY", "planted-key"),
    ("RETURNGO_SHOP", "acmeoutdoors.example.test"),
];

#[test]
fn the_mocks_connection_is_shown_finding_by_finding() {
    let output = example("check_connection").output().unwrap();
    let stdout = succeeded(&output);
    assert!(stdout.starts_with(
        "No BRIGHTPEARL_ or RETURNGO_ variable is set: started a mock of Brightpearl at http://127.0.0.1:"
    ));
    for line in [
        "✓ brightpearl: authenticated to account acmeoutdoors",
        "! brightpearl: 127.0.0.1 is not a Brightpearl server: it is a mock or a proxy\n    → this is fine for testing",
        "✓ brightpearl.webhooks.goods-in-note.created: subscribed",
        "✓ refund_method_code: bank account 1210 (Stripe UK) pays refunds in GBP",
        "✓ returngo.webhooks.TRANSACTION_CREATED: subscribed",
        "0 failed",
    ] {
        assert!(stdout.contains(line), "{line} is missing from\n{stdout}");
    }
}

#[test]
fn findings_come_as_json() {
    let output = example("check_connection").arg("--json").output().unwrap();
    let findings: Vec<Value> = serde_json::from_str(succeeded(&output)).unwrap();
    assert!(findings.len() > 15, "{findings:?}");
    for finding in &findings {
        assert!(finding["subject"].is_string() && finding["message"].is_string(), "{finding}");
        assert_eq!(finding["mark"] == "pass", finding.get("advice").is_none(), "{finding}");
    }
}

#[test]
fn a_token_with_a_space_is_named_before_anything_is_called() {
    let output =
        example("check_connection").envs(REAL).env("BRIGHTPEARL_TOKEN", "planted-token ").output().unwrap();
    assert!(failed(&output, 1).contains("1 of 6 checks failed"));
    let stdout = text(&output.stdout);
    assert!(
        stdout.contains("✗ BRIGHTPEARL_TOKEN: has a trailing space\n    → copy it again without the space"),
        "{stdout}"
    );
    assert!(!stdout.contains("planted"), "{stdout}");
}

#[test]
fn a_system_that_is_half_named_is_refused() {
    let output = example("check_connection")
        .env("RETURNGO_API_KEY", "planted-key")
        .env("RETURNGO_SHOP", "acmeoutdoors.example.test")
        .output()
        .unwrap();
    let line = failed(&output, 1);
    assert!(line.contains("BRIGHTPEARL_ACCOUNT") && line.contains("BRIGHTPEARL_TOKEN"), "{line}");
    assert!(!line.contains("RETURNGO_SHOP") && !line.contains("planted"), "{line}");
}

#[test]
fn real_systems_need_settings() {
    let output = example("check_connection").envs(REAL).output().unwrap();
    assert!(failed(&output, 1).contains("--settings FILE"));
}

#[test]
fn settings_that_the_account_does_not_have_fail_the_check() {
    let folder = std::env::temp_dir().join(format!("returngo-brightpearl-check-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("settings.json");
    std::fs::write(&path, r#"{"account_id": "acmeoutdoors", "refund_method_code": "9999"}"#).unwrap();
    let output = example("check_connection").args(["--settings", path.to_str().unwrap()]).output().unwrap();
    failed(&output, 1);
    let stdout = text(&output.stdout);
    assert!(stdout.contains("✗ refund_method_code: `9999` is neither a payment method's code"), "{stdout}");
}

#[test]
fn a_reader_may_leave_early() {
    let mut child = example("check_connection").stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());
}
