//! Values for further fields of the credit.

use std::sync::Arc;

use brightpearl::order::NewSalesCredit;
use proptest::prelude::*;
use returngo_brightpearl_mapping::{ConnectionSettings, Effect, Plan, ReviewCode, WarningCode, plan};
use serde_json::{Value, json};

use crate::worlds::{planned, plans, settings, world};

plans! {
    fields_of_every_kind: "approved" with {"field_map": {
        "ref": "rma.orderDetails.order_name ~ '/' ~ rma.rmaSummary.rmaId",
        "warehouseId": {"from": "rma.shipments|length", "map": {"1": 4}},
        "channelId": "order.assignment.current.channelId + 1",
        "statusId": "27",
        "projectId": 12,
        "leadSourceId": 13,
        "teamId": "14",
        "staffOwnerId": 15,
        "taxDate": "rma.createdAt",
        "delivery.shippingMethodId": 16,
        "rows[].name": "row.productName ~ ' (' ~ item.returnedItemId ~ ')' if row.productSku == 'TS-42' else ''",
        "rows[].nominalCode": {"from": "item.sku", "map": {"LS-M": "4040"}, "default": "1100"},
        "rows[].taxCode": "'Z' if item.paidPrice.amount < 10 else row.rowValue.taxCode"
    }};
    custom_fields_come_once_the_credit_is_there: "credited" with {"sales_credit_status_id": 27, "field_map": {
        "customFields.PCF_REASONS": "rma.items|map(attribute='sku')|unique|join(', ')",
        "customFields.PCF_REASON": {"from": "rma.items|length", "map": {"3": {"id": 912}}},
        "customFields.PCF_EMPTY": "''"
    }};
}

fn refused(map: Value) -> String {
    let document = json!({"account_id": "acmeoutdoors", "refund_method_code": "1210", "field_map": map});
    ConnectionSettings::from_json(&document.to_string()).unwrap_err().to_string()
}

#[test]
fn a_bad_map_is_refused_when_it_is_loaded_with_path_expression_and_column() {
    for (field, source, expected) in [
        ("warehouse", json!(4), "a field map cannot set `warehouse`; did you mean `warehouseId`?"),
        ("rows[].nominal_code", json!("4905"), "did you mean `rows[].nominalCode`?"),
        ("customFields.REASON", json!("'x'"), "expected a code such as PCF_REASON"),
        ("ref", json!("rma."), "at `field_map.ref`: `rma.`, column 4: "),
        (
            "ref",
            json!("rma.rmaSummary.rmaID"),
            "`rma.rmaSummary.rmaID`, column 16: there is no `rmaID` in `rma.rmaSummary`; did you mean `rmaId`?",
        ),
        ("ref", json!("rma.items.sku"), "column 11: there is no `sku` in `rma.items`; `rma.items` is a list"),
        (
            "ref",
            json!("'a' ~ order.refrence"),
            "column 13: there is no `refrence` in `order`; did you mean `reference`?",
        ),
        ("ref", json!("settings.customer_reference_prfix"), "did you mean `customer_reference_prefix`?"),
        ("ref", json!("item.sku"), "`item` is available in row fields only"),
        (
            "ref",
            json!("Web"),
            "column 1: unknown name `Web`; known names: rma, order, settings; for a fixed text, use quotes: `'Web'`",
        ),
        ("rows[].name", json!("item.sku|uper"), "column 10: unknown filter `uper`; see https://"),
        (
            "rows[].name",
            json!("'x' if item.sku is not stringy else 'is fine|either'"),
            "column 24: unknown test `stringy`",
        ),
        (
            "rows[].nominalCode",
            json!({"from": "item.sku", "mapp": {}}),
            "a lookup has `from`, `map` and `default`, not `mapp`",
        ),
        (
            "rows[].nominalCode",
            json!({"from": "item.skew", "map": {}}),
            "at `field_map.rows[].nominalCode`: in `from`, `item.skew`, column 6: there is no `skew`",
        ),
        (
            "warehouseId",
            json!({"from": "order.warehouseId", "map": {"2": "Leeds"}}),
            "expected an id (a positive integer), not this text",
        ),
        ("taxDate", json!(7), "expected a date such as 2031-03-31, not this number"),
        ("projectId", json!("0"), "expected an id"),
        ("ref", json!(["x"]), "expected an expression, a number, or a lookup"),
    ] {
        let error = refused(json!({ field: source }));
        assert!(error.contains(expected), "{error}\nlacks: {expected}");
        assert!(error.starts_with("settings, at `field_map"), "{error}");
    }
}

#[test]
fn expressions_reach_neither_the_environment_nor_files_nor_functions() {
    for source in [
        "env",
        "env('HOME')",
        "environ.HOME",
        "include('/etc/passwd')",
        "range(3)",
        "debug()",
        "namespace()",
        "dict(a=1)",
        "load('x')",
        "self",
        "super()",
        "caller()",
        "loop",
        "rma|tojson|safe|attr('x')|include",
    ] {
        let error = refused(json!({ "ref": source }));
        assert!(error.contains("there is no") || error.contains("column"), "{source}: {error}");
    }
}

#[test]
fn size_and_run_time_are_limited() {
    let long = format!("'{}'", "x".repeat(1_000));
    assert!(refused(json!({ "ref": long })).contains("has 1002 characters; the maximum is 1000"));
    let deep = format!("{}1{}", "(".repeat(400), ")".repeat(400));
    assert!(refused(json!({ "ref": deep })).contains("column"), "a deep expression is refused");
    let many: serde_json::Map<String, Value> =
        (0..101).map(|at| (format!("customFields.PCF_{at}"), json!(at))).collect();
    assert!(refused(Value::Object(many)).contains("sets at most 100"));
    let growth = "|replace('a', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa')".repeat(18);
    for source in ["[0] * 90000000", "('x' * 90000000)|length", "10 ** 300 ** 300"] {
        assert!(refused(json!({ "ref": source })).contains(": multiplication is not supported"), "{source}");
    }
    let list = format!("[{}]", "0,".repeat(450));
    for (source, expected) in [
        (format!("'a'{growth}"), "exceeds the limit of operations"),
        ("'a'|indent(90000000)".to_owned(), "exceeds the limit of operations"),
        ("'%090000000d'|format(1)".to_owned(), "exceeds the limit of operations"),
        (format!("{list}|batch(1)|batch(1)|list"), "a plain value with at most 1000 parts"),
        (format!("{list}|batch(1)|list"), "expected a text, not a list"),
    ] {
        let plan = planned("approved", json!({"field_map": {"ref": source}}));
        assert_eq!(codes(&plan), [ReviewCode::FieldMapFailed], "{source}");
        assert!(plan.reviews[0].message.contains(expected), "{source}: {}", plan.reviews[0].message);
    }
}

fn codes(plan: &Plan) -> Vec<ReviewCode> {
    plan.reviews.iter().map(|review| review.code).collect()
}

fn credit(plan: &Plan) -> &NewSalesCredit {
    let Some(Effect::CreateSalesCredit { body, .. }) = plan.effects.first() else { panic!("{plan:#?}") };
    body
}

#[test]
fn what_only_a_return_can_show_makes_the_credit_wait() {
    for (field, source, expected) in [
        ("projectId", json!("order.channel ~ order.reference"), "there is no"),
        ("projectId", json!("order.reference"), "expected an id (a positive integer), not this text"),
        ("ref", json!("order.reference ~ order.closedOn"), "it uses a value that does not exist"),
        (
            "ref",
            json!(format!("order.reference|replace('#', '{}')", "x".repeat(70))),
            "a reference has at most 64 characters, but this one has 76",
        ),
        ("rows[].taxCode", json!("'T99'"), "the account has no tax code T99"),
        (
            "rows[].nominalCode",
            json!({"from": "item.sku", "map": {}, "default": "9999"}),
            "the account has no nominal code 9999",
        ),
    ] {
        let document =
            json!({"account_id": "acmeoutdoors", "refund_method_code": "1210", "field_map": {field: source}});
        match ConnectionSettings::from_json(&document.to_string()) {
            Ok(settings) => {
                let plan = plan(&world("approved"), &settings);
                assert!(plan.is_empty(), "{field}: {:#?}", plan.effects);
                assert_eq!(codes(&plan)[0], ReviewCode::FieldMapFailed);
                assert!(plan.reviews[0].message.contains(expected), "{}", plan.reviews[0].message);
                assert!(
                    !plan.reviews[0].message.contains("AC2045"),
                    "values are left out: {}",
                    plan.reviews[0].message
                );
            }
            Err(error) => assert!(error.to_string().contains(expected), "{error}"),
        }
    }
}

#[test]
fn a_value_that_is_missing_leaves_the_field_and_says_so() {
    for (source, warned) in [
        (json!("order.closedOn"), true),
        (json!({"from": "order.reference", "map": {}}), true),
        (json!("order.closedOn|default('')"), false),
        (json!("none"), false),
    ] {
        let plan = planned("approved", json!({"field_map": {"ref": source}}));
        assert_eq!(credit(&plan).reference.as_deref(), Some("4410021"));
        let warnings: Vec<_> = plan.warnings.iter().map(|warning| warning.code).collect();
        assert_eq!(warnings, if warned { vec![WarningCode::FieldMapEmpty] } else { vec![] }, "{source}");
    }
}

#[test]
fn a_code_of_digits_is_no_number() {
    let mut world = world("approved");
    Arc::make_mut(&mut world.account).nominal_codes.clear();
    for source in [json!("0040"), json!("'0040'"), json!({"from": "item.sku", "map": {}, "default": "0040"})]
    {
        let plan = plan(&world, &settings(json!({"field_map": {"rows[].nominalCode": source}})));
        assert_eq!(credit(&plan).rows[0].nominal_code.as_ref().unwrap().as_str(), "0040");
    }
}

#[test]
fn units_that_the_map_treats_differently_are_on_rows_of_their_own_and_add_up() {
    let by_reason = json!({"field_map": {"rows[].nominalCode": {"from": "item.returnReason", "map": {"Faulty": "1100"}}}});
    let mut world = world("approved");
    world.rma.items[1].return_reason = "Faulty".to_owned();
    let both = plan(&world, &settings(by_reason));
    let rows: Vec<_> = credit(&both).rows.iter().take(2).collect();
    let codes: Vec<_> = rows.iter().map(|row| row.nominal_code.as_ref().unwrap().as_str()).collect();
    assert_eq!(codes, ["4000", "1100"]);
    let keys: Vec<_> = rows.iter().map(|row| row.external_ref.as_deref().unwrap()).collect();
    assert_eq!(keys, ["RGO-R884001-5600011", "RGO-R884001-5600012"]);
    let together = planned("approved", json!({}));
    let whole = &credit(&together).rows[0];
    assert_eq!(rows.iter().map(|row| row.net).sum::<rust_decimal::Decimal>(), whole.net);
    assert_eq!(rows.iter().map(|row| row.tax).sum::<rust_decimal::Decimal>(), whole.tax);
}

#[test]
fn a_custom_field_that_somebody_filled_in_stays() {
    let mut world = world("credited");
    let map = json!({"sales_credit_status_id": 27, "field_map": {"customFields.PCF_REASON": "'Too small'"}});
    let planned = plan(&world, &settings(map.clone()));
    assert_eq!(planned.effects[0].key(), "RGO-4410021-fields");
    world.credits[0].custom_fields = serde_json::from_value(json!({"PCF_REASON": "Too large"})).unwrap();
    assert!(plan(&world, &settings(map)).is_empty());
}

#[test]
fn a_map_is_written_as_it_was_read() {
    let map = json!({
        "ref": "rma.rmaSummary.rmaId ~ ''", "projectId": 12, "customFields.PCF_REASON": {"from": "rma.items|length", "map": {"1": {"id": 9}}},
    });
    let settings = settings(json!({ "field_map": map }));
    assert_eq!(serde_json::to_value(&settings).unwrap()["field_map"], map);
    assert_eq!(ConnectionSettings::from_json(&serde_json::to_string(&settings).unwrap()).unwrap(), settings);
    fn shared<T: Send + Sync + Clone>(_: &T) {}
    shared(&settings);
}

#[test]
fn codes_in_a_map_can_be_listed() {
    let settings = settings(json!({"field_map": {
        "rows[].nominalCode": {"from": "item.sku", "map": {"A": "4040"}, "default": "1100"}, "projectId": 12, "ref": "'x'",
    }}));
    let map = settings.field_map.unwrap();
    assert_eq!(map.constants("rows[].nominalCode").collect::<Vec<_>>(), [&json!("4040"), &json!("1100")]);
    assert_eq!(map.constants("projectId").collect::<Vec<_>>(), [&json!(12)]);
    assert_eq!(
        map.constants("ref").count() + map.constants("teamId").count() + map.constants("nonsense").count(),
        0
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_expression_panics(
        pieces in prop::collection::vec(prop::sample::select(vec![
            "rma", ".items", "[0]", "|", "length", "default", "(", ")", "'", "\"", "x", " ~ ", " is ", "not ", "order", "{", "}", ",",
            ".rmaSummary", "*", "1e9", "**", "-", "[1:]", "\u{1F9E6}", "\\", " if ", " else ", "map(attribute='sku')", "%",
        ]), 0..14),
    ) {
        let map = json!({"account_id": "acmeoutdoors", "refund_method_code": "1210", "field_map": {"ref": pieces.concat()}});
        if let Ok(settings) = ConnectionSettings::from_json(&map.to_string()) {
            drop(plan(&world("one_unit"), &settings));
        }
    }
}
