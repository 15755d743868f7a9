//! The source of a field's value: a constant, an expression, or a lookup.

use std::collections::BTreeMap;

use minijinja::value::ValueKind;
use serde_json::{Map, Value};

use super::{
    expression::{Expression, Scope},
    target::Target,
};

/// The largest number of entries in a lookup, and of parts in a value.
const LARGEST: usize = 1_000;

/// The source of a value, with the JSON that it was read from.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Source {
    pub(super) written: Value,
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    Constant,
    Expression(Expression),
    Lookup { from: Expression, map: BTreeMap<String, Value>, default: Option<Value> },
}

/// The result of a source.
#[derive(Debug, PartialEq)]
pub(super) enum SourceValue {
    /// A value for the field.
    Value(Value),
    /// No value, as intended: the field keeps its default.
    Nothing,
    /// No value, possibly by mistake, and the reason.
    Missing(&'static str),
}

impl Source {
    /// Reads and checks a source.
    ///
    /// # Errors
    /// The problem, with the column in the expression.
    pub(super) fn read(written: Value, target: &Target) -> Result<Self, String> {
        let kind = match &written {
            Value::String(text) if is_code(text) => Kind::Constant,
            Value::String(text) => Kind::Expression(Expression::compile(text, target.scope())?),
            Value::Object(fields) => lookup(fields, target)?,
            Value::Number(_) | Value::Bool(_) => Kind::Constant,
            Value::Null | Value::Array(_) => {
                return Err("expected an expression, a number, or a lookup with `from` and `map`".to_owned());
            }
        };
        let source = Self { written, kind };
        source.constants().try_for_each(|constant| target.check(constant))?;
        Ok(source)
    }

    /// Lists the fixed values of the source.
    pub(super) fn constants(&self) -> impl Iterator<Item = &Value> {
        let (constant, map, default) = match &self.kind {
            Kind::Constant => (Some(&self.written), None, None),
            Kind::Expression(_) => (None, None, None),
            Kind::Lookup { map, default, .. } => (None, Some(map), default.as_ref()),
        };
        constant.into_iter().chain(map.into_iter().flat_map(BTreeMap::values)).chain(default)
    }

    /// Returns the value for a return.
    ///
    /// # Errors
    /// The reason why there is none.
    pub(super) fn evaluate(&self, context: impl FnOnce() -> minijinja::Value) -> Result<SourceValue, String> {
        match &self.kind {
            Kind::Constant => Ok(SourceValue::Value(self.written.clone())),
            Kind::Expression(expression) => {
                let value = expression.run(&context())?;
                if value.is_undefined() {
                    return Ok(SourceValue::Missing("its expression uses a value that does not exist"));
                }
                match plain(&value, &mut LARGEST.clone()) {
                    Some(Value::Null) => Ok(SourceValue::Nothing),
                    Some(Value::String(text)) if text.trim().is_empty() => Ok(SourceValue::Nothing),
                    Some(value) => Ok(SourceValue::Value(value)),
                    None => Err(format!(
                        "its expression does not return a plain value with at most {LARGEST} parts"
                    )),
                }
            }
            Kind::Lookup { from, map, default } => {
                let key = from.run(&context())?;
                let found = match key.kind() {
                    ValueKind::String | ValueKind::Number | ValueKind::Bool => {
                        map.get(key.to_string().trim())
                    }
                    _ => None,
                };
                Ok(match found.or(default.as_ref()) {
                    Some(value) => SourceValue::Value(value.clone()),
                    None => SourceValue::Missing(
                        "its lookup has neither an entry for this return nor a `default`",
                    ),
                })
            }
        }
    }
}

/// Converts a value of the engine to JSON. Lists can be of any length at no cost to the engine, so the number of parts is
/// limited. Returns `None` above the limit.
fn plain(value: &minijinja::Value, remaining: &mut usize) -> Option<Value> {
    *remaining = remaining.checked_sub(1)?;
    match value.kind() {
        ValueKind::Undefined | ValueKind::None => Some(Value::Null),
        ValueKind::Bool | ValueKind::Number | ValueKind::String => serde_json::to_value(value).ok(),
        ValueKind::Seq | ValueKind::Iterable => {
            let parts = value.try_iter().ok()?.map(|part| plain(&part, remaining));
            parts.collect::<Option<Vec<Value>>>().map(Value::Array)
        }
        ValueKind::Map => {
            let fields = value.try_iter().ok()?.map(|name| {
                let field = plain(&value.get_item(&name).ok()?, remaining)?;
                Some((name.as_str()?.to_owned(), field))
            });
            fields.collect::<Option<Map<String, Value>>>().map(Value::Object)
        }
        _ => None,
    }
}

/// Codes such as `0040` are constants: read as an expression, the code would be the number 40.
fn is_code(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn lookup(fields: &Map<String, Value>, target: &Target) -> Result<Kind, String> {
    if let Some(unknown) = fields.keys().find(|name| !["from", "map", "default"].contains(&name.as_str())) {
        return Err(format!("a lookup has `from`, `map` and `default`, not `{unknown}`"));
    }
    let (Some(Value::String(from)), Some(Value::Object(map))) = (fields.get("from"), fields.get("map"))
    else {
        return Err("a lookup needs `from`, an expression, and `map`, an object".to_owned());
    };
    if map.len() > LARGEST {
        return Err(format!("the lookup has {} entries; the maximum is {LARGEST}", map.len()));
    }
    Ok(Kind::Lookup {
        from: compiled_key(from, target.scope())?,
        map: map.iter().map(|(key, value)| (key.trim().to_owned(), value.clone())).collect(),
        default: fields.get("default").cloned(),
    })
}

fn compiled_key(from: &str, scope: Scope) -> Result<Expression, String> {
    Expression::compile(from, scope).map_err(|problem| format!("in `from`, {problem}"))
}
