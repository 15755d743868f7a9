//! Comparing ReturnGO's refunds with Brightpearl's payments.

use returngo::RmaId;
use returngo_brightpearl_mapping::reconcile::{Days, Report};
use returngo_brightpearl_sync::Refunded;

use super::{Context, OperationError};
use crate::store::ConnectionId;

/// Finds the RMAs that were refunded on these days.
///
/// # Errors
/// The connection is unknown, or a system cannot be read.
pub async fn refunded(context: &Context, id: &ConnectionId, days: &Days) -> Result<Refunded, OperationError> {
    let connection = context.connection(id).await?;
    let reader = connection.reader().await?;
    let _task = context.task("searching both systems for refunds");
    Ok(reader.rmas_refunded(days).await?)
}

/// Selects these RMAs, whenever they were refunded.
pub fn named(rmas: impl IntoIterator<Item = RmaId>) -> Refunded {
    Refunded { rmas: rmas.into_iter().collect(), ..Refunded::default() }
}

/// Compares the refunds of these RMAs. Every RMA takes one call to ReturnGO.
///
/// # Errors
/// The connection is unknown, or a system cannot be read.
pub async fn compare(
    context: &Context,
    id: &ConnectionId,
    days: Days,
    refunded: Refunded,
) -> Result<Report, OperationError> {
    let connection = context.connection(id).await?;
    let reader = connection.reader().await?;
    let Refunded { rmas, mut unreconciled } = refunded;
    let task = context.steps("RMAs", rmas.len());
    let mut lines = Vec::new();
    for (done, rma) in rmas.iter().enumerate() {
        task.advance(done);
        let report = reader.reconcile_rmas(days, [rma]).await?;
        lines.extend(report.lines);
        unreconciled.extend(report.unreconciled);
    }
    Ok(Report::new(days, lines).with_unreconciled(unreconciled))
}
