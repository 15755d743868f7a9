//! The examples as a user runs them: their output, their errors, their exit codes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod bad_input;
mod check_connection;
mod decide;
mod look_up;
mod plan;
mod reconcile;
mod story;
mod sync_return;
mod webhook_receiver;

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// An example, without any of the variables that name a real account. Cargo builds examples before it runs
/// the tests of their package, and puts them beside the folder of the test itself.
fn example(name: &str) -> Command {
    let test = std::env::current_exe().unwrap();
    let path: PathBuf = test.parent().and_then(Path::parent).unwrap().join("examples").join(name);
    let mut command = Command::new(path);
    for (variable, _) in std::env::vars() {
        if variable.starts_with("BRIGHTPEARL_") || variable.starts_with("RETURNGO_") {
            command.env_remove(variable);
        }
    }
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[track_caller]
fn succeeded(output: &Output) -> &str {
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

/// The one clear line of an example that failed.
#[track_caller]
fn failed(output: &Output, code: i32) -> &str {
    assert_eq!(output.status.code(), Some(code), "{}", text(&output.stderr));
    let stderr = text(&output.stderr).trim_end();
    if code == 1 {
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        assert!(stderr.starts_with("error: "), "{stderr}");
    }
    stderr
}
