//! The JSON Schemas of the settings, plans, snapshots and decisions.

use returngo_brightpearl_mapping::{ConnectionSettings, Decision, Plan, World};
use serde_json::{Value, json};

use crate::{
    committed::assert_committed,
    worlds::{planned, settings, world},
};

#[test]
fn the_committed_schemas_are_those_of_the_types() {
    let schemas = [
        ("plan", Plan::json_schema()),
        ("world", World::json_schema()),
        ("decision", Decision::json_schema()),
    ];
    for (name, schema) in schemas {
        let schema = serde_json::to_string_pretty(&schema).unwrap();
        assert_committed(&format!("schema/{name}.json"), &(schema + "\n"));
    }
}

/// The names in a value that the schema does not have.
fn unknown_names(value: &Value, schema: &Value, root: &Value) -> Vec<String> {
    let schema = match schema["$ref"].as_str() {
        Some(name) => &root["$defs"][name.trim_start_matches("#/$defs/")],
        None => schema,
    };
    match (value, schema.get("properties"), schema.get("items")) {
        (Value::Object(fields), Some(properties), _) => fields
            .iter()
            .flat_map(|(name, field)| match properties.get(name) {
                Some(schema) => unknown_names(field, schema, root),
                None => vec![name.clone()],
            })
            .collect(),
        (Value::Array(list), _, Some(items)) => {
            list.iter().flat_map(|one| unknown_names(one, items, root)).collect()
        }
        _ => Vec::new(),
    }
}

#[test]
fn the_schemas_have_every_field_that_is_written() {
    let plan = serde_json::to_value(planned("unmatched", json!({}))).unwrap();
    let schema = Plan::json_schema();
    assert_eq!(unknown_names(&plan, &schema, &schema), Vec::<String>::new());
    assert_eq!(unknown_names(&json!({"reviews": [{"idd": 1}]}), &schema, &schema), ["idd"]);
    let world = serde_json::to_value(world("everything_done")).unwrap();
    let schema = World::json_schema();
    assert_eq!(unknown_names(&world, &schema, &schema), Vec::<String>::new());
}

#[test]
fn the_committed_schema_is_that_of_the_settings() {
    let schema = serde_json::to_string_pretty(&ConnectionSettings::json_schema()).unwrap();
    assert_committed("schema/settings.json", &(schema + "\n"));
}

#[test]
fn the_schema_has_every_setting_and_no_other() {
    let everything = settings(json!({
        "sales_credit_status_id": 27, "sales_credit_channel_id": 9, "customer_reference_prefix": "RMA", "price_tolerance": "0.05",
        "tenders": {"RefundToStoreCredit": "STORE_CREDIT"}, "adjustments": {"nominal_code": "4905", "tax_code": "T20"},
        "warehouses": {"default": 2}, "complete_status_id": 11, "cancelled_status_id": 30, "field_map": {"projectId": 12},
    }));
    let written = serde_json::to_value(everything).unwrap();
    let schema = ConnectionSettings::json_schema();
    let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&written), names(&schema["properties"]));
    assert_eq!(schema["required"], json!(["account_id", "refund_method_code"]));
    assert_eq!(schema["additionalProperties"], json!(false));
    let fields = &schema["$defs"]["FieldMap"]["properties"];
    assert_eq!(names(fields).len(), returngo_brightpearl_mapping::settings::FieldMap::fields().count());
}
