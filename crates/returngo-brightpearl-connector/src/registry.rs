//! The connections that are open in this process: read from the store when they are needed, kept while they
//! are as they were stored.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hasher as _},
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use api_client_core::client::{Clock, ReqwestTransport, Transport, TransportError};
use brightpearl::client::{RequestBudget, Tokens};
use jiff::Timestamp;

use crate::{
    calls::ReturngoCalls,
    configuration::{ConfigurationError, ConnectionConfiguration},
    connection::Connection,
    store::{ConnectionChange, ConnectionId, Encrypted, Store, StoreError, StoredConnection},
    token_store::TokenStores,
    vault::{Vault, VaultError},
};

/// The connections that are open in this process.
#[derive(Debug)]
pub struct Registry {
    store: Arc<Store>,
    vault: Vault,
    clock: Arc<dyn Clock>,
    /// One for all connections: each of its own would take 0.3 MiB for what TLS and its pool need.
    transport: OnceLock<Arc<dyn Transport>>,
    open: Mutex<HashMap<ConnectionId, Open>>,
    /// Brightpearl counts the requests of an account together, whichever shop they are for.
    budgets: Mutex<HashMap<String, RequestBudget>>,
    tokens: Arc<TokenStores>,
    calls: Mutex<HashMap<ConnectionId, Arc<ReturngoCalls>>>,
}

#[derive(Debug)]
struct Open {
    stored: Encrypted,
    /// What tells whether anything but the tokens of OAuth was stored anew, where there are any.
    apart_from_tokens: Option<u64>,
    connection: Arc<Connection>,
}

/// Why a connection cannot be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is stored does not open.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// There is no such connection.
    #[error("there is no connection {0}: `status` lists them, `connect` makes one")]
    Unknown(ConnectionId),
    /// Something else is stored than the person saw who changed it.
    #[error(
        "connection {0} was changed meanwhile, and stays as it is: see `settings show {0}`, then `connect {0}` again"
    )]
    Changed(ConnectionId),
    /// What is stored does not read.
    #[error("the configuration of connection {connection} does not read: {reason}")]
    Unreadable {
        /// The connection.
        connection: ConnectionId,
        /// Where, and what was expected there.
        reason: String,
    },
    /// What is stored is not usable.
    #[error(transparent)]
    Configuration(#[from] ConfigurationError),
    /// Nothing can be sent from here.
    #[error(transparent)]
    Transport(#[from] TransportError),
}

impl Registry {
    /// The connections of this store.
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
            calls: Mutex::default(),
        }
    }

    /// The same, over another transport than the network.
    #[must_use]
    pub fn with_transport(self, transport: Arc<dyn Transport>) -> Self {
        Self { transport: OnceLock::from(transport), ..self }
    }

    /// The connection of this name, opened if it is not, and again if it was stored anew since.
    ///
    /// # Errors
    /// When there is none, or it cannot be opened.
    pub async fn get(&self, id: &ConnectionId) -> Result<Arc<Connection>, RegistryError> {
        let Some(stored) = self.store.connection(id).await? else {
            // Its credentials go with it.
            self.opened().remove(id);
            return Err(RegistryError::Unknown(id.clone()));
        };
        let as_stored = |open: &&Open| open.stored == stored.configuration;
        let open = self.opened().get(id).filter(as_stored).map(|open| Arc::clone(&open.connection));
        if let Some(connection) = open {
            return Ok(connection);
        }
        let configuration = self.configuration_of(&stored)?;
        let apart_from_tokens = apart_from_tokens(&configuration);
        if let Some(open) = self.opened().get_mut(id)
            && open.apart_from_tokens.is_some()
            && open.apart_from_tokens == apart_from_tokens
        {
            open.stored = stored.configuration;
            return Ok(Arc::clone(&open.connection));
        }
        // Stored by an earlier version, perhaps, which did not remember what a name stands for.
        if self.store.counterparts(id).await?.is_none() {
            self.store.bind(id, &configuration.counterparts()).await?;
        }
        let connection = Arc::new(self.open(id, &configuration)?);
        let open =
            Open { stored: stored.configuration, apart_from_tokens, connection: Arc::clone(&connection) };
        self.opened().insert(id.clone(), open);
        Ok(connection)
    }

    /// A connection of this configuration, which need not be stored. Nothing is sent yet.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(
        &self,
        id: &ConnectionId,
        configuration: &ConnectionConfiguration,
    ) -> Result<Connection, RegistryError> {
        let budget = self.budget_of(configuration);
        let tokens = self.tokens.of(id, configuration);
        let (clock, calls) = (Arc::clone(&self.clock), self.calls(id, configuration)?);
        Ok(configuration.open(id.clone(), clock, self.transport()?, budget, tokens, calls)?)
    }

    /// The calls to ReturnGO of a connection, as this process makes them.
    ///
    /// # Errors
    /// When the vault cannot tell the API key from others.
    pub fn calls(
        &self,
        id: &ConnectionId,
        configuration: &ConnectionConfiguration,
    ) -> Result<Arc<ReturngoCalls>, VaultError> {
        let quota = configuration.returngo.quota();
        let key = self.vault.digest_of(&configuration.returngo)?;
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let calls = calls
            .entry(id.clone())
            .or_insert_with(|| Arc::new(ReturngoCalls::new(Arc::clone(&self.store), key.clone(), &quota)));
        calls.follow(&key, &quota);
        Ok(Arc::clone(calls))
    }

    /// Gives back the calls to ReturnGO that this process reserved and did not make.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn give_back_calls(&self) -> Result<(), StoreError> {
        let all: Vec<_> =
            self.calls.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
        for calls in all {
            calls.give_back().await?;
        }
        Ok(())
    }

    /// Returns when no refresh of tokens is under way: a process that ends before would lose them.
    pub async fn tokens_refreshed(&self) {
        self.tokens.refreshed().await;
    }

    /// The request budget of the account, which all its connections in this process share.
    fn budget_of(&self, configuration: &ConnectionConfiguration) -> RequestBudget {
        let account = configuration.counterparts().account().to_owned();
        let mut budgets = self.budgets.lock().unwrap_or_else(PoisonError::into_inner);
        budgets.entry(account).or_default().clone()
    }

    fn transport(&self) -> Result<&Arc<dyn Transport>, TransportError> {
        const NAME: &str = concat!("returngo-brightpearl-connector/", env!("CARGO_PKG_VERSION"));
        const ANSWERS_WITHIN: Duration = Duration::from_secs(60);
        if let Some(transport) = self.transport.get() {
            return Ok(transport);
        }
        let transport = ReqwestTransport::new(NAME, ANSWERS_WITHIN)?;
        Ok(self.transport.get_or_init(|| Arc::new(transport)))
    }

    /// What a connection is made of.
    ///
    /// # Errors
    /// When there is none of this name, or what is stored does not read.
    pub async fn configuration(&self, id: &ConnectionId) -> Result<ConnectionConfiguration, RegistryError> {
        let stored = self.store.connection(id).await?.ok_or_else(|| RegistryError::Unknown(id.clone()))?;
        self.configuration_of(&stored)
    }

    /// The connections that are stored, each with when it was stored last.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn stored(&self) -> Result<HashMap<ConnectionId, Timestamp>, StoreError> {
        Ok(self.store.stored_connections().await?.into_iter().collect())
    }

    /// What those of these connections that are stored are made of, if it reads.
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

    /// Stores a connection; one of that name is replaced. Tokens that were refreshed since this configuration was read
    /// are kept.
    ///
    /// # Errors
    /// When it cannot be sealed or stored, or the name stands for another account or shop, also of a connection that
    /// was removed.
    pub async fn put(
        &self,
        id: &ConnectionId,
        configuration: &ConnectionConfiguration,
    ) -> Result<(), RegistryError> {
        self.bind(id, configuration).await?;
        loop {
            let was = self.same_authorisation(id, configuration).await?;
            let tokens = was.as_ref().map(|(_, tokens)| tokens);
            let stored = self.with_newest_tokens(id, configuration, tokens)?;
            let now = self.clock.now();
            match was {
                None => return Ok(self.store.put_connection(&stored, now).await?),
                Some((was, _)) if self.store.replace_connection(&stored, &was, now).await? => return Ok(()),
                // Refreshed in between.
                Some(_) => {}
            }
        }
    }

    /// Stores a connection as a person changed it, and records the change.
    ///
    /// # Errors
    /// As [`put`](Self::put), and when something else is stored by now than the person saw.
    pub async fn change(
        &self,
        id: &ConnectionId,
        configuration: &ConnectionConfiguration,
        was: Option<&Encrypted>,
        change: &ConnectionChange,
    ) -> Result<(), RegistryError> {
        self.bind(id, configuration).await?;
        let stands = self.same_authorisation(id, configuration).await?;
        let stored = self.with_newest_tokens(id, configuration, stands.as_ref().map(|(_, tokens)| tokens))?;
        let changed = self.store.change_connection(&stored, was, change, self.clock.now()).await?;
        if changed { Ok(()) } else { Err(RegistryError::Changed(id.clone())) }
    }

    /// Has the name stand for what the connection is between, if it may.
    async fn bind(
        &self,
        id: &ConnectionId,
        configuration: &ConnectionConfiguration,
    ) -> Result<(), RegistryError> {
        let counterparts = configuration.counterparts();
        let connected = self.store.connected_as(&counterparts).await?;
        if let Some(existing) = connected.into_iter().find(|connected| connected != id) {
            let connection = id.clone();
            return Err(StoreError::AlreadyConnected { connection, existing, requested: counterparts }.into());
        }
        let known = self.store.known_as(&counterparts).await?;
        if let Some(existing) = known.iter().find(|known| *known != id).filter(|_| !known.contains(id)) {
            let (connection, existing) = (id.clone(), existing.clone());
            return Err(StoreError::ConnectedBefore { connection, existing, requested: counterparts }.into());
        }
        self.store.bind(id, &counterparts).await?;
        Ok(())
    }

    /// What is stored of a connection, and its tokens, if it is by the same authorisation as this configuration.
    async fn same_authorisation(
        &self,
        id: &ConnectionId,
        configuration: &ConnectionConfiguration,
    ) -> Result<Option<(Encrypted, Tokens)>, StoreError> {
        let Some(given) = configuration.brightpearl.oauth() else { return Ok(None) };
        let Some(stored) = self.store.connection(id).await? else { return Ok(None) };
        // One that cannot be read is replaced.
        let Ok(was) = self.configuration_of(&stored) else { return Ok(None) };
        let same = was.brightpearl.oauth().filter(|was| was.authorised_at == given.authorised_at);
        Ok(same.map(|was| (stored.configuration, was.tokens.clone())))
    }

    /// What is to be stored, with the tokens that were refreshed last.
    fn with_newest_tokens(
        &self,
        id: &ConnectionId,
        configuration: &ConnectionConfiguration,
        stored: Option<&Tokens>,
    ) -> Result<StoredConnection, RegistryError> {
        let mut newest = configuration.clone();
        if let Some(access) = newest.brightpearl.oauth_mut() {
            let unstored = || self.tokens.unstored(id, access.authorised_at);
            if let Some(tokens) = stored.cloned().or_else(unstored) {
                access.tokens = tokens;
            }
        }
        Ok(StoredConnection { id: id.clone(), configuration: newest.encrypted(id, &self.vault)? })
    }

    /// What a stored connection is made of.
    ///
    /// # Errors
    /// When it does not open or read.
    pub fn configuration_of(
        &self,
        stored: &StoredConnection,
    ) -> Result<ConnectionConfiguration, RegistryError> {
        ConnectionConfiguration::decrypted(stored, &self.vault)
    }

    fn opened(&self) -> std::sync::MutexGuard<'_, HashMap<ConnectionId, Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A digest of a configuration without the tokens of OAuth, if it has any.
fn apart_from_tokens(configuration: &ConnectionConfiguration) -> Option<u64> {
    configuration.brightpearl.oauth()?;
    let mut others = configuration.clone();
    if let Some(access) = others.brightpearl.oauth_mut() {
        access.tokens = Tokens {
            access_token: String::new(),
            refresh_token: None,
            expires_at: Timestamp::UNIX_EPOCH,
            installation_instance_id: None,
            api_domain: None,
        };
    }
    let text = serde_json::to_vec(&others).map(zeroize::Zeroizing::new).ok()?;
    let mut digest = DefaultHasher::new();
    digest.write(&text);
    Some(digest.finish())
}
