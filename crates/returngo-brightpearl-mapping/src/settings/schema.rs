//! The JSON Schema of the settings, for checks in editors and forms.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::ConnectionSettings;
use crate::field_map::FieldMap;

impl ConnectionSettings {
    /// Returns the JSON Schema of the settings, which is committed as `schema/settings.json`.
    pub fn json_schema() -> serde_json::Value {
        schemars::schema_for!(Self).to_value()
    }
}

macro_rules! forms {
    ($($(#[$doc:meta])* $name:ident: $schema:tt)+) => {$(
        $(#[$doc])*
        pub(super) struct $name;

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    )+};
}

forms! {
    /// An account's code.
    AccountForm: {"type": "string", "pattern": "^[A-Za-z0-9-]*[A-Za-z-][A-Za-z0-9-]*$"}
    /// A code that may be written as a number.
    CodeForm: {"type": ["string", "integer"], "minLength": 1}
    /// An id. Forms send an empty text for an id that was not chosen.
    IdForm: {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": "^[0-9]*$"}, {"type": "null"}]}
    /// A required id.
    RequiredIdForm: {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": "^[0-9]+$"}]}
    /// An amount that is not negative.
    AmountForm: {"anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": "^[0-9]+(\\.[0-9]+)?$"}, {"type": "null"}]}
    /// A prefix that is short enough for the RMA's number to follow.
    PrefixForm: {"type": ["string", "integer", "null"], "maxLength": 32}
    /// Codes by type of refund: one code, or one for each currency.
    TendersForm: {
        "type": "object",
        "propertyNames": {"pattern": "^Refund"},
        "additionalProperties": {"anyOf": [
            {"type": ["string", "integer"], "minLength": 1},
            {"type": "object", "propertyNames": {"pattern": "^[A-Z]{3}$"}, "additionalProperties": {"type": ["string", "integer"]}}
        ]}
    }
}

impl JsonSchema for FieldMap {
    fn schema_name() -> Cow<'static, str> {
        "FieldMap".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let source = serde_json::json!({"$ref": "#/$defs/FieldMap/$defs/source"});
        let fields = Self::fields().map(|field| (field.to_owned(), source.clone()));
        let properties: serde_json::Map<String, serde_json::Value> = fields.collect();
        json_schema!({
            "type": "object",
            "maxProperties": 100,
            "properties": properties,
            "patternProperties": {"^customFields\\.PCF_[A-Za-z0-9_]+$": source},
            "additionalProperties": false,
            "$defs": {"source": {"anyOf": [
                {"type": "string", "maxLength": 1000, "description": "An expression. A text of digits is a constant."},
                {"type": ["number", "boolean"], "description": "A constant."},
                {
                    "type": "object",
                    "description": "A lookup: the value in `map` for the result of `from`, else `default`.",
                    "properties": {
                        "from": {"type": "string", "maxLength": 1000},
                        "map": {"type": "object", "maxProperties": 1000},
                        "default": {}
                    },
                    "required": ["from", "map"],
                    "additionalProperties": false
                }
            ]}}
        })
    }
}
