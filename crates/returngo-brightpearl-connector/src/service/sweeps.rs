use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::watch;

use super::{Service, tasks::Tasks};
use crate::{
    configuration::ConnectionConfiguration,
    connection::Connection,
    error::with_causes,
    metrics,
    registry::RegistryError,
    repeated_error::RepeatedError,
    store::{ConnectionId, StoreError, SweepLease},
    sweep,
};

/// Sweeps that are taken at the same time, of all connections.
const SWEEPS_AT_ONCE: usize = 64;

impl Service {
    pub(super) async fn take_sweeps(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let mut calls = self.wake.listen();
        let mut tasks = Tasks::default();
        let trouble = RepeatedError::new("no sweep is taken");
        while !*stop.borrow() {
            if tasks.len() < SWEEPS_AT_ONCE {
                match self.next_sweep().await {
                    Ok(turn) => {
                        trouble.over();
                        if let Some(turn) = turn {
                            let sweep = Arc::clone(&self).sweep_or_release(turn.clone(), stop.clone());
                            tasks.start(turn.connection, sweep);
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

    /// Takes the next sweep that is due. False when none is.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn take_a_sweep(&self) -> Result<bool, StoreError> {
        let Some(turn) = self.next_sweep().await? else { return Ok(false) };
        self.sweep(&turn).await;
        Ok(true)
    }

    async fn next_sweep(&self) -> Result<Option<SweepLease>, StoreError> {
        let now = self.clock.now();
        let again_at = now.saturating_add(self.schedule.longest).unwrap_or(Timestamp::MAX);
        self.store.take_sweep(now, again_at).await
    }

    /// A sweep that is given up has done no more than mark RMAs as due: it is due again at once.
    async fn sweep_or_release(self: Arc<Self>, turn: SweepLease, mut stop: watch::Receiver<bool>) {
        let stopped = async {
            let _ = stop.wait_for(|stop| *stop).await;
        };
        tokio::select! {
            () = self.sweep(&turn) => {}
            () = stopped => self.release(&turn, self.clock.now()).await,
        }
    }

    async fn sweep(&self, turn: &SweepLease) {
        let id = &turn.connection;
        let (connection, configuration) = match self.open(id).await {
            Ok(opened) => opened,
            Err(error) => {
                metrics::swept(turn.sweep, false);
                tracing::error!(connection = %id, sweep = turn.sweep.as_str(), "not swept: {}", with_causes(&error));
                self.note_end(turn, Some(with_causes(&error))).await;
                return self.release(turn, self.schedule.after_failure_at(self.clock.now())).await;
            }
        };
        let context = self.context(&connection);
        let swept = sweep::run(&context, turn, &configuration, &self.schedule).await;
        metrics::swept(turn.sweep, swept.is_ok());
        self.note_end(turn, swept.as_ref().err().map(|error| with_causes(error))).await;
        match swept {
            Ok(swept) if swept.due > 0 => self.wake.call(),
            Ok(_) => {}
            Err(error) => tracing::warn!(
                connection = %id,
                sweep = turn.sweep.as_str(),
                "not swept: {}",
                with_causes(&error)
            ),
        }
    }

    /// So that `status` tells it.
    async fn note_end(&self, turn: &SweepLease, error: Option<String>) {
        if let Err(error) = self.store.sweep_ended(turn, error.as_deref(), self.clock.now()).await {
            tracing::warn!(connection = %turn.connection, "how a sweep ended is not stored: {error}");
        }
    }

    async fn open(
        &self,
        id: &ConnectionId,
    ) -> Result<(Arc<Connection>, ConnectionConfiguration), RegistryError> {
        Ok((self.registry.get(id).await?, self.registry.configuration(id).await?))
    }

    async fn release(&self, turn: &SweepLease, run_at: Timestamp) {
        if let Err(error) = self.store.release_sweep(turn, run_at).await {
            tracing::warn!(connection = %turn.connection, "a sweep is not released: {error}");
        }
    }
}
