use std::{ffi::OsString, path::Path, sync::Arc, time::Duration};

use anyhow::{Context as _, ensure};
use api_client_core::client::{Clock, SystemClock};
use tokio::sync::watch;

use crate::{
    Configuration,
    location::{self, Database, Location, VARIABLE},
    log,
    options::GlobalOptions,
};
use returngo_brightpearl_connector::{
    connection::Connection,
    engine::Engine,
    failpoints::NoFailpoints,
    heartbeat::Heartbeat,
    registry::Registry,
    retention::Retention,
    service::Service,
    store::{self, ConnectionId, Store},
    vault::{Vault, VaultKey},
};

/// The variable that holds the key that stored credentials are encrypted with.
pub(super) const KEY: &str = "RETURNGO_BRIGHTPEARL_KEY";

/// The variable that says where everything is remembered.
const DATABASE: &str = "RETURNGO_BRIGHTPEARL_DATABASE";
/// How long a process that stops waits for a refresh of OAuth tokens.
const REFRESHES_TAKE: Duration = Duration::from_secs(10);

/// The parts of the program, put together.
pub(super) struct Assembly {
    pub configuration: Configuration,
    pub store: Arc<Store>,
    pub registry: Arc<Registry>,
    pub clock: Arc<dyn Clock>,
}

impl Assembly {
    /// Opens what the configuration names; the database has to be there.
    pub(super) async fn open(options: &GlobalOptions) -> anyhow::Result<Self> {
        let configuration = configuration(options)?;
        let key = key(&configuration.key_file)?;
        let store = store::open_existing(configuration.database.reveal()).await?;
        Self::put_together(configuration, &key, store).await
    }

    /// The same, and creates the database unless it is there. The key comes first: without it none is created.
    pub(super) async fn open_or_create(configuration: Configuration) -> anyhow::Result<Self> {
        let key = key(&configuration.key_file)?;
        let store = store::open(configuration.database.reveal()).await?;
        Self::put_together(configuration, &key, store).await
    }

    async fn put_together(
        configuration: Configuration,
        key: &VaultKey,
        store: Arc<Store>,
    ) -> anyhow::Result<Self> {
        let vault = Vault::open(key, &store).await?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let registry = Arc::new(Registry::new(Arc::clone(&store), vault, Arc::clone(&clock)));
        Ok(Self { configuration, store, registry, clock })
    }

    pub(super) async fn connection(&self, id: &ConnectionId) -> anyhow::Result<Arc<Connection>> {
        Ok(self.registry.get(id).await?)
    }

    /// Lets a refresh of OAuth tokens finish that was under way when everything else was stopped, and gives back the calls
    /// to ReturnGO that were not made.
    pub(super) async fn finish(&self) -> anyhow::Result<()> {
        tokio::select! {
            () = self.registry.tokens_refreshed() => {}
            () = self.clock.sleep(REFRESHES_TAKE) => {
                tracing::error!("stopped during a refresh of OAuth tokens: a connection may have to be authorised again");
            }
        }
        Ok(self.registry.give_back_calls().await?)
    }

    /// Runs what calls ReturnGO, and gives back the calls that it reserved and did not make.
    pub(super) async fn spending<T>(
        &self,
        work: impl Future<Output = anyhow::Result<T>>,
    ) -> anyhow::Result<T> {
        let done = work.await;
        self.registry.give_back_calls().await?;
        done
    }

    /// Registers this process in the store, under a name that no other process has while it runs.
    pub(super) async fn heartbeat(&self, name: &str) -> anyhow::Result<Arc<Heartbeat>> {
        let (store, clock) = (Arc::clone(&self.store), Arc::clone(&self.clock));
        Ok(Arc::new(Heartbeat::register(store, clock, name).await?))
    }

    /// What works, until `stop` is true.
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

    /// What keeps the store small.
    pub(super) fn retention(&self) -> Retention {
        let (store, clock) = (Arc::clone(&self.store), Arc::clone(&self.clock));
        Retention { store, clock, keep: self.configuration.keep() }
    }

    /// An engine of this process.
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

/// The configuration; the log is written as it says from here on.
pub(super) fn configuration(options: &GlobalOptions) -> anyhow::Result<Configuration> {
    configuration_at(options, location::find(options.config.as_deref()))
}

/// The same, of a file that was found.
pub(super) fn configuration_at(options: &GlobalOptions, location: Location) -> anyhow::Result<Configuration> {
    let text = |text: OsString| text.to_string_lossy().into_owned();
    let variables = std::env::vars_os().map(|(name, value)| (text(name), text(value)));
    let configuration = match location {
        Location::File(file) => Configuration::read(Some(&file), variables)?,
        Location::Nowhere(looked) => {
            let said = Configuration::read(None, variables)?;
            // Variables can say everything. Starting in the wrong folder must not create a second database.
            ensure!(std::env::var_os(DATABASE).is_some(), not_found(&looked));
            said
        }
    };
    log::start(options.log_filter, configuration.log_format);
    Ok(configuration)
}

fn not_found(looked: &[Database]) -> String {
    let looked: Vec<String> = looked.iter().map(ToString::to_string).collect();
    format!(
        "configuration not found: looked for {}. Run `returngo-brightpearl init` to create one, name one with --config or \
         {VARIABLE}, or set {DATABASE}",
        looked.join(", ")
    )
}

/// The key from the environment, else from its file.
pub(super) fn key(file: &Path) -> anyhow::Result<VaultKey> {
    match std::env::var(KEY) {
        Ok(text) => text.parse::<VaultKey>().with_context(|| format!("{KEY} is not usable")),
        Err(_) => VaultKey::read(file)
            .with_context(|| format!("no key: `returngo-brightpearl init` makes one, or set {KEY}")),
    }
}

/// The name of this machine, as far as it can be told.
pub(super) fn host_name() -> String {
    let told =
        std::fs::read_to_string("/proc/sys/kernel/hostname").ok().or_else(|| std::env::var("HOSTNAME").ok());
    told.map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "localhost".to_owned())
}
