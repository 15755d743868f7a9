use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError, RwLock},
};

use api_client_core::secrets_match;
use jiff::Timestamp;

use super::keeper::Bell;
use crate::store::ConnectionId;

/// Wrong secrets that one address may try in a minute before it is told to slow down. The right secret always
/// opens: behind a proxy everybody has the same address, and a delivery that is turned away is lost.
const GUESSES_A_MINUTE: u32 = 20;

/// Addresses that are remembered at the same time.
const ADDRESSES: usize = 4096;

/// Which connections take webhooks, and by which secrets.
#[derive(Debug, Default)]
pub struct Doors {
    doors: RwLock<HashMap<ConnectionId, Door>>,
    guesses: Mutex<Guesses>,
    /// Calls who knows which connections are stored by now.
    bell: Option<Bell>,
}

enum Door {
    /// Opens to this secret.
    Working { secret: String, account: String },
    /// Opens to none, for nobody here can read which is the right one.
    OutOfOrder,
}

/// The secret does not print.
impl std::fmt::Debug for Door {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Working { account, .. } => write!(f, "Door of {account}"),
            Self::OutOfOrder => f.write_str("Door out of order"),
        }
    }
}

/// Why no connection is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Closed {
    /// There is no such connection, or it has another secret: which of the two is not said.
    NotFound,
    /// The same, once too often.
    SlowDown,
    /// It is not known whether there is such a connection, or what its secret is: our own trouble.
    OutOfOrder,
}

/// Wrong secrets in this minute, by address.
#[derive(Debug, Default)]
struct Guesses {
    minute: i64,
    by_address: HashMap<IpAddr, u32>,
}

impl Doors {
    /// Doors at which somebody looks after what is stored when this rings.
    pub(super) fn with_bell(bell: Bell) -> Self {
        Self { bell: Some(bell), ..Self::default() }
    }

    /// Takes webhooks for a connection to this Brightpearl account by this secret, and by no earlier one.
    pub fn put(&self, connection: ConnectionId, account: impl Into<String>, secret: impl Into<String>) {
        self.hang(connection, Door::Working { secret: secret.into(), account: account.into() });
    }

    /// Asks whoever comes for a connection to come again, for what is stored of it does not read.
    pub(super) fn put_out_of_order(&self, connection: ConnectionId) {
        self.hang(connection, Door::OutOfOrder);
    }

    fn hang(&self, connection: ConnectionId, door: Door) {
        self.doors.write().unwrap_or_else(PoisonError::into_inner).insert(connection, door);
    }

    /// Takes no more webhooks for any but these connections.
    pub(super) fn keep_only(&self, is_stored: impl Fn(&ConnectionId) -> bool) {
        let mut doors = self.doors.write().unwrap_or_else(PoisonError::into_inner);
        doors.retain(|connection, _| is_stored(connection));
    }

    /// The connection, if the secret is its own. One that was stored a moment ago is known too: before anybody is
    /// turned away, it is looked up what is stored by now.
    pub(super) async fn open(
        &self,
        connection: &str,
        secret: &str,
        from: IpAddr,
        now: Timestamp,
    ) -> Result<ConnectionId, Closed> {
        let Ok(connection) = connection.parse::<ConnectionId>() else {
            return Err(self.turn_away(from, now));
        };
        if let Some(answer) = self.answer(&connection, secret) {
            return answer.map(|()| connection);
        }
        if let Some(bell) = &self.bell {
            bell.ring().await.map_err(|_| Closed::OutOfOrder)?;
        }
        match self.answer(&connection, secret) {
            Some(answer) => answer.map(|()| connection),
            None => Err(self.turn_away(from, now)),
        }
    }

    /// None when there is no such connection, or it has another secret.
    fn answer(&self, connection: &ConnectionId, secret: &str) -> Option<Result<(), Closed>> {
        let doors = self.doors.read().unwrap_or_else(PoisonError::into_inner);
        match doors.get(connection)? {
            Door::Working { secret: right, .. } => secrets_match(right, secret).then_some(Ok(())),
            Door::OutOfOrder => Some(Err(Closed::OutOfOrder)),
        }
    }

    fn turn_away(&self, from: IpAddr, now: Timestamp) -> Closed {
        let mut guesses = self.guesses.lock().unwrap_or_else(PoisonError::into_inner);
        if guesses.count(from, now) > GUESSES_A_MINUTE { Closed::SlowDown } else { Closed::NotFound }
    }

    pub(super) fn is_account_of(&self, connection: &ConnectionId, account: &str) -> bool {
        let doors = self.doors.read().unwrap_or_else(PoisonError::into_inner);
        matches!(doors.get(connection), Some(Door::Working { account: own, .. }) if own == account)
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
