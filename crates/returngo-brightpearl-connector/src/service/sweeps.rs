use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::watch;

use super::{Service, dispatch::ConnectionTask};
use crate::{
    configuration::ConnectionConfiguration,
    connection::Connection,
    metrics,
    registry::RegistryError,
    store::{ConnectionId, StoreError, SweepLease},
    sweep, with_causes,
};

/// Sweeps that run concurrently, of all connections.
const SWEEPS_AT_ONCE: usize = 64;

impl Service {
    pub(super) async fn take_sweeps(self: Arc<Self>, stop: watch::Receiver<bool>) {
        let dispatch = self.dispatch(SWEEPS_AT_ONCE, "cannot take sweeps", stop.clone());
        let mut tasks = dispatch
            .run(|_| {
                let (service, stop) = (Arc::clone(&self), stop.clone());
                async move {
                    let lease = service.next_sweep().await?;
                    Ok(lease.map(|lease| {
                        let connection = lease.connection.clone();
                        ConnectionTask::new(connection, service.sweep_or_release(lease, stop))
                    }))
                }
            })
            .await;
        tasks.join_all().await;
    }

    /// Takes the next scheduled sweep. Returns false when there is none.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn take_next_sweep(&self) -> Result<bool, StoreError> {
        let Some(lease) = self.next_sweep().await? else { return Ok(false) };
        self.sweep(&lease).await;
        Ok(true)
    }

    async fn next_sweep(&self) -> Result<Option<SweepLease>, StoreError> {
        let now = self.clock.now();
        let again_at = now.saturating_add(self.schedule.longest).unwrap_or(Timestamp::MAX);
        self.store.take_sweep(now, again_at).await
    }

    /// A sweep that is cancelled has only queued RMAs, so it can be taken again at once.
    async fn sweep_or_release(self: Arc<Self>, lease: SweepLease, mut stop: watch::Receiver<bool>) {
        let stopped = async {
            let _ = stop.wait_for(|stop| *stop).await;
        };
        tokio::select! {
            () = self.sweep(&lease) => {}
            () = stopped => self.release(&lease, self.clock.now()).await,
        }
    }

    async fn sweep(&self, lease: &SweepLease) {
        let id = &lease.connection;
        let (connection, configuration) = match self.open(id).await {
            Ok(opened) => opened,
            Err(error) => {
                metrics::swept(lease.sweep, false);
                tracing::error!(connection = %id, sweep = lease.sweep.as_str(), "sweep failed: {}", with_causes(&error));
                self.record_end(lease, Some(with_causes(&error))).await;
                return self.release(lease, self.schedule.after_failure_at(self.clock.now())).await;
            }
        };
        let context = self.context(&connection);
        let result = sweep::run(&context, lease, &configuration, &self.schedule).await;
        metrics::swept(lease.sweep, result.is_ok());
        self.record_end(lease, result.as_ref().err().map(|error| with_causes(error))).await;
        match result {
            Ok(result) if result.due > 0 => self.notifier.notify(),
            Ok(_) => {}
            Err(error) => tracing::warn!(
                connection = %id,
                sweep = lease.sweep.as_str(),
                "sweep failed: {}",
                with_causes(&error)
            ),
        }
    }

    /// Records the result for `status`.
    async fn record_end(&self, lease: &SweepLease, error: Option<String>) {
        if let Err(error) = self.store.sweep_ended(lease, error.as_deref(), self.clock.now()).await {
            tracing::warn!(connection = %lease.connection, "cannot store the result of a sweep: {error}");
        }
    }

    async fn open(
        &self,
        id: &ConnectionId,
    ) -> Result<(Arc<Connection>, ConnectionConfiguration), RegistryError> {
        Ok((self.registry.get(id).await?, self.registry.configuration(id).await?))
    }

    async fn release(&self, lease: &SweepLease, run_at: Timestamp) {
        if let Err(error) = self.store.release_sweep(lease, run_at).await {
            tracing::warn!(connection = %lease.connection, "cannot release a sweep: {error}");
        }
    }
}
