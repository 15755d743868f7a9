use std::{fmt, str::FromStr};

use jiff::Timestamp;
use serde::Serialize;

use super::{
    Activity, Actor, ConnectionStatus, Lease, Operation, Store, StoreError, activity,
    session::{Row, Session, json},
    sweeps,
};

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

impl Serialize for ConnectionId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
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
pub struct Encrypted(pub Vec<u8>);

impl fmt::Debug for Encrypted {
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
    pub configuration: Encrypted,
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

impl Store {
    /// Has a name stand for this account and this shop from now on. What is remembered under it is about them, also
    /// when the connection is removed, so a name that stands for others is refused.
    pub async fn bind(&self, connection: &ConnectionId, to: &Counterparts) -> Result<(), StoreError> {
        let mut session = self.writing().await?;
        bind(&mut session, connection, to).await?;
        session.commit().await
    }

    /// What a name stands for.
    pub async fn counterparts(&self, connection: &ConnectionId) -> Result<Option<Counterparts>, StoreError> {
        counterparts(&mut self.asking().await?, connection).await
    }

    /// The live connections between this account and this shop.
    pub async fn connected_as(&self, pair: &Counterparts) -> Result<Vec<ConnectionId>, StoreError> {
        connected_as(&mut self.asking().await?, pair).await
    }

    /// The names that this account and this shop are or were connected under.
    pub async fn known_as(&self, pair: &Counterparts) -> Result<Vec<ConnectionId>, StoreError> {
        known_as(&mut self.asking().await?, pair).await
    }

    /// Stores a connection under its name; one of that name is replaced. Several between the same account and shop are
    /// not worked on until one of them is left: ask what they are [connected as](Self::connected_as) first.
    pub async fn put_connection(
        &self,
        connection: &StoredConnection,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut session = self.writing().await?;
        put(&mut session, connection, now, None).await?;
        session.commit().await
    }

    /// Stores a connection as [`put_connection`](Self::put_connection) does, if it is still stored as it was. False, and
    /// nothing is changed, when it is not.
    pub async fn replace_connection(
        &self,
        connection: &StoredConnection,
        was: &Encrypted,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut session = self.writing().await?;
        let replaced = put(&mut session, connection, now, Some(was)).await?;
        if replaced {
            session.commit().await?;
        }
        Ok(replaced)
    }

    /// Stores a connection of which only the tokens changed, if it is still stored as it was: it is the same connection,
    /// stored when it was. False, and nothing is changed, when it is not.
    pub async fn replace_tokens(
        &self,
        connection: &StoredConnection,
        was: &Encrypted,
    ) -> Result<bool, StoreError> {
        let mut session = self.writing().await?;
        let replaced = replace_tokens(&mut session, connection, was).await?;
        session.commit().await?;
        Ok(replaced)
    }

    /// All connections, by name.
    pub async fn connections(&self) -> Result<Vec<StoredConnection>, StoreError> {
        all(&mut self.asking().await?).await
    }

    /// All connections' names, each with when it was stored last.
    pub async fn stored_connections(&self) -> Result<Vec<(ConnectionId, Timestamp)>, StoreError> {
        stored_at(&mut self.asking().await?).await
    }

    /// The connections of these names.
    pub async fn connections_named(&self, ids: &[ConnectionId]) -> Result<Vec<StoredConnection>, StoreError> {
        named(&mut self.asking().await?, ids).await
    }

    /// The connection of this name.
    pub async fn connection(&self, id: &ConnectionId) -> Result<Option<StoredConnection>, StoreError> {
        one(&mut self.asking().await?, id).await
    }

    /// Forgets a connection and its secrets. Its work stops; what was written stays in the audit.
    pub async fn remove_connection(
        &self,
        id: &ConnectionId,
        by: &Actor,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut session = self.writing().await?;
        let removed = remove(&mut session, id, by, now).await?;
        session.commit().await?;
        Ok(removed)
    }

    /// How every connection stands.
    pub async fn status(&self) -> Result<Vec<ConnectionStatus>, StoreError> {
        status(&mut self.asking().await?).await
    }
}

pub(super) async fn bind(
    session: &mut Session<'_>,
    connection: &ConnectionId,
    to: &Counterparts,
) -> Result<(), StoreError> {
    const BIND: &str = "
        INSERT INTO counterparts (connection, account, shop) VALUES ($1, $2, $3) ON CONFLICT (connection) DO NOTHING";
    if session.run(BIND, &[connection.as_str().into(), to.account().into(), to.shop().into()]).await? > 0 {
        block_duplicates(session, connection).await?;
    }
    match counterparts(session, connection).await?.filter(|bound| bound != to) {
        None => Ok(()),
        Some(bound) => {
            Err(StoreError::BoundElsewhere { connection: connection.clone(), bound, requested: to.clone() })
        }
    }
}

pub(super) async fn counterparts(
    session: &mut Session<'_>,
    connection: &ConnectionId,
) -> Result<Option<Counterparts>, StoreError> {
    const BOUND: &str = "SELECT account, shop FROM counterparts WHERE connection = $1";
    let row = session.first(BOUND, &[connection.as_str().into()]).await?;
    row.map(|row| Ok(Counterparts::new(&row.text("account")?, &row.text("shop")?))).transpose()
}

/// Stores a connection; with what it `was`, only if it is still stored so, and else it gives false.
pub(super) async fn put(
    session: &mut Session<'_>,
    connection: &StoredConnection,
    now: Timestamp,
    was: Option<&Encrypted>,
) -> Result<bool, StoreError> {
    const PUT: &str = "
        INSERT INTO connection (id, configuration, stored_at) VALUES ($1, $2, $3)
        ON CONFLICT (id) DO UPDATE SET configuration = excluded.configuration, stored_at = excluded.stored_at";
    const STILL: &str = "SELECT id FROM connection WHERE id = $1 AND configuration = $2";
    let id = connection.id.as_str();
    lock_pair(session, &connection.id).await?;
    if let Some(was) = was
        && session.lock_all(STILL, &[id.into(), was.0.as_slice().into()]).await?.is_empty()
    {
        return Ok(false);
    }
    session.run(PUT, &[id.into(), connection.configuration.0.as_slice().into(), now.into()]).await?;
    sweeps::start(session, &connection.id, now).await?;
    block_duplicates(session, &connection.id).await?;
    Ok(true)
}

/// Locks what a connection is between: of two processes that store the same pair at once, the second sees the first.
pub(super) async fn lock_pair(session: &mut Session<'_>, id: &ConnectionId) -> Result<(), StoreError> {
    const LOCK_PAIR: &str = "
        SELECT pair.connection FROM counterparts AS pair
            JOIN counterparts AS own ON own.account = pair.account AND own.shop = pair.shop
        WHERE own.connection = $1 ORDER BY pair.connection";
    session.lock_all(LOCK_PAIR, &[id.as_str().into()]).await.map(drop)
}

/// Stores other tokens in a connection that is still stored as it was. Nothing else of it changes.
pub(super) async fn replace_tokens(
    session: &mut Session<'_>,
    connection: &StoredConnection,
    was: &Encrypted,
) -> Result<bool, StoreError> {
    const REPLACE: &str = "UPDATE connection SET configuration = $3 WHERE id = $1 AND configuration = $2";
    let (id, is) = (connection.id.as_str(), &connection.configuration);
    Ok(session.run(REPLACE, &[id.into(), was.0.as_slice().into(), is.0.as_slice().into()]).await? > 0)
}

/// The names that this account and this shop are or were connected under.
pub(super) async fn known_as(
    session: &mut Session<'_>,
    pair: &Counterparts,
) -> Result<Vec<ConnectionId>, StoreError> {
    const KNOWN: &str =
        "SELECT connection FROM counterparts WHERE account = $1 AND shop = $2 ORDER BY connection";
    let rows = session.all(KNOWN, &[pair.account().into(), pair.shop().into()]).await?;
    rows.iter().map(|row| row.parsed("connection")).collect()
}

/// The live connections between this account and this shop.
pub(super) async fn connected_as(
    session: &mut Session<'_>,
    pair: &Counterparts,
) -> Result<Vec<ConnectionId>, StoreError> {
    const CONNECTED: &str = "
        SELECT id FROM counterparts JOIN connection ON connection.id = counterparts.connection
        WHERE account = $1 AND shop = $2 AND configuration IS NOT NULL ORDER BY id";
    let rows = session.all(CONNECTED, &[pair.account().into(), pair.shop().into()]).await?;
    rows.iter().map(|row| row.parsed("id")).collect()
}

/// Has none of several connections between the same account and shop as this one be worked on, until one is left.
async fn block_duplicates(session: &mut Session<'_>, connection: &ConnectionId) -> Result<(), StoreError> {
    const BLOCK: &str = "
        UPDATE connection SET blocked = $2 WHERE id IN (SELECT input.id FROM {input $1: id text})";
    let live = match counterparts(session, connection).await? {
        Some(pair) => connected_as(session, &pair).await?,
        None => vec![connection.clone()],
    };
    let names: Vec<_> = live.iter().map(|id| Named { id: id.as_str() }).collect();
    lock_all(session, &names).await?;
    let blocked = i64::from(names.len() > 1);
    session.run(BLOCK, &[(&json(&names)?).into(), blocked.into()]).await?;
    schedule(session, &names).await
}

pub(super) async fn all(session: &mut Session<'_>) -> Result<Vec<StoredConnection>, StoreError> {
    const ALL: &str = "SELECT id, configuration FROM connection WHERE configuration IS NOT NULL ORDER BY id";
    session.all(ALL, &[]).await?.iter().map(stored).collect()
}

pub(super) async fn stored_at(
    session: &mut Session<'_>,
) -> Result<Vec<(ConnectionId, Timestamp)>, StoreError> {
    const STORED_AT: &str = "SELECT id, stored_at FROM connection WHERE configuration IS NOT NULL";
    let rows = session.all(STORED_AT, &[]).await?;
    rows.iter().map(|row| Ok((row.parsed("id")?, row.time("stored_at")?))).collect()
}

pub(super) async fn named(
    session: &mut Session<'_>,
    ids: &[ConnectionId],
) -> Result<Vec<StoredConnection>, StoreError> {
    const NAMED: &str = "
        SELECT id, configuration FROM connection
        WHERE id IN (SELECT input.id FROM {input $1: id text}) AND configuration IS NOT NULL";
    let names: Vec<_> = ids.iter().map(|id| Named { id: id.as_str() }).collect();
    session.all(NAMED, &[(&json(&names)?).into()]).await?.iter().map(stored).collect()
}

pub(super) async fn one(
    session: &mut Session<'_>,
    id: &ConnectionId,
) -> Result<Option<StoredConnection>, StoreError> {
    const ONE: &str = "SELECT id, configuration FROM connection WHERE id = $1 AND configuration IS NOT NULL";
    session.first(ONE, &[id.as_str().into()]).await?.as_ref().map(stored).transpose()
}

fn stored(row: &Row) -> Result<StoredConnection, StoreError> {
    Ok(StoredConnection { id: row.parsed("id")?, configuration: Encrypted(row.bytes("configuration")?) })
}

/// Its row stays, without its secrets, and its work, so that attempts go on being counted if it comes back: a
/// worker that still holds a claim of then must not pass for one of now.
pub(super) async fn remove(
    session: &mut Session<'_>,
    connection: &ConnectionId,
    by: &Actor,
    now: Timestamp,
) -> Result<bool, StoreError> {
    const FORGET: &str =
        "UPDATE connection SET configuration = NULL WHERE id = $1 AND configuration IS NOT NULL";
    const TAKE_BACK: &str = "
        UPDATE job SET state = 'pending', run_at = $2, worker = NULL WHERE connection = $1 AND state = 'in-progress'";
    let id = connection.as_str();
    if session.run(FORGET, &[id.into()]).await? == 0 {
        return Ok(false);
    }
    session.run("DELETE FROM inbox WHERE connection = $1", &[id.into()]).await?;
    session.run("DELETE FROM sweep WHERE connection = $1", &[id.into()]).await?;
    session.run("DELETE FROM observation WHERE connection = $1", &[id.into()]).await?;
    session.run("DELETE FROM unreadable WHERE connection = $1", &[id.into()]).await?;
    session.run("DELETE FROM observed_item WHERE connection = $1", &[id.into()]).await?;
    session.run("DELETE FROM sweep_row WHERE connection = $1", &[id.into()]).await?;
    session.run(TAKE_BACK, &[id.into(), now.into()]).await?;
    schedule(session, &[Named { id }]).await?;
    block_duplicates(session, connection).await?;
    let activity = Activity {
        actor: by.clone(),
        operation: Operation::Disconnect,
        connection: connection.clone(),
        rma: None,
        detail: serde_json::json!({}),
        at: now,
    };
    activity::record(session, &activity).await?;
    Ok(true)
}

/// A connection's name, as a row for a statement.
#[derive(Serialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Named<'a> {
    pub(super) id: &'a str,
}

/// The connections of these claims, each once.
pub(super) fn of_leases<'a>(leases: impl Iterator<Item = &'a Lease>) -> Vec<Named<'a>> {
    let mut names: Vec<_> = leases.map(|lease| Named { id: lease.connection.as_str() }).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Locks a connection that is there: whoever changes its work holds this lock, so that nobody else does.
pub(super) async fn lock(session: &mut Session<'_>, id: &ConnectionId) -> Result<(), StoreError> {
    const LOCK: &str = "SELECT id FROM connection WHERE id = $1 AND configuration IS NOT NULL";
    match session.lock_all(LOCK, &[id.as_str().into()]).await?.is_empty() {
        true => Err(StoreError::NoConnection { connection: id.clone() }),
        false => Ok(()),
    }
}

/// Locks connections, always in the same order, so that nobody waits for somebody who waits for them.
pub(super) async fn lock_all(session: &mut Session<'_>, names: &[Named<'_>]) -> Result<(), StoreError> {
    const LOCK: &str = "
        SELECT id FROM connection WHERE id IN (SELECT input.id FROM {input $1: id text}) ORDER BY id";
    session.lock_all(LOCK, &[(&json(names)?).into()]).await.map(drop)
}

/// Connections' work was claimed or finished: they wait for their next turn from now on.
pub(super) async fn mark_served(
    session: &mut Session<'_>,
    names: &[Named<'_>],
    now: Timestamp,
) -> Result<(), StoreError> {
    const SERVED: &str =
        "UPDATE connection SET last_served_at = $2 WHERE id IN (SELECT input.id FROM {input $1: id text})";
    session.run(SERVED, &[(&json(names)?).into(), now.into()]).await.map(drop)
}

/// Sets from when the work of connections waits for its turn. Has to follow every change of their work, in the same
/// transaction.
pub(super) async fn schedule(session: &mut Session<'_>, names: &[Named<'_>]) -> Result<(), StoreError> {
    const SET: &str = "
        UPDATE connection SET
            jobs_ready_at = CASE WHEN configuration IS NOT NULL AND blocked = 0 THEN (
                SELECT CASE WHEN MIN(run_at) < connection.last_served_at THEN connection.last_served_at ELSE MIN(run_at) END
                FROM job WHERE job.connection = connection.id AND run_at IS NOT NULL
            ) END
        WHERE id IN (SELECT input.id FROM {input $1: id text})";
    session.run(SET, &[(&json(names)?).into()]).await.map(drop)
}

/// Counts nothing but webhooks that wait: `work_count` has how many RMAs are in each state.
pub(super) async fn status(session: &mut Session<'_>) -> Result<Vec<ConnectionStatus>, StoreError> {
    const STATUS: &str = "
        SELECT connection.id, blocked,
            COALESCE(MAX(rmas) FILTER (WHERE state = 'pending'), 0) AS pending,
            COALESCE(MAX(rmas) FILTER (WHERE state = 'in-progress'), 0) AS in_progress,
            COALESCE(MAX(rmas) FILTER (WHERE state = 'in-sync'), 0) AS in_sync,
            COALESCE(MAX(rmas) FILTER (WHERE state = 'needs-review'), 0) AS needs_review,
            (SELECT MIN(pending_since) FROM job
             WHERE job.connection = connection.id AND pending_since IS NOT NULL) AS oldest_pending,
            (SELECT COUNT(*) FROM inbox
             WHERE inbox.connection = connection.id AND waiting_since IS NOT NULL)
            + (SELECT COUNT(*) FROM inbox
               WHERE inbox.connection = connection.id AND again_at IS NOT NULL) AS waiting,
            (SELECT MIN(waiting_since) FROM inbox
             WHERE inbox.connection = connection.id AND waiting_since IS NOT NULL) AS waiting_since
        FROM connection LEFT JOIN job_count ON job_count.connection = connection.id
        WHERE configuration IS NOT NULL GROUP BY connection.id, blocked ORDER BY connection.id";
    let rows = session.all(STATUS, &[]).await?;
    rows.iter()
        .map(|row| {
            Ok(ConnectionStatus {
                connection: row.parsed("id")?,
                blocked: row.int("blocked")? == 1,
                pending: row.count("pending")?,
                in_progress: row.count("in_progress")?,
                in_sync: row.count("in_sync")?,
                needs_review: row.count("needs_review")?,
                waiting_deliveries: row.count("waiting")?,
                deliveries_wait_since: row.time_if_any("waiting_since")?,
                oldest_pending: [row.time_if_any("oldest_pending")?, row.time_if_any("waiting_since")?]
                    .into_iter()
                    .flatten()
                    .min(),
            })
        })
        .collect()
}
