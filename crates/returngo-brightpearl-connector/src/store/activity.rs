//! Changes that users made: who, when and by which interface. An entry is part of the transaction that makes
//! the change, so that there is one if and only if the change was made.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use returngo::RmaId;
use serde_json::Value;

use super::{
    ConnectionId, Store, StoreError, Unknown,
    session::{Row, Session},
};

/// A user, and the interface that they use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The user's name.
    pub name: String,
    /// The interface.
    pub interface: Interface,
}

impl Actor {
    /// Creates an actor at the command line.
    pub fn command_line(name: impl Into<String>) -> Self {
        Self { name: name.into(), interface: Interface::CommandLine }
    }
}

/// Displays the user's name.
impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// An interface of the connector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interface {
    /// The command line.
    CommandLine,
    /// The web console.
    Console,
    /// The JSON API.
    Api,
}

impl Interface {
    /// All interfaces.
    pub const ALL: [Self; 3] = [Self::CommandLine, Self::Console, Self::Api];

    /// Returns the name in the database and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CommandLine => "command-line",
            Self::Console => "console",
            Self::Api => "api",
        }
    }
}

impl FromStr for Interface {
    type Err = Unknown;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|known| known.as_str() == text)
            .ok_or_else(|| Unknown::new("interface", text))
    }
}

/// An operation that changes something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// A connection was created or changed.
    Connect,
    /// A connection was removed.
    Disconnect,
    /// RMAs were queued to be synchronized now.
    Sync,
    /// RMAs from before the connection were queued.
    Backfill,
    /// A webhook was queued again.
    Replay,
    /// A review of an RMA was answered.
    Decide,
    /// The reviews of an RMA were resolved.
    Resolve,
    /// Resolved reviews of an RMA were reopened.
    Reopen,
    /// An RMA was queued with all its attempts.
    Retry,
    /// Writes were reset, so that they may be repeated.
    WriteAgain,
    /// Objects that cannot be decoded were dismissed.
    Dismiss,
}

impl Operation {
    /// All operations.
    pub const ALL: [Self; 11] = [
        Self::Connect,
        Self::Disconnect,
        Self::Sync,
        Self::Backfill,
        Self::Replay,
        Self::Decide,
        Self::Resolve,
        Self::Reopen,
        Self::Retry,
        Self::WriteAgain,
        Self::Dismiss,
    ];

    /// Returns the name in the database and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Disconnect => "disconnect",
            Self::Sync => "sync",
            Self::Backfill => "backfill",
            Self::Replay => "replay",
            Self::Decide => "decide",
            Self::Resolve => "resolve",
            Self::Reopen => "reopen",
            Self::Retry => "retry",
            Self::WriteAgain => "write-again",
            Self::Dismiss => "dismiss",
        }
    }
}

impl FromStr for Operation {
    type Err = Unknown;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let operation = Self::ALL.into_iter().find(|known| known.as_str() == text);
        operation.ok_or_else(|| Unknown::new("operation", text))
    }
}

/// A change that a user made. Entries are never changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// The user.
    pub actor: Actor,
    /// The operation.
    pub operation: Operation,
    /// The connection.
    pub connection: ConnectionId,
    /// The RMA, if the operation was about one.
    pub rma: Option<RmaId>,
    /// Facts as JSON, by operation. No secrets and no shoppers.
    pub detail: Value,
    /// The time.
    pub at: Timestamp,
}

impl Store {
    /// Returns the changes that users made to a connection and its RMAs, oldest first.
    ///
    /// # Errors
    /// The database fails.
    pub async fn activity(&self, connection: &ConnectionId) -> Result<Vec<Activity>, StoreError> {
        const OF_CONNECTION: &str = "
            SELECT actor, interface, operation, connection, rma, detail, at FROM activity
            WHERE connection = $1 ORDER BY id";
        let mut session = self.asking().await?;
        session.all(OF_CONNECTION, &[connection.as_str().into()]).await?.iter().map(stored).collect()
    }
}

/// Records a change, in the transaction that makes it.
pub(super) async fn record(session: &mut Session<'_>, activity: &Activity) -> Result<(), StoreError> {
    const RECORD: &str = "
        INSERT INTO activity (actor, interface, operation, connection, rma, detail, at)
        VALUES ($1, $2, $3, $4, NULLIF($5, ''), $6, $7)";
    let Activity { actor, operation, connection, rma, detail, at } = activity;
    let rma = rma.as_ref().map(ToString::to_string).unwrap_or_default();
    let detail = detail.to_string();
    let values = [
        actor.name.as_str().into(),
        actor.interface.as_str().into(),
        operation.as_str().into(),
        connection.as_str().into(),
        (&rma).into(),
        (&detail).into(),
        (*at).into(),
    ];
    session.run(RECORD, &values).await.map(drop)
}

/// Returns the changes that this operation made to a connection, oldest first.
pub(super) async fn of_operation(
    session: &mut Session<'_>,
    connection: &ConnectionId,
    operation: Operation,
) -> Result<Vec<Activity>, StoreError> {
    const OF_OPERATION: &str = "
        SELECT actor, interface, operation, connection, rma, detail, at FROM activity
        WHERE connection = $1 AND operation = $2 ORDER BY id";
    let parameters = [connection.as_str().into(), operation.as_str().into()];
    session.all(OF_OPERATION, &parameters).await?.iter().map(stored).collect()
}

fn stored(row: &Row) -> Result<Activity, StoreError> {
    let detail = serde_json::from_str(&row.text("detail")?)
        .map_err(|error| StoreError::Corrupt { what: "activity".to_owned(), reason: error.to_string() })?;
    let rma = row.text_if_any("rma")?.map(|rma| rma.parse()).transpose();
    Ok(Activity {
        actor: Actor { name: row.text("actor")?, interface: row.parsed("interface")? },
        operation: row.parsed("operation")?,
        connection: row.parsed("connection")?,
        rma: rma.map_err(|error| super::session::unreadable("rma", error))?,
        detail,
        at: row.time("at")?,
    })
}
