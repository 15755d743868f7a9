use std::sync::Arc;

use tokio::sync::watch;

use super::{Service, tasks::Tasks};
use crate::{
    engine::BatchSummary,
    error::with_causes,
    metrics,
    repeated_error::RepeatedError,
    store::{ConnectionId, Lease},
};

/// Connections that are worked on at the same time. Each waits for its own systems most of the time.
const CONNECTIONS_AT_ONCE: usize = 256;

impl Service {
    /// When it is told to stop, the engine releases what it has claimed as soon as that is safe.
    pub(super) async fn work(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let mut calls = self.wake.listen();
        let mut tasks = Tasks::default();
        let trouble = RepeatedError::new("nothing is claimed");
        while !*stop.borrow() {
            if tasks.len() < CONNECTIONS_AT_ONCE {
                match self.engine.lease(tasks.connections().cloned().collect()).await {
                    Ok(leases) => {
                        trouble.over();
                        if let Some(id) = leases.first().map(|lease| lease.connection.clone()) {
                            tasks.start(id.clone(), Arc::clone(&self).work_on(id, leases));
                            continue;
                        }
                    }
                    Err(error) => trouble.met(&error),
                }
            }
            tokio::select! { () = tasks.join_next() => {} () = self.wait(&mut calls, &mut stop) => {} }
        }
        tasks.join_all().await;
    }

    async fn work_on(self: Arc<Self>, id: ConnectionId, leases: Vec<Lease>) {
        let worked = match self.registry.get(&id).await {
            Ok(connection) => self.engine.work_on(&connection, leases).await,
            Err(error) => self.engine.put_off(leases, &with_causes(&error)).await,
        };
        match worked {
            Ok(worked) => {
                metrics::worked(worked);
                let BatchSummary { in_sync, needs_review, failed, written } = worked;
                tracing::info!(connection = %id, in_sync, needs_review, failed, written, "worked");
            }
            Err(error) => {
                tracing::error!(connection = %id, "work failed, will be released and retried: {error}")
            }
        }
    }
}
