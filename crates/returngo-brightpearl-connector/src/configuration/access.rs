//! Access to both systems: servers and credentials, and the clients that use them.

use std::sync::Arc;

use api_client_core::client::Clock;
use brightpearl::client::{MemoryTokenStore, OAuthApp, TokenStore, Tokens};
use jiff::Timestamp;
use returngo::client::Quota;
use returngo_brightpearl_mapping::AccountCode;
use serde::{Deserialize, Serialize};

use super::secret::Secret;
use crate::{
    store::KeyDigest,
    vault::{Vault, VaultError},
};

/// Access to a Brightpearl account.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BrightpearlAccess {
    /// The base URL of another server than Brightpearl's own, such as `http://127.0.0.1:4010`. Replaces the data centre.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The data centre, such as `euw1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub datacenter: Option<String>,
    /// The reference of the app.
    pub app_ref: String,
    /// The reference of the developer, for public apps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dev_ref: Option<String>,
    /// The token.
    #[serde(flatten)]
    pub token: BrightpearlToken,
}

/// A Brightpearl token, by its kind.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BrightpearlToken {
    /// The token of a private or public app.
    Token(Secret),
    /// The token of a staff member.
    StaffToken(Secret),
    /// An OAuth access token that is refreshed outside the connector.
    AccessToken(Secret),
    /// OAuth tokens that the connector refreshes and stores.
    Oauth(OAuthAccess),
}

/// The authorisation of an app by the owner of an account, with its current tokens.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OAuthAccess {
    /// The secret of the app, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<Secret>,
    /// When the app was authorised. Identifies the authorisation that the tokens belong to.
    pub authorised_at: Timestamp,
    /// The newest tokens.
    pub tokens: Tokens,
}

/// Access to a ReturnGO shop.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReturngoAccess {
    /// The base URL of another server than ReturnGO's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The API key.
    pub api_key: Secret,
    /// The domain of the shop.
    pub shop: String,
    /// The daily quota of calls, if ReturnGO's support has raised it from 2,000 (docs/evidence/returngo.md#access-and-quota).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls_a_day: Option<u32>,
}

impl BrightpearlAccess {
    /// Builds a client of this account. Refreshed OAuth tokens go to `tokens`, or stay in memory. It sends nothing yet.
    ///
    /// # Errors
    /// When the access does not suit a client.
    pub fn client(
        &self,
        account: &AccountCode,
        clock: &Arc<dyn Clock>,
        tokens: Option<Arc<dyn TokenStore>>,
    ) -> Result<brightpearl::Client, brightpearl::Error> {
        self.builder(account, clock, tokens).build()
    }

    /// The OAuth authorisation, if this is one.
    pub const fn oauth(&self) -> Option<&OAuthAccess> {
        match &self.token {
            BrightpearlToken::Oauth(access) => Some(access),
            _ => None,
        }
    }

    /// The OAuth authorisation, for a change.
    pub const fn oauth_mut(&mut self) -> Option<&mut OAuthAccess> {
        match &mut self.token {
            BrightpearlToken::Oauth(access) => Some(access),
            _ => None,
        }
    }

    pub(super) fn builder(
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

    fn app(&self, access: &OAuthAccess) -> OAuthApp {
        // A redirect URI is needed for the authorisation only, which has taken place.
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
}

impl ReturngoAccess {
    /// The daily quota of the API key.
    pub fn quota(&self) -> Quota {
        self.calls_a_day.map_or_else(Quota::default, |calls| Quota {
            per_day: Some(calls),
            reserved_for_writes: calls / 5,
            ..Quota::default()
        })
    }

    /// Builds a client of this shop. It sends nothing yet.
    ///
    /// # Errors
    /// When the access does not suit a client.
    pub fn client(&self, clock: &Arc<dyn Clock>) -> Result<returngo::Client, returngo::Error> {
        self.builder(clock).build()
    }

    /// Identifies the API key in the store, without revealing it.
    ///
    /// # Errors
    /// When the vault's key is invalid.
    pub(crate) fn key_digest(&self, vault: &Vault) -> Result<KeyDigest, VaultError> {
        vault.digest(self.url.as_deref(), self.api_key.reveal())
    }

    pub(super) fn builder(&self, clock: &Arc<dyn Clock>) -> returngo::ClientBuilder {
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
