//! The open connections of this process. They are read from the store on demand, and opened again when the stored
//! configuration changes.

mod changes;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use api_client_core::client::{Clock, ReqwestTransport, Transport, TransportError};
use brightpearl::client::RequestBudget;
use jiff::Timestamp;

use crate::{
    call_quota::CallQuota,
    configuration::{ConfigurationError, ConnectionConfiguration},
    connection::Connection,
    store::{ConnectionId, Encrypted, Store, StoreError, StoredConnection},
    token_store::TokenStores,
    vault::Vault,
};

/// The open connections of this process.
#[derive(Debug)]
pub struct Registry {
    store: Arc<Store>,
    vault: Vault,
    clock: Arc<dyn Clock>,
    /// Shared by all connections, because TLS and a connection pool take 0.3 MiB per transport.
    transport: OnceLock<Arc<dyn Transport>>,
    open: Mutex<HashMap<ConnectionId, OpenConnection>>,
    /// By account: Brightpearl counts the requests of an account together, for all shops.
    budgets: Mutex<HashMap<String, RequestBudget>>,
    tokens: Arc<TokenStores>,
    call_quotas: Mutex<HashMap<ConnectionId, Arc<CallQuota>>>,
}

#[derive(Debug)]
struct OpenConnection {
    stored: Encrypted,
    /// A digest of the configuration without its OAuth tokens; none without OAuth. Refreshed tokens do not require to open the
    /// connection again.
    digest_without_tokens: Option<u64>,
    connection: Arc<Connection>,
}

/// Why a connection is unavailable, or cannot be changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The connection is not stored.
    #[error("connection {0} not found: `status` lists the connections, `connect` creates one")]
    NotFound(ConnectionId),
    /// The connection was changed after the user had read it.
    #[error(
        "connection {0} was changed in the meantime, so your change was not saved: check `settings show {0}`, then run \
         `connect {0}` again"
    )]
    Conflict(ConnectionId),
    /// The stored configuration is invalid or cannot be decrypted.
    #[error(transparent)]
    Configuration(#[from] ConfigurationError),
    /// The HTTP transport cannot be created.
    #[error(transparent)]
    Transport(#[from] TransportError),
}

impl Registry {
    /// Creates a registry of the connections of a store.
    pub fn new(store: Arc<Store>, vault: Vault, clock: Arc<dyn Clock>) -> Self {
        let tokens = TokenStores::new(Arc::clone(&store), vault.clone(), Arc::clone(&clock));
        Self {
            tokens: Arc::new(tokens),
            store,
            vault,
            clock,
            transport: OnceLock::new(),
            open: Mutex::default(),
            budgets: Mutex::default(),
            call_quotas: Mutex::default(),
        }
    }

    /// Replaces the HTTP transport.
    #[must_use]
    pub fn with_transport(self, transport: Arc<dyn Transport>) -> Self {
        Self { transport: OnceLock::from(transport), ..self }
    }

    /// Returns the connection with this name. Opens it if necessary, and again after its configuration has changed.
    ///
    /// # Errors
    /// When it is not stored or cannot be opened.
    pub async fn get(&self, id: &ConnectionId) -> Result<Arc<Connection>, RegistryError> {
        let Some(stored) = self.store.connection(id).await? else {
            // Drops its credentials.
            self.open_connections().remove(id);
            return Err(RegistryError::NotFound(id.clone()));
        };
        let is_current = |open: &&OpenConnection| open.stored == stored.configuration;
        let open =
            self.open_connections().get(id).filter(is_current).map(|open| Arc::clone(&open.connection));
        if let Some(connection) = open {
            return Ok(connection);
        }
        let configuration = self.configuration_of(&stored)?;
        let digest_without_tokens = configuration.digest_without_tokens();
        if let Some(open) = self.open_connections().get_mut(id)
            && open.digest_without_tokens.is_some()
            && open.digest_without_tokens == digest_without_tokens
        {
            open.stored = stored.configuration;
            return Ok(Arc::clone(&open.connection));
        }
        // Earlier versions stored connections without their account and shop.
        if self.store.counterparts(id).await?.is_none() {
            self.store.bind(id, &configuration.counterparts()).await?;
        }
        let connection = Arc::new(self.open(id, &configuration)?);
        let open = OpenConnection {
            stored: stored.configuration,
            digest_without_tokens,
            connection: Arc::clone(&connection),
        };
        self.open_connections().insert(id.clone(), open);
        Ok(connection)
    }

    /// Opens a connection with this configuration, which may differ from the stored one. It sends nothing yet.
    ///
    /// # Errors
    /// When the configuration is invalid.
    pub fn open(
        &self,
        id: &ConnectionId,
        configuration: &ConnectionConfiguration,
    ) -> Result<Connection, RegistryError> {
        let (clock, transport) = (&self.clock, self.transport()?);
        let tokens = self.tokens.of(id, configuration);
        let budget = self.budget_of(configuration);
        let brightpearl = configuration.brightpearl_client(id, clock, transport, budget, tokens)?;
        let calls = self.call_quota(id, configuration)?;
        let returngo = configuration.returngo_client(id, clock, transport, calls)?;
        let settings = configuration.settings.clone();
        let mut connection = Connection::new(id.clone(), brightpearl, returngo, settings, Arc::clone(clock));
        connection.synchronise_from = configuration.synchronise_from;
        Ok(connection)
    }

    /// Returns the part of this process in the ReturnGO quota of a connection.
    ///
    /// # Errors
    /// When the vault's key is invalid.
    pub fn call_quota(
        &self,
        id: &ConnectionId,
        configuration: &ConnectionConfiguration,
    ) -> Result<Arc<CallQuota>, ConfigurationError> {
        let quota = configuration.returngo.quota();
        let key = configuration.returngo.key_digest(&self.vault)?;
        let mut quotas = self.call_quotas.lock().unwrap_or_else(PoisonError::into_inner);
        let of_connection = quotas
            .entry(id.clone())
            .or_insert_with(|| Arc::new(CallQuota::new(Arc::clone(&self.store), key.clone(), &quota)));
        of_connection.update(&key, &quota);
        Ok(Arc::clone(of_connection))
    }

    /// Releases the calls to ReturnGO that this process reserved and did not make.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn give_back_calls(&self) -> Result<(), StoreError> {
        let all: Vec<_> =
            self.call_quotas.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
        for quota in all {
            quota.give_back().await?;
        }
        Ok(())
    }

    /// Returns when no refresh of OAuth tokens is in progress. A process that exits earlier can lose the new tokens.
    pub async fn tokens_refreshed(&self) {
        self.tokens.refreshed().await;
    }

    /// Returns the request budget of the account, which all its connections in this process share.
    fn budget_of(&self, configuration: &ConnectionConfiguration) -> RequestBudget {
        let account = configuration.counterparts().account().to_owned();
        let mut budgets = self.budgets.lock().unwrap_or_else(PoisonError::into_inner);
        budgets.entry(account).or_default().clone()
    }

    fn transport(&self) -> Result<&Arc<dyn Transport>, TransportError> {
        const USER_AGENT: &str = concat!("returngo-brightpearl-connector/", env!("CARGO_PKG_VERSION"));
        const TIMEOUT: Duration = Duration::from_secs(60);
        if let Some(transport) = self.transport.get() {
            return Ok(transport);
        }
        let transport = ReqwestTransport::new(USER_AGENT, TIMEOUT)?;
        Ok(self.transport.get_or_init(|| Arc::new(transport)))
    }

    /// Reads the configuration of a connection.
    ///
    /// # Errors
    /// When it is not stored, is invalid or cannot be decrypted.
    pub async fn configuration(&self, id: &ConnectionId) -> Result<ConnectionConfiguration, RegistryError> {
        let stored = self.store.connection(id).await?.ok_or_else(|| RegistryError::NotFound(id.clone()))?;
        self.configuration_of(&stored)
    }

    /// Lists the stored connections with the time at which each was stored last.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn stored(&self) -> Result<HashMap<ConnectionId, Timestamp>, StoreError> {
        Ok(self.store.stored_connections().await?.into_iter().collect())
    }

    /// Reads the configurations of these connections. Leaves out connections that are not stored.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn configurations(
        &self,
        ids: &[ConnectionId],
    ) -> Result<Vec<(ConnectionId, Result<ConnectionConfiguration, RegistryError>)>, StoreError> {
        let stored = self.store.connections_named(ids).await?;
        Ok(stored.into_iter().map(|stored| (stored.id.clone(), self.configuration_of(&stored))).collect())
    }

    /// Decrypts the configuration of a stored connection.
    ///
    /// # Errors
    /// When it is invalid or cannot be decrypted.
    pub fn configuration_of(
        &self,
        stored: &StoredConnection,
    ) -> Result<ConnectionConfiguration, RegistryError> {
        Ok(ConnectionConfiguration::decrypted(stored, &self.vault)?)
    }

    fn open_connections(&self) -> std::sync::MutexGuard<'_, HashMap<ConnectionId, OpenConnection>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
