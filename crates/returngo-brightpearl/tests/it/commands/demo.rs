use serde_json::Value;

use super::shop::{Done, program};

fn demo(arguments: &[&str]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let arguments = [&["demo", "--json", "--rmas", "10"], arguments].concat();
    Done::of(program(folder.path(), &arguments).output().unwrap()).json()
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
