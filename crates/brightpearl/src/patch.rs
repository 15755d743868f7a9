//! JSON-Patch values: changing single fields of a resource (docs/evidence/brightpearl-platform.md#patch).
//!
//! Each resource's `patch` function documents its paths and operations. An unknown path is rejected with
//! `CMNC-043`, an operation that the path does not accept with HTTP **500** and `CMNC-044`, a value of the
//! wrong JSON type with HTTP 500 and `CMNU-003`. A retry cures none of them, and the client does not retry
//! them.

use std::fmt;

use api_client_core::open_enum;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Changes to one resource, in order. That all of them or none are applied is not documented.
///
/// ```
/// use brightpearl::{OrderId, Patch, order};
///
/// let changes = Patch::new().replace("/reference", "RMA-1").remove("/delivery/shippingMethodId");
/// let request = order::patch(OrderId::new(300955), &changes);
/// assert_eq!(
///     request.json(),
///     Some(r#"[{"op":"replace","path":"/reference","value":"RMA-1"},{"op":"remove","path":"/delivery/shippingMethodId"}]"#)
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
#[must_use = "a patch does nothing until it is sent"]
pub struct Patch(Vec<PatchOperation>);

/// One change.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PatchOperation {
    /// The operation.
    pub op: PatchOp,
    /// To which field: its names from the resource's root, each after a slash.
    pub path: String,
    /// The new value; none to remove.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
}

open_enum! {
    /// The operation of a change.
    pub enum PatchOp {
        /// Sets a field that may not exist. On custom fields it overwrites too; plain fields reject it.
        Add = "add",
        /// Sets an existing field.
        Replace = "replace",
        /// Clears a field.
        Remove = "remove",
    }
}

impl Patch {
    /// Creates a patch without changes.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Sets an existing field. Use it for the plain fields of orders, rows and contacts.
    pub fn replace(self, path: impl Into<String>, value: impl Into<Value>) -> Self {
        self.with(PatchOp::Replace, path, Some(value.into()))
    }

    /// Sets a custom field, whether it was set before or not.
    pub fn add(self, path: impl Into<String>, value: impl Into<Value>) -> Self {
        self.with(PatchOp::Add, path, Some(value.into()))
    }

    /// Clears a field. A custom field that is not set rejects it with `CMNC-038`.
    pub fn remove(self, path: impl Into<String>) -> Self {
        self.with(PatchOp::Remove, path, None)
    }

    fn with(mut self, op: PatchOp, path: impl Into<String>, value: Option<Value>) -> Self {
        self.0.push(PatchOperation { op, path: path.into(), value });
        self
    }

    /// Returns the changes, in order.
    pub fn operations(&self) -> &[PatchOperation] {
        &self.0
    }

    /// Whether there is nothing to change.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The value is not printed: it may be personal data.
impl fmt::Debug for PatchOperation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.op, self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_go_out_in_order_and_values_do_not_print() {
        let patch = Patch::new()
            .replace("/firstName", "Ada")
            .add("/PCF_GIFT", true)
            .add("/PCF_REASON", serde_json::json!({ "id": 912 }))
            .remove("/PCF_OLD");
        assert_eq!(
            serde_json::to_string(&patch).unwrap(),
            concat!(
                r#"[{"op":"replace","path":"/firstName","value":"Ada"},{"op":"add","path":"/PCF_GIFT","value":true},"#,
                r#"{"op":"add","path":"/PCF_REASON","value":{"id":912}},{"op":"remove","path":"/PCF_OLD"}]"#
            )
        );
        let shown = format!("{patch:?}");
        assert!(shown.contains("replace /firstName") && !shown.contains("Ada"), "{shown}");
    }

    #[test]
    fn an_operation_of_tomorrow_survives() {
        let json = r#"[{"op":"move","path":"/reference","value":null}]"#;
        let patch: Patch = serde_json::from_str(json).unwrap();
        assert_eq!(patch.operations()[0].op, PatchOp::Other("move".into()));
    }
}
