//! What is stored of a connection, and what was changed of it.

use super::shop::Shop;

#[tokio::test]
async fn settings_are_shown_and_exported_without_secrets_and_taken_again() {
    let shop = Shop::connected().await;
    let shown = shop.run(&["settings", "show", "acme"]);
    let exported = shop.run(&["settings", "export"]);
    let as_json = shop.run(&["settings", "show", "--json"]);
    for secret in [shop.brightpearl.token(), shop.returngo.api_key(), "webhook_secret"] {
        for done in [&shown, &exported, &as_json] {
            assert!(!done.stdout.contains(secret) && !done.stderr.contains(secret), "{secret}");
        }
    }
    let shown = shown.succeeds();
    assert!(shown.contains("refund_method_code") && shown.contains("1210"), "{shown}");
    assert!(shown.contains(shop.returngo.shop()) && shown.contains("\nCreated 2"));
    assert_eq!(as_json.json()["fields"]["returngo.shop"], shop.returngo.shop());

    let exported = exported.succeeds();
    std::fs::write(shop.folder().join("acme.json"), &exported).unwrap();
    let again = shop.run(&["connect", "acme", "--settings", "acme.json", "--json"]);
    assert!(again.stderr.contains("stay as they are"), "{}", again.stderr);
    assert_eq!(again.json()["changes"], serde_json::json!([]));
    assert_eq!(shop.run(&["settings", "export"]).succeeds(), exported);
    assert!(shop.run(&["settings", "show", "beta"]).fails().contains("connection beta not found"));
}

#[tokio::test]
async fn a_change_is_shown_before_it_is_made_and_recorded_with_who_made_it() {
    let shop = Shop::connected().await;
    let arguments = ["connect", "acme", "--status", "28", "--channel", "9", "--by", "dana"];
    let changed = shop.run(&arguments);
    let lines: Vec<&str> = changed.stderr.lines().collect();
    let begin = lines.iter().position(|line| *line == "Changes of acme:").unwrap();
    assert_eq!(
        lines[begin + 1..begin + 3],
        ["  sales_credit_channel_id: not set → 9", "  sales_credit_status_id: 27 → 28"]
    );
    changed.succeeds();

    // The mock takes one token: another one that is stored all the same fails its check.
    let token = [("BRIGHTPEARL_TOKEN", "planted-token")];
    let replaced = shop.run_with(&["connect", "acme", "--anyway", "--by", "lee"], &token);
    assert!(replaced.stderr.contains("  brightpearl.token: replaced (not shown)"), "{}", replaced.stderr);
    assert!(!replaced.stderr.contains("planted"));

    let shown = shop.run(&["settings", "show", "--json"]).json();
    let changes = shown["changes"].as_array().unwrap();
    let by: Vec<_> = changes.iter().map(|change| &change["by"]).collect();
    assert_eq!(by[1..], ["dana", "lee"]);
    assert_eq!(changes[1]["fields"][1]["field"], "sales_credit_status_id");
    assert_eq!(
        (&changes[1]["fields"][1]["before"], &changes[1]["fields"][1]["after"]),
        (&"27".into(), &"28".into())
    );
    assert!(!shown.to_string().contains("planted"));
    let shown = shop.run(&["settings", "show"]).succeeds();
    assert!(shown.contains("by lee:\n  brightpearl.token: replaced (not shown)"), "{shown}");
}

#[tokio::test]
async fn an_address_in_the_clear_is_warned_of() {
    let shop = Shop::connected().await;
    let public = [("RETURNGO_BRIGHTPEARL_PUBLIC_URL", "http://returns.example.test")];
    for command in [&["connect", "acme", "--json"][..], &["check", "--json"]] {
        let said = shop.run_with(command, &public).stdout;
        let said: serde_json::Value = serde_json::from_str(&said).unwrap();
        let findings = said.as_array().or_else(|| said["findings"].as_array()).unwrap();
        let finding = findings.iter().find(|finding| finding["subject"] == "public_url").unwrap();
        assert_eq!(finding["mark"], "warning");
    }
    let findings = shop.run(&["connect", "acme", "--json"]).json();
    let marks: Vec<_> = findings["findings"].as_array().unwrap().iter().map(|of| &of["mark"]).collect();
    assert!(marks.contains(&&"pass".into()), "what is well is shown too");
}
