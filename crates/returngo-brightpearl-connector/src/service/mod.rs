//! Runs the connector: processes webhooks, takes sweeps and synchronizes pending RMAs until it is told to stop. Each of the three
//! processes many connections concurrently, so that no connection waits for the systems of another.

mod connection_backoff;
mod dispatch;
mod jobs;
mod sweeps;
mod webhooks;

use std::sync::Arc;

use api_client_core::client::Clock;
use tokio::sync::watch;

use crate::{
    connection::{Connection, Context},
    engine::Engine,
    failpoints::Failpoints,
    notifier::Notifier,
    registry::Registry,
    repeated_error::RepeatedError,
    store::Store,
    sweep::Schedule,
    tasks::Supervisor,
};
use connection_backoff::ConnectionBackoff;
use dispatch::Dispatch;

/// The running connector.
#[derive(Debug)]
pub struct Service {
    /// The store.
    pub store: Arc<Store>,
    /// The connections.
    pub registry: Arc<Registry>,
    /// Synchronizes RMAs.
    pub engine: Engine,
    /// When connections are swept.
    pub schedule: Schedule,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where tests end the process.
    pub failpoints: Arc<dyn Failpoints>,
    /// Notified when something may be ready to process.
    pub notifier: Arc<Notifier>,
    /// Of connections whose webhooks cannot be processed.
    backoff: ConnectionBackoff,
}

impl Service {
    /// A service over these parts.
    pub fn new(
        store: Arc<Store>,
        registry: Arc<Registry>,
        engine: Engine,
        schedule: Schedule,
        clock: Arc<dyn Clock>,
        failpoints: Arc<dyn Failpoints>,
    ) -> Self {
        let (notifier, backoff) = (Arc::default(), ConnectionBackoff::default());
        Self { store, registry, engine, schedule, clock, failpoints, notifier, backoff }
    }

    /// The context of this connection.
    pub fn context<'a>(&'a self, connection: &'a Connection) -> Context<'a> {
        let (store, clock, failpoints) = (&*self.store, &*self.clock, &*self.failpoints);
        Context { connection, store, clock, failpoints }
    }

    /// Starts the tasks `webhooks`, `sweeps` and `jobs`. When they are told to stop they release what is not finished, so that
    /// other processes need not wait for leases to end.
    pub fn start(self: &Arc<Self>, supervisor: &mut Supervisor) {
        supervisor.start("webhooks", Arc::clone(self).process_webhooks(supervisor.stop()));
        supervisor.start("sweeps", Arc::clone(self).take_sweeps(supervisor.stop()));
        supervisor.start("jobs", Arc::clone(self).process_jobs(supervisor.stop()));
    }

    fn dispatch(
        &self,
        tasks_at_once: usize,
        failure: &'static str,
        stop: watch::Receiver<bool>,
    ) -> Dispatch<'_> {
        Dispatch {
            tasks_at_once,
            cannot_take: RepeatedError::new(failure),
            clock: &*self.clock,
            notified: self.notifier.subscribe(),
            stop,
        }
    }
}
