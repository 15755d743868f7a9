//! What a connection is made of: the account, the shop, and how they are kept in step. It holds credentials, so
//! it is [sealed](crate::vault) wherever it is stored.

use std::{fmt, sync::Arc};

use api_client_core::client::{Clock, Transport};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use brightpearl::client::{MemoryTokenStore, OAuthApp, RequestBudget, TokenStore, Tokens};
use chacha20poly1305::aead::Generate;
use jiff::Timestamp;
use returngo::client::{CallCounter, Quota};
use returngo_brightpearl_mapping::{AccountCode, ConnectionSettings};
use serde::{Deserialize, Serialize};

use crate::{
    connection::Connection,
    registry::RegistryError,
    store::{ConnectionId, Counterparts, Encrypted, StoredConnection},
    vault::{Vault, VaultError},
};

/// What a connection is made of.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConnectionConfiguration {
    /// How the two are kept in step; names the account.
    pub settings: ConnectionSettings,
    /// How to reach Brightpearl.
    pub brightpearl: BrightpearlAccess,
    /// How to reach ReturnGO.
    pub returngo: ReturngoAccess,
    /// The part of the webhooks' URLs that nobody else knows.
    pub webhook_secret: Secret,
    /// RMAs that were approved before this time are left alone until `backfill` or a person asks for them: a person has
    /// dealt with them by hand. None synchronizes all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub synchronise_from: Option<Timestamp>,
}

/// How to reach a Brightpearl account.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BrightpearlAccess {
    /// A base such as `http://127.0.0.1:4010`, which goes before the data centre.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The data centre, such as `euw1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub datacenter: Option<String>,
    /// The app's reference.
    pub app_ref: String,
    /// The developer's reference, for public apps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dev_ref: Option<String>,
    /// The token.
    #[serde(flatten)]
    pub token: BrightpearlToken,
}

/// A token, by what it is.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BrightpearlToken {
    /// Of a private or public app.
    Token(Secret),
    /// Of a member of staff.
    StaffToken(Secret),
    /// From OAuth, and refreshed outside of the connector.
    AccessToken(Secret),
    /// Of an app that the account's owner authorised by OAuth: refreshed, and stored anew each time.
    Oauth(OAuthAccess),
}

/// What an account's owner authorised an app to do, as it is now.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OAuthAccess {
    /// The app's secret, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<Secret>,
    /// When the app was authorised: tells the tokens of this authorisation from those of another one.
    pub authorised_at: Timestamp,
    /// The newest tokens.
    pub tokens: Tokens,
}

/// How to reach a ReturnGO shop.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReturngoAccess {
    /// Another server than ReturnGO's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The key.
    pub api_key: Secret,
    /// The shop's domain.
    pub shop: String,
    /// Calls a day, where ReturnGO's support has raised them from 2,000 (docs/evidence/returngo.md#access-and-quota).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls_a_day: Option<u32>,
}

impl ReturngoAccess {
    /// How many calls may be made.
    pub fn quota(&self) -> Quota {
        self.calls_a_day.map_or_else(Quota::default, |calls| Quota {
            per_day: Some(calls),
            reserved_for_writes: calls / 5,
            ..Quota::default()
        })
    }
}

/// A text that does not print.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Keeps a text from printing.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// One that nobody can guess, made of characters that stand in a URL as they are.
    ///
    /// # Errors
    /// When the operating system gives no random bytes.
    pub fn generate() -> Result<Self, VaultError> {
        let bytes = <[u8; 24]>::try_generate().map_err(|error| VaultError::Random(error.to_string()))?;
        Ok(Self(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// The text.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// Why a connection cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigurationError {
    /// The Brightpearl side is not usable.
    #[error("no Brightpearl client can be made of connection {connection}")]
    Brightpearl {
        /// The connection.
        connection: ConnectionId,
        /// Why.
        #[source]
        source: brightpearl::Error,
    },
    /// The ReturnGO side is not usable.
    #[error("no ReturnGO client can be made of connection {connection}")]
    Returngo {
        /// The connection.
        connection: ConnectionId,
        /// Why.
        #[source]
        source: returngo::Error,
    },
}

impl BrightpearlAccess {
    /// A client of this account, which keeps the tokens of OAuth here. Nothing is sent yet.
    ///
    /// # Errors
    /// When no client can be made of it.
    pub fn client(
        &self,
        account: &AccountCode,
        clock: &Arc<dyn Clock>,
        tokens: Option<Arc<dyn TokenStore>>,
    ) -> Result<brightpearl::Client, brightpearl::Error> {
        self.builder(account, clock, tokens).build()
    }

    /// The authorisation of the app, if it has one.
    pub const fn oauth(&self) -> Option<&OAuthAccess> {
        match &self.token {
            BrightpearlToken::Oauth(access) => Some(access),
            _ => None,
        }
    }

    /// The authorisation of the app, to be changed.
    pub const fn oauth_mut(&mut self) -> Option<&mut OAuthAccess> {
        match &mut self.token {
            BrightpearlToken::Oauth(access) => Some(access),
            _ => None,
        }
    }

    fn app(&self, access: &OAuthAccess) -> OAuthApp {
        // The redirect URI is for those who authorise, which was done.
        let app = OAuthApp::new(&self.app_ref, "");
        let app = match &access.client_secret {
            Some(secret) => app.client_secret(secret.reveal()),
            None => app,
        };
        match &self.url {
            Some(url) => app.server(url),
            None => app,
        }
    }

    fn builder(
        &self,
        account: &AccountCode,
        clock: &Arc<dyn Clock>,
        tokens: Option<Arc<dyn TokenStore>>,
    ) -> brightpearl::ClientBuilder {
        let app = &self.app_ref;
        let credentials = match &self.token {
            BrightpearlToken::Token(token) => brightpearl::Credentials::private_app(app, token.reveal()),
            BrightpearlToken::StaffToken(token) => brightpearl::Credentials::staff(app, token.reveal()),
            BrightpearlToken::AccessToken(token) => {
                brightpearl::Credentials::access_token(app, token.reveal())
            }
            BrightpearlToken::Oauth(access) => {
                let in_memory =
                    || Arc::new(MemoryTokenStore::holding(account.clone(), access.tokens.clone()));
                brightpearl::Credentials::oauth(self.app(access), tokens.unwrap_or_else(|| in_memory()))
            }
        };
        let credentials = match &self.dev_ref {
            Some(developer) => credentials.with_dev_ref(developer),
            None => credentials,
        };
        let builder =
            brightpearl::Client::builder(account.as_str()).credentials(credentials).clock(Arc::clone(clock));
        match (&self.url, &self.datacenter) {
            (Some(url), _) => builder.url(url),
            (None, Some(datacenter)) => builder.datacenter(datacenter),
            (None, None) => builder,
        }
    }
}

impl ReturngoAccess {
    /// A client of this shop. Nothing is sent yet.
    ///
    /// # Errors
    /// When no client can be made of it.
    pub fn client(&self, clock: &Arc<dyn Clock>) -> Result<returngo::Client, returngo::Error> {
        self.builder(clock).build()
    }

    fn builder(&self, clock: &Arc<dyn Clock>) -> returngo::ClientBuilder {
        let builder = returngo::Client::builder()
            .api_key(self.api_key.reveal())
            .shop(&self.shop)
            .quota(self.quota())
            .clock(Arc::clone(clock));
        match &self.url {
            Some(url) => builder.url(url),
            None => builder,
        }
    }
}

impl ConnectionConfiguration {
    /// What it is between.
    pub fn counterparts(&self) -> Counterparts {
        Counterparts::new(&self.settings.account_id.to_string(), &self.returngo.shop)
    }

    /// What was stored of a connection.
    ///
    /// # Errors
    /// When it cannot be decrypted, or is not a configuration.
    pub(crate) fn decrypted(stored: &StoredConnection, vault: &Vault) -> Result<Self, RegistryError> {
        let text = vault.decrypt(&stored.id, &stored.configuration)?;
        api_client_core::decode::json(&text).map_err(|error| RegistryError::Unreadable {
            connection: stored.id.clone(),
            reason: error.to_string(),
        })
    }

    /// The same, to be stored.
    ///
    /// # Errors
    /// When it cannot be encrypted.
    pub(crate) fn encrypted(&self, id: &ConnectionId, vault: &Vault) -> Result<Encrypted, RegistryError> {
        let text = serde_json::to_vec(self).map(zeroize::Zeroizing::new).map_err(|error| {
            RegistryError::Unreadable { connection: id.clone(), reason: error.to_string() }
        })?;
        Ok(vault.encrypt(id, &text)?)
    }

    /// Opens the connection, whose clients send over this transport, within the account's request budget, and keep the
    /// tokens of OAuth in this store, and have the calls to ReturnGO counted. Nothing is sent yet.
    ///
    /// # Errors
    /// When no client can be made of what is configured.
    pub fn open(
        &self,
        id: ConnectionId,
        clock: Arc<dyn Clock>,
        transport: &Arc<dyn Transport>,
        budget: RequestBudget,
        tokens: Option<Arc<dyn TokenStore>>,
        calls: Arc<dyn CallCounter>,
    ) -> Result<Connection, ConfigurationError> {
        let brightpearl = self
            .brightpearl
            .builder(&self.settings.account_id, &clock, tokens)
            .transport(Arc::clone(transport))
            .budget(budget)
            .build()
            .map_err(|source| ConfigurationError::Brightpearl { connection: id.clone(), source })?;
        let returngo = self
            .returngo_client(&clock, transport, calls)
            .map_err(|source| ConfigurationError::Returngo { connection: id.clone(), source })?;
        let mut connection = Connection::new(id, brightpearl, returngo, self.settings.clone(), clock);
        connection.synchronise_from = self.synchronise_from;
        Ok(connection)
    }

    fn returngo_client(
        &self,
        clock: &Arc<dyn Clock>,
        transport: &Arc<dyn Transport>,
        calls: Arc<dyn CallCounter>,
    ) -> Result<returngo::Client, returngo::Error> {
        self.returngo.builder(clock).call_counter(calls).transport(Arc::clone(transport)).build()
    }
}
