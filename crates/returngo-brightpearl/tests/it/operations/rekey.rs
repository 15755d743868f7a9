//! Another key for what is stored.

use super::site::Site;
use crate::private_file::write_private;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn credentials_are_sealed_with_another_key() {
    let site = Site::of(1).await;
    let unconfirmed = site.run(&["rekey", "--to", "new.key"], &[]);
    assert_eq!(unconfirmed.status.code(), Some(2));
    let said = String::from_utf8_lossy(&unconfirmed.stderr);
    assert!(
        said.contains("credentials of 1 connection with the key in new.key") && said.contains("--yes"),
        "{said}"
    );
    assert!(!site.folder().join("new.key").exists(), "nothing was changed");
    let output = site.run(&["rekey", "--to", "new.key", "--yes"], &[]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.starts_with("Encrypted the credentials of 1 connection with the key in new.key"), "{said}");

    let old = site.run(&["status"], &[]);
    assert_eq!(old.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&old.stderr).contains("the key is not the one"));
    let new = [("RETURNGO_BRIGHTPEARL_KEY_FILE", "new.key")];
    let serving = site.serve(&new).await;
    let body = r#"{"eventName":"RMA_STATUS_UPDATED","rmaId":"4500000"}"#;
    assert_eq!(serving.post(&site.endpoint("returngo"), body).status, 200, "the connection is open");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_serves_keeps_its_key() {
    let site = Site::of(1).await;
    let mut serving = site.serve(&[]).await;
    let refused = site.run(&["rekey", "--to", "new.key", "--yes"], &[]);
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(said.contains("process \"serve ") && said.contains("stop it, then run `rekey` again"), "{said}");
    assert!(!site.folder().join("new.key").exists(), "nothing was changed");

    serving.signal("TERM");
    assert!(serving.end().0.success());
    assert!(site.run(&["rekey", "--to", "new.key", "--yes"], &[]).status.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_is_there_is_used_and_a_broken_one_changes_nothing() {
    let site = Site::of(1).await;
    write_private(&site.folder().join("new.key"), "no key");
    let output = site.run(&["rekey", "--to", "new.key", "--yes"], &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("invalid encryption key"));
    assert!(site.run(&["status"], &[]).status.success());

    let key = "HR4fICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw=";
    write_private(&site.folder().join("new.key"), key);
    let output = site.run(&["rekey", "--to", "new.key", "--yes", "--json"], &[]);
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(said, serde_json::json!({"connections": 1, "key": "new.key"}));
    assert!(site.run(&["status"], &[("RETURNGO_BRIGHTPEARL_KEY", key)]).status.success());
}
