use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    ConnectionId, Encrypted, Store, StoreError, StoredConnection, connection_queue, connections,
    session::{Row, Session, json},
};

/// A user's change of a connection, as it is recorded. It contains no secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionChange {
    /// The user.
    pub by: String,
    /// The changed fields.
    pub fields: Vec<FieldChange>,
}

/// A changed field. For a secret, both values are absent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    /// The name of the field.
    pub field: String,
    /// The value before; absent when it was not set.
    pub before: Option<String>,
    /// The value after; absent when it is not set.
    pub after: Option<String>,
}

/// A recorded change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedChange {
    /// When it was made.
    pub at: Timestamp,
    /// The change and its user.
    pub change: ConnectionChange,
}

impl Store {
    /// Stores a connection as a user changed it, and records the change. Returns false, and stores nothing, when the stored
    /// connection is not the one that the user saw.
    pub async fn change_connection(
        &self,
        connection: &StoredConnection,
        was: Option<&Encrypted>,
        change: &ConnectionChange,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut session = self.writing().await?;
        let changed = make(&mut session, connection, was, change, now).await?;
        if changed {
            session.commit().await?;
        }
        Ok(changed)
    }

    /// The recorded changes of a connection, oldest first.
    pub async fn connection_changes(&self, id: &ConnectionId) -> Result<Vec<RecordedChange>, StoreError> {
        of(&mut self.asking().await?, id).await
    }
}

/// Returns false, and must not be committed, when another version is stored than the user saw.
pub(super) async fn make(
    session: &mut Session<'_>,
    connection: &StoredConnection,
    was: Option<&Encrypted>,
    change: &ConnectionChange,
    now: Timestamp,
) -> Result<bool, StoreError> {
    const RECORD: &str =
        "INSERT INTO connection_change (connection, at, changed_by, fields) VALUES ($1, $2, $3, $4)";
    let id = &connection.id;
    connections::lock_pair(session, id).await?;
    let mut of_pair: BTreeSet<ConnectionId> = match connections::counterparts(session, id).await? {
        Some(pair) => connections::connected_as(session, &pair).await?.into_iter().collect(),
        None => BTreeSet::new(),
    };
    of_pair.insert(id.clone());
    connection_queue::lock_all(session, &of_pair.iter().collect::<Vec<_>>()).await?;
    let stored = connections::one(session, id).await?;
    if stored.as_ref().map(|stored| &stored.configuration) != was {
        return Ok(false);
    }
    connections::put(session, connection, now, None).await?;
    if !change.fields.is_empty() {
        let fields = json(&change.fields)?;
        let values = [id.as_str().into(), now.into(), change.by.as_str().into(), (&fields).into()];
        session.run(RECORD, &values).await?;
    }
    Ok(true)
}

pub(super) async fn of(
    session: &mut Session<'_>,
    connection: &ConnectionId,
) -> Result<Vec<RecordedChange>, StoreError> {
    const OF_CONNECTION: &str =
        "SELECT at, changed_by, fields FROM connection_change WHERE connection = $1 ORDER BY id";
    session.all(OF_CONNECTION, &[connection.as_str().into()]).await?.iter().map(recorded).collect()
}

fn recorded(row: &Row) -> Result<RecordedChange, StoreError> {
    let fields = serde_json::from_str(&row.text("fields")?).map_err(|error| StoreError::Corrupt {
        what: "a change of a connection".to_owned(),
        reason: error.to_string(),
    })?;
    Ok(RecordedChange {
        at: row.time("at")?,
        change: ConnectionChange { by: row.text("changed_by")?, fields },
    })
}
