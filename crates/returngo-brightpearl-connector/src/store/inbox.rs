use std::{collections::BTreeMap, fmt, str::FromStr};

use jiff::{SignedDuration, Timestamp};
use returngo::RmaId;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{
    Activity, Actor, Cause, ConnectionId, Operation, Store, StoreError, Unknown, activity, connection_queue,
    queue,
    session::{Row, Session, json, json_column},
};

/// The system that sent a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// Brightpearl.
    Brightpearl,
    /// ReturnGO.
    Returngo,
}

impl Source {
    /// Both systems.
    pub const ALL: [Self; 2] = [Self::Brightpearl, Self::Returngo];

    /// The name in URLs, metrics and the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Brightpearl => "brightpearl",
            Self::Returngo => "returngo",
        }
    }
}

impl FromStr for Source {
    type Err = Unknown;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|known| known.as_str() == text).ok_or_else(|| Unknown::new("source", text))
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A received webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The connection.
    pub connection: ConnectionId,
    /// The system that sent it.
    pub source: Source,
    /// The body.
    pub body: String,
    /// When it was received.
    pub received_at: Timestamp,
}

/// The number of a webhook in the inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InboxId(pub i64);

impl fmt::Display for InboxId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A webhook in the inbox. Deliveries with the same body are one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDelivery {
    /// The number.
    pub id: InboxId,
    /// The webhook as it was last received.
    pub delivery: Delivery,
    /// How many times it was received.
    pub times: u32,
    /// How many times it was processed in vain since it was last received.
    pub tries: u32,
    /// When it is processed again, if its objects are not available yet.
    pub again_at: Option<Timestamp>,
}

impl Store {
    /// Stores webhooks. They are durable when this returns. A body that is waiting already is stored once; one that was
    /// processed before waits again, because its objects may have changed since.
    pub async fn receive(&self, deliveries: &[Delivery]) -> Result<(), StoreError> {
        let mut session = self.writing().await?;
        receive(&mut session, deliveries).await?;
        session.commit().await
    }

    /// The waiting webhooks of the next connection, oldest first, except for these connections.
    pub async fn waiting_deliveries(
        &self,
        limit: u32,
        except: &[ConnectionId],
    ) -> Result<Vec<StoredDelivery>, StoreError> {
        let mut session = self.writing().await?;
        let waiting = waiting(&mut session, limit, except).await?;
        session.commit().await?;
        Ok(waiting)
    }

    /// A webhook, processed or not.
    pub async fn delivery(&self, id: InboxId) -> Result<Option<StoredDelivery>, StoreError> {
        one(&mut self.asking().await?, id).await
    }

    /// Queues a webhook to be processed again, as a user requested. Returns it, or `None` if it is not stored.
    pub async fn replay(
        &self,
        id: InboxId,
        by: &Actor,
        now: Timestamp,
    ) -> Result<Option<StoredDelivery>, StoreError> {
        let mut session = self.writing().await?;
        let replayed = replay(&mut session, id, by, now).await?;
        session.commit().await?;
        Ok(replayed)
    }

    /// Makes webhooks wait again whose time to be processed again has come.
    pub async fn resume_deliveries(&self, now: Timestamp) -> Result<(), StoreError> {
        if !has_to_resume(&mut self.asking().await?, now).await? {
            return Ok(());
        }
        let mut session = self.writing().await?;
        resume(&mut session, now).await?;
        session.commit().await
    }

    /// Queues the RMAs that webhooks concern and marks the webhooks as processed, in one transaction. Webhooks with a time to
    /// be processed again stay in the inbox until then. A webhook that was received again in between goes on waiting.
    pub async fn finish_deliveries(
        &self,
        connection: &ConnectionId,
        processed: &[StoredDelivery],
        due: &[(RmaId, Cause)],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut session = self.writing().await?;
        finish_deliveries(&mut session, connection, processed, due, now).await?;
        session.commit().await
    }
}

async fn replay(
    session: &mut Session<'_>,
    id: InboxId,
    by: &Actor,
    now: Timestamp,
) -> Result<Option<StoredDelivery>, StoreError> {
    let Some(stored) = one(session, id).await? else { return Ok(None) };
    // Locked, so that nothing is stored for a connection that is removed at the same time.
    connection_queue::lock(session, &stored.delivery.connection).await?;
    // Received now, so that it is kept for as long as one that arrives now.
    receive(session, &[Delivery { received_at: now, ..stored.delivery.clone() }]).await?;
    let activity = Activity {
        actor: by.clone(),
        operation: Operation::Replay,
        connection: stored.delivery.connection.clone(),
        rma: None,
        detail: serde_json::json!({"webhook": id.0, "source": stored.delivery.source.as_str()}),
        at: now,
    };
    activity::record(session, &activity).await?;
    Ok(Some(stored))
}

/// All deliveries of one body.
#[derive(Serialize)]
struct DeliveryRow<'a> {
    connection: &'a str,
    source: &'a str,
    digest: String,
    body: &'a str,
    times: i64,
    first_at: i64,
    last_at: i64,
}

/// Deliveries for a connection that is not stored are dropped.
pub(super) async fn receive(session: &mut Session<'_>, deliveries: &[Delivery]) -> Result<(), StoreError> {
    // In the order of the digests, so that two processes that receive the same webhooks do not wait for each other.
    const RECEIVE: &str = "
        INSERT INTO inbox (connection, source, digest, body, times, received_at, waiting_since)
        SELECT input.connection, source, digest, body, times, last_at, first_at
        FROM {input $1: connection text, source text, digest text, body text, times bigint, first_at bigint, last_at bigint}
        JOIN connection ON connection.id = input.connection
        WHERE configuration IS NOT NULL ORDER BY digest
        ON CONFLICT (digest) DO UPDATE SET
            times = inbox.times + excluded.times,
            received_at = excluded.received_at,
            waiting_since = COALESCE(inbox.waiting_since, excluded.waiting_since),
            again_at = NULL,
            tries = 0";
    if deliveries.is_empty() {
        return Ok(());
    }
    session.run(RECEIVE, &[(&json(&each_once(deliveries))?).into()]).await.map(drop)
}

/// A statement must not change a row twice.
fn each_once(deliveries: &[Delivery]) -> Vec<DeliveryRow<'_>> {
    let mut done = BTreeMap::<String, DeliveryRow<'_>>::new();
    for delivery in deliveries {
        let at = delivery.received_at.as_microsecond();
        let digest = digest(delivery);
        let entry = done.entry(digest.clone()).or_insert_with(|| DeliveryRow {
            connection: delivery.connection.as_str(),
            source: delivery.source.as_str(),
            digest,
            body: &delivery.body,
            times: 0,
            first_at: at,
            last_at: at,
        });
        entry.times += 1;
        entry.first_at = entry.first_at.min(at);
        entry.last_at = entry.last_at.max(at);
    }
    done.into_values().collect()
}

fn digest(delivery: &Delivery) -> String {
    let mut hash = Sha256::new();
    // Neither name contains NUL.
    hash.update(delivery.connection.as_str());
    hash.update([0]);
    hash.update(delivery.source.as_str());
    hash.update([0]);
    hash.update(&delivery.body);
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The next call returns another connection's webhooks, so that webhooks that cannot be processed do not block other
/// connections.
pub(super) async fn waiting(
    session: &mut Session<'_>,
    limit: u32,
    except: &[ConnectionId],
) -> Result<Vec<StoredDelivery>, StoreError> {
    // Steps from one connection with waiting webhooks to the next, however many are waiting.
    const NEXT: &str = "
        WITH RECURSIVE waiting (connection) AS (
            SELECT MIN(connection) FROM inbox WHERE waiting_since IS NOT NULL
            UNION ALL
            SELECT (SELECT MIN(inbox.connection) FROM inbox
                    WHERE waiting_since IS NOT NULL AND inbox.connection > waiting.connection)
            FROM waiting WHERE waiting.connection IS NOT NULL
        )
        SELECT id FROM connection
        WHERE id IN (SELECT connection FROM waiting WHERE connection IS NOT NULL) AND configuration IS NOT NULL
            AND blocked = 0 AND id NOT IN (SELECT input.id FROM {input $1: id text})
        ORDER BY inbox_read_order, id LIMIT 1";
    const ROTATE: &str = "UPDATE connection SET inbox_read_order = (SELECT MAX(inbox_read_order) FROM connection) + 1 WHERE id = $1";
    const WAITING: &str = "
        SELECT id, connection, source, body, received_at, times, tries, again_at FROM inbox
        WHERE connection = $1 AND waiting_since IS NOT NULL ORDER BY waiting_since, id LIMIT $2";
    let Some(next) = session.lock_one(NEXT, &[(&json_column("id", except)?).into()]).await? else {
        return Ok(Vec::new());
    };
    let connection = next.text("id")?;
    session.run(ROTATE, &[(&connection).into()]).await?;
    let rows = session.all(WAITING, &[(&connection).into(), i64::from(limit).into()]).await?;
    rows.iter().map(stored).collect()
}

pub(super) async fn one(
    session: &mut Session<'_>,
    id: InboxId,
) -> Result<Option<StoredDelivery>, StoreError> {
    const ONE: &str =
        "SELECT id, connection, source, body, received_at, times, tries, again_at FROM inbox WHERE id = $1";
    session.first(ONE, &[id.0.into()]).await?.as_ref().map(stored).transpose()
}

fn stored(row: &Row) -> Result<StoredDelivery, StoreError> {
    Ok(StoredDelivery {
        id: InboxId(row.int("id")?),
        delivery: Delivery {
            connection: row.parsed("connection")?,
            source: row.parsed("source")?,
            body: row.text("body")?,
            received_at: row.time("received_at")?,
        },
        times: row.small_count("times")?,
        tries: row.small_count("tries")?,
        again_at: row.time_if_any("again_at")?,
    })
}

/// No wait is longer. A later time was set by a clock that was ahead.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_mins(10);

pub(super) async fn has_to_resume(session: &mut Session<'_>, now: Timestamp) -> Result<bool, StoreError> {
    const RESUMED: &str =
        "SELECT id FROM inbox WHERE again_at IS NOT NULL AND (again_at <= $1 OR again_at > $2) LIMIT 1";
    Ok(session.first(RESUMED, &[now.into(), longest_wait(now).into()]).await?.is_some())
}

pub(super) async fn resume(session: &mut Session<'_>, now: Timestamp) -> Result<(), StoreError> {
    // In the order in which `receive` locks them.
    const LOCK: &str = "
        SELECT id FROM inbox WHERE again_at IS NOT NULL AND (again_at <= $1 OR again_at > $2) ORDER BY digest";
    const RESUME: &str = "
        UPDATE inbox SET waiting_since = CASE WHEN again_at <= $1 THEN again_at ELSE $1 END, again_at = NULL
        WHERE again_at IS NOT NULL AND (again_at <= $1 OR again_at > $2)";
    let parameters = [now.into(), longest_wait(now).into()];
    session.lock_all(LOCK, &parameters).await?;
    session.run(RESUME, &parameters).await.map(drop)
}

fn longest_wait(now: Timestamp) -> Timestamp {
    now.saturating_add(LONGEST_WAIT).unwrap_or(Timestamp::MAX)
}

#[derive(Serialize)]
struct ProcessedRow {
    id: i64,
    times: u32,
    again_at: Option<i64>,
}

pub(super) async fn finish_deliveries(
    session: &mut Session<'_>,
    connection: &ConnectionId,
    processed: &[StoredDelivery],
    due: &[(RmaId, Cause)],
    now: Timestamp,
) -> Result<(), StoreError> {
    // In the order in which `receive` locks them.
    const LOCK: &str = "
        SELECT inbox.id FROM inbox WHERE inbox.id IN (SELECT input.id FROM {input $1: id bigint}) ORDER BY digest";
    // A webhook that was received again since it was read goes on waiting.
    const HANDLED: &str = "
        UPDATE inbox SET waiting_since = NULL, again_at = input.again_at,
            tries = CASE WHEN input.again_at IS NULL THEN 0 ELSE tries + 1 END
        FROM {input $1: id bigint, times bigint, again_at bigint}
        WHERE inbox.id = input.id AND inbox.connection = $2 AND inbox.times <= input.times";
    let row = |delivery: &StoredDelivery| ProcessedRow {
        id: delivery.id.0,
        times: delivery.times,
        again_at: delivery.again_at.map(Timestamp::as_microsecond),
    };
    let rows = json(&processed.iter().map(row).collect::<Vec<_>>())?;
    connection_queue::lock(session, connection).await?;
    session.lock_all(LOCK, &[(&rows).into()]).await?;
    session.run(HANDLED, &[(&rows).into(), connection.as_str().into()]).await?;
    let why = reason(processed);
    for cause in [Cause::Returngo, Cause::Brightpearl] {
        let rmas: Vec<_> = due.iter().filter(|(_, of)| *of == cause).map(|(rma, _)| rma.clone()).collect();
        queue::enqueue(session, connection, &rmas, cause, &why, now).await?;
    }
    Ok(())
}

fn reason(processed: &[StoredDelivery]) -> String {
    const NAMED: usize = 10;
    let mut named: Vec<_> = processed.iter().take(NAMED).map(|delivery| delivery.id.to_string()).collect();
    if processed.len() > NAMED {
        named.push(format!("{} more", processed.len() - NAMED));
    }
    format!("webhooks, inbox ids: {}", named.join(", "))
}
