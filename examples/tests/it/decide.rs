//! `decide`: a review and its answer, without network.

use crate::{example, failed, succeeded};

const UNMATCHED: [&str; 2] = ["worlds/unmatched.json", "worlds/settings.json"];

#[test]
fn the_first_choice_is_taken_and_the_unit_is_credited() {
    let output = example("decide").output().unwrap();
    let stdout = succeeded(&output);
    assert!(stdout.starts_with("UnmatchedItem:5600012: "), "{stdout}");
    assert!(stdout.contains("Decided: row:884001\n  + RGO-4410021\n"), "{stdout}");
    assert!(stdout.contains("1 × Linen shirt M: net 33.3334, tax 6.66"), "{stdout}");
    assert!(!stdout.contains("Still open"), "{stdout}");
}

#[test]
fn another_choice_is_taken_from_the_command_line() {
    let output = example("decide").args(UNMATCHED).arg("settled").output().unwrap();
    let stdout = succeeded(&output);
    assert!(stdout.contains("1 × Linen shirt M"), "{stdout}");
    let output = example("decide").args(UNMATCHED).arg("row:1").output().unwrap();
    assert!(failed(&output, 1).contains("does not offer the choice row:1"));
}

#[test]
fn a_snapshot_without_a_review_needs_no_decision() {
    let output = example("decide").args(["worlds/approved.json", "worlds/settings.json"]).output().unwrap();
    assert!(succeeded(&output).contains("No review is open"));
}
