//! Cases from bug reports: a world, settings, and what the plan has to be.
//!
//! Each folder of `tests/cases` is one. In `expected.json`, `effects` are exactly the effects in their order, with what must be
//! in them; `reviews` and `warnings` are exactly the codes, in any order, beside those of `reviewsMay`; `says` and `saysNot`
//! are parts of messages.

use std::{fs, path::Path};

use returngo_brightpearl_mapping::{ConnectionSettings, Plan, World, plan};
use rust_decimal::Decimal;
use serde_json::{Value, json};

fn planned(folder: &Path) -> Plan {
    let read = |file: &str| fs::read_to_string(folder.join(file)).unwrap();
    let world = World::from_json(&read("world.json")).unwrap();
    plan(&world, &ConnectionSettings::from_json(&read("settings.json")).unwrap())
}

/// Whether what must be there is there. Amounts are compared by value.
fn holds(expected: &Value, actual: &Value) -> bool {
    match (expected, actual) {
        (Value::Object(expected), Value::Object(actual)) => expected.iter().all(|(key, expected)| {
            let of_body = || if key == "rows" { actual.get("body")?.get("rows") } else { None };
            actual.get(key).or_else(of_body).is_some_and(|actual| holds(expected, actual))
        }),
        (Value::Array(expected), Value::Array(actual)) => {
            expected.len() == actual.len()
                && expected.iter().zip(actual).all(|(expected, actual)| holds(expected, actual))
        }
        (Value::String(expected), Value::String(actual)) => {
            let both = expected.parse::<Decimal>().ok().zip(actual.parse::<Decimal>().ok());
            both.map_or_else(|| expected == actual, |(expected, actual)| expected == actual)
        }
        (expected, actual) => expected == actual,
    }
}

fn codes(findings: &Value) -> Vec<String> {
    let mut codes: Vec<String> =
        findings.as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap().to_owned()).collect();
    codes.sort();
    codes
}

fn texts(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().map(|text| text.as_str().unwrap().to_owned()).collect()
}

fn check(folder: &Path) {
    let name = folder.display();
    let expected: Value =
        serde_json::from_str(&fs::read_to_string(folder.join("expected.json")).unwrap()).unwrap();
    let plan = serde_json::to_value(planned(folder)).unwrap();
    if let Some(effects) = expected.get("effects") {
        assert!(holds(effects, &plan["effects"]), "{name}: {:#}", plan["effects"]);
    }
    if let Some(reviews) = expected.get("reviews") {
        let may = texts(&expected["reviewsMay"]);
        let asked: Vec<String> =
            codes(&plan["reviews"]).into_iter().filter(|code| !may.contains(code)).collect();
        let mut reviews = texts(reviews);
        reviews.sort();
        assert_eq!(asked, reviews, "{name}: {:#}", plan["reviews"]);
    }
    let messages: Vec<&str> = [&plan["reviews"], &plan["warnings"]]
        .into_iter()
        .flat_map(|findings| findings.as_array().unwrap())
        .map(|finding| finding["message"].as_str().unwrap())
        .collect();
    for text in texts(&expected["saysNot"]) {
        assert!(!messages.iter().any(|message| message.contains(&text)), "{name}: {messages:#?}");
    }
    if let Some(states) = expected.get("refundStates") {
        let refunds = plan["state"]["refunds"].as_array().unwrap();
        let actual: Vec<&Value> = refunds.iter().map(|refund| &refund["state"]).collect();
        assert_eq!(json!(actual), *states, "{name}");
    }
}

#[test]
fn each_case_is_planned_as_it_has_to_be() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut folders: Vec<_> = fs::read_dir(cases).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    assert!(folders.len() >= 7);
    folders.iter().for_each(|folder| check(folder));
}
