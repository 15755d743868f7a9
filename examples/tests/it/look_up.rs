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
        (vec!["sales-order", "300871-300872"], 2),
        (vec!["sales-order-search", "customerId=5012"], 1),
        (vec!["custom-fields", "300871"], 1),
        (vec!["custom-field-meta-data"], 2),
        (vec!["product-search", "SKU=LS-M"], 1),
        (vec!["product-availability", "2044"], 1),
        (vec!["contact", "5012"], 1),
        (vec!["contact-search", "isCustomer=true"], 1),
        (vec!["order-types"], 4),
        (vec!["stock-statuses"], 13),
        (vec!["shipping-statuses"], 4),
        (vec!["nominal-codes"], 5),
        (vec!["nominal-code-search", "code=1210"], 1),
        (vec!["payment-totals", "300871"], 1),
        (vec!["journal-search", "orderId=300871"], 1),
        (vec!["exchange-rates"], 1),
        (vec!["accounting-periods"], 0),
        (vec!["accounting-period-lock"], 0),
        (vec!["contact-balance", "5012", "GBP"], 1),
        (vec!["goods-in-search"], 0),
        (vec!["goods-movements", "productId=2044"], 0),
        (vec!["locations", "2"], 2),
        (vec!["location-search", "warehouseId=2"], 2),
        (vec!["warehouse-defaults", "2", "2044"], 1),
        (vec!["channel-brands"], 1),
        (vec!["order-note-search"], 0),
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

#[test]
fn availability_names_its_product() {
    let found = json(&["product-availability", "2044,2060"]);
    assert_eq!(found.len(), 1, "2060 is not stock-tracked: {found:?}");
    assert_eq!(found[0]["productId"], 2044);
    assert!(found[0]["total"]["onHand"].is_i64());
}

#[test]
fn a_search_s_rows_have_the_columns_names() {
    let products = json(&["product-search", "SKU=LS-M"]);
    assert_eq!(products[0]["SKU"], "LS-M");
    assert_eq!(products[0]["productId"], 2044);
    let contacts = json(&["contact-search", "contactId=5012"]);
    assert!(contacts[0]["primaryEmail"].is_string() && contacts[0]["isCustomer"] == true);
}

#[test]
fn an_order_that_does_not_exist_has_no_custom_fields() {
    let output = example("look_up").args(["--json", "custom-fields", "999"]).output().unwrap();
    assert_eq!(succeeded(&output).trim(), "[]");
    assert!(text(&output.stderr).contains("not found: 999"));
}
