use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Activity, Actor, ConnectionId, Encrypted, Operation, Store, StoreError, StoredConnection, activity,
    connection_queue, connections, session::Session,
};

/// A user's change of a connection, as it is recorded. It contains no secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionChange {
    /// The user.
    pub by: Actor,
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
        let activity = Activity {
            actor: change.by.clone(),
            operation: Operation::Connect,
            connection: id.clone(),
            rma: None,
            detail: json!({"fields": change.fields}),
            at: now,
        };
        activity::record(session, &activity).await?;
    }
    Ok(true)
}

pub(super) async fn of(
    session: &mut Session<'_>,
    connection: &ConnectionId,
) -> Result<Vec<RecordedChange>, StoreError> {
    let activities = activity::of_operation(session, connection, Operation::Connect).await?;
    activities.into_iter().filter_map(|activity| recorded(activity).transpose()).collect()
}

/// `None` for what followed from a change, such as RMAs that were queued.
fn recorded(mut activity: Activity) -> Result<Option<RecordedChange>, StoreError> {
    let Some(fields) = activity.detail.get_mut("fields").map(Value::take) else { return Ok(None) };
    let fields = serde_json::from_value(fields).map_err(|error| StoreError::Corrupt {
        what: "a change of a connection".to_owned(),
        reason: error.to_string(),
    })?;
    Ok(Some(RecordedChange { at: activity.at, change: ConnectionChange { by: activity.actor, fields } }))
}
