//! Storing and changing connections, without losing OAuth tokens that are refreshed at the same time.

use brightpearl::client::Tokens;

use super::{Registry, RegistryError};
use crate::{
    configuration::ConnectionConfiguration,
    store::{ConnectionChange, ConnectionId, Encrypted, StoreError, StoredConnection},
};

impl Registry {
    /// Stores a connection, and replaces an existing one with this name. OAuth tokens that were refreshed after this
    /// configuration was read are kept.
    ///
    /// # Errors
    /// When it cannot be encrypted or stored, or the name belongs to another account or shop, even of a removed connection.
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
                // Tokens were refreshed in between: retry with them.
                Some(_) => {}
            }
        }
    }

    /// Stores a change that a user made to a connection, and records it in the audit. `was` is the stored connection that the
    /// user read, if there was one.
    ///
    /// # Errors
    /// The errors of [`put`](Self::put), and [`RegistryError::Conflict`] when another configuration than `was` is stored by
    /// now.
    pub async fn change(
        &self,
        id: &ConnectionId,
        configuration: &ConnectionConfiguration,
        was: Option<&Encrypted>,
        change: &ConnectionChange,
    ) -> Result<(), RegistryError> {
        self.bind(id, configuration).await?;
        let current = self.same_authorisation(id, configuration).await?;
        let stored =
            self.with_newest_tokens(id, configuration, current.as_ref().map(|(_, tokens)| tokens))?;
        let changed = self.store.change_connection(&stored, was, change, self.clock.now()).await?;
        if changed { Ok(()) } else { Err(RegistryError::Conflict(id.clone())) }
    }

    /// Binds the name to the account and the shop, so that no later connection with this name can be between others.
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

    /// Reads the stored connection and its tokens, if it has the same OAuth authorisation as this configuration.
    async fn same_authorisation(
        &self,
        id: &ConnectionId,
        configuration: &ConnectionConfiguration,
    ) -> Result<Option<(Encrypted, Tokens)>, StoreError> {
        let Some(new) = configuration.brightpearl.oauth() else { return Ok(None) };
        let Some(stored) = self.store.connection(id).await? else { return Ok(None) };
        // A configuration that cannot be decrypted is replaced.
        let Ok(was) = self.configuration_of(&stored) else { return Ok(None) };
        let same = was.brightpearl.oauth().filter(|was| was.authorised_at == new.authorised_at);
        Ok(same.map(|was| (stored.configuration, was.tokens.clone())))
    }

    /// Encrypts a connection for the store, with its newest tokens.
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
}
