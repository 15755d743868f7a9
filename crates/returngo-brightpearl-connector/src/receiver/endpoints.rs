use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError, RwLock},
};

use api_client_core::secrets_match;
use jiff::Timestamp;

use super::refresher::RefreshHandle;
use crate::store::ConnectionId;

/// Wrong secrets that one address may try in a minute before it is told to slow down. The right secret always
/// opens: behind a proxy everybody has the same address, and a delivery that is turned away is lost.
const GUESSES_A_MINUTE: u32 = 20;

/// Addresses that are remembered at the same time.
const ADDRESSES: usize = 4096;

/// Which connections take webhooks, and by which secrets.
#[derive(Debug, Default)]
pub struct WebhookEndpoints {
    endpoints: RwLock<HashMap<ConnectionId, Endpoint>>,
    guesses: Mutex<Guesses>,
    /// Calls who knows which connections are stored by now.
    refresh_handle: Option<RefreshHandle>,
}

enum Endpoint {
    /// Opens to this secret.
    Working { secret: String, account: String },
    /// Opens to none, for nobody here can read which is the right one.
    Unavailable,
}

/// The secret does not print.
impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Working { account, .. } => write!(f, "Door of {account}"),
            Self::Unavailable => f.write_str("Door out of order"),
        }
    }
}

/// Why no connection is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rejection {
    /// There is no such connection, or it has another secret: which of the two is not said.
    NotFound,
    /// The same, once too often.
    SlowDown,
    /// It is not known whether there is such a connection, or what its secret is: our own trouble.
    Unavailable,
}

/// Wrong secrets in this minute, by address.
#[derive(Debug, Default)]
struct Guesses {
    minute: i64,
    by_address: HashMap<IpAddr, u32>,
}

impl WebhookEndpoints {
    /// Doors at which somebody looks after what is stored when this rings.
    pub(super) fn with_refresh(refresh_handle: RefreshHandle) -> Self {
        Self { refresh_handle: Some(refresh_handle), ..Self::default() }
    }

    /// Takes webhooks for a connection to this Brightpearl account by this secret, and by no earlier one.
    pub fn put(&self, connection: ConnectionId, account: impl Into<String>, secret: impl Into<String>) {
        self.hang(connection, Endpoint::Working { secret: secret.into(), account: account.into() });
    }

    /// Asks whoever comes for a connection to come again, for what is stored of it does not read.
    pub(super) fn mark_unavailable(&self, connection: ConnectionId) {
        self.hang(connection, Endpoint::Unavailable);
    }

    fn hang(&self, connection: ConnectionId, endpoint: Endpoint) {
        self.endpoints.write().unwrap_or_else(PoisonError::into_inner).insert(connection, endpoint);
    }

    /// Takes no more webhooks for any but these connections.
    pub(super) fn keep_only(&self, is_stored: impl Fn(&ConnectionId) -> bool) {
        let mut endpoints = self.endpoints.write().unwrap_or_else(PoisonError::into_inner);
        endpoints.retain(|connection, _| is_stored(connection));
    }

    /// The connection, if the secret is its own. One that was stored a moment ago is known too: before anybody is
    /// turned away, it is looked up what is stored by now.
    pub(super) async fn open(
        &self,
        connection: &str,
        secret: &str,
        from: IpAddr,
        now: Timestamp,
    ) -> Result<ConnectionId, Rejection> {
        let Ok(connection) = connection.parse::<ConnectionId>() else {
            return Err(self.reject(from, now));
        };
        if let Some(answer) = self.answer(&connection, secret) {
            return answer.map(|()| connection);
        }
        if let Some(refresh_handle) = &self.refresh_handle {
            refresh_handle.refresh().await.map_err(|_| Rejection::Unavailable)?;
        }
        match self.answer(&connection, secret) {
            Some(answer) => answer.map(|()| connection),
            None => Err(self.reject(from, now)),
        }
    }

    /// None when there is no such connection, or it has another secret.
    fn answer(&self, connection: &ConnectionId, secret: &str) -> Option<Result<(), Rejection>> {
        let endpoints = self.endpoints.read().unwrap_or_else(PoisonError::into_inner);
        match endpoints.get(connection)? {
            Endpoint::Working { secret: right, .. } => secrets_match(right, secret).then_some(Ok(())),
            Endpoint::Unavailable => Some(Err(Rejection::Unavailable)),
        }
    }

    fn reject(&self, from: IpAddr, now: Timestamp) -> Rejection {
        let mut guesses = self.guesses.lock().unwrap_or_else(PoisonError::into_inner);
        if guesses.count(from, now) > GUESSES_A_MINUTE { Rejection::SlowDown } else { Rejection::NotFound }
    }

    pub(super) fn is_account_of(&self, connection: &ConnectionId, account: &str) -> bool {
        let endpoints = self.endpoints.read().unwrap_or_else(PoisonError::into_inner);
        matches!(endpoints.get(connection), Some(Endpoint::Working { account: own, .. }) if own == account)
    }
}

impl Guesses {
    /// One more wrong secret from this address; how many it makes in this minute.
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
