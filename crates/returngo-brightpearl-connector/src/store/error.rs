use super::{ConnectionId, Counterparts};

/// The store cannot do what it is asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The database cannot be reached or opened.
    #[error("the database {database} cannot be opened: {advice}")]
    Unreachable {
        /// Where it is, without credentials.
        database: String,
        /// What to do.
        advice: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// There is no database, or none with tables.
    #[error("there is no database {database} yet: `connect` or `serve` creates it")]
    NotSetUp {
        /// Where it would be, without credentials.
        database: String,
    },
    /// The database was made by a newer version.
    #[error(
        "the database {database} was made by a newer version (its migration {migration} is not known): install that version or later"
    )]
    Newer {
        /// Where it is, without credentials.
        database: String,
        /// The migration that is not known.
        migration: i64,
    },
    /// Another process holds the database.
    #[error("another process holds the database {database}: {advice}")]
    Locked {
        /// Where it is, without credentials.
        database: String,
        /// What to do.
        advice: String,
    },
    /// There is no space, or the database is read-only.
    #[error("the database cannot be written to ({reason}): {advice}")]
    ReadOnly {
        /// `full`, `read-only`, `not allowed` or `disk error`.
        reason: String,
        /// What to do.
        advice: String,
    },
    /// The connection is not stored, or was removed.
    #[error("there is no connection {connection}: connect it first")]
    NoConnection {
        /// Its name.
        connection: ConnectionId,
    },
    /// The name stands for another account or shop.
    #[error(
        "connection {connection} is between {bound}, and its history too, also if it was removed: give the one between \
         {requested} another name"
    )]
    BoundElsewhere {
        /// Its name.
        connection: ConnectionId,
        /// What it stands for.
        bound: Counterparts,
        /// What it was to stand for.
        requested: Counterparts,
    },
    /// The account and the shop are connected already.
    #[error(
        "cannot connect {requested} as {connection}: they are connected as {existing} already. Change that connection \
         with `connect {existing}`, or remove it first with `disconnect {existing}`"
    )]
    AlreadyConnected {
        /// The new name.
        connection: ConnectionId,
        /// The name that they are connected under.
        existing: ConnectionId,
        /// The account and the shop.
        requested: Counterparts,
    },
    /// The account and the shop were connected under another name.
    #[error(
        "cannot connect {requested} as {connection}: they were connected as {existing}, and what was written and decided is \
         remembered under that name. Run `connect {existing}`"
    )]
    ConnectedBefore {
        /// The new name.
        connection: ConnectionId,
        /// The name that they were connected under.
        existing: ConnectionId,
        /// The account and the shop.
        requested: Counterparts,
    },
    /// What is stored does not read.
    #[error("{what} in the database does not read: {reason}")]
    Corrupt {
        /// What it is.
        what: String,
        /// Why.
        reason: String,
    },
    /// Anything else that the database says.
    #[error("the database failed")]
    Database(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// A name is none of those that there are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name:?} is no {what}")]
pub struct Unknown {
    what: &'static str,
    name: String,
}

impl Unknown {
    pub(super) fn new(what: &'static str, name: &str) -> Self {
        Self { what, name: name.to_owned() }
    }
}
