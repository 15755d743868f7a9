//! Bodies in the form that ReturnGO sends: flags as 0 and 1, transaction ids as integers, whole amounts without a
//! decimal point (docs/evidence/returngo.md#wire-differences).

use returngo::{Rma, Transaction};
use serde::Serialize;
use serde_json::{Number, Value};

/// Builds the body of `GET /rma/{id}`.
pub(crate) fn rma(rma: &Rma) -> Value {
    let mut body = value(rma);
    flag_as_number(&mut body, "isOutOfPolicy");
    for item in list(&mut body, "items") {
        flag_as_number(item, "isAutoApprove");
    }
    list(&mut body, "transactions").for_each(integer_id);
    body
}

/// Builds a row of `GET /transactions`.
pub(crate) fn transaction(transaction: &Transaction) -> Value {
    let mut body = value(transaction);
    integer_id(&mut body);
    body
}

/// Builds a body that differs from plain JSON in its amounts only.
pub(crate) fn value(value: &impl Serialize) -> Value {
    let mut body = serde_json::to_value(value).unwrap_or_default();
    whole_amounts_as_integers(&mut body);
    body
}

fn list<'a>(body: &'a mut Value, name: &str) -> impl Iterator<Item = &'a mut Value> {
    body.get_mut(name).and_then(Value::as_array_mut).into_iter().flatten()
}

fn flag_as_number(body: &mut Value, name: &str) {
    if let Some(flag) = body.get_mut(name)
        && let Some(set) = flag.as_bool()
    {
        *flag = Value::from(u8::from(set));
    }
}

fn integer_id(transaction: &mut Value) {
    if let Some(id) = transaction.get_mut("id")
        && let Some(number) = id.as_str().and_then(|text| text.parse::<u64>().ok())
    {
        *id = Value::from(number);
    }
}

fn whole_amounts_as_integers(value: &mut Value) {
    match value {
        Value::Number(number) => {
            if let Some(whole) = as_integer(number) {
                *value = Value::from(whole);
            }
        }
        Value::Array(values) => values.iter_mut().for_each(whole_amounts_as_integers),
        Value::Object(fields) => fields.values_mut().for_each(whole_amounts_as_integers),
        _ => {}
    }
}

fn as_integer(number: &Number) -> Option<i64> {
    number.to_string().strip_suffix(".0")?.parse().ok()
}
