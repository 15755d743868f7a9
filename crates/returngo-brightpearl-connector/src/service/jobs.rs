use std::sync::Arc;

use tokio::sync::watch;

use super::{Service, dispatch::ConnectionTask};
use crate::{
    engine::BatchSummary,
    metrics,
    store::{ConnectionId, Lease},
    with_causes,
};

/// Connections whose jobs run concurrently. Each waits for its own systems most of the time.
const CONNECTIONS_AT_ONCE: usize = 256;

impl Service {
    /// Runs pending jobs. When it is told to stop, the engine releases its leases as soon as that is safe.
    pub(super) async fn process_jobs(self: Arc<Self>, stop: watch::Receiver<bool>) {
        let dispatch = self.dispatch(CONNECTIONS_AT_ONCE, "cannot take pending RMAs", stop);
        let mut tasks = dispatch
            .run(|busy| {
                let service = Arc::clone(&self);
                async move {
                    let leases = service.engine.lease(busy).await?;
                    let Some(first) = leases.first() else { return Ok(None) };
                    let id = first.connection.clone();
                    Ok(Some(ConnectionTask::new(id.clone(), service.run_jobs(id, leases))))
                }
            })
            .await;
        tasks.join_all().await;
    }

    async fn run_jobs(self: Arc<Self>, id: ConnectionId, leases: Vec<Lease>) {
        let result = match self.registry.get(&id).await {
            Ok(connection) => self.engine.work_on(&connection, leases).await,
            Err(error) => self.engine.put_off(leases, &with_causes(&error)).await,
        };
        match result {
            Ok(summary) => {
                metrics::batch_processed(summary);
                let BatchSummary { in_sync, needs_review, failed, written } = summary;
                tracing::info!(connection = %id, in_sync, needs_review, failed, written, "batch processed");
            }
            Err(error) => {
                tracing::error!(connection = %id, "store failed, the RMAs are released and retried: {error}");
            }
        }
    }
}
