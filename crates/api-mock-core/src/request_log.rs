use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

/// The number of requests by operation, without the control routes under `/_mock/`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RequestCounts {
    total: u64,
    #[serde(rename = "byMessageType")]
    by_operation: BTreeMap<String, u64>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    parts: BTreeMap<String, u64>,
}

impl RequestCounts {
    /// Returns the number of all requests.
    pub const fn total(&self) -> u64 {
        self.total
    }

    /// Returns the number of requests of this operation, regardless of their answers.
    pub fn of(&self, operation: &str) -> u64 {
        self.by_operation.get(operation).copied().unwrap_or_default()
    }

    /// Returns the number of batch parts of this operation. A batch itself counts as one request of its own
    /// operation.
    pub fn parts_of(&self, operation: &str) -> u64 {
        self.parts.get(operation).copied().unwrap_or_default()
    }
}

/// The received requests.
#[derive(Debug, Default, Serialize)]
pub(crate) struct RequestLog {
    #[serde(flatten)]
    pub(crate) counts: RequestCounts,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) unexpected: Vec<String>,
    /// The expected operations. None expects all.
    #[serde(skip)]
    pub(crate) expected: Option<BTreeSet<String>>,
}

/// The name under which requests to unknown routes are counted.
pub(crate) const UNKNOWN: &str = "unknown";

impl RequestLog {
    pub(crate) fn record(&mut self, operation: Option<&str>, shown: impl FnOnce() -> String) {
        self.counts.total += 1;
        count(&mut self.counts.by_operation, operation);
        self.expect(operation, shown);
    }

    /// Records a part of a batch.
    pub(crate) fn record_part(&mut self, operation: Option<&str>, shown: &str) {
        count(&mut self.counts.parts, operation);
        self.expect(operation, || format!("{shown} (in a batch)"));
    }

    fn expect(&mut self, operation: Option<&str>, shown: impl FnOnce() -> String) {
        match (operation, &self.expected) {
            (None, _) => self.unexpected.push(shown()),
            (Some(operation), Some(expected)) if !expected.contains(operation) => {
                self.unexpected.push(format!("{}: {operation} is not expected", shown()));
            }
            _ => {}
        }
    }
}

fn count(counts: &mut BTreeMap<String, u64>, operation: Option<&str>) {
    let operation = operation.unwrap_or(UNKNOWN);
    match counts.get_mut(operation) {
        Some(count) => *count += 1,
        None => drop(counts.insert(operation.to_owned(), 1)),
    }
}
