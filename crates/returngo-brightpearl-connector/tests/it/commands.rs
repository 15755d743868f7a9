//! The program itself, as people and scripts run it.

use std::{
    path::Path,
    process::{Command, Output},
};

use serde_json::Value;

fn run(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_returngo-brightpearl"));
    for name in ["BRIGHTPEARL_TOKEN", "RETURNGO_API_KEY", "RETURNGO_BRIGHTPEARL_KEY", "RUST_LOG"] {
        command.env_remove(name);
    }
    command.current_dir(folder).args(arguments).envs(variables.iter().copied()).output().unwrap()
}

fn demo(arguments: &[&str]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &[&["demo", "--json", "--rmas", "10"], arguments].concat(), &[]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The one line that a command fails with.
fn failure(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let output = run(folder, arguments, variables);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    said
}

fn assert_all_done_once(figures: &Value) {
    for (name, count) in [
        ("rmas", 10),
        ("credits", 10),
        ("payments", 10),
        ("rmasValidated", 10),
        ("duplicates", 0),
        ("lost", 0),
        ("needsReview", 0),
    ] {
        assert_eq!(figures[name], count, "{name} of {figures}");
    }
}

#[test]
fn the_demo_does_everything_once() {
    assert_all_done_once(&demo(&[]));
}

#[test]
fn the_demo_does_everything_once_among_faults() {
    assert_all_done_once(&demo(&["--faults", "1"]));
}

#[test]
fn init_writes_what_the_other_commands_read_and_keeps_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    assert!(run(folder.path(), &["init"], &[]).status.success());
    let key = std::fs::read_to_string(folder.path().join("returngo-brightpearl.key")).unwrap();
    let again = run(folder.path(), &["init"], &[]);
    assert!(String::from_utf8_lossy(&again.stdout).contains("is there already and stays"));
    assert_eq!(std::fs::read_to_string(folder.path().join("returngo-brightpearl.key")).unwrap(), key);
    let status = run(folder.path(), &["status", "--json"], &[]);
    assert_eq!(serde_json::from_slice::<Value>(&status.stdout).unwrap(), serde_json::json!([]));
}

#[test]
fn a_wrong_key_and_a_wrong_configuration_are_one_clear_line() {
    let folder = tempfile::tempdir().unwrap();
    assert!(run(folder.path(), &["init"], &[]).status.success());
    assert!(run(folder.path(), &["status"], &[]).status.success());
    let other = ("RETURNGO_BRIGHTPEARL_KEY", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
    assert!(failure(folder.path(), &["status"], &[other]).contains("the key is not the one"));
    let none = ("RETURNGO_BRIGHTPEARL_LISTEN", "here");
    assert!(failure(folder.path(), &["status"], &[none]).contains("RETURNGO_BRIGHTPEARL_LISTEN"));
    std::fs::write(folder.path().join("returngo-brightpearl.toml"), "databse = 1").unwrap();
    assert!(failure(folder.path(), &["status"], &[]).contains("databse"));
}

#[test]
fn what_connect_needs_and_does_not_get_is_named() {
    let folder = tempfile::tempdir().unwrap();
    assert!(run(folder.path(), &["init"], &[]).status.success());
    let settings = r#"{"account_id": "acmeoutdoors", "refund_method_code": "1210"}"#;
    std::fs::write(folder.path().join("settings.json"), settings).unwrap();
    let line = failure(folder.path(), &["connect", "acme", "--settings", "settings.json"], &[]);
    assert!(line.contains("BRIGHTPEARL_TOKEN") && line.contains("RETURNGO_API_KEY"), "{line}");
    assert!(failure(folder.path(), &["check", "acme"], &[]).contains("there is no connection acme"));
}

#[test]
fn wrong_arguments_are_exit_code_2() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(run(folder.path(), &["sing"], &[]).status.code(), Some(2));
}
