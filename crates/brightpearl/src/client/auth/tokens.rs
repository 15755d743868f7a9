use std::{
    collections::HashMap,
    error::Error as StdError,
    fmt,
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{AccountCode, InstanceId};

/// What an account's authorisation gave an app. Serialises with its secrets, for a [`TokenStore`]; never prints
/// them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    /// Goes with every call.
    pub access_token: String,
    /// Gets the next access token. Keep the newest: whether older ones still work is not known.
    pub refresh_token: Option<String>,
    /// When the access token expires.
    pub expires_at: Timestamp,
    /// The app's installation in this account. Brightpearl tells it once, on the code exchange.
    pub installation_instance_id: Option<InstanceId>,
    /// The host that the account's API is on, without a scheme, for
    /// [`ClientBuilder::api_domain`](crate::ClientBuilder::api_domain). When a refresh names another one, the
    /// client goes on there.
    pub api_domain: Option<String>,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens")
            .field("expires_at", &self.expires_at)
            .field("has_refresh_token", &self.refresh_token.is_some())
            .field("installation_instance_id", &self.installation_instance_id)
            .field("api_domain", &self.api_domain)
            .finish_non_exhaustive()
    }
}

/// Why a store cannot load or save.
pub type TokenStoreError = Box<dyn StdError + Send + Sync>;

/// Where tokens are kept, so that those which a refresh handed out survive a restart. They are secrets: keep
/// them where secrets are kept.
///
/// ```
/// use std::path::PathBuf;
/// use brightpearl::{AccountCode, client::{TokenStore, TokenStoreError, Tokens}};
///
/// struct Directory(PathBuf);
///
/// #[async_trait::async_trait]
/// impl TokenStore for Directory {
///     async fn load(&self, account: &AccountCode) -> Result<Option<Tokens>, TokenStoreError> {
///         let file = self.0.join(format!("{account}.json"));
///         if !file.exists() {
///             return Ok(None);
///         }
///         Ok(Some(serde_json::from_slice(&std::fs::read(file)?)?))
///     }
///
///     async fn save(&self, account: &AccountCode, tokens: &Tokens) -> Result<(), TokenStoreError> {
///         Ok(std::fs::write(self.0.join(format!("{account}.json")), serde_json::to_vec(tokens)?)?)
///     }
/// }
/// ```
#[async_trait]
pub trait TokenStore: Send + Sync {
    /// The account's tokens; none when it was never authorised. Read again before every refresh, since another
    /// process may have refreshed them.
    async fn load(&self, account: &AccountCode) -> Result<Option<Tokens>, TokenStoreError>;

    /// Replaces the account's tokens.
    async fn save(&self, account: &AccountCode, tokens: &Tokens) -> Result<(), TokenStoreError>;
}

/// Tokens that are gone when the process ends, for tests and tools.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use brightpearl::client::{MemoryTokenStore, TokenStore};
///
/// let store = MemoryTokenStore::default();
/// assert!(store.load(&"acmeoutdoors".parse().unwrap()).await.unwrap().is_none());
/// # });
/// ```
#[derive(Debug, Default)]
pub struct MemoryTokenStore(Mutex<HashMap<AccountCode, Tokens>>);

#[async_trait]
impl TokenStore for MemoryTokenStore {
    async fn load(&self, account: &AccountCode) -> Result<Option<Tokens>, TokenStoreError> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).get(account).cloned())
    }

    async fn save(&self, account: &AccountCode, tokens: &Tokens) -> Result<(), TokenStoreError> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(account.clone(), tokens.clone());
        Ok(())
    }
}
