use std::collections::BTreeMap;

use serde::Serialize;

/// How many requests came, by operation. The mock's own `/_mock/` routes are not counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RequestCounts {
    total: u64,
    #[serde(rename = "byMessageType")]
    by_operation: BTreeMap<String, u64>,
}

impl RequestCounts {
    /// All.
    pub const fn total(&self) -> u64 {
        self.total
    }

    /// Those of this operation, whatever they were answered.
    pub fn of(&self, operation: &str) -> u64 {
        self.by_operation.get(operation).copied().unwrap_or_default()
    }
}

/// What came in.
#[derive(Debug, Default)]
pub(crate) struct RequestLog {
    pub(crate) counts: RequestCounts,
    pub(crate) unexpected: Vec<String>,
}

/// Requests that no route knows are counted under this name.
pub(crate) const UNKNOWN: &str = "unknown";

impl RequestLog {
    pub(crate) fn record(&mut self, operation: Option<&str>, request: impl FnOnce() -> String) {
        self.counts.total += 1;
        *self.counts.by_operation.entry(operation.unwrap_or(UNKNOWN).to_owned()).or_default() += 1;
        if operation.is_none() {
            self.unexpected.push(request());
        }
    }
}
