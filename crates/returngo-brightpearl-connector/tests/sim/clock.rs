//! The clock of one process: it may be wrong, and it may jump. Waiting follows the true time.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use api_client_core::client::Clock;
use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use crate::sim::{Sim, Why};

#[derive(Debug)]
pub(crate) struct ProcessClock {
    sim: Arc<Sim>,
    /// How many milliseconds it is ahead.
    ahead: Arc<AtomicI64>,
    /// What waiting by this clock is for.
    why: Why,
}

impl ProcessClock {
    pub(crate) fn new(sim: &Arc<Sim>, ahead: &Arc<AtomicI64>, why: Why) -> Arc<Self> {
        Arc::new(Self { sim: Arc::clone(sim), ahead: Arc::clone(ahead), why })
    }
}

#[async_trait]
impl Clock for ProcessClock {
    fn now(&self) -> Timestamp {
        let ahead = SignedDuration::from_millis(self.ahead.load(Ordering::Relaxed));
        self.sim.now().saturating_add(ahead).unwrap()
    }

    async fn sleep(&self, duration: Duration) {
        self.sim.wait(duration, self.why).await;
    }

    fn uptime(&self) -> Duration {
        self.sim.uptime()
    }
}
