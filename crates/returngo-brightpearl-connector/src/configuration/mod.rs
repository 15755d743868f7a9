//! The configuration of a connection: the account, the shop, their credentials and the settings. It is
//! [encrypted](crate::vault) before it is stored.

mod access;
mod secret;

use std::{
    hash::{DefaultHasher, Hasher as _},
    sync::Arc,
};

use api_client_core::client::{Clock, Transport};
use brightpearl::client::{RequestBudget, TokenStore, Tokens};
use jiff::Timestamp;
use returngo::client::CallCounter;
use returngo_brightpearl_mapping::ConnectionSettings;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    store::{ConnectionId, Counterparts, Encrypted, StoredConnection},
    vault::{Vault, VaultError},
};

pub use access::{BrightpearlAccess, BrightpearlToken, OAuthAccess, ReturngoAccess};
pub use secret::Secret;

/// The configuration of a connection.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConnectionConfiguration {
    /// How RMAs are synchronized. Names the Brightpearl account.
    pub settings: ConnectionSettings,
    /// Access to Brightpearl.
    pub brightpearl: BrightpearlAccess,
    /// Access to ReturnGO.
    pub returngo: ReturngoAccess,
    /// The secret part of the webhook URLs.
    pub webhook_secret: Secret,
    /// RMAs that were approved before this time were processed by hand. They are ignored until `backfill` or a user queues
    /// them. None synchronizes all RMAs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub synchronise_from: Option<Timestamp>,
}

/// Why the configuration of a connection cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigurationError {
    /// It cannot be encrypted or decrypted.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The stored text is not a configuration.
    #[error("invalid configuration of connection {connection}: {reason}")]
    Invalid {
        /// The connection.
        connection: ConnectionId,
        /// The position in the text, and the value that was expected there.
        reason: String,
    },
    /// It does not suit a Brightpearl client.
    #[error("invalid Brightpearl configuration of connection {connection}")]
    Brightpearl {
        /// The connection.
        connection: ConnectionId,
        /// The cause.
        #[source]
        source: brightpearl::Error,
    },
    /// It does not suit a ReturnGO client.
    #[error("invalid ReturnGO configuration of connection {connection}")]
    Returngo {
        /// The connection.
        connection: ConnectionId,
        /// The cause.
        #[source]
        source: returngo::Error,
    },
}

impl ConnectionConfiguration {
    /// The account and the shop.
    pub fn counterparts(&self) -> Counterparts {
        Counterparts::new(&self.settings.account_id.to_string(), &self.returngo.shop)
    }

    /// Decrypts the configuration of a stored connection.
    ///
    /// # Errors
    /// When it cannot be decrypted, or the text is not a configuration.
    pub(crate) fn decrypted(stored: &StoredConnection, vault: &Vault) -> Result<Self, ConfigurationError> {
        let text = vault.decrypt(&stored.id, &stored.configuration)?;
        api_client_core::decode::json(&text).map_err(|error| ConfigurationError::Invalid {
            connection: stored.id.clone(),
            reason: error.to_string(),
        })
    }

    /// Encrypts the configuration for the store.
    ///
    /// # Errors
    /// When it cannot be encrypted.
    pub(crate) fn encrypted(
        &self,
        id: &ConnectionId,
        vault: &Vault,
    ) -> Result<Encrypted, ConfigurationError> {
        let text = serde_json::to_vec(self).map(Zeroizing::new).map_err(|error| {
            ConfigurationError::Invalid { connection: id.clone(), reason: error.to_string() }
        })?;
        Ok(vault.encrypt(id, &text)?)
    }

    /// A digest of everything except the OAuth tokens, for this process only. None without OAuth.
    pub(crate) fn digest_without_tokens(&self) -> Option<u64> {
        self.brightpearl.oauth()?;
        let mut without_tokens = self.clone();
        if let Some(access) = without_tokens.brightpearl.oauth_mut() {
            access.tokens = Tokens {
                access_token: String::new(),
                refresh_token: None,
                expires_at: Timestamp::UNIX_EPOCH,
                installation_instance_id: None,
                api_domain: None,
            };
        }
        let text = serde_json::to_vec(&without_tokens).map(Zeroizing::new).ok()?;
        let mut digest = DefaultHasher::new();
        digest.write(&text);
        Some(digest.finish())
    }

    /// Builds the Brightpearl client of this connection. It sends nothing yet.
    ///
    /// # Errors
    /// When the configuration does not suit a client.
    pub(crate) fn brightpearl_client(
        &self,
        id: &ConnectionId,
        clock: &Arc<dyn Clock>,
        transport: &Arc<dyn Transport>,
        budget: RequestBudget,
        tokens: Option<Arc<dyn TokenStore>>,
    ) -> Result<brightpearl::Client, ConfigurationError> {
        self.brightpearl
            .builder(&self.settings.account_id, clock, tokens)
            .transport(Arc::clone(transport))
            .budget(budget)
            .build()
            .map_err(|source| ConfigurationError::Brightpearl { connection: id.clone(), source })
    }

    /// Builds the ReturnGO client of this connection. It sends nothing yet.
    ///
    /// # Errors
    /// When the configuration does not suit a client.
    pub(crate) fn returngo_client(
        &self,
        id: &ConnectionId,
        clock: &Arc<dyn Clock>,
        transport: &Arc<dyn Transport>,
        calls: Arc<dyn CallCounter>,
    ) -> Result<returngo::Client, ConfigurationError> {
        self.returngo
            .builder(clock)
            .call_counter(calls)
            .transport(Arc::clone(transport))
            .build()
            .map_err(|source| ConfigurationError::Returngo { connection: id.clone(), source })
    }
}
