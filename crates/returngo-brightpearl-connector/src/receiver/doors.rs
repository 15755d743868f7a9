use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError, RwLock},
};

use api_client_core::secrets_match;
use jiff::Timestamp;

use crate::ledger::ConnectionId;

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
}

struct Door {
    secret: String,
    account: String,
}

/// The secret does not print.
impl std::fmt::Debug for Door {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Door of {}", self.account)
    }
}

/// Why no connection is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Closed {
    /// There is no such connection, or it has another secret: which of the two is not said.
    NotFound,
    /// The same, once too often.
    SlowDown,
}

/// Wrong secrets in this minute, by address.
#[derive(Debug, Default)]
struct Guesses {
    minute: i64,
    by_address: HashMap<IpAddr, u32>,
}

impl Doors {
    /// Takes webhooks for a connection to this Brightpearl account by this secret, and by no earlier one.
    pub fn put(&self, connection: ConnectionId, account: impl Into<String>, secret: impl Into<String>) {
        let door = Door { secret: secret.into(), account: account.into() };
        self.doors.write().unwrap_or_else(PoisonError::into_inner).insert(connection, door);
    }

    /// Takes no more webhooks for any but these connections.
    pub fn keep_only(&self, connections: &[ConnectionId]) {
        let mut doors = self.doors.write().unwrap_or_else(PoisonError::into_inner);
        doors.retain(|connection, _| connections.contains(connection));
    }

    /// The connection, if the secret is its own.
    pub(super) fn open(
        &self,
        connection: &str,
        secret: &str,
        from: IpAddr,
        now: Timestamp,
    ) -> Result<ConnectionId, Closed> {
        self.opened_by(connection, secret).ok_or_else(|| {
            let mut guesses = self.guesses.lock().unwrap_or_else(PoisonError::into_inner);
            if guesses.count(from, now) > GUESSES_A_MINUTE { Closed::SlowDown } else { Closed::NotFound }
        })
    }

    fn opened_by(&self, connection: &str, secret: &str) -> Option<ConnectionId> {
        let connection: ConnectionId = connection.parse().ok()?;
        let doors = self.doors.read().unwrap_or_else(PoisonError::into_inner);
        let door = doors.get(&connection)?;
        secrets_match(&door.secret, secret).then_some(connection)
    }

    pub(super) fn is_account_of(&self, connection: &ConnectionId, account: &str) -> bool {
        let doors = self.doors.read().unwrap_or_else(PoisonError::into_inner);
        doors.get(connection).is_some_and(|door| door.account == account)
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
