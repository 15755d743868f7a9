//! Checks that every row of `docs/mock-fidelity.md` names existing tests.

use std::{collections::BTreeSet, fs};

use returngo_mock::Switches;

fn rows(section: &str) -> impl Iterator<Item = Vec<&str>> {
    let rows = section.lines().filter(|line| line.starts_with("| ") && !line.contains("| test |"));
    rows.map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
}

fn page() -> String {
    let page =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/mock-fidelity.md")).unwrap();
    page.split_once("# How faithful the ReturnGO mock is").unwrap().1.to_owned()
}

#[test]
fn every_row_names_tests_and_they_are_there() {
    let page = page();
    assert!(rows(&page).count() > 20);
    for row in rows(&page) {
        let mut module = "";
        for test in row.last().unwrap().split(", ") {
            let (of, name) = test.split_once("::").unwrap_or((module, test));
            module = of;
            let file = format!("{}/tests/it/{module}.rs", env!("CARGO_MANIFEST_DIR"));
            let source = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file}: {error}"));
            assert!(source.contains(&format!("fn {name}(")), "`{test}` is no test: {row:?}");
        }
    }
}

#[test]
fn every_switch_is_in_the_table_with_its_default() {
    let page = page();
    let switches = page.split("## Behaviour").next().unwrap();
    let listed: BTreeSet<(String, String)> = rows(switches)
        .map(|row| (row[0].trim_matches('`').to_owned(), row[1].trim_matches('`').to_owned()))
        .collect();
    let defaults = serde_json::to_value(Switches::default()).unwrap();
    let text = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let defaults = defaults.as_object().unwrap().iter().map(|(name, value)| (name.clone(), text(value)));
    assert_eq!(listed, defaults.collect());
}
