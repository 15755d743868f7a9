//! What is done with is removed after a while: webhooks that are handled, and the audit of RMAs that are in step.
//!
//! Work, what was seen of it and effects stay for good, a few short rows an RMA: an effect that is remembered protects
//! from writing it again when somebody has deleted it in the other system, and an RMA can come back after years.

use std::{sync::Arc, time::Duration};

use api_client_core::client::Clock;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use crate::{
    metrics,
    store::{AuditPosition, Store, StoreError},
};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Rows in one step: few enough that a webhook which arrives meanwhile hardly waits.
const STEP: u32 = 500;

/// The pause between two steps, in which others write.
const PAUSE: Duration = Duration::from_millis(50);

/// For how long what is done with is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// Webhooks that are handled, since they came last.
    pub webhooks: Duration,
    /// The audit of RMAs that are in step.
    pub audit: Duration,
}

impl Default for Keep {
    fn default() -> Self {
        Self { webhooks: DAY * 30, audit: DAY * 730 }
    }
}

/// What was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Removed {
    /// Webhooks.
    pub webhooks: u64,
    /// Entries of the audit.
    pub audit: u64,
}

/// Removes what is older than is kept from a store.
#[derive(Debug, Clone)]
pub struct Retention {
    /// The store.
    pub store: Arc<Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What is kept.
    pub keep: Keep,
}

impl Retention {
    /// Removes what is old, now and every day, until `stop` is true.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            tokio::select! {
                removed = self.remove_old() => match removed {
                    Ok(Removed { webhooks, audit }) => tracing::info!(webhooks, audit, "removed what is old"),
                    Err(error) => tracing::warn!("what is old stays for another day: {error}"),
                },
                _ = stop.changed() => return,
            }
            tokio::select! { () = self.clock.sleep(DAY) => {} _ = stop.changed() => {} }
        }
    }

    /// Removes what is old, in small steps.
    ///
    /// # Errors
    /// When the store fails; what was removed until then is gone.
    pub async fn remove_old(&self) -> Result<Removed, StoreError> {
        let now = self.clock.now();
        let removed = Removed {
            webhooks: self.remove_webhooks(before(now, self.keep.webhooks)).await?,
            audit: self.remove_audit(before(now, self.keep.audit)).await?,
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
