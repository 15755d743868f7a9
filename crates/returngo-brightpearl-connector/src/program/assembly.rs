use std::{path::Path, sync::Arc};

use anyhow::Context as _;
use api_client_core::client::{Clock, SystemClock};
use tokio::sync::{Notify, watch};

use super::{Configuration, cli::Cli};
use crate::{
    connection::Connection,
    engine::Engine,
    ledger::{self, ConnectionId, Ledger, WorkerId},
    probe::{NoProbe, Probe},
    registry::Registry,
    service::Service,
    vault::{Vault, VaultKey},
};

/// The variable that holds the key that stored credentials are encrypted with.
pub(super) const KEY: &str = "RETURNGO_BRIGHTPEARL_KEY";

/// The parts of the program, put together.
pub(super) struct Assembly {
    pub configuration: Configuration,
    pub ledger: Arc<dyn Ledger>,
    pub registry: Arc<Registry>,
    pub clock: Arc<dyn Clock>,
}

impl Assembly {
    /// Opens what the configuration names.
    pub(super) async fn open(cli: &Cli) -> anyhow::Result<Self> {
        let configuration = Configuration::read(&cli.config, std::env::vars())?;
        let ledger = ledger::open(&configuration.database).await?;
        let vault = Vault::open(&key(&configuration.key_file)?, &*ledger).await?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let registry = Arc::new(Registry::new(Arc::clone(&ledger), vault, Arc::clone(&clock)));
        Ok(Self { configuration, ledger, registry, clock })
    }

    pub(super) async fn connection(&self, id: &ConnectionId) -> anyhow::Result<Arc<Connection>> {
        Ok(self.registry.get(id).await?)
    }

    /// What works, until `stop` is true.
    pub(super) fn service(&self, stop: watch::Receiver<bool>) -> Service {
        let probe: Arc<dyn Probe> = Arc::new(NoProbe);
        Service {
            ledger: Arc::clone(&self.ledger),
            registry: Arc::clone(&self.registry),
            engine: self.engine(stop),
            schedule: self.configuration.schedule(),
            clock: Arc::clone(&self.clock),
            probe,
            wake: Arc::new(Notify::new()),
        }
    }

    /// An engine of this process.
    pub(super) fn engine(&self, stop: watch::Receiver<bool>) -> Engine {
        Engine::new(
            Arc::clone(&self.ledger),
            Arc::clone(&self.clock),
            Arc::new(NoProbe),
            worker(&*self.clock),
            self.configuration.policy(),
            stop,
        )
    }
}

/// The key from the environment, else from its file.
fn key(file: &Path) -> anyhow::Result<VaultKey> {
    match std::env::var(KEY) {
        Ok(text) => text.parse::<VaultKey>().with_context(|| format!("{KEY} is not usable")),
        Err(_) => VaultKey::read(file)
            .with_context(|| format!("no key: `returngo-brightpearl init` makes one, or set {KEY}")),
    }
}

/// A name that no other process has, or ever had.
fn worker(clock: &dyn Clock) -> WorkerId {
    WorkerId(format!("{}-{}", std::process::id(), clock.now().as_nanosecond()))
}
