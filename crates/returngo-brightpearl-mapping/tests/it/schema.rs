//! The JSON Schema of the settings.

use returngo_brightpearl_mapping::ConnectionSettings;
use serde_json::{Value, json};

use crate::{committed::assert_committed, worlds::settings};

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
