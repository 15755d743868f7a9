//! Bad input is named, in one line, and nothing panics.

use std::{fs, process::Stdio};

use crate::{example, failed};

#[test]
fn a_half_set_environment_names_what_is_missing() {
    let output =
        example("look_up").arg("statuses").env("BRIGHTPEARL_ACCOUNT", "acmeoutdoors").output().unwrap();
    let line = failed(&output, 1);
    for variable in ["BRIGHTPEARL_APP_REF", "BRIGHTPEARL_TOKEN", "BRIGHTPEARL_DATACENTER"] {
        assert!(line.contains(variable), "{line}");
    }
}

#[test]
fn a_numeric_account_is_told_what_a_code_looks_like() {
    let output = example("look_up")
        .arg("statuses")
        .env("BRIGHTPEARL_ACCOUNT", "1008")
        .env("BRIGHTPEARL_URL", "http://127.0.0.1:9")
        .env("BRIGHTPEARL_APP_REF", "acmeoutdoors_returns")
        .env("BRIGHTPEARL_TOKEN", "planted-token")
        .output()
        .unwrap();
    let line = failed(&output, 1);
    assert!(
        line.contains("`1008`") && line.contains("`acmeoutdoors`") && line.contains("address bar"),
        "{line}"
    );
    assert!(!line.contains("planted-token"));
}

#[test]
fn a_world_that_does_not_read_names_the_path_inside_it() {
    let folder = tempfile();
    let world = fs::read_to_string("worlds/approved.json").unwrap();
    let broken = folder.join("broken.json");
    fs::write(&broken, world.replace("\"magnitude\": \"3.0000\"", "\"magnitude\": \"three\"")).unwrap();
    let output = example("plan").arg(&broken).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr.contains("order.orderRows.884001.quantity.magnitude"), "{stderr}");

    fs::write(&broken, "{\"rma\": ").unwrap();
    let output = example("plan").args([broken.to_str().unwrap(), "worlds/settings.json"]).output().unwrap();
    failed(&output, 1);
    let output = example("plan").args(["worlds/nowhere.json", "worlds/settings.json"]).output().unwrap();
    assert!(failed(&output, 1).contains("cannot read worlds/nowhere.json"));
}

#[test]
fn a_setting_that_does_not_exist_names_the_nearest_that_does() {
    let folder = tempfile();
    for (settings, expected) in [
        (r#"{"account_id": "acmeoutdoors", "refund_methode_code": "1210"}"#, "refund_method_code"),
        (r#"{"account_id": "1008", "refund_method_code": "1210"}"#, "acmeoutdoors"),
        (r#"{"account_id": " acmeoutdoors", "refund_method_code": "1210"}"#, "space"),
    ] {
        let path = folder.join("settings.json");
        fs::write(&path, settings).unwrap();
        let output = example("plan").args(["worlds/approved.json", path.to_str().unwrap()]).output().unwrap();
        let line = failed(&output, 1);
        assert!(line.contains(expected), "{line}");
    }
}

#[test]
fn wrong_arguments_end_with_code_2() {
    for (name, arguments) in [
        ("look_up", vec!["everything"]),
        ("look_up", vec![]),
        ("look_up", vec!["order"]),
        ("look_up", vec!["order", "3-1"]),
        ("look_up", vec!["order-search", "orderTypeId"]),
        ("look_up", vec!["warehouse-defaults", "2"]),
        ("look_up", vec!["account", "7"]),
        ("plan", vec![]),
        ("decide", vec!["worlds/unmatched.json"]),
        ("return_lifecycle", vec!["--yaml"]),
    ] {
        let output = example(name).args(&arguments).output().unwrap();
        failed(&output, 2);
    }
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let mut child =
        example("look_up").arg("statuses").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn tempfile() -> std::path::PathBuf {
    static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let number = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("returngo-brightpearl-{}-{number}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    folder
}
