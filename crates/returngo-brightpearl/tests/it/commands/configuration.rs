//! Where the configuration is found, and what it may name.

use std::{fs, path::Path};

use super::shop::{Done, Shop, program};

fn run(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Done {
    Done::of(program(folder, arguments).envs(variables.iter().copied()).output().unwrap())
}

fn files(folder: &Path) -> usize {
    fs::read_dir(folder).unwrap().count()
}

/// A configuration in this folder whose only setting is wrong, so that its error tells that it was read.
fn wrong_in(folder: &Path) -> String {
    fs::create_dir_all(folder).unwrap();
    let file = folder.join("returngo-brightpearl.toml");
    fs::write(&file, "wrong = 1\n").unwrap();
    file.display().to_string()
}

#[test]
fn the_configuration_is_found_in_the_documented_order() {
    let home = tempfile::tempdir().unwrap();
    let here = home.path().join("here");
    fs::create_dir(&here).unwrap();
    let of_user = home.path().join(".config/returngo-brightpearl");
    let home_is = ("HOME", home.path().to_str().unwrap());

    let none = run(&here, &["status"], &[home_is]).fails();
    let (user, machine) = (of_user.join("returngo-brightpearl.toml"), "/etc/returngo-brightpearl/");
    assert!(
        none.starts_with("error: configuration not found: searched returngo-brightpearl.toml, "),
        "{none}"
    );
    assert!(none.contains(user.to_str().unwrap()) && none.contains(machine), "{none}");
    assert!(none.contains("init") && none.contains("RETURNGO_BRIGHTPEARL_DATABASE"), "{none}");
    assert_eq!(files(&here), 0);

    let found = wrong_in(&of_user);
    let line = run(&here, &["status"], &[home_is]).fails();
    assert!(line.contains(&format!("{found}, line 1")), "{line}");
    wrong_in(&here);
    let line = run(&here, &["status"], &[home_is]).fails();
    assert!(line.contains("error: returngo-brightpearl.toml, line 1"), "{line}");
    let by_variable = wrong_in(&home.path().join("variable"));
    let variables = [home_is, ("RETURNGO_BRIGHTPEARL_CONFIG", by_variable.as_str())];
    assert!(run(&here, &["status"], &variables).fails().contains(&by_variable));
    let by_flag = wrong_in(&home.path().join("flag"));
    let line = run(&here, &["status", "--config", &by_flag], &variables).fails();
    assert!(line.contains(&by_flag), "{line}");
}

#[tokio::test]
async fn what_a_configuration_names_lies_beside_it_wherever_a_command_is_run() {
    let shop = Shop::connected().await;
    let elsewhere = tempfile::tempdir().unwrap();
    let file = shop.folder().join("returngo-brightpearl.toml");
    let by_variable = ("RETURNGO_BRIGHTPEARL_CONFIG", file.to_str().unwrap());
    let shown = run(elsewhere.path(), &["status"], &[by_variable]).succeeds();
    assert!(shown.contains("acme"), "{shown}");
    assert!(shown.contains(&format!("Configuration: {}\n", file.display())), "{shown}");
    let status = run(elsewhere.path(), &["status", "--json"], &[by_variable]).json();
    assert_eq!(status[0]["connection"], "acme");
    assert_eq!(files(elsewhere.path()), 0);

    let made = tempfile::tempdir().unwrap();
    let new = made.path().join("new.toml");
    run(elsewhere.path(), &["init", "--config", new.to_str().unwrap()], &[]).succeeds();
    assert!(made.path().join("returngo-brightpearl.key").exists());
    assert_eq!(files(elsewhere.path()), 0);
}

#[test]
fn commands_that_read_create_no_database() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), &["init"], &[]).succeeds();
    let commands = [
        &["status"][..],
        &["check"],
        &["plan", "4410021"],
        &["audit", "4410021"],
        &["reviews"],
        &["reconcile", "--from", "2026-05-01"],
        &["sync"],
        &["backfill", "--from", "2026-05-01", "--dry-run"],
        &["disconnect", "acme", "--yes"],
        &["rekey", "--to", "new.key", "--yes"],
        &["replay", "1"],
    ];
    for command in commands {
        let line = run(folder.path(), command, &[]).fails();
        assert!(
            line.contains(
                "the database returngo-brightpearl.db does not exist yet. Run `connect` or `serve`"
            ),
            "{line}"
        );
    }
    assert_eq!(files(folder.path()), 2, "the configuration and the key");
}
