use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    ConnectionId, Encrypted, Store, StoreError, StoredConnection,
    connections::{self, Named},
    session::{Row, Session, json},
};

/// What a person changes of a connection. It is recorded, and holds no secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionChange {
    /// Who.
    pub by: String,
    /// The fields that change.
    pub fields: Vec<FieldChange>,
}

/// A field that changes. Of a secret both values are absent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    /// Its name.
    pub field: String,
    /// Its value before; absent when it was not set.
    pub before: Option<String>,
    /// Its value from now on; absent when it is not set.
    pub after: Option<String>,
}

/// A change that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedChange {
    /// When.
    pub at: Timestamp,
    /// What, and by whom.
    pub change: ConnectionChange,
}

impl Store {
    /// Stores a connection as a person changed it, and records the change, unless something else is stored than the person
    /// saw: false then, and nothing is stored.
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

    /// What people changed of a connection, oldest first.
    pub async fn connection_changes(&self, id: &ConnectionId) -> Result<Vec<RecordedChange>, StoreError> {
        of(&mut self.asking().await?, id).await
    }
}

/// False, and nothing is to be committed, when something else is stored than was seen.
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
    let names: Vec<_> = of_pair.iter().map(|id| Named { id: id.as_str() }).collect();
    connections::lock_all(session, &names).await?;
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
