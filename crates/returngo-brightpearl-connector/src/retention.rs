//! Removes old rows from the store: processed webhooks, and the audit of RMAs that are in sync.
//!
//! Jobs, observations and effects are kept for ever, as a few short rows per RMA. An RMA can change after years, and a stored
//! effect prevents a second write after a user has deleted the first one in the other system.

use std::{sync::Arc, time::Duration};

use api_client_core::client::Clock;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use crate::{
    metrics,
    store::{AuditPosition, Store, StoreError},
};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Rows per step. Few, because webhooks that arrive during a step wait for it.
const STEP: u32 = 500;

/// The pause between two steps, for other writers.
const PAUSE: Duration = Duration::from_millis(50);

/// For how long rows are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetentionPeriods {
    /// For processed webhooks, from their last delivery.
    pub webhooks: Duration,
    /// For audit entries of RMAs that are in sync.
    pub audit: Duration,
}

impl Default for RetentionPeriods {
    fn default() -> Self {
        Self { webhooks: DAY * 30, audit: DAY * 730 }
    }
}

/// The number of removed rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RemovedRows {
    /// Webhooks.
    pub webhooks: u64,
    /// Entries of the audit.
    pub audit: u64,
}

/// Removes rows that are older than the retention periods.
#[derive(Debug, Clone)]
pub struct Retention {
    /// The store.
    pub store: Arc<Store>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The retention periods.
    pub periods: RetentionPeriods,
}

impl Retention {
    /// Removes old rows now and every day, until `stop` is true.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            tokio::select! {
                removed = self.remove_old() => match removed {
                    Ok(RemovedRows { webhooks, audit }) => tracing::info!(webhooks, audit, "old rows removed"),
                    Err(error) => tracing::warn!("cannot remove old rows, retrying in a day: {error}"),
                },
                _ = stop.changed() => return,
            }
            tokio::select! { () = self.clock.sleep(DAY) => {} _ = stop.changed() => {} }
        }
    }

    /// Removes old rows, in small steps.
    ///
    /// # Errors
    /// When the store fails. Earlier steps stay done.
    pub async fn remove_old(&self) -> Result<RemovedRows, StoreError> {
        let now = self.clock.now();
        let removed = RemovedRows {
            webhooks: self.remove_webhooks(before(now, self.periods.webhooks)).await?,
            audit: self.remove_audit(before(now, self.periods.audit)).await?,
        };
        Ok(removed)
    }

    async fn remove_webhooks(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut removed = 0;
        loop {
            let step = self.store.prune_inbox(before, STEP).await?;
            metrics::removed("webhooks", step);
            removed += step;
            if step == 0 {
                return Ok(removed);
            }
            self.clock.sleep(PAUSE).await;
        }
    }

    async fn remove_audit(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut removed = 0;
        let mut position = Some(AuditPosition::default());
        while let Some(from) = position {
            let step = self.store.prune_audit(from, before, STEP).await?;
            metrics::removed("audit", step.removed);
            removed += step.removed;
            position = step.next;
            self.clock.sleep(PAUSE).await;
        }
        Ok(removed)
    }
}

fn before(now: Timestamp, kept: Duration) -> Timestamp {
    SignedDuration::try_from(kept).ok().and_then(|kept| now.checked_sub(kept).ok()).unwrap_or(Timestamp::MIN)
}
