use std::{collections::BTreeMap, str::FromStr};

use jiff::Timestamp;
use serde::Serialize;

use super::{
    ConnectionId, Store, StoreError, SweepLease, SweepName, Unknown,
    session::{Session, json},
    sweeps,
};

/// What a sweep found and has not finished: a row of JSON for each object.
pub type SweepRows = BTreeMap<SweepRowKey, String>;

/// The key of a row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SweepRowKey {
    /// The kind of object.
    pub part: SweepPart,
    /// The id of the object.
    pub key: String,
}

/// The kind of object of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SweepPart {
    /// An RMA that is pending.
    Pending,
    /// A transaction whose units belong to no known RMA.
    Unmatched,
}

impl SweepPart {
    const ALL: [Self; 2] = [Self::Pending, Self::Unmatched];

    /// The name in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Unmatched => "unmatched",
        }
    }
}

impl FromStr for SweepPart {
    type Err = Unknown;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|known| known.as_str() == text)
            .ok_or_else(|| Unknown::new("part of a sweep", text))
    }
}

/// Changed rows with their new values; none for removed ones.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SweepRowChanges(pub BTreeMap<SweepRowKey, Option<String>>);

impl SweepRowChanges {
    /// The changes from `before` to `after`.
    pub fn between(before: &SweepRows, after: SweepRows) -> Self {
        let gone = before.keys().filter(|key| !after.contains_key(key)).map(|key| (key.clone(), None));
        let mut changes: BTreeMap<_, _> = gone.collect();
        let changed = after.into_iter().filter(|(key, what)| before.get(key) != Some(what));
        changes.extend(changed.map(|(key, what)| (key, Some(what))));
        Self(changes)
    }
}

impl Store {
    /// Stores the position of a sweep, schedules the next one, and changes the sweep's rows in the same transaction. Returns false and changes nothing when another process
    /// took the sweep, or the connection was removed.
    pub async fn finish_sweep_with(
        &self,
        lease: &SweepLease,
        cursor: &str,
        rows: &SweepRowChanges,
        run_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut session = self.writing().await?;
        let is_held = sweeps::is_held(&mut session, lease).await?;
        if is_held {
            change(&mut session, lease, rows).await?;
            sweeps::finish(&mut session, lease, cursor, run_at).await?;
        }
        session.commit().await?;
        Ok(is_held)
    }

    /// The rows of a connection's sweep.
    pub async fn sweep_rows(
        &self,
        connection: &ConnectionId,
        sweep: SweepName,
    ) -> Result<SweepRows, StoreError> {
        all(&mut self.asking().await?, connection, sweep).await
    }
}

pub(super) async fn all(
    session: &mut Session<'_>,
    connection: &ConnectionId,
    sweep: SweepName,
) -> Result<SweepRows, StoreError> {
    const ALL: &str = "SELECT part, key, what FROM sweep_row WHERE connection = $1 AND sweep = $2";
    let rows = session.all(ALL, &[connection.as_str().into(), sweep.as_str().into()]).await?;
    rows.iter()
        .map(|row| Ok((SweepRowKey { part: row.parsed("part")?, key: row.text("key")? }, row.text("what")?)))
        .collect()
}

#[derive(Serialize)]
struct Stored<'a> {
    part: &'static str,
    key: &'a str,
    what: Option<&'a str>,
}

/// Only the holder of the lease may call this.
pub(super) async fn change(
    session: &mut Session<'_>,
    lease: &SweepLease,
    changes: &SweepRowChanges,
) -> Result<(), StoreError> {
    const REMOVE: &str = "
        DELETE FROM sweep_row WHERE connection = $2 AND sweep = $3
            AND EXISTS (SELECT 1 FROM {input $1: part text, key text}
                WHERE input.part = sweep_row.part AND input.key = sweep_row.key)";
    const PUT: &str = "
        INSERT INTO sweep_row (connection, sweep, part, key, what)
        SELECT $2, $3, part, key, what FROM {input $1: part text, key text, what text} WHERE true
        ON CONFLICT (connection, sweep, part, key) DO UPDATE SET what = excluded.what";
    let (put, remove): (Vec<_>, Vec<_>) = changes
        .0
        .iter()
        .map(|(key, what)| Stored { part: key.part.as_str(), key: &key.key, what: what.as_deref() })
        .partition(|row| row.what.is_some());
    for (statement, rows) in [(REMOVE, remove), (PUT, put)] {
        if !rows.is_empty() {
            let (connection, sweep) = (lease.connection.as_str(), lease.sweep.as_str());
            session.run(statement, &[(&json(&rows)?).into(), connection.into(), sweep.into()]).await?;
        }
    }
    Ok(())
}
