use super::{ConnectionId, Counterparts};

/// The store failed, or rejected a change.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The database cannot be reached or opened.
    #[error("cannot open the database {database}: {advice}")]
    Unreachable {
        /// The location, without credentials.
        database: String,
        /// What to do.
        advice: String,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The database does not exist, or has no tables.
    #[error("the database {database} does not exist yet. Run `connect` or `serve` to create it")]
    NotSetUp {
        /// The location, without credentials.
        database: String,
    },
    /// The database was created by another version.
    #[error(
        "the database {database} was created by another version (unknown migration {migration}): install that version"
    )]
    Newer {
        /// The location, without credentials.
        database: String,
        /// The unknown migration.
        migration: i64,
    },
    /// Another process holds the database.
    #[error("another process holds the database {database}: {advice}")]
    Locked {
        /// The location, without credentials.
        database: String,
        /// What to do.
        advice: String,
    },
    /// The database has no space or is read-only.
    #[error("cannot write to the database ({reason}): {advice}")]
    ReadOnly {
        /// `full`, `read-only`, `not allowed` or `disk error`.
        reason: String,
        /// What to do.
        advice: String,
    },
    /// The connection does not exist or was removed.
    #[error("connection {connection} not found. Run `connect {connection}` to create it")]
    NoConnection {
        /// The name.
        connection: ConnectionId,
    },
    /// The name is bound to another account or shop.
    #[error(
        "connection name {connection} already belongs to {bound} (names are never reused, even after removal): choose another \
         name for {requested}"
    )]
    BoundElsewhere {
        /// The name.
        connection: ConnectionId,
        /// The account and shop it is bound to.
        bound: Counterparts,
        /// The account and shop that were requested.
        requested: Counterparts,
    },
    /// The account and the shop are connected already.
    #[error(
        "cannot connect {requested} as {connection}: they are already connected as {existing}. Change that connection with \
         `connect {existing}`, or remove it with `disconnect {existing}`"
    )]
    AlreadyConnected {
        /// The new name.
        connection: ConnectionId,
        /// The existing name.
        existing: ConnectionId,
        /// The account and the shop.
        requested: Counterparts,
    },
    /// The account and the shop were connected under another name.
    #[error(
        "cannot connect {requested} as {connection}: their history is stored under the name {existing}. Run `connect {existing}`"
    )]
    ConnectedBefore {
        /// The new name.
        connection: ConnectionId,
        /// The earlier name.
        existing: ConnectionId,
        /// The account and the shop.
        requested: Counterparts,
    },
    /// Stored data is invalid.
    #[error("invalid {what} in the database: {reason}")]
    Corrupt {
        /// What it is.
        what: String,
        /// The reason.
        reason: String,
    },
    /// Any other error of the database.
    #[error("database error")]
    Database(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The text is not a known name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown {what} {name:?}")]
pub struct Unknown {
    what: &'static str,
    name: String,
}

impl Unknown {
    pub(super) fn new(what: &'static str, name: &str) -> Self {
        Self { what, name: name.to_owned() }
    }
}
