use jiff::Timestamp;

use super::{
    Activity, Actor, ConnectionId, Counterparts, Encrypted, Operation, Store, StoreError, StoredConnection,
    activity, connection_queue,
    session::{Row, Session, json_column},
    sweeps,
};

impl Store {
    /// Binds a name to an account and a shop for ever. The stored history of a name belongs to them, also after the
    /// connection is removed, so a name that is bound to others is rejected.
    pub async fn bind(&self, connection: &ConnectionId, to: &Counterparts) -> Result<(), StoreError> {
        let mut session = self.writing().await?;
        bind(&mut session, connection, to).await?;
        session.commit().await
    }

    /// The account and shop that a name is bound to.
    pub async fn counterparts(&self, connection: &ConnectionId) -> Result<Option<Counterparts>, StoreError> {
        counterparts(&mut self.asking().await?, connection).await
    }

    /// The stored connections between this account and this shop.
    pub async fn connected_as(&self, pair: &Counterparts) -> Result<Vec<ConnectionId>, StoreError> {
        connected_as(&mut self.asking().await?, pair).await
    }

    /// All names that this account and this shop are or were connected under.
    pub async fn known_as(&self, pair: &Counterparts) -> Result<Vec<ConnectionId>, StoreError> {
        known_as(&mut self.asking().await?, pair).await
    }

    /// Stores a connection, and replaces one of the same name. Connections that share an account and a shop are blocked until
    /// one is left: call [`connected_as`](Self::connected_as) first.
    pub async fn put_connection(
        &self,
        connection: &StoredConnection,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut session = self.writing().await?;
        put(&mut session, connection, now, None).await?;
        session.commit().await
    }

    /// Stores a connection like [`put_connection`](Self::put_connection) if the stored version is still `was`. Otherwise
    /// returns false and changes nothing.
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

    /// Replaces the tokens of a connection if the stored version is still `was`; the time of storing stays. Otherwise returns
    /// false and changes nothing.
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

    /// The names of all connections, each with the time when it was last stored.
    pub async fn stored_connections(&self) -> Result<Vec<(ConnectionId, Timestamp)>, StoreError> {
        stored_at(&mut self.asking().await?).await
    }

    /// The connections with these names.
    pub async fn connections_named(&self, ids: &[ConnectionId]) -> Result<Vec<StoredConnection>, StoreError> {
        named(&mut self.asking().await?, ids).await
    }

    /// The connection with this name.
    pub async fn connection(&self, id: &ConnectionId) -> Result<Option<StoredConnection>, StoreError> {
        one(&mut self.asking().await?, id).await
    }

    /// Removes a connection and its secrets, and stops its jobs. The audit stays.
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

/// Stores a connection. With `was`, only if that version is still stored; otherwise returns false.
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

/// Locks the account and the shop of a connection: of two processes that store the same pair, the second one sees the first.
pub(super) async fn lock_pair(session: &mut Session<'_>, id: &ConnectionId) -> Result<(), StoreError> {
    const LOCK_PAIR: &str = "
        SELECT pair.connection FROM counterparts AS pair
            JOIN counterparts AS own ON own.account = pair.account AND own.shop = pair.shop
        WHERE own.connection = $1 ORDER BY pair.connection";
    session.lock_all(LOCK_PAIR, &[id.as_str().into()]).await.map(drop)
}

/// Replaces the tokens of a connection that is still stored as it was.
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

/// The stored connections between this account and this shop.
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

/// Blocks all connections that share an account and a shop with this one, until one is left.
async fn block_duplicates(session: &mut Session<'_>, connection: &ConnectionId) -> Result<(), StoreError> {
    const BLOCK: &str = "
        UPDATE connection SET blocked = $2 WHERE id IN (SELECT input.id FROM {input $1: id text})";
    let live = match counterparts(session, connection).await? {
        Some(pair) => connected_as(session, &pair).await?,
        None => vec![connection.clone()],
    };
    let live_ids: Vec<&ConnectionId> = live.iter().collect();
    connection_queue::lock_all(session, &live_ids).await?;
    let blocked = i64::from(live_ids.len() > 1);
    session.run(BLOCK, &[(&json_column("id", &live_ids)?).into(), blocked.into()]).await?;
    connection_queue::schedule(session, &live_ids).await
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
    session.all(NAMED, &[(&json_column("id", ids)?).into()]).await?.iter().map(stored).collect()
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

/// The row and the jobs stay, without secrets, so that attempts continue to be counted if the connection is stored again: an
/// old lease must not pass for a new one.
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
    connection_queue::schedule(session, &[connection]).await?;
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

/// The Brightpearl account of a connection, or its own name while none is bound.
pub(super) async fn account_of(
    session: &mut Session<'_>,
    connection: &ConnectionId,
) -> Result<String, StoreError> {
    let bound = counterparts(session, connection).await?;
    Ok(bound.map_or_else(|| format!("connection {connection}"), |bound| bound.account().to_owned()))
}
