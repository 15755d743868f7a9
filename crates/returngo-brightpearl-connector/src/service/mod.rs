//! The program at work: webhooks are handled, sweeps are taken, what is due is worked on, until it is told to
//! stop. Each of the three goes on for many connections at once, so that none waits for another's systems.

mod patience;
mod sweeps;
mod tasks;
mod webhooks;
mod work;

use std::{sync::Arc, time::Duration};

use api_client_core::client::Clock;
use tokio::{sync::watch, task::JoinSet};

use crate::{
    engine::Engine,
    ledger::Ledger,
    probe::Probe,
    registry::Registry,
    sweep::Schedule,
    wake::{Listener, Wake},
};
use patience::Patience;

/// How often the ledger is asked although nobody called: other processes put work into it too.
const IDLE: Duration = Duration::from_secs(1);

/// How long a stop waits for what is under way: those who stop services kill them after ten seconds.
pub const STOP_WITHIN: Duration = Duration::from_secs(8);

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
    pub wake: Arc<Wake>,
    /// With connections whose webhooks cannot be handled.
    patience: Patience,
}

impl Service {
    /// A service of these parts.
    pub fn new(
        ledger: Arc<dyn Ledger>,
        registry: Arc<Registry>,
        engine: Engine,
        schedule: Schedule,
        clock: Arc<dyn Clock>,
        probe: Arc<dyn Probe>,
    ) -> Self {
        let (wake, patience) = (Arc::default(), Patience::default());
        Self { ledger, registry, engine, schedule, clock, probe, wake, patience }
    }

    /// Works until `stop` is true, then comes to an end within ten seconds: what is not finished is released, so
    /// that other processes need not wait for leases to end.
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

    /// Waits for something to do: a call, or a second.
    async fn wait(&self, calls: &mut Listener, stop: &mut watch::Receiver<bool>) {
        tokio::select! {
            () = calls.called() => {}
            () = self.clock.sleep(IDLE) => {}
            Ok(()) = stop.changed() => {}
        }
    }
}
