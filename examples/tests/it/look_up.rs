//! `look_up`: reading an account.

use serde_json::Value;

use crate::{example, succeeded, text};

fn json(arguments: &[&str]) -> Vec<Value> {
    let output = example("look_up").arg("--json").args(arguments).output().unwrap();
    serde_json::from_str(succeeded(&output)).expect("stdout is a JSON list")
}

#[test]
fn a_table_comes_with_a_line_that_says_whom_it_read() {
    let output = example("look_up").arg("bank-accounts").output().unwrap();
    let stdout = succeeded(&output);
    assert!(
        stdout.starts_with(
            "No BRIGHTPEARL_ variable is set: started a mock of Brightpearl at http://127.0.0.1:"
        )
    );
    assert!(stdout.contains("1210") && stdout.contains("Card settlement") && !stdout.contains("Debtors"));
}

#[test]
fn every_kind_of_thing_can_be_read() {
    for (arguments, at_least) in [
        (vec!["statuses"], 10),
        (vec!["channels"], 3),
        (vec!["bank-accounts"], 4),
        (vec!["payment-methods"], 4),
        (vec!["tax-codes"], 3),
        (vec!["currencies"], 2),
        (vec!["warehouses"], 2),
        (vec!["account"], 1),
        (vec!["webhooks"], 0),
        (vec!["order", "300871-300872"], 2),
        (vec!["order-search", "orderTypeId=1", "contactId=5012"], 1),
        (vec!["payments", "orderId=300871"], 1),
        (vec!["product", "2044"], 1),
        (vec!["order-notes", "300871"], 0),
    ] {
        let found = json(&arguments);
        assert!(found.len() >= at_least, "{arguments:?}: {found:?}");
    }
}

#[test]
fn an_order_is_written_back_with_the_wire_s_own_names() {
    let order = &json(&["order", "300871"])[0];
    assert_eq!(order["totalValue"]["total"], "144.97");
    assert_eq!(order["orderRows"]["884001"]["rowValue"]["rowNet"]["value"], "100.0000");
    assert!(
        order.get("customFields").is_some() || order.get("nullCustomFields").is_some(),
        "custom fields were asked for"
    );
}

#[test]
fn ids_that_do_not_exist_are_named_and_are_no_error() {
    let output = example("look_up").args(["--json", "order", "300871,999"]).output().unwrap();
    let found: Vec<Value> = serde_json::from_str(succeeded(&output)).unwrap();
    assert_eq!(found.len(), 1);
    assert!(text(&output.stderr).contains("not found: 999"));

    let output = example("look_up").args(["--json", "product", "999"]).output().unwrap();
    assert_eq!(succeeded(&output).trim(), "[]");
}
