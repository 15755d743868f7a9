//! OAuth tokens of Brightpearl. They are stored with the connection, so that all processes share the refreshed ones.

use std::{
    collections::HashMap,
    fmt,
    hash::{BuildHasher as _, RandomState},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use api_client_core::client::Clock;
use async_trait::async_trait;
use brightpearl::{
    AccountCode,
    client::{TokenStore, TokenStoreError, Tokens},
};
use jiff::Timestamp;
use tokio::sync::watch;

use crate::{
    configuration::{ConnectionConfiguration, OAuthAccess},
    store::{ConnectionId, Encrypted, Store, StoredConnection},
    vault::Vault,
};

/// The OAuth tokens of all connections, as this process reads and refreshes them.
pub(crate) struct TokenStores {
    store: Arc<Store>,
    vault: Vault,
    clock: Arc<dyn Clock>,
    /// The name of this process in the lock that a refresh takes.
    holder: String,
    /// Tokens that were refreshed for connections that are not stored, such as while `connect` checks a new one.
    unstored: Mutex<HashMap<Authorisation, Tokens>>,
    /// The number of refreshes in progress.
    refreshing: watch::Sender<usize>,
}

/// An authorisation of the app, by connection and time. It lasts until the owner authorises the app again, while its tokens
/// change.
type Authorisation = (ConnectionId, Timestamp);

impl TokenStores {
    pub(crate) fn new(store: Arc<Store>, vault: Vault, clock: Arc<dyn Clock>) -> Self {
        let holder = format!("{}-{:016x}", std::process::id(), RandomState::new().hash_one(0));
        Self { store, vault, clock, holder, unstored: Mutex::default(), refreshing: watch::Sender::default() }
    }

    /// Returns the token store of a connection, if it uses OAuth.
    pub(crate) fn of(
        self: &Arc<Self>,
        connection: &ConnectionId,
        configuration: &ConnectionConfiguration,
    ) -> Option<Arc<dyn TokenStore>> {
        let OAuthAccess { authorised_at, tokens, .. } = configuration.brightpearl.oauth()?;
        Some(Arc::new(ConnectionTokens {
            stores: Arc::clone(self),
            connection: connection.clone(),
            authorised_at: *authorised_at,
            initial: tokens.clone(),
        }))
    }

    /// Returns the tokens that were refreshed for an authorisation while it was not stored.
    pub(crate) fn unstored(&self, connection: &ConnectionId, authorised_at: Timestamp) -> Option<Tokens> {
        self.unstored_tokens().get(&(connection.clone(), authorised_at)).cloned()
    }

    /// Returns when no refresh is in progress in this process.
    pub(crate) async fn refreshed(&self) {
        // Fails only without a sender, which `self` holds.
        let _ = self.refreshing.subscribe().wait_for(|refreshing| *refreshing == 0).await;
    }

    fn unstored_tokens(&self) -> MutexGuard<'_, HashMap<Authorisation, Tokens>> {
        self.unstored.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for TokenStores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenStores").field("holder", &self.holder).finish_non_exhaustive()
    }
}

/// The tokens of one authorisation of a connection.
struct ConnectionTokens {
    stores: Arc<TokenStores>,
    connection: ConnectionId,
    authorised_at: Timestamp,
    /// The tokens when the connection was opened.
    initial: Tokens,
}

impl ConnectionTokens {
    /// Reads the stored connection, if it has this authorisation.
    async fn stored(&self) -> Result<Option<(Encrypted, ConnectionConfiguration)>, TokenStoreError> {
        let TokenStores { store, vault, .. } = &*self.stores;
        let Some(stored) = store.connection(&self.connection).await? else { return Ok(None) };
        let configuration = ConnectionConfiguration::decrypted(&stored, vault)?;
        let authorised_at = configuration.brightpearl.oauth().map(|oauth| oauth.authorised_at);
        let is_same = authorised_at == Some(self.authorised_at);
        Ok(is_same.then_some((stored.configuration, configuration)))
    }

    fn authorisation(&self) -> Authorisation {
        (self.connection.clone(), self.authorised_at)
    }

    fn replace_unstored(&self, old: &Tokens, new: &Tokens) -> bool {
        let mut unstored = self.stores.unstored_tokens();
        let tokens = unstored.entry(self.authorisation()).or_insert_with(|| self.initial.clone());
        let unchanged = tokens == old;
        if unchanged {
            tokens.clone_from(new);
        }
        unchanged
    }
}

#[async_trait]
impl TokenStore for ConnectionTokens {
    async fn load(&self, _account: &AccountCode) -> Result<Option<Tokens>, TokenStoreError> {
        let stored = self.stored().await?;
        let stored =
            stored.and_then(|(_, configuration)| Some(configuration.brightpearl.oauth()?.tokens.clone()));
        let unstored = || self.stores.unstored(&self.connection, self.authorised_at);
        Ok(stored.or_else(unstored).or_else(|| Some(self.initial.clone())))
    }

    async fn save(&self, account: &AccountCode, tokens: &Tokens) -> Result<(), TokenStoreError> {
        while let Some(old) = self.load(account).await?
            && !self.replace(account, &old, tokens).await?
        {}
        Ok(())
    }

    async fn replace(
        &self,
        _account: &AccountCode,
        old: &Tokens,
        new: &Tokens,
    ) -> Result<bool, TokenStoreError> {
        loop {
            let Some((was, mut configuration)) = self.stored().await? else {
                return Ok(self.replace_unstored(old, new));
            };
            let Some(OAuthAccess { tokens, .. }) = configuration.brightpearl.oauth_mut() else {
                return Ok(false);
            };
            if tokens == new {
                return Ok(true);
            }
            if tokens != old {
                return Ok(false);
            }
            tokens.clone_from(new);
            let configuration = configuration.encrypted(&self.connection, &self.stores.vault)?;
            let connection = StoredConnection { id: self.connection.clone(), configuration };
            // Otherwise another part of the connection was changed in between: retry with that change.
            if self.stores.store.replace_tokens(&connection, &was).await? {
                return Ok(true);
            }
        }
    }

    async fn begin_refresh(&self, _account: &AccountCode) -> Result<bool, TokenStoreError> {
        let TokenStores { store, clock, holder, refreshing, .. } = &*self.stores;
        let begun = match self.stored().await? {
            Some(_) => store.begin_token_refresh(&self.connection, holder, clock.now()).await?,
            None => true,
        };
        if begun {
            refreshing.send_modify(|refreshing| *refreshing += 1);
        }
        Ok(begun)
    }

    async fn end_refresh(&self, _account: &AccountCode) -> Result<(), TokenStoreError> {
        let TokenStores { store, holder, refreshing, .. } = &*self.stores;
        refreshing.send_modify(|refreshing| *refreshing = refreshing.saturating_sub(1));
        Ok(store.end_token_refresh(&self.connection, holder).await?)
    }
}
