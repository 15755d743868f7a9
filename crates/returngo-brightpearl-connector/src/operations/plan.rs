//! The writes that an RMA needs: a dry run.

use returngo::RmaId;
use returngo_brightpearl_mapping::{Explanation, Plan, explain, plan};
use serde::Serialize;

use super::{Context, OperationError};
use crate::{engine::StoreJournal, store::ConnectionId};

/// A plan, and the reasons for it.
#[derive(Debug, Clone, Serialize)]
pub struct PlannedRma {
    /// The plan.
    pub plan: Plan,
    /// The reasons.
    pub explanation: Explanation,
}

/// Reads both systems, and plans the writes that an RMA needs. Writes nothing; makes one call to ReturnGO.
///
/// # Errors
/// The connection is unknown, or a system cannot be read.
pub async fn show(
    context: &Context,
    connection: &ConnectionId,
    rma: &RmaId,
) -> Result<PlannedRma, OperationError> {
    let connection = context.connection(connection).await?;
    let journal = StoreJournal::reading(&context.store, &connection.id);
    let world = connection.reader().await?.world_with(rma, &journal).await?;
    let plan = plan(&world, &connection.settings);
    let explanation = explain(&world, &connection.settings, &plan);
    Ok(PlannedRma { plan, explanation })
}
