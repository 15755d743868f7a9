//! Odd values for every field of a JSON document, to test how code reads unexpected input.
//!
//! APIs sometimes send null instead of a number, a list instead of an object, or a number that no type can hold.
//! Replace one field at a time with each of these values. Check that your code still reads the document, or rejects
//! it with an error that names the field.
//!
//! ```
//! use api_mock_core::odd_values::{OddValue, fields};
//! use serde_json::{Value, json};
//!
//! #[derive(serde::Deserialize)]
//! struct Order {
//!     id: u64,
//!     rows: Vec<Row>,
//! }
//!
//! #[derive(serde::Deserialize)]
//! struct Row {
//!     sku: String,
//! }
//!
//! let document = json!({ "id": 7, "note": "fragile", "rows": [{ "sku": "LS-M" }] });
//! let mut rejected = Vec::new();
//! for field in fields(&document) {
//!     for odd in OddValue::all() {
//!         if serde_json::from_str::<Order>(&field.replaced_in(&document, &odd)).is_err() {
//!             rejected.push(field.name.clone());
//!         }
//!     }
//! }
//! rejected.dedup();
//! assert_eq!(rejected, ["id", "rows", "rows.*", "rows.*.sku"]); // `note` is never read
//! ```

use std::borrow::Cow;

use serde_json::Value;

/// A JSON value that a field is replaced with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OddValue {
    json: Cow<'static, str>,
    could_be_valid: bool,
    is_extreme: bool,
}

impl OddValue {
    /// Returns the [`common`](Self::common) values, nested values, and a number near the end of the range of an f64.
    pub fn all() -> Vec<Self> {
        let deep = format!("{}{}", "[".repeat(NESTING), "]".repeat(NESTING));
        let deep = Self { json: Cow::Owned(deep), could_be_valid: false, is_extreme: true };
        std::iter::once(deep).chain(VALUES.map(Self::of)).collect()
    }

    /// Returns empty values, values of other types, and invalid text and numbers.
    pub fn common() -> Vec<Self> {
        Self::all().into_iter().filter(|value| !value.is_extreme).collect()
    }

    const fn of((json, could_be_valid, is_extreme): (&'static str, bool, bool)) -> Self {
        Self { json: Cow::Borrowed(json), could_be_valid, is_extreme }
    }

    /// Returns the value as JSON text. [`serde_json`] itself does not accept all of them.
    pub fn as_json(&self) -> &str {
        &self.json
    }

    /// Whether this can be the valid value of a field of some type. Code that needs the field must not continue after
    /// one of the others.
    pub const fn could_be_valid(&self) -> bool {
        self.could_be_valid
    }
}

impl std::fmt::Display for OddValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.json)
    }
}

/// Deeper than `serde_json` and most other decoders allow.
const NESTING: usize = 200;

/// JSON text, whether it could be valid, and whether it is left out of [`OddValue::common`].
const VALUES: [(&str, bool, bool); 14] = [
    ("null", false, false),
    (r#""""#, false, false),
    ("[]", false, false),
    ("{}", false, false),
    ("[[]]", false, true),
    (r#"{"a":{}}"#, false, true),
    ("1e300", false, true),
    // Beyond the range of an f64.
    ("1e400", true, false),
    ("7", true, false),
    ("-1.5", true, false),
    ("true", true, false),
    (r#""text""#, true, false),
    // Half of a surrogate pair, which is not valid Unicode.
    (r#""\ud83d""#, true, false),
    // Beyond the range of a u64.
    ("184467440737095516170", true, false),
];

/// A field of a document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Field {
    /// The keys and positions from the root to the field.
    pub path: Vec<String>,
    /// The name, such as `rows.*.sku`. All entries of a list, and of a map whose keys are numbers, share it.
    pub name: String,
}

impl Field {
    /// Returns the last part of the name that is not `*`, which an error about the field should contain. Empty if
    /// there is none.
    pub fn own_name(&self) -> &str {
        self.name.rsplit('.').find(|part| *part != "*").unwrap_or_default()
    }

    /// Returns the document as JSON text with this value in the field. Unchanged if the document does not have the
    /// field.
    pub fn replaced_in(&self, document: &Value, odd: &OddValue) -> String {
        const PLACEHOLDER: &str = "replaced by an odd value";
        let mut document = document.clone();
        let field = self.path.iter().try_fold(&mut document, |value, key| match value {
            Value::Array(items) => items.get_mut(key.parse::<usize>().ok()?),
            other => other.get_mut(key),
        });
        if let Some(field) = field {
            *field = Value::from(PLACEHOLDER);
        }
        // As text, because serde_json cannot represent all of these values.
        document.to_string().replace(&format!("\"{PLACEHOLDER}\""), odd.as_json())
    }
}

/// Returns all fields of a document, each before the fields inside it.
pub fn fields(document: &Value) -> Vec<Field> {
    let mut found = Vec::new();
    collect(document, &Field { path: Vec::new(), name: String::new() }, &mut found);
    found
}

fn collect(value: &Value, parent: &Field, found: &mut Vec<Field>) {
    let mut add = |key: String, part: &str, value: &Value| {
        let name = if parent.name.is_empty() { part.to_owned() } else { format!("{}.{part}", parent.name) };
        let field = Field { path: [parent.path.as_slice(), &[key]].concat(), name };
        found.push(field.clone());
        collect(value, &field, found);
    };
    match value {
        Value::Object(map) => {
            let is_by_id = map.keys().all(|key| key.parse::<u64>().is_ok());
            for (key, value) in map {
                add(key.clone(), if is_by_id { "*" } else { key }, value);
            }
        }
        Value::Array(items) => {
            for (position, value) in items.iter().enumerate() {
                add(position.to_string(), "*", value);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_of_lists_and_maps_by_id_share_a_name() {
        let document = json!({ "rows": [{ "net": 1 }, { "net": 2 }], "notes": { "60001": { "by": 4 } } });
        let fields = fields(&document);
        let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
        let expected =
            ["notes", "notes.*", "notes.*.by", "rows", "rows.*", "rows.*.net", "rows.*", "rows.*.net"];
        assert_eq!(names, expected);
        assert_eq!(fields.last().map(|field| field.path.join("/")).as_deref(), Some("rows/1/net"));
        assert_eq!(fields[1].own_name(), "notes");
    }

    #[test]
    fn one_field_is_replaced_and_the_others_stay() {
        let document = json!({ "rows": [{ "net": 1 }, { "net": 2 }] });
        let field =
            Field { path: ["rows", "1", "net"].map(str::to_owned).into(), name: "rows.*.net".to_owned() };
        let odd: Vec<OddValue> = OddValue::all().into_iter().filter(|odd| odd.as_json() == "1e400").collect();
        assert_eq!(field.replaced_in(&document, &odd[0]), r#"{"rows":[{"net":1},{"net":1e400}]}"#);
        let unknown = Field { path: vec!["lines".to_owned()], name: "lines".to_owned() };
        assert_eq!(unknown.replaced_in(&document, &odd[0]), document.to_string());
    }

    #[test]
    fn the_common_values_are_among_all() {
        assert_eq!((OddValue::all().len(), OddValue::common().len()), (15, 11));
    }
}
