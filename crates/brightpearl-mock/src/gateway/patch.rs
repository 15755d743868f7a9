//! The operations of a PATCH, and how they are refused (docs/evidence/brightpearl-platform.md#patch).

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
    /// The value. One of a wrong JSON type is an internal error of Brightpearl's.
    pub(crate) fn value<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        serde_json::from_value(self.value.clone())
            .map_err(|error| Problem::internal(Some(format!("{}: {error}", self.path))))
    }

    /// The value of the one operation that this path takes.
    pub(crate) fn replacement<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        if self.op == "replace" { self.value() } else { Err(self.not_allowed()) }
    }

    /// The value, or none when it is to be removed.
    pub(crate) fn replacement_or_removal<T: DeserializeOwned>(&self) -> Result<Option<T>, Problem> {
        if self.op == "remove" { Ok(None) } else { self.replacement().map(Some) }
    }

    /// The path takes other operations. Status 500, though the mistake is the caller's.
    pub(crate) fn not_allowed(&self) -> Problem {
        let message = format!("Invalid patch operation ({}) for given path ({})", self.op, self.path);
        Problem::new(500, "CMNC-044", message)
    }

    /// Nothing can be changed at this path.
    pub(crate) fn unsupported(&self) -> Problem {
        Problem::client("CMNC-043", format!("The path {} is not supported", self.path))
    }

    /// There is nothing at this path yet.
    pub(crate) fn nothing_there(&self) -> Problem {
        Problem::client("CMNC-038", format!("There is nothing to {} at {}", self.op, self.path))
    }
}

/// Applies operations to a thing, one after the other. A refusal leaves the thing as it was; where PATCH is not
/// atomic, it leaves what came before the refused operation, and the refusal comes back to be answered once the
/// thing is stored.
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
