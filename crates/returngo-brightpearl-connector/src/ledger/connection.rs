use std::{fmt, str::FromStr};

/// A connection's name: lower-case letters, digits and hyphens, part of its webhooks' URLs.
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

/// A text is no name of a connection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no name of a connection: use up to 64 lower-case letters, digits and hyphens")]
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

/// Something encrypted by the [vault](crate::vault::Vault).
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(pub Vec<u8>);

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

/// A connection as it is stored: its configuration holds credentials, so it is sealed whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredConnection {
    /// Its name.
    pub id: ConnectionId,
    /// Its configuration, sealed.
    pub configuration: Sealed,
}

/// What a connection is between: an account's code, and a shop's domain. Neither is a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counterparts {
    account: String,
    shop: String,
}

impl Counterparts {
    /// This account and this shop, however they are spelt: both systems take capital letters for small ones.
    pub fn new(account: &str, shop: &str) -> Self {
        Self { account: account.to_ascii_lowercase(), shop: shop.to_ascii_lowercase() }
    }

    /// The account's code.
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
