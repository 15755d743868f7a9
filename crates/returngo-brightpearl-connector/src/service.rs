//! The program at work: webhooks are handled, sweeps are taken, what is due is worked on, until it is told to
//! stop.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use api_client_core::client::Clock;
use tokio::{
    sync::{Notify, watch},
    task::JoinSet,
};

use crate::{
    engine::{Engine, Worked},
    error::with_causes,
    ledger::{Claim, ConnectionId, Ledger, LedgerError},
    metrics,
    probe::Probe,
    registry::Registry,
    sweep::Schedule,
};

/// Connections that are worked on at the same time. Each waits for its own systems most of the time.
const CONNECTIONS_AT_ONCE: usize = 256;

/// Webhooks that are handled together.
const DELIVERIES_AT_ONCE: u32 = 500;

/// How often the ledger is asked although nobody called: other processes put work into it too.
const IDLE: Duration = Duration::from_secs(1);

/// How long a stop waits for what is under way.
const STOP_WITHIN: Duration = Duration::from_secs(10);

/// The program at work.
#[derive(Debug)]
pub struct Service {
    /// The memory.
    pub ledger: Arc<dyn Ledger>,
    /// The connections.
    pub registry: Arc<Registry>,
    /// What works on them.
    pub engine: Engine,
    /// When they are swept.
    pub schedule: Schedule,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where it may be killed.
    pub probe: Arc<dyn Probe>,
    /// Called when there may be something to do at once.
    pub wake: Arc<Notify>,
}

impl Service {
    /// Works until `stop` is true, then comes to an end within ten seconds. What is not finished by then is taken
    /// over when its lease ends.
    pub async fn run(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let mut loops = JoinSet::new();
        loops.spawn(Arc::clone(&self).handle_webhooks(stop.clone()));
        loops.spawn(Arc::clone(&self).take_sweeps(stop.clone()));
        loops.spawn(Arc::clone(&self).work(stop.clone()));
        // A sender that is gone is as good as a stop.
        let _ = stop.wait_for(|stop| *stop).await;
        let ended = async { while loops.join_next().await.is_some() {} };
        if tokio::time::timeout(STOP_WITHIN, ended).await.is_err() {
            tracing::warn!("stopped in the middle of a batch: it is taken over when its lease ends");
        }
    }

    async fn handle_webhooks(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            match self.handle_some_webhooks().await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => tracing::error!("webhooks are not handled: {error}"),
            }
            self.wait(&mut stop).await;
        }
    }

    /// Handles waiting webhooks of one connection. False when none wait, or they cannot be handled now.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn handle_some_webhooks(&self) -> Result<bool, LedgerError> {
        let deliveries = self.ledger.waiting_deliveries(DELIVERIES_AT_ONCE).await?;
        let Some(first) = deliveries.first() else { return Ok(false) };
        let id = &first.delivery.connection;
        let connection = match self.registry.get(id).await {
            Ok(connection) => connection,
            Err(error) => {
                tracing::error!(connection = %id, "webhooks wait: {error}");
                return Ok(false);
            }
        };
        match connection.handle(&deliveries, &*self.ledger, &*self.probe, self.clock.now()).await {
            Ok(handled) => {
                tracing::debug!(connection = %id, webhooks = handled.deliveries, due = handled.due, "webhooks");
                self.wake.notify_waiters();
                Ok(true)
            }
            Err(error) => {
                tracing::warn!(connection = %id, "webhooks wait: {}", with_causes(&error));
                Ok(false)
            }
        }
    }

    async fn take_sweeps(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            match self.take_a_sweep().await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => tracing::error!("no sweep is taken: {error}"),
            }
            self.wait(&mut stop).await;
        }
    }

    /// Takes the next sweep that is due. False when none is.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn take_a_sweep(&self) -> Result<bool, LedgerError> {
        let now = self.clock.now();
        let again_at = now.saturating_add(self.schedule.longest).unwrap_or(jiff::Timestamp::MAX);
        let Some(turn) = self.ledger.take_sweep(now, again_at).await? else { return Ok(false) };
        let opened = async {
            Ok::<_, crate::registry::RegistryError>((
                self.registry.get(&turn.connection).await?,
                self.registry.configuration(&turn.connection).await?,
            ))
        };
        let (connection, configuration) = match opened.await {
            Ok(opened) => opened,
            Err(error) => {
                tracing::error!(connection = %turn.connection, "not swept: {error}");
                return Ok(true);
            }
        };
        let swept =
            connection.sweep(&turn, &configuration, &self.schedule, &*self.ledger, &*self.probe).await;
        metrics::swept(turn.sweep, swept.is_ok());
        match swept {
            Ok(swept) if swept.due > 0 => self.wake.notify_waiters(),
            Ok(_) => {}
            Err(error) => tracing::warn!(
                connection = %turn.connection,
                sweep = turn.sweep.as_str(),
                "not swept: {}",
                with_causes(&error)
            ),
        }
        Ok(true)
    }

    async fn work(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let mut batches = JoinSet::new();
        let mut busy: HashMap<tokio::task::Id, ConnectionId> = HashMap::new();
        loop {
            let room = batches.len() < CONNECTIONS_AT_ONCE && !*stop.borrow();
            if room {
                let except: HashSet<ConnectionId> = busy.values().cloned().collect();
                match self.engine.claim(except.into_iter().collect()).await {
                    Ok(claims) => {
                        if let Some(connection) = claims.first().map(|claim| claim.connection.clone()) {
                            let batch = batches.spawn(Arc::clone(&self).work_on(connection.clone(), claims));
                            busy.insert(batch.id(), connection);
                            continue;
                        }
                    }
                    Err(error) => tracing::error!("nothing is claimed: {error}"),
                }
            }
            if *stop.borrow() && batches.is_empty() {
                return;
            }
            tokio::select! {
                Some(ended) = batches.join_next_with_id() => {
                    let id = ended.as_ref().map_or_else(tokio::task::JoinError::id, |(id, ())| *id);
                    busy.remove(&id);
                }
                () = self.wait(&mut stop), if !*stop.borrow() => {}
            }
        }
    }

    async fn work_on(self: Arc<Self>, id: ConnectionId, claims: Vec<Claim>) {
        let worked = match self.registry.get(&id).await {
            Ok(connection) => self.engine.work_on(&connection, claims).await,
            Err(error) => self.engine.give_up(claims, &error.to_string()).await,
        };
        match worked {
            Ok(worked) => {
                metrics::worked(worked);
                let Worked { in_step, needs_review, failed, written } = worked;
                tracing::info!(connection = %id, in_step, needs_review, failed, written, "worked");
            }
            Err(error) => tracing::error!(connection = %id, "taken over when the lease ends: {error}"),
        }
    }

    /// Waits for something to do: a call, or a second.
    async fn wait(&self, stop: &mut watch::Receiver<bool>) {
        tokio::select! {
            () = self.wake.notified() => {}
            () = self.clock.sleep(IDLE) => {}
            _ = stop.changed() => {}
        }
    }
}
