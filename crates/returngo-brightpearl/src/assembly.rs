use std::{ffi::OsString, path::Path, sync::Arc, time::Duration};

use anyhow::{Context as _, ensure};
use api_client_core::client::{Clock, SystemClock};
use tokio::sync::watch;

use crate::{
    Configuration,
    location::{self, Location, SearchedPlace, VARIABLE},
    log,
    options::{self, GlobalOptions},
    terminal::TerminalProgress,
};
use returngo_brightpearl_connector::{
    engine::Engine,
    failpoints::NoFailpoints,
    heartbeat::Heartbeat,
    operations,
    registry::Registry,
    retention::Retention,
    service::Service,
    store::{self, Actor, Store},
    vault::{Vault, VaultKey},
};

/// The variable with the encryption key of stored credentials.
pub(super) const KEY: &str = "RETURNGO_BRIGHTPEARL_KEY";

/// The variable with the URL of the database.
const DATABASE: &str = "RETURNGO_BRIGHTPEARL_DATABASE";

/// How long a stopping process waits for a refresh of OAuth tokens.
const REFRESHES_TAKE: Duration = Duration::from_secs(10);

/// The parts that most commands need.
pub(super) struct Assembly {
    pub configuration: Configuration,
    pub store: Arc<Store>,
    pub registry: Arc<Registry>,
    pub clock: Arc<dyn Clock>,
}

impl Assembly {
    /// Opens the parts that the configuration names. The database has to exist.
    pub(super) async fn open(options: &GlobalOptions) -> anyhow::Result<Self> {
        let configuration = configuration(options)?;
        let key = key(&configuration.key_file)?;
        let store = store::open_existing(configuration.database.reveal()).await?;
        Self::assemble(configuration, &key, store).await
    }

    /// As [`open`](Self::open), but creates the database if there is none. Without a key it creates nothing.
    pub(super) async fn open_or_create(configuration: Configuration) -> anyhow::Result<Self> {
        let key = key(&configuration.key_file)?;
        let store = store::open(configuration.database.reveal()).await?;
        Self::assemble(configuration, &key, store).await
    }

    async fn assemble(
        configuration: Configuration,
        key: &VaultKey,
        store: Arc<Store>,
    ) -> anyhow::Result<Self> {
        let vault = Vault::open(key, &store).await?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let registry = Arc::new(Registry::new(Arc::clone(&store), vault, Arc::clone(&clock)));
        Ok(Self { configuration, store, registry, clock })
    }

    /// Returns what operations need. The actor is the user who is logged in.
    pub(super) fn context(&self) -> operations::Context {
        operations::Context {
            store: Arc::clone(&self.store),
            registry: Arc::clone(&self.registry),
            clock: Arc::clone(&self.clock),
            public_url: self.configuration.public_url.clone(),
            actor: Actor::command_line(options::user()),
            progress: Arc::new(TerminalProgress::default()),
        }
    }

    /// Waits for a refresh of OAuth tokens that is in progress, and returns the reserved calls to ReturnGO that were not
    /// made.
    pub(super) async fn finish(&self) -> anyhow::Result<()> {
        tokio::select! {
            () = self.registry.tokens_refreshed() => {}
            () = self.clock.sleep(REFRESHES_TAKE) => {
                tracing::error!("stopped during a refresh of OAuth tokens: a connection may have to be authorized again");
            }
        }
        Ok(self.registry.give_back_calls().await?)
    }

    /// Registers this process in the store, under a name that no other process has while it runs.
    pub(super) async fn heartbeat(&self, name: &str) -> anyhow::Result<Arc<Heartbeat>> {
        let (store, clock) = (Arc::clone(&self.store), Arc::clone(&self.clock));
        Ok(Arc::new(Heartbeat::register(store, clock, name).await?))
    }

    /// Creates the service, which works until `stop` is true.
    pub(super) fn service(&self, heartbeat: &Arc<Heartbeat>, stop: watch::Receiver<bool>) -> Service {
        Service::new(
            Arc::clone(&self.store),
            Arc::clone(&self.registry),
            self.engine(heartbeat, stop),
            self.configuration.schedule(),
            Arc::clone(&self.clock),
            Arc::new(NoFailpoints),
        )
    }

    /// Creates the task that removes old entries from the store.
    pub(super) fn retention(&self) -> Retention {
        let (store, clock) = (Arc::clone(&self.store), Arc::clone(&self.clock));
        Retention { store, clock, periods: self.configuration.keep() }
    }

    /// Creates an engine of this process.
    pub(super) fn engine(&self, heartbeat: &Arc<Heartbeat>, stop: watch::Receiver<bool>) -> Engine {
        let engine = Engine::new(
            Arc::clone(&self.store),
            Arc::clone(&self.clock),
            Arc::new(NoFailpoints),
            heartbeat.worker().clone(),
            self.configuration.policy(),
            stop,
        );
        engine.with_heartbeat(Arc::clone(heartbeat))
    }
}

/// Reads the configuration, and starts the log.
pub(super) fn configuration(options: &GlobalOptions) -> anyhow::Result<Configuration> {
    configuration_at(options, location::find(options.config.as_deref()))
}

/// Reads the configuration at this location, and starts the log.
pub(super) fn configuration_at(options: &GlobalOptions, location: Location) -> anyhow::Result<Configuration> {
    let text = |text: OsString| text.to_string_lossy().into_owned();
    let variables = std::env::vars_os().map(|(name, value)| (text(name), text(value)));
    let configuration = match location {
        Location::File(file) => Configuration::read(Some(&file), variables)?,
        Location::NotFound(searched) => {
            let configuration = Configuration::read(None, variables)?;
            // Variables can replace the file. But a start in the wrong folder must not create a second database.
            ensure!(std::env::var_os(DATABASE).is_some(), not_found(&searched));
            configuration
        }
    };
    log::start(options.log_filter, configuration.log_format);
    Ok(configuration)
}

fn not_found(searched: &[SearchedPlace]) -> String {
    let searched: Vec<String> = searched.iter().map(ToString::to_string).collect();
    format!(
        "configuration not found: searched {}. Run `returngo-brightpearl init` to create one, name one with --config or \
         {VARIABLE}, or set {DATABASE}",
        searched.join(", ")
    )
}

/// Reads the key from the environment or from its file.
pub(super) fn key(file: &Path) -> anyhow::Result<VaultKey> {
    match std::env::var(KEY) {
        Ok(text) => text.parse::<VaultKey>().with_context(|| format!("invalid encryption key in {KEY}")),
        Err(_) => VaultKey::read(file).with_context(|| {
            format!("encryption key not found. Run `returngo-brightpearl init` to create one, or set {KEY}")
        }),
    }
}

/// Returns the name of this machine, or `localhost` if it is unknown.
pub(super) fn host_name() -> String {
    let name =
        std::fs::read_to_string("/proc/sys/kernel/hostname").ok().or_else(|| std::env::var("HOSTNAME").ok());
    name.map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "localhost".to_owned())
}
