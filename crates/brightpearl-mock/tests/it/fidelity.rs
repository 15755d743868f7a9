//! Checks that every row of `docs/mock-fidelity.md` names existing tests.

use std::{collections::BTreeSet, fs, path::Path};

use brightpearl_mock::Switches;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// `module::function` of every test in a folder's files.
fn tests_below(folder: &str, prefix: &str) -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut tests = BTreeSet::new();
    for entry in fs::read_dir(path).unwrap() {
        let path = entry.unwrap().path();
        let Some(module) = path.file_stem().and_then(|stem| stem.to_str()).filter(|_| path.is_file()) else {
            continue;
        };
        let source = fs::read_to_string(&path).unwrap();
        let functions = source.lines().filter_map(|line| {
            let rest = line.trim_start().trim_start_matches("async ").strip_prefix("fn ")?;
            rest.split('(').next()
        });
        tests.extend(functions.map(|function| format!("{prefix}{module}::{function}")));
    }
    tests
}

/// The cells of every row, without header and rule.
fn rows(page: &str) -> Vec<Vec<String>> {
    page.lines()
        .filter(|line| line.starts_with("| ") && !line.contains("| test |"))
        .map(|line| line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect())
        .collect()
}

/// The tests in the last cell of a row: a comma list, in which a name without a module has that of the one before.
fn named(cell: &str) -> Vec<String> {
    let mut module = "";
    cell.split(',')
        .map(str::trim)
        .map(|name| match name.rsplit_once("::") {
            Some((of, _)) => {
                module = of;
                name.to_owned()
            }
            None => format!("{module}::{name}"),
        })
        .collect()
}

#[test]
fn every_row_names_tests_and_they_are_there() {
    let page = read("../../docs/mock-fidelity.md");
    let mut known = tests_below("tests/it", "");
    known.extend(tests_below("../api-mock-core/tests/it", "api-mock-core "));
    let table = page.split("## Left out").next().unwrap();
    let rows = rows(table);
    assert!(rows.len() > 80, "{} rows", rows.len());
    for row in rows {
        let tests = named(row.last().unwrap());
        assert!(!tests.is_empty());
        for test in tests {
            assert!(known.contains(&test), "`{test}` is no test: {row:?}");
        }
    }
}

#[test]
fn every_switch_is_in_the_table_with_its_default() {
    let page = read("../../docs/mock-fidelity.md");
    let section = page.split("## Platform").next().unwrap();
    let listed: BTreeSet<String> = rows(section)
        .into_iter()
        .map(|row| format!("{}={}", row[0].trim_matches('`'), row[1].trim_matches('`')))
        .collect();
    let all = serde_json::to_value(Switches::default()).unwrap();
    let expected: BTreeSet<String> =
        all.as_object().unwrap().iter().map(|(name, default)| format!("{name}={default}")).collect();
    assert_eq!(listed, expected);
}
