//! `reconcile`: every difference named.

use std::{collections::BTreeSet, process::Stdio};

use serde_json::Value;

use crate::{example, failed, succeeded};

const EVERY_CODE: [&str; 11] = [
    "AmountDiffers",
    "CreditMissing",
    "CreditNotClosed",
    "CurrencyDiffers",
    "GoodsOutstanding",
    "Matched",
    "MissingInBrightpearl",
    "MissingInReturngo",
    "NoJournal",
    "PossibleDuplicate",
    "WrongBankAccount",
];

fn report(arguments: &[&str]) -> Value {
    let output = example("reconcile").arg("--json").args(arguments).output().unwrap();
    serde_json::from_str(succeeded(&output)).expect("stdout is one JSON object")
}

fn of_lines<'r>(report: &'r Value, field: &str) -> Vec<&'r str> {
    report["lines"].as_array().unwrap().iter().map(|line| line[field].as_str().unwrap()).collect()
}

#[test]
fn two_days_at_the_invented_shop_have_every_difference() {
    let report = report(&[]);
    let codes: BTreeSet<&str> = of_lines(&report, "code").into_iter().collect();
    assert_eq!(codes.into_iter().collect::<Vec<_>>(), EVERY_CODE);
    let matched = &report["lines"][0]["rmaId"];
    assert!(matched.is_string());
    // Each sum by hand: recorded under 1210 are 40 and 35 (mistyped for 40), 33 without a journal, and 9.99 twice
    // refunded but once recorded; under 1200 the 40 of the wrong bank account.
    let totals = report["totals"].as_array().unwrap();
    let of = |currency: &str, bank: &str| {
        let total = totals.iter().find(|total| total["currency"] == currency && total["bankAccount"] == bank);
        let total = total.unwrap_or_else(|| panic!("no total of {currency} through {bank}: {totals:?}"));
        (total["refunded"].as_str().unwrap(), total["recorded"].as_str().unwrap())
    };
    assert_eq!(of("GBP", "1210"), ("132.98", "117.99"));
    assert_eq!(of("GBP", "1200"), ("40.00", "40.00"));
}

#[test]
fn days_narrow_it_down() {
    let tuesday = report(&["--from", "2026-05-19"]);
    let codes: BTreeSet<&str> = of_lines(&tuesday, "code").into_iter().collect();
    assert!(codes.contains("CreditMissing") && !codes.contains("Matched"), "{codes:?}");
    let neither = report(&["--from", "2026-05-20", "--to", "2026-05-31"]);
    assert_eq!((neither["lines"].as_array().unwrap().len(), &neither["to"]), (0, &"2026-05-31".into()));
    let one = report(&["4410101"]);
    assert_eq!(of_lines(&one, "code"), ["Matched"]);
}

#[test]
fn csv_has_the_same_columns_for_every_line() {
    let output = example("reconcile").arg("--csv").output().unwrap();
    let stdout = succeeded(&output);
    let mut csv = csv::Reader::from_reader(stdout.as_bytes());
    let header = "date,rma_id,code,refunded,refunded_currency,recorded,recorded_currency,bank_account,transaction_id,sales_credit_id,payment_id,journal_id,message";
    assert_eq!(stdout.lines().next().unwrap(), header);
    assert_eq!(csv.headers().unwrap().len(), 13);
    let records: Vec<csv::StringRecord> = csv.records().collect::<Result<_, _>>().unwrap();
    let codes: BTreeSet<&str> = records.iter().map(|record| &record[2]).collect();
    assert_eq!(codes.into_iter().collect::<Vec<_>>(), EVERY_CODE);
    assert!(records.iter().all(|record| !record[12].is_empty()), "each line says what to do");
}

#[test]
fn the_table_says_what_to_do_and_what_it_adds_up_to() {
    let output = example("reconcile").output().unwrap();
    let stdout = succeeded(&output);
    assert!(stdout.starts_with("No BRIGHTPEARL_ or RETURNGO_ variable is set: started a mock"), "{stdout}");
    for text in ["MissingInBrightpearl", "bank account 1210: 132.98 GBP refunded", "each with the next step."]
    {
        assert!(stdout.contains(text), "{text} is missing from\n{stdout}");
    }
}

#[test]
fn wrong_days_are_wrong_arguments() {
    for arguments in [
        vec!["--from", "2026-05-19", "--to", "2026-05-18"],
        vec!["--from", "19.05.2026"],
        vec!["--csv", "--json"],
        vec!["RMA without a number"],
    ] {
        failed(&example("reconcile").args(&arguments).output().unwrap(), 2);
    }
}

#[test]
fn half_an_environment_is_named_and_a_reader_may_leave_early() {
    let output = example("reconcile").env("BRIGHTPEARL_ACCOUNT", "acmeoutdoors").output().unwrap();
    let line = failed(&output, 1);
    assert!(line.contains("BRIGHTPEARL_TOKEN") && line.contains("RETURNGO_API_KEY"), "{line}");

    let mut child =
        example("reconcile").arg("--csv").stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());
}
