use std::{collections::HashMap, error::Error as StdError, fmt, sync::Mutex};

use api_client_core::lock;
use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{AccountCode, InstanceId};

/// The tokens of an account's authorisation. Serialised with its secrets, for a [`TokenStore`]; never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    /// Sent with every call.
    pub access_token: String,
    /// Gets the next access token. Keep the newest: whether older ones still work is not known.
    pub refresh_token: Option<String>,
    /// When the access token expires.
    pub expires_at: Timestamp,
    /// The app's installation in this account. Brightpearl states it once, on the code exchange.
    pub installation_instance_id: Option<InstanceId>,
    /// The host of the account's API, without a scheme, for
    /// [`ClientBuilder::api_domain`](crate::ClientBuilder::api_domain). When a refresh names another one, the
    /// client uses that.
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

/// A store for tokens, so that refreshed ones survive a restart. They are secrets: store them accordingly.
///
/// [`load`](Self::load) and [`save`](Self::save) are enough for one process. Where several processes share a store,
/// implement [`replace`](Self::replace) so that it compares and saves in one step, and
/// [`begin_refresh`](Self::begin_refresh) so that one of them refreshes at a time: a refresh token may work once only.
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
    /// Loads the account's tokens; none if it was never authorised. Called again before every refresh, since
    /// another process may have refreshed them.
    async fn load(&self, account: &AccountCode) -> Result<Option<Tokens>, TokenStoreError>;

    /// Replaces the account's tokens.
    async fn save(&self, account: &AccountCode, tokens: &Tokens) -> Result<(), TokenStoreError>;

    /// Saves the tokens from a refresh of `old`. Returns false if the store has others than `old` by now, such
    /// as those of another authorisation; the client then uses the stored ones.
    async fn replace(
        &self,
        account: &AccountCode,
        old: &Tokens,
        new: &Tokens,
    ) -> Result<bool, TokenStoreError> {
        let unchanged = self.load(account).await?.as_ref() == Some(old);
        if unchanged {
            self.save(account, new).await?;
        }
        Ok(unchanged)
    }

    /// Reserves the refresh of the account's tokens for this process. Returns false while another process has
    /// reserved it: the client waits, and then loads the stored tokens. A reservation has to expire by itself
    /// after a minute or two, because a process may be killed before it [ends](Self::end_refresh) it.
    async fn begin_refresh(&self, _account: &AccountCode) -> Result<bool, TokenStoreError> {
        Ok(true)
    }

    /// Ends a reservation, also after a refresh that failed.
    async fn end_refresh(&self, _account: &AccountCode) -> Result<(), TokenStoreError> {
        Ok(())
    }
}

/// A store in memory, for tests and tools.
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

impl MemoryTokenStore {
    /// Creates a store with the tokens of one account.
    pub fn holding(account: AccountCode, tokens: Tokens) -> Self {
        Self(Mutex::new(HashMap::from([(account, tokens)])))
    }
}

#[async_trait]
impl TokenStore for MemoryTokenStore {
    async fn load(&self, account: &AccountCode) -> Result<Option<Tokens>, TokenStoreError> {
        Ok(lock(&self.0).get(account).cloned())
    }

    async fn save(&self, account: &AccountCode, tokens: &Tokens) -> Result<(), TokenStoreError> {
        let mut kept = lock(&self.0);
        kept.insert(account.clone(), tokens.clone());
        Ok(())
    }

    async fn replace(
        &self,
        account: &AccountCode,
        old: &Tokens,
        new: &Tokens,
    ) -> Result<bool, TokenStoreError> {
        let mut kept = lock(&self.0);
        let stored = kept.get_mut(account).filter(|stored| *stored == old);
        Ok(stored.map(|stored| *stored = new.clone()).is_some())
    }
}
