//! Why a plan is what it is.

use returngo_brightpearl_mapping::{explain, plan};
use serde_json::{Value, json};

use crate::worlds::{settings, world};

fn explained(name: &str, more: Value) -> String {
    let (world, settings) = (world(name), settings(more));
    explain(&world, &settings, &plan(&world, &settings)).to_string()
}

/// A test for each line: the explanation of a world's plan is the snapshot of the test's name.
macro_rules! explanations {
    ($($test:ident: $world:literal with $settings:tt;)+) => {$(
        #[test]
        fn $test() {
            insta::with_settings!({omit_expression => true}, {
                insta::assert_snapshot!(explained($world, json!($settings)));
            });
        }
    )+};
}

explanations! {
    a_credit_is_explained: "approved" with {"sales_credit_status_id": 27, "customer_reference_prefix": "RMA"};
    the_last_share_of_a_row_is_explained: "third_of_three" with {};
    fees_are_explained: "fees" with {"fees": {
        "restocking": {"nominal_code": "4040", "tax_code": "T20"},
        "return": {"nominal_code": "4041", "tax_code": "Z"},
        "shipment": {"nominal_code": "4042", "tax_code": "T5"}
    }};
    refunds_are_explained: "refund_too_large" with {"adjustments": {"nominal_code": "4905", "tax_code": "T20"}};
    transactions_are_explained: "transactions_of_all_kinds" with {};
    goods_are_explained: "released_and_written_off" with {};
    a_question_is_explained: "unmatched" with {"price_source": "returngo"};
    the_end_is_explained: "everything_done" with {"close_credit": "when_both", "complete_status_id": 11};
    a_field_map_is_explained: "credited" with {"sales_credit_status_id": 27, "field_map": {"customFields.PCF_REASON": "'x'"}};
}

/// The formula of an explanation is worked out again: it has to come to the amount that it explains.
#[test]
fn explained_shares_come_to_the_amounts_of_the_plan() {
    let mut checked = 0;
    for name in [
        "approved",
        "third_of_three",
        "second_of_three",
        "whole_line",
        "yen",
        "dinar",
        "tax_exclusive",
        "bundle",
        "zero_tax",
    ] {
        for line in explained(name, json!({})).lines() {
            let line = line.trim();
            let Some((left, right)) = line.split_once(" = ") else { continue };
            let Some((formula, decimals)) = right.split_once(", each rounded to ") else { continue };
            let amount: rust_decimal::Decimal = left.split(' ').nth(1).unwrap().parse().unwrap();
            let decimals: u32 = decimals.split(' ').next().unwrap().parse().unwrap();
            let (after, before) = formula.split_once(" − ").unwrap();
            assert_eq!(amount, product(after, decimals) - product(before, decimals), "{name}: {line}");
            checked += 1;
        }
    }
    assert!(checked >= 18, "{checked} formulas were found");
}

/// `100.0000 × 2/3`, rounded.
fn product(text: &str, decimals: u32) -> rust_decimal::Decimal {
    let (whole, share) = text.split_once(" × ").unwrap();
    let (part, of) = share.split_once('/').unwrap();
    let [whole, part, of] = [whole, part, of].map(|number| number.parse::<rust_decimal::Decimal>().unwrap());
    returngo_brightpearl_mapping::amounts::round(whole * part / of, decimals)
}

#[test]
fn no_world_is_beyond_explaining_and_no_shopper_shows() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/worlds");
    for file in std::fs::read_dir(directory).unwrap() {
        let name = file.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned();
        if name == "defaults" {
            continue;
        }
        let text = explained(&name, json!({}));
        assert!(text.starts_with("RMA 44"), "{name}: {text}");
        for secret in ["Ada", "ada@example.test", "LS1 9ZZ", "Loom Road"] {
            assert!(!text.contains(secret), "{name} shows {secret}");
        }
    }
}
