//! The daily calls to ReturnGO: what is left for an operation, and for `serve`.

use super::{Context, OperationError};
use crate::{
    call_quota::{CallQuota, day_of},
    store::{CallLimits, ConnectionId},
};

/// One part in this many of a day's calls is kept for `serve`, unless the user allows more.
const SHARE_OF_SERVE: u32 = 4;

/// The calls to ReturnGO that are left today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallsToday {
    /// The quota of a day.
    pub per_day: u32,
    /// The rest of it.
    pub left: u32,
    /// How many of these may read.
    pub readable: u32,
    /// How many are kept for `serve`.
    pub kept: u32,
}

impl CallsToday {
    /// Returns the calls of a connection; `None` if they are not limited.
    ///
    /// # Errors
    /// The connection is unknown or the store fails.
    pub async fn of(context: &Context, id: &ConnectionId) -> Result<Option<Self>, OperationError> {
        let configuration = context.registry.configuration(id).await?;
        let calls = context.registry.call_quota(id, &configuration)?;
        // Calls that an earlier step reserved and did not make are free again.
        calls.give_back().await?;
        Self::left_of(context, &calls).await
    }

    async fn left_of(context: &Context, calls: &CallQuota) -> Result<Option<Self>, OperationError> {
        let limits = CallLimits { for_others: 0, ..calls.limits() };
        let Some(per_day) = limits.per_day else { return Ok(None) };
        let spent = context.store.returngo_calls(&calls.key(), day_of(context.now())).await?;
        let left = per_day.saturating_sub(spent.reads).saturating_sub(spent.writes);
        let readable = limits.left(&spent, false);
        Ok(Some(Self { per_day, left, readable, kept: per_day / SHARE_OF_SERVE }))
    }

    /// Returns how many calls an operation may make without taking those of `serve`.
    pub fn free(&self) -> u32 {
        self.left.saturating_sub(self.kept).min(self.readable)
    }

    /// Limits what this process makes from now on to this many calls.
    ///
    /// # Errors
    /// The connection is unknown.
    pub async fn limit(
        &self,
        context: &Context,
        id: &ConnectionId,
        allowed: u32,
    ) -> Result<(), OperationError> {
        let configuration = context.registry.configuration(id).await?;
        context.registry.call_quota(id, &configuration)?.leave(self.left.saturating_sub(allowed));
        Ok(())
    }
}
