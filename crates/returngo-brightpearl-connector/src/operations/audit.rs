//! The history of an RMA.

use jiff::Timestamp;
use returngo::RmaId;
use serde::Serialize;

use super::{Context, OperationError};
use crate::store::ConnectionId;

/// An entry of the history of an RMA.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditReport {
    /// When.
    pub at: Timestamp,
    /// The attempt, if it was part of one.
    pub attempt: Option<i64>,
    /// The event.
    pub event: &'static str,
    /// The facts. No secrets and no shoppers.
    pub detail: String,
}

/// Returns the history of an RMA, oldest first; empty if it was never queued.
///
/// # Errors
/// The store fails.
pub async fn show(
    context: &Context,
    connection: &ConnectionId,
    rma: &RmaId,
) -> Result<Vec<AuditReport>, OperationError> {
    let entries = context.store.audit(connection, rma).await?;
    let report = entries.into_iter().map(|entry| AuditReport {
        at: entry.at,
        attempt: entry.attempt,
        event: entry.event.as_str(),
        detail: entry.detail,
    });
    Ok(report.collect())
}
