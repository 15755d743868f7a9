//! The operations of a PATCH and their errors (docs/evidence/brightpearl-platform.md#patch).

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use super::Problem;
use crate::Switches;

/// One operation of a JSON Patch.
#[derive(Debug, Deserialize)]
pub(crate) struct Operation {
    pub(crate) op: String,
    pub(crate) path: String,
    #[serde(default)]
    pub(crate) value: Value,
}

impl Operation {
    /// Decodes the value. A wrong JSON type is an internal error, as in Brightpearl.
    pub(crate) fn value<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        serde_json::from_value(self.value.clone())
            .map_err(|error| Problem::internal(Some(format!("{}: {error}", self.path))))
    }

    /// Returns the value of a `replace`, the only operation of this path.
    pub(crate) fn replacement<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        if self.op == "replace" { self.value() } else { Err(self.not_allowed()) }
    }

    /// Returns the value of a `replace`, or none for a `remove`.
    pub(crate) fn replacement_or_removal<T: DeserializeOwned>(&self) -> Result<Option<T>, Problem> {
        if self.op == "remove" { Ok(None) } else { self.replacement().map(Some) }
    }

    /// The operation is not allowed for the path. Brightpearl answers 500 although it is the caller's error.
    pub(crate) fn not_allowed(&self) -> Problem {
        let message = format!("Invalid patch operation ({}) for given path ({})", self.op, self.path);
        Problem::new(500, "CMNC-044", message)
    }

    /// The path cannot be changed.
    pub(crate) fn unsupported(&self) -> Problem {
        Problem::client("CMNC-043", format!("The path {} is not supported", self.path))
    }

    /// The path has no value yet.
    pub(crate) fn nothing_there(&self) -> Problem {
        Problem::client("CMNC-038", format!("There is nothing to {} at {}", self.op, self.path))
    }
}

/// Applies operations to an object in order. An error leaves the object unchanged. If a switch makes PATCH not
/// atomic, the operations before the error are kept, and the error is returned for the answer.
pub(crate) fn apply_all<T: Clone>(
    operations: &[Operation],
    thing: &mut T,
    switches: Switches,
    apply: impl Fn(&mut T, &Operation) -> Result<(), Problem>,
) -> Result<Option<Problem>, Problem> {
    let mut changed = thing.clone();
    let refused = operations.iter().try_for_each(|operation| apply(&mut changed, operation)).err();
    match refused {
        Some(refused) if switches.patches_are_atomic => Err(refused),
        refused => {
            *thing = changed;
            Ok(refused)
        }
    }
}
