use std::{fmt, str::FromStr};

use serde::{Serialize, Serializer};

/// The name of a connection: lower-case letters, digits and hyphens. It is part of its webhook URLs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(String);

impl ConnectionId {
    const LONGEST: usize = 64;

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl Serialize for ConnectionId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// The text is not a valid connection name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid connection name {0:?}: use up to 64 lower-case letters, digits and hyphens")]
pub struct InvalidConnectionId(String);

impl FromStr for ConnectionId {
    type Err = InvalidConnectionId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if text.is_empty() || text.len() > Self::LONGEST || !text.chars().all(fits) {
            return Err(InvalidConnectionId(text.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }
}

/// Data encrypted by the [vault](crate::vault::Vault).
#[derive(Clone, PartialEq, Eq)]
pub struct Encrypted(pub Vec<u8>);

impl fmt::Debug for Encrypted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Encrypted({} bytes)", self.0.len())
    }
}

/// A stored connection. Its configuration contains credentials, so all of it is encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredConnection {
    /// The name.
    pub id: ConnectionId,
    /// The encrypted configuration.
    pub configuration: Encrypted,
}

/// The Brightpearl account and the ReturnGO shop of a connection. Neither is a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counterparts {
    account: String,
    shop: String,
}

impl Counterparts {
    /// This account and shop. Both systems ignore case.
    pub fn new(account: &str, shop: &str) -> Self {
        Self { account: account.to_ascii_lowercase(), shop: shop.to_ascii_lowercase() }
    }

    /// The account code.
    pub fn account(&self) -> &str {
        &self.account
    }

    /// The shop's domain.
    pub fn shop(&self) -> &str {
        &self.shop
    }
}

impl fmt::Display for Counterparts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "account {} and shop {}", self.account, self.shop)
    }
}
