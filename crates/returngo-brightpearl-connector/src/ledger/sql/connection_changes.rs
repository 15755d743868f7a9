use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{
    connections::{self, Named},
    session::{Row, Session, json},
};
use crate::ledger::{ConnectionChange, ConnectionId, LedgerError, RecordedChange, Sealed, StoredConnection};

/// False, and nothing is to be committed, when something else is stored than was seen.
pub(super) async fn make(
    session: &mut Session<'_>,
    connection: &StoredConnection,
    was: Option<&Sealed>,
    change: &ConnectionChange,
    now: Timestamp,
) -> Result<bool, LedgerError> {
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
) -> Result<Vec<RecordedChange>, LedgerError> {
    const OF_CONNECTION: &str =
        "SELECT at, changed_by, fields FROM connection_change WHERE connection = $1 ORDER BY id";
    session.all(OF_CONNECTION, &[connection.as_str().into()]).await?.iter().map(recorded).collect()
}

fn recorded(row: &Row) -> Result<RecordedChange, LedgerError> {
    let fields = serde_json::from_str(&row.text("fields")?).map_err(|error| LedgerError::Corrupt {
        what: "a change of a connection".to_owned(),
        reason: error.to_string(),
    })?;
    Ok(RecordedChange {
        at: row.time("at")?,
        change: ConnectionChange { by: row.text("changed_by")?, fields },
    })
}
