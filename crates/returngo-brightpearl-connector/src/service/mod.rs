//! The program at work: webhooks are handled, sweeps are taken, what is due is worked on, until it is told to
//! stop. Each of the three goes on for many connections at once, so that none waits for another's systems.

mod backoff;
mod sweeps;
mod tasks;
mod webhooks;
mod work;

use std::{sync::Arc, time::Duration};

use api_client_core::client::Clock;
use tokio::sync::watch;

use crate::{
    connection::{Connection, Context},
    engine::Engine,
    failpoints::Failpoints,
    notifier::{Listener, Notifier},
    registry::Registry,
    store::Store,
    supervisor::Supervisor,
    sweep::Schedule,
};
use backoff::Backoff;

/// How often the store is asked although nobody called: other processes put work into it too.
const IDLE: Duration = Duration::from_secs(1);

/// The program at work.
#[derive(Debug)]
pub struct Service {
    /// The memory.
    pub store: Arc<Store>,
    /// The connections.
    pub registry: Arc<Registry>,
    /// What works on them.
    pub engine: Engine,
    /// When they are swept.
    pub schedule: Schedule,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where it may be killed.
    pub failpoints: Arc<dyn Failpoints>,
    /// Called when there may be something to do at once.
    pub wake: Arc<Notifier>,
    /// With connections whose webhooks cannot be handled.
    patience: Backoff,
}

impl Service {
    /// A service of these parts.
    pub fn new(
        store: Arc<Store>,
        registry: Arc<Registry>,
        engine: Engine,
        schedule: Schedule,
        clock: Arc<dyn Clock>,
        failpoints: Arc<dyn Failpoints>,
    ) -> Self {
        let (wake, patience) = (Arc::default(), Backoff::default());
        Self { store, registry, engine, schedule, clock, failpoints, wake, patience }
    }

    /// The context of this connection.
    pub fn context<'a>(&'a self, connection: &'a Connection) -> Context<'a> {
        let (store, clock, failpoints) = (&*self.store, &*self.clock, &*self.failpoints);
        Context { connection, store, clock, failpoints }
    }

    /// Works until `parts` are told to stop: what is not finished is released then, so that other processes need not
    /// wait for leases to end.
    pub fn start(self: &Arc<Self>, parts: &mut Supervisor) {
        parts.start("the handling of webhooks", Arc::clone(self).handle_webhooks(parts.stop()));
        parts.start("the sweeping", Arc::clone(self).take_sweeps(parts.stop()));
        parts.start("the work", Arc::clone(self).work(parts.stop()));
    }

    /// Waits for something to do: a call, or a second.
    async fn wait(&self, calls: &mut Listener, stop: &mut watch::Receiver<bool>) {
        tokio::select! {
            () = calls.notified() => {}
            () = self.clock.sleep(IDLE) => {}
            Ok(()) = stop.changed() => {}
        }
    }
}
