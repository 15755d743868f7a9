//! Definitions and values of custom fields (docs/evidence/brightpearl-orders.md#order-custom-fields,
//! docs/evidence/brightpearl-platform.md#patch).

use std::collections::BTreeMap;

use brightpearl::IdSet;
use serde_json::{Value, json};

use crate::{
    Switches,
    gateway::{Answer, Operation, Problem, apply_all},
};

/// The custom fields of one kind of object.
pub(crate) struct CustomFields<I> {
    pub(crate) definitions: Vec<CustomField>,
    /// The values, by object and code.
    pub(crate) values: BTreeMap<I, Values>,
}

type Values = BTreeMap<String, Value>;

/// A custom field.
#[derive(Debug, Clone)]
pub(crate) struct CustomField {
    pub(crate) id: u64,
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) required: bool,
    /// The options of a `SELECT`, by id.
    pub(crate) options: BTreeMap<u64, String>,
}

impl<I: Ord + Copy> CustomFields<I> {
    /// Returns the fields that have a value.
    pub(crate) fn of(&self, id: I) -> Values {
        self.values.get(&id).cloned().unwrap_or_default()
    }

    /// Returns the codes of the fields without a value.
    pub(crate) fn unset(&self, id: I) -> Vec<String> {
        let values = self.values.get(&id);
        let is_unset = |code: &&String| values.is_none_or(|values| !values.contains_key(*code));
        self.definitions.iter().map(|field| &field.code).filter(is_unset).cloned().collect()
    }

    /// Changes values. Answers with all values.
    pub(crate) fn patch(
        &mut self,
        id: I,
        operations: &[Operation],
        switches: Switches,
    ) -> Result<Answer, Problem> {
        let mut values = self.of(id);
        let refused =
            apply_all(operations, &mut values, switches, |values, operation| self.apply(values, operation))?;
        self.values.insert(id, values.clone());
        refused.map_or_else(|| Ok(Answer::of(values)), Err)
    }

    fn apply(&self, values: &mut Values, operation: &Operation) -> Result<(), Problem> {
        // The path of an option may end in its id: `/PCF_REASON/id`.
        let code = operation.path.trim_start_matches('/').trim_end_matches("/id");
        let field = self.definitions.iter().find(|field| field.code == code);
        let field = field.ok_or_else(|| operation.unsupported())?;
        if operation.op != "add" && !values.contains_key(code) {
            return Err(operation.nothing_there());
        }
        match operation.op.as_str() {
            "add" | "replace" => {
                values.insert(code.to_owned(), field.stored(operation.value.clone())?);
            }
            "remove" => {
                values.remove(code);
            }
            _ => return Err(operation.not_allowed()),
        }
        Ok(())
    }

    /// Answers with the definitions with these ids, or with all.
    pub(crate) fn meta_data(&self, ids: Option<&IdSet<u64>>) -> Result<Answer, Problem> {
        let wanted = |field: &&CustomField| ids.is_none_or(|ids| ids.contains(field.id));
        let found: Vec<Value> = self.definitions.iter().filter(wanted).map(CustomField::view).collect();
        Answer::non_empty(found, "No custom fields found")
    }
}

impl CustomField {
    fn view(&self) -> Value {
        let options: BTreeMap<String, Value> = self
            .options
            .iter()
            .map(|(id, value)| (id.to_string(), json!({ "id": id, "value": value })))
            .collect();
        json!({
            "id": self.id,
            "code": self.code,
            "name": self.name,
            "customFieldType": self.kind,
            "required": self.required,
            "options": (!options.is_empty()).then_some(options),
        })
    }

    /// Converts a value to its stored form. Rejects a value of another JSON type.
    fn stored(&self, value: Value) -> Result<Value, Problem> {
        let fitting = match self.kind.as_str() {
            "SELECT" => {
                let id = value.get("id").unwrap_or(&value);
                let id = id.as_u64().or_else(|| id.as_str()?.parse().ok());
                id.and_then(|id| self.options.get(&id).map(|text| json!({ "id": id, "value": text })))
            }
            "YES_NO" => Some(value).filter(Value::is_boolean),
            _ => Some(value).filter(Value::is_string),
        };
        fitting.ok_or_else(|| Problem::internal(Some(format!("{} is a {} field", self.code, self.kind))))
    }
}
