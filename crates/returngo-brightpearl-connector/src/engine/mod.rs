//! Synchronization of RMAs: lease pending jobs, read both systems, plan, write, read again, record the result.
//!
//! The order of these steps is the guarantee. Of all returns of one sales order one is processed at a time, over batches,
//! connections and processes, and each takes into account the credits that were intended for the others. A write is recorded
//! as intended before it is sent, and sent only while the lease is held: a process that cannot report that it runs sends
//! nothing more. A write that was abandoned, or whose answer was lost, may still arrive: it is sent again only after a
//! snapshot that was [taken late enough](Policy::appears_within) to show it. A write that is found under its key is not
//! sent again at all.

mod batch;
mod batch_summary;
mod error_scope;
mod finish;
mod leasing;
mod observe;
mod policy;
mod recent_writes;
mod run;
mod store_journal;
mod writing;

use std::sync::Arc;

use api_client_core::client::Clock;
use tokio::sync::watch;

pub use batch_summary::BatchSummary;
pub use policy::Policy;
pub(crate) use store_journal::StoreJournal;

use crate::{
    failpoints::Failpoints,
    heartbeat::Heartbeat,
    in_progress::InProgress,
    store::{Store, WorkerId},
};

/// Processes pending jobs.
#[derive(Debug, Clone)]
pub struct Engine {
    store: Arc<Store>,
    clock: Arc<dyn Clock>,
    failpoints: Arc<dyn Failpoints>,
    worker: WorkerId,
    policy: Policy,
    stop: watch::Receiver<bool>,
    heartbeat: Option<Arc<Heartbeat>>,
    in_progress: InProgress,
}

impl Engine {
    /// Creates an engine that works as `worker` until `stop` is true: then it releases its jobs at the next step where that
    /// is safe.
    pub fn new(
        store: Arc<Store>,
        clock: Arc<dyn Clock>,
        failpoints: Arc<dyn Failpoints>,
        worker: WorkerId,
        policy: Policy,
        stop: watch::Receiver<bool>,
    ) -> Self {
        Self {
            store,
            clock,
            failpoints,
            worker,
            policy,
            stop,
            heartbeat: None,
            in_progress: InProgress::default(),
        }
    }

    /// Returns the engine with a heartbeat: it writes nothing while this process cannot report that it runs.
    #[must_use]
    pub fn with_heartbeat(self, heartbeat: Arc<Heartbeat>) -> Self {
        heartbeat.watch_own(self.in_progress.clone());
        Self { heartbeat: Some(heartbeat), ..self }
    }
}
