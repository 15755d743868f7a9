//! Files that are generated and committed: the JSON Schema of the settings, and the tables of `docs/mapping.md`.
//! `UPDATE_COMMITTED=1 cargo test` writes them anew.

use std::{env, fs, path::PathBuf};

fn path(relative: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(relative)
}

pub(crate) fn read(relative: &str) -> String {
    fs::read_to_string(path(relative)).unwrap_or_else(|error| panic!("{relative}: {error}"))
}

/// Holds the committed text against the generated one.
pub(crate) fn assert_committed(relative: &str, generated: &str) {
    if env::var_os("UPDATE_COMMITTED").is_some() {
        fs::create_dir_all(path(relative).parent().unwrap()).unwrap();
        fs::write(path(relative), generated).unwrap();
    }
    let committed = read(relative);
    let differs = committed.lines().zip(generated.lines()).find(|(left, right)| left != right);
    assert!(
        committed == generated,
        "{relative} is out of date: run with UPDATE_COMMITTED=1. First difference: {differs:?}"
    );
}
