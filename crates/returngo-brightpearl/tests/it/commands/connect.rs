use serde_json::Value;
use sqlx::{AnyConnection, Connection, Executor};

use super::shop::{RMA, Shop};

fn finding<'v>(connected: &'v Value, subject: &str) -> &'v Value {
    let findings = connected["findings"].as_array().unwrap();
    findings.iter().find(|finding| finding["subject"] == subject).unwrap_or_else(|| panic!("{connected}"))
}

#[tokio::test]
async fn what_is_missing_is_named_all_at_once() {
    let shop = Shop::new().await;
    let line = shop.run(&["connect", "acme"]).fails();
    for name in [
        "BRIGHTPEARL_ACCOUNT",
        "BRIGHTPEARL_DATACENTER",
        "BRIGHTPEARL_APP_REF",
        "BRIGHTPEARL_TOKEN",
        "RETURNGO_API_KEY",
        "RETURNGO_SHOP",
        "--refund-method",
    ] {
        assert!(line.contains(name), "{name}: {line}");
    }
    let settings = r#"{"account_id": "acmeoutdoors", "refund_method_code": "1210"}"#;
    std::fs::write(shop.folder().join("settings.json"), settings).unwrap();
    let line = shop.run(&["connect", "acme", "--settings", "settings.json"]).fails();
    assert!(line.contains("BRIGHTPEARL_TOKEN") && !line.contains("BRIGHTPEARL_ACCOUNT"), "{line}");
    assert!(!line.contains("--refund-method"), "{line}");
}

#[tokio::test]
async fn a_connection_is_made_by_flags_or_by_a_file() {
    let shop = Shop::new().await;
    let made = shop.connect(&["acme", "--refund-method", "1210", "--status", "27", "--json"]).json();
    assert_eq!((&made["connection"], &made["stored"]), (&"acme".into(), &true.into()));
    assert!(finding(&made, "sales_credit_status_id")["message"].as_str().unwrap().contains("27"));

    let settings = "account_id = \"acmeoutdoors\"\nrefund_method_code = \"BANK\"\n";
    std::fs::write(shop.folder().join("settings.toml"), settings).unwrap();
    let (_other, made) =
        shop.connect_another_shop(&["--settings", "settings.toml", "--channel", "9", "--json"]).await;
    let made = made.json();
    assert!(finding(&made, "refund_method_code")["message"].as_str().unwrap().contains("BANK"));
    assert!(finding(&made, "sales_credit_channel_id")["message"].as_str().unwrap().contains('9'));
    let status = shop.run(&["status", "--json"]).json();
    let names: Vec<_> = status.as_array().unwrap().iter().map(|status| &status["connection"]).collect();
    assert_eq!(names, ["acme", "second"]);

    let several = shop.run(&["plan", RMA]).fails();
    assert!(several.contains("there are 2 connections, acme, second"), "{several}");
    shop.run(&["plan", "second", RMA]).succeeds();
}

#[tokio::test]
async fn an_account_and_a_shop_are_connected_once() {
    let shop = Shop::connected().await;
    let refused = shop.connect(&["second", "--refund-method", "1210", "--status", "27", "--json"]);
    assert!(refused.stderr.contains("they are already connected as acme"), "{}", refused.stderr);
    assert_eq!(refused.code, Some(1));
    assert_eq!(shop.run(&["status", "--json"]).json().as_array().unwrap().len(), 1);
    shop.run(&["disconnect", "acme", "--yes"]).succeeds();
    let refused = shop.connect(&["second", "--refund-method", "1210", "--status", "27"]);
    assert!(
        refused.fails().contains("their history is stored under the name acme"),
        "what was written is remembered under that name"
    );
    shop.connect(&["acme", "--refund-method", "1210", "--status", "27"]).succeeds();
}

#[tokio::test]
async fn a_connection_that_is_made_again_keeps_what_is_not_given_anew() {
    let shop = Shop::connected().await;
    let again = shop.run(&["connect", "acme", "--channel", "9", "--json"]).json();
    assert!(finding(&again, "sales_credit_status_id")["message"].as_str().unwrap().contains("27"));
    assert!(finding(&again, "sales_credit_channel_id")["message"].as_str().unwrap().contains('9'));
    let elsewhere = shop.run_with(&["connect", "acme"], &[("BRIGHTPEARL_ACCOUNT", "otheraccount")]);
    assert!(elsewhere.fails().contains("otheraccount"));
}

#[tokio::test]
async fn a_name_stands_for_one_account_and_one_shop_also_after_it_was_disconnected() {
    let shop = Shop::connected().await;
    let other_shop = [("RETURNGO_SHOP", "other.example.test")];
    let other_account = [("BRIGHTPEARL_ACCOUNT", "otheraccount")];
    let settings = ["connect", "acme", "--refund-method", "1210", "--status", "27", "--anyway"];
    assert!(shop.run_with(&settings, &other_shop).fails().contains("other.example.test"));
    shop.run(&["disconnect", "acme", "--yes"]).succeeds();
    assert!(shop.run_with(&settings, &other_shop).fails().contains("other.example.test"));
    assert!(shop.run_with(&settings, &other_account).fails().contains("otheraccount"));
    assert_eq!(shop.run(&["status", "--json"]).json(), serde_json::json!([]));
    shop.run_with(&settings, &[]).succeeds();
}

#[tokio::test]
async fn a_connection_whose_check_fails_is_not_stored_unless_that_is_meant() {
    let shop = Shop::new().await;
    let arguments = ["acme", "--refund-method", "1210", "--status", "9999"];
    let refused = shop.connect(&arguments);
    assert!(refused.stdout.contains("✗ sales_credit_status_id"), "{}", refused.stdout);
    assert!(refused.fails().contains("--anyway"));
    let refused = shop.connect(&[&arguments[..], &["--json"]].concat());
    assert_eq!(refused.code, Some(1));
    assert_eq!(serde_json::from_str::<Value>(&refused.stdout).unwrap()["stored"], false);
    assert_eq!(shop.run(&["status", "--json"]).json(), serde_json::json!([]));

    shop.connect(&[&arguments[..], &["--anyway"]].concat()).succeeds();
    assert_eq!(shop.run(&["status", "--json"]).json()[0]["connection"], "acme");
}

#[tokio::test]
async fn what_is_not_usable_is_named_and_not_shown() {
    let shop = Shop::new().await;
    let token = ("BRIGHTPEARL_TOKEN", "planted-token ");
    let line = shop.run_with(&["connect", "acme", "--refund-method", "1210"], &[token]).fails();
    assert!(line.contains("BRIGHTPEARL_TOKEN has a trailing space"), "{line}");
    assert!(!line.contains("planted-token"), "{line}");
    let token = ("BRIGHTPEARL_TOKEN", "planted-token");
    let refused = shop.run_with(&["connect", "acme", "--refund-method", "1210"], &[token]);
    assert!(!refused.stdout.contains("planted-token") && !refused.stderr.contains("planted-token"));
    refused.fails();
    shop.connect(&["acme", "--status", "open"]).refuses_the_usage();
}

#[tokio::test]
async fn webhooks_are_subscribed_once_where_they_can_arrive() {
    let shop = Shop::connected().await;
    assert!(shop.brightpearl.webhooks().is_empty() && shop.returngo.webhooks().is_empty());
    let public = [("RETURNGO_BRIGHTPEARL_PUBLIC_URL", "https://returns.example.test")];
    let made = shop.run_with(&["connect", "acme", "--json"], &public).json();
    assert_eq!(made["webhooksSubscribed"], true);
    let (brightpearl, returngo) = (shop.brightpearl.webhooks().len(), shop.returngo.webhooks().len());
    assert!(brightpearl > 0 && returngo > 0);
    shop.run_with(&["connect", "acme"], &public).succeeds();
    assert_eq!(shop.brightpearl.webhooks().len(), brightpearl);
    assert_eq!(shop.returngo.webhooks().len(), returngo);

    let moved = [("RETURNGO_BRIGHTPEARL_PUBLIC_URL", "https://moved.example.test")];
    shop.run_with(&["connect", "acme"], &moved).succeeds();
    let to = shop.brightpearl.webhooks().into_iter().map(|webhook| webhook.webhook.destination().to_owned());
    let to: Vec<String> = to.chain(shop.returngo.webhooks().into_iter().map(|webhook| webhook.url)).collect();
    assert_eq!(to.len(), brightpearl + returngo);
    assert!(to.iter().all(|to| to.starts_with("https://moved.example.test/")));
}

#[tokio::test]
async fn whoever_lost_the_key_connects_anew_and_nothing_is_forgotten() {
    let shop = Shop::connected().await;
    shop.approve(RMA);
    shop.run(&["sync", RMA]).succeeds();
    std::fs::remove_file(shop.folder().join("returngo-brightpearl.key")).unwrap();
    shop.run(&["init"]).succeeds();
    shop.run(&["status"]).fails();
    let documented = include_str!("../../../../../docs/operations.md");
    let (_, statements) = documented.split_once("```sql").unwrap();
    let (statements, _) = statements.split_once("```").unwrap();
    sqlx::any::install_default_drivers();
    let mut database = AnyConnection::connect(&shop.database()).await.unwrap();
    database.execute(statements).await.unwrap();
    database.close().await.unwrap();

    assert_eq!(shop.run(&["status", "--json"]).json(), serde_json::json!([]));
    shop.connect(&["acme", "--refund-method", "1210", "--status", "27"]).succeeds();
    let shown = shop.run(&["reviews", "show", RMA, "--json"]).json();
    assert_eq!(shown["writes"][0]["outcome"], "applied");
    assert_eq!(shop.run(&["sync", RMA, "--json"]).json()[0]["state"], "in-sync");
    assert_eq!(shop.credits_of(RMA), 1);
}
