//! The program at work: webhooks are handled, sweeps are taken, what is due is worked on, until it is told to
//! stop. Each of the three goes on for many connections at once, so that none waits for another's systems.

mod patience;
mod sweeps;
mod tasks;
mod webhooks;
mod work;

use std::{sync::Arc, time::Duration};

use api_client_core::client::Clock;
use tokio::sync::watch;

use crate::{
    engine::Engine,
    parts::Parts,
    probe::Probe,
    registry::Registry,
    store::Store,
    sweep::Schedule,
    wake::{Listener, Wake},
};
use patience::Patience;

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
    pub probe: Arc<dyn Probe>,
    /// Called when there may be something to do at once.
    pub wake: Arc<Wake>,
    /// With connections whose webhooks cannot be handled.
    patience: Patience,
}

impl Service {
    /// A service of these parts.
    pub fn new(
        store: Arc<Store>,
        registry: Arc<Registry>,
        engine: Engine,
        schedule: Schedule,
        clock: Arc<dyn Clock>,
        probe: Arc<dyn Probe>,
    ) -> Self {
        let (wake, patience) = (Arc::default(), Patience::default());
        Self { store, registry, engine, schedule, clock, probe, wake, patience }
    }

    /// Works until `parts` are told to stop: what is not finished is released then, so that other processes need not
    /// wait for leases to end.
    pub fn start(self: &Arc<Self>, parts: &mut Parts) {
        parts.start("the handling of webhooks", Arc::clone(self).handle_webhooks(parts.stop()));
        parts.start("the sweeping", Arc::clone(self).take_sweeps(parts.stop()));
        parts.start("the work", Arc::clone(self).work(parts.stop()));
    }

    /// Waits for something to do: a call, or a second.
    async fn wait(&self, calls: &mut Listener, stop: &mut watch::Receiver<bool>) {
        tokio::select! {
            () = calls.called() => {}
            () = self.clock.sleep(IDLE) => {}
            Ok(()) = stop.changed() => {}
        }
    }
}
