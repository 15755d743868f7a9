//! Custom fields of orders: their definitions and their values (brightpearl-orders.md §7, brightpearl-platform.md
//! §7.1).

use std::collections::BTreeMap;

use brightpearl::OrderId;
use serde_json::{Value, json};

use crate::{
    gateway::{Answer, Call, Operation, Problem},
    state::Account,
};

/// A custom field that sales and sales credits have.
#[derive(Debug, Clone)]
pub(crate) struct CustomField {
    pub(crate) id: u64,
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) required: bool,
    /// The choices of a `SELECT`, by id.
    pub(crate) options: BTreeMap<u64, String>,
}

/// `GET /sale/custom-field-meta-data[/{ids}]`.
pub(crate) fn meta_data(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let ids = call.ids(0)?;
    let wanted = |field: &&CustomField| ids.as_ref().is_none_or(|ids| ids.contains(field.id));
    let found: Vec<Value> = account.custom_fields.iter().filter(wanted).map(definition).collect();
    if found.is_empty() { Err(Problem::not_found("No custom fields found")) } else { Ok(Answer::of(found)) }
}

fn definition(field: &CustomField) -> Value {
    let options: BTreeMap<String, Value> = field
        .options
        .iter()
        .map(|(id, value)| (id.to_string(), json!({ "id": id, "value": value })))
        .collect();
    json!({
        "id": field.id,
        "code": field.code,
        "name": field.name,
        "customFieldType": field.kind,
        "required": field.required,
        "options": (!options.is_empty()).then_some(options),
    })
}

/// `GET /order/{id}/custom-field`: those that are set.
pub(crate) fn get(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let id: OrderId = call.id(0)?;
    account.order(id)?;
    Ok(Answer::of(account.order_custom_fields.get(&id).cloned().unwrap_or_default()))
}

/// `PATCH /order/{id}/custom-field`: answers with all that are set afterwards. Nothing is applied when one
/// operation is wrong, which is an assumption.
pub(crate) fn patch(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let operations: Vec<Operation> = call.body()?;
    let id: OrderId = call.id(0)?;
    account.order(id)?;
    let mut values = account.order_custom_fields.get(&id).cloned().unwrap_or_default();
    for operation in &operations {
        apply(account, &mut values, operation)?;
    }
    account.order_custom_fields.insert(id, values.clone());
    account.modified(id, call.now);
    Ok(Answer::of(values))
}

fn apply(
    account: &Account,
    values: &mut BTreeMap<String, Value>,
    operation: &Operation,
) -> Result<(), Problem> {
    // A choice may be named through its id: `/PCF_REASON/id`.
    let code = operation.path.trim_start_matches('/').trim_end_matches("/id");
    let field = account
        .custom_fields
        .iter()
        .find(|field| field.code == code)
        .ok_or_else(|| operation.unsupported())?;
    if operation.op != "add" && !values.contains_key(code) {
        return Err(operation.nothing_there());
    }
    match operation.op.as_str() {
        "add" | "replace" => {
            values.insert(code.to_owned(), stored(field, operation.value.clone())?);
        }
        "remove" => {
            values.remove(code);
        }
        _ => return Err(operation.not_allowed()),
    }
    Ok(())
}

/// The value as it is kept, when its JSON type fits the field's.
fn stored(field: &CustomField, value: Value) -> Result<Value, Problem> {
    let fitting = match field.kind.as_str() {
        "SELECT" => {
            let id = value.get("id").unwrap_or(&value);
            let id = id.as_u64().or_else(|| id.as_str()?.parse().ok());
            id.and_then(|id| field.options.get(&id).map(|text| json!({ "id": id, "value": text })))
        }
        "YES_NO" => Some(value).filter(Value::is_boolean),
        _ => Some(value).filter(Value::is_string),
    };
    fitting.ok_or_else(|| Problem::internal(Some(format!("{} is a {} field", field.code, field.kind))))
}
