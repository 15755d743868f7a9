use serde_json::json;

use super::shop::{Done, program};

fn run(folder: &tempfile::TempDir, arguments: &[&str], variables: &[(&str, &str)]) -> Done {
    Done::of(program(folder.path(), arguments).envs(variables.iter().copied()).output().unwrap())
}

#[test]
fn init_writes_what_the_other_commands_read_and_keeps_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    run(&folder, &["init"], &[]).succeeds();
    let key = std::fs::read_to_string(folder.path().join("returngo-brightpearl.key")).unwrap();
    assert!(run(&folder, &["init"], &[]).succeeds().contains("exists already and was not changed"));
    assert_eq!(std::fs::read_to_string(folder.path().join("returngo-brightpearl.key")).unwrap(), key);
    let again = run(&folder, &["init", "--json"], &[]).json();
    assert_eq!(again["key"], json!({"file": "returngo-brightpearl.key", "written": false}));
    assert!(run(&folder, &["status"], &[]).fails().contains("Run `connect` or `serve` to create it"));
}

/// A folder with a configuration, a key and a database.
fn without_a_connection() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    run(&folder, &["init"], &[]).succeeds();
    // Nothing says what to connect; the database is there by then.
    run(&folder, &["connect", "acme"], &[]).fails();
    assert_eq!(run(&folder, &["status", "--json"], &[]).json(), json!([]));
    folder
}

#[test]
fn a_wrong_key_and_a_wrong_configuration_are_one_clear_line() {
    let folder = without_a_connection();
    let other = ("RETURNGO_BRIGHTPEARL_KEY", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
    assert!(run(&folder, &["status"], &[other]).fails().contains("the key is not the one"));
    let none = ("RETURNGO_BRIGHTPEARL_LISTEN", "here");
    assert!(run(&folder, &["status"], &[none]).fails().contains("RETURNGO_BRIGHTPEARL_LISTEN"));
    std::fs::write(folder.path().join("returngo-brightpearl.toml"), "databse = 1").unwrap();
    assert!(run(&folder, &["status"], &[]).fails().contains("databse"));
}

#[test]
fn wrong_arguments_are_exit_code_2() {
    let folder = tempfile::tempdir().unwrap();
    run(&folder, &["sing"], &[]).refuses_the_usage();
    run(&folder, &["plan", "acme", "many"], &[]).refuses_the_usage();
    run(&folder, &["reconcile", "--from", "2026-05-31", "--to", "2026-05-01"], &[]).refuses_the_usage();
    run(&folder, &["sync", "4410021", "acme"], &[]).refuses_the_usage();
    run(&folder, &["sync", "--since", "yesterday"], &[]).refuses_the_usage();
}

#[test]
fn every_command_explains_itself_with_examples() {
    let folder = tempfile::tempdir().unwrap();
    let commands = [
        "init",
        "connect",
        "check",
        "serve",
        "settings",
        "sync",
        "plan",
        "backfill",
        "reviews",
        "reconcile",
        "audit",
        "status",
        "replay",
        "disconnect",
        "rekey",
        "demo",
    ];
    let listed = run(&folder, &["--help"], &[]).succeeds();
    for command in commands {
        assert!(listed.contains(&format!("\n  {command} ")), "{command} is not listed");
        let help = run(&folder, &[command, "--help"], &[]).succeeds();
        let example = format!("returngo-brightpearl {command}");
        assert!(help.contains("Example") && help.matches(&example).count() > 1, "{help}");
    }
    for review in ["list", "show", "resolve", "retry"] {
        let help = run(&folder, &["reviews", review, "--help"], &[]).succeeds();
        assert!(help.contains("Examples:"), "{help}");
    }
}

#[test]
fn without_a_connection_it_is_said_how_to_make_one() {
    let folder = without_a_connection();
    for command in
        [&["check"][..], &["plan", "4410021"], &["sync"], &["disconnect"], &["reviews", "show", "1"]]
    {
        assert!(
            run(&folder, command, &[]).fails().contains("run `connect NAME` to create one"),
            "{command:?}"
        );
    }
    assert!(run(&folder, &["check", "acme"], &[]).fails().contains("connection acme not found"));
}

/// The guide's sessions and examples.
const GUIDE: &str = include_str!("../../../../../docs/connector.md");

#[test]
fn the_guide_names_commands_and_flags_that_there_are() {
    let folder = tempfile::tempdir().unwrap();
    let lines =
        GUIDE.lines().map(|line| line.trim_start_matches("$ ").split("  #").next().unwrap_or_default());
    let commands: Vec<&str> = lines.filter_map(|line| line.strip_prefix("returngo-brightpearl ")).collect();
    assert!(commands.len() > 10, "{commands:?}");
    for command in commands {
        let unquoted = command.split('"').step_by(2).flat_map(str::split_whitespace);
        let words: Vec<&str> =
            unquoted.map(|word| if word == "--note" { "--note=x" } else { word }).collect();
        run(&folder, &[&words[..], &["--help"]].concat(), &[]).succeeds();
    }
}
