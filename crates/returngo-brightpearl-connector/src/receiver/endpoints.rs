//! The webhook URLs of all connections, and the check of their secrets.

use std::{
    collections::HashMap,
    fmt,
    net::IpAddr,
    sync::{Mutex, PoisonError, RwLock},
};

use api_client_core::secrets_match;
use jiff::Timestamp;

use super::refresh_handle::RefreshHandle;
use crate::store::ConnectionId;

/// Wrong secrets that an address may send in a minute before it is answered with 429. The right secret is always accepted:
/// behind a proxy all senders have one address, and a rejected delivery is lost.
const WRONG_SECRETS_A_MINUTE: u32 = 20;

/// Addresses for which wrong secrets are counted.
const ADDRESSES: usize = 4096;

/// Which connections receive webhooks, and with which secrets.
#[derive(Debug, Default)]
pub struct WebhookEndpoints {
    endpoints: RwLock<HashMap<ConnectionId, Endpoint>>,
    wrong_secrets: Mutex<WrongSecrets>,
    /// Reloads the endpoints from the store.
    refresh_handle: Option<RefreshHandle>,
}

enum Endpoint {
    /// Accepts this secret, and deliveries of this account.
    Available { secret: String, account: String },
    /// Rejects every secret, because the connection's configuration cannot be decrypted.
    Unavailable,
}

/// Does not print the secret.
impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Available { account, .. } => write!(f, "Endpoint of {account}"),
            Self::Unavailable => f.write_str("Endpoint (unavailable)"),
        }
    }
}

/// Why a request is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rejection {
    /// There is no such connection, or the secret is wrong. The two are answered alike.
    NotFound,
    /// The same, too often from one address.
    TooManyRequests,
    /// It is unknown whether the connection exists, or what its secret is.
    Unavailable,
}

/// Wrong secrets in the current minute, by address.
#[derive(Debug, Default)]
struct WrongSecrets {
    minute: i64,
    by_address: HashMap<IpAddr, u32>,
}

impl WebhookEndpoints {
    /// Endpoints that are reloaded through this handle before a request is rejected.
    pub(super) fn with_refresh(refresh_handle: RefreshHandle) -> Self {
        Self { refresh_handle: Some(refresh_handle), ..Self::default() }
    }

    /// Accepts webhooks for a connection to this Brightpearl account with this secret, which replaces any earlier one.
    pub fn put(&self, connection: ConnectionId, account: impl Into<String>, secret: impl Into<String>) {
        self.insert(connection, Endpoint::Available { secret: secret.into(), account: account.into() });
    }

    /// Answers 503 for this connection, because its configuration cannot be decrypted.
    pub(super) fn mark_unavailable(&self, connection: ConnectionId) {
        self.insert(connection, Endpoint::Unavailable);
    }

    fn insert(&self, connection: ConnectionId, endpoint: Endpoint) {
        self.endpoints.write().unwrap_or_else(PoisonError::into_inner).insert(connection, endpoint);
    }

    /// Removes the endpoints of all connections that are not stored.
    pub(super) fn keep_only(&self, is_stored: impl Fn(&ConnectionId) -> bool) {
        let mut endpoints = self.endpoints.write().unwrap_or_else(PoisonError::into_inner);
        endpoints.retain(|connection, _| is_stored(connection));
    }

    /// The connection, if the secret is its own. The endpoints are reloaded before a request is rejected, so that a
    /// connection that was just stored is known.
    pub(super) async fn authenticate(
        &self,
        connection: &str,
        secret: &str,
        from: IpAddr,
        now: Timestamp,
    ) -> Result<ConnectionId, Rejection> {
        let Ok(connection) = connection.parse::<ConnectionId>() else {
            return Err(self.reject(from, now));
        };
        if let Some(result) = self.check(&connection, secret) {
            return result.map(|()| connection);
        }
        if let Some(refresh_handle) = &self.refresh_handle {
            refresh_handle.refresh().await.map_err(|_| Rejection::Unavailable)?;
        }
        match self.check(&connection, secret) {
            Some(result) => result.map(|()| connection),
            None => Err(self.reject(from, now)),
        }
    }

    /// None when there is no such connection, or the secret is wrong.
    fn check(&self, connection: &ConnectionId, secret: &str) -> Option<Result<(), Rejection>> {
        let endpoints = self.endpoints.read().unwrap_or_else(PoisonError::into_inner);
        match endpoints.get(connection)? {
            Endpoint::Available { secret: right, .. } => secrets_match(right, secret).then_some(Ok(())),
            Endpoint::Unavailable => Some(Err(Rejection::Unavailable)),
        }
    }

    fn reject(&self, from: IpAddr, now: Timestamp) -> Rejection {
        let mut wrong_secrets = self.wrong_secrets.lock().unwrap_or_else(PoisonError::into_inner);
        match wrong_secrets.count(from, now) > WRONG_SECRETS_A_MINUTE {
            true => Rejection::TooManyRequests,
            false => Rejection::NotFound,
        }
    }

    pub(super) fn is_account_of(&self, connection: &ConnectionId, account: &str) -> bool {
        let endpoints = self.endpoints.read().unwrap_or_else(PoisonError::into_inner);
        matches!(endpoints.get(connection), Some(Endpoint::Available { account: own, .. }) if own == account)
    }
}

impl WrongSecrets {
    /// Counts a wrong secret from this address; returns its number in this minute.
    fn count(&mut self, from: IpAddr, now: Timestamp) -> u32 {
        let minute = now.as_second().div_euclid(60);
        if minute != self.minute {
            self.minute = minute;
            self.by_address.clear();
        }
        if self.by_address.len() >= ADDRESSES && !self.by_address.contains_key(&from) {
            return u32::MAX;
        }
        let count = self.by_address.entry(from).or_default();
        *count += 1;
        *count
    }
}
