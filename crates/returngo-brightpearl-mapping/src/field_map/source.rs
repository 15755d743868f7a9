//! Where the value of a field comes from: a constant, an expression, or a lookup.

use std::collections::BTreeMap;

use minijinja::value::ValueKind;
use serde_json::{Map, Value};

use super::{
    expression::{Expression, Scope},
    target::Target,
};

/// The most entries that a lookup has, and the most parts that a value has.
const LARGEST: usize = 1_000;

/// Where a value comes from, and how that was written.
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

/// What a source gave.
#[derive(Debug, PartialEq)]
pub(super) enum SourceValue {
    /// A value for the field.
    Value(Value),
    /// Nothing, on purpose: the field stays as it would be without the map.
    Nothing,
    /// Nothing, perhaps not on purpose, and why.
    Missing(&'static str),
}

impl Source {
    /// Reads and checks a source.
    ///
    /// # Errors
    /// What is wrong with it, and in which column of which expression.
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

    /// The values that are written down, as far as there are any.
    pub(super) fn constants(&self) -> impl Iterator<Item = &Value> {
        let (constant, map, default) = match &self.kind {
            Kind::Constant => (Some(&self.written), None, None),
            Kind::Expression(_) => (None, None, None),
            Kind::Lookup { map, default, .. } => (None, Some(map), default.as_ref()),
        };
        constant.into_iter().chain(map.into_iter().flat_map(BTreeMap::values)).chain(default)
    }

    /// The value for a return.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) fn evaluate(&self, context: impl FnOnce() -> minijinja::Value) -> Result<SourceValue, String> {
        match &self.kind {
            Kind::Constant => Ok(SourceValue::Value(self.written.clone())),
            Kind::Expression(expression) => {
                let value = expression.run(&context())?;
                if value.is_undefined() {
                    return Ok(SourceValue::Missing("its expression is about a value that is not there"));
                }
                match plain(&value, &mut LARGEST.clone()) {
                    Some(Value::Null) => Ok(SourceValue::Nothing),
                    Some(Value::String(text)) if text.trim().is_empty() => Ok(SourceValue::Nothing),
                    Some(value) => Ok(SourceValue::Value(value)),
                    None => Err(format!("its expression gives no plain value of at most {LARGEST} parts")),
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
                    None => SourceValue::Missing("its lookup has no entry for this return and no `default`"),
                })
            }
        }
    }
}

/// A value of the engine as JSON. Lists can be as long as a number says without costing the engine anything, so
/// what is taken of them is limited; none when that is not enough.
fn plain(value: &minijinja::Value, room: &mut usize) -> Option<Value> {
    *room = room.checked_sub(1)?;
    match value.kind() {
        ValueKind::Undefined | ValueKind::None => Some(Value::Null),
        ValueKind::Bool | ValueKind::Number | ValueKind::String => serde_json::to_value(value).ok(),
        ValueKind::Seq | ValueKind::Iterable => {
            let parts = value.try_iter().ok()?.map(|part| plain(&part, room));
            parts.collect::<Option<Vec<Value>>>().map(Value::Array)
        }
        ValueKind::Map => {
            let fields = value.try_iter().ok()?.map(|name| {
                let field = plain(&value.get_item(&name).ok()?, room)?;
                Some((name.as_str()?.to_owned(), field))
            });
            fields.collect::<Option<Map<String, Value>>>().map(Value::Object)
        }
        _ => None,
    }
}

/// Codes such as `0040` are no expressions: as a number it would be 40.
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
        return Err(format!("the lookup has {} entries: expected at most {LARGEST}", map.len()));
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
