//! What could not be read of a connection.

use std::{collections::BTreeMap, fmt, str::FromStr};

use jiff::Timestamp;
use serde::Serialize;

use super::{
    Activity, Actor, ConnectionId, Operation, Store, StoreError, Unknown, activity,
    session::{Session, json},
};

/// What kind of thing could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnreadableKind {
    /// A row of ReturnGO's list of RMAs.
    RmaRow,
    /// A row of ReturnGO's list of transactions.
    TransactionRow,
    /// An order, or a sales credit.
    Order,
    /// A row of a search for orders.
    OrderRow,
    /// A goods-in note.
    GoodsInNote,
    /// A row of a search for goods movements.
    GoodsMovementRow,
    /// A webhook.
    Webhook,
    /// An entry of one of the account's lists: a payment method, a tax code and the like.
    AccountEntry,
}

impl UnreadableKind {
    /// All kinds.
    pub const ALL: [Self; 8] = [
        Self::RmaRow,
        Self::TransactionRow,
        Self::Order,
        Self::OrderRow,
        Self::GoodsInNote,
        Self::GoodsMovementRow,
        Self::Webhook,
        Self::AccountEntry,
    ];

    /// The name in the database, in JSON and in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RmaRow => "rma-row",
            Self::TransactionRow => "transaction-row",
            Self::Order => "order",
            Self::OrderRow => "order-row",
            Self::GoodsInNote => "goods-in-note",
            Self::GoodsMovementRow => "goods-movement-row",
            Self::Webhook => "webhook",
            Self::AccountEntry => "account-entry",
        }
    }

    /// What it is and whose, for people.
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::RmaRow => "row of ReturnGO's list of RMAs",
            Self::TransactionRow => "row of ReturnGO's list of transactions",
            Self::Order => "order in Brightpearl",
            Self::OrderRow => "row of Brightpearl's order search",
            Self::GoodsInNote => "goods-in note in Brightpearl",
            Self::GoodsMovementRow => "row of Brightpearl's search for goods movements",
            Self::Webhook => "webhook",
            Self::AccountEntry => "entry of the account's set-up in Brightpearl",
        }
    }
}

impl FromStr for UnreadableKind {
    type Err = Unknown;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|known| known.as_str() == text)
            .ok_or_else(|| Unknown::new("kind of object", text))
    }
}

/// Something that could not be read and was passed over.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unreadable {
    /// What kind of thing it is.
    pub kind: UnreadableKind,
    /// Its number, or its place in a list.
    pub object: String,
    /// What knows it again where its place does not: a row may move, and another be in its place.
    pub known_by: Option<String>,
    /// Why it could not be read.
    pub reason: String,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.kind.in_words(), self.object, self.reason)
    }
}

/// What could not be read of a connection, and waits for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredUnreadable {
    /// The connection.
    pub connection: ConnectionId,
    /// What it is.
    pub unreadable: Unreadable,
    /// How often it was met.
    pub times: u64,
    /// When it was met first.
    pub first_seen_at: Timestamp,
    /// When it was met last.
    pub last_seen_at: Timestamp,
}

/// What a person says about objects that could not be read: nothing is left to do about them.
#[derive(Debug, Clone)]
pub struct Dismissal {
    /// The connection.
    pub connection: ConnectionId,
    /// These objects; none stands for all.
    pub objects: Vec<String>,
    /// Who.
    pub by: Actor,
    /// Why.
    pub note: Option<String>,
}

impl Store {
    /// Notes what could not be read of a connection and was passed over. What was noted for the same reason is counted.
    pub async fn report_unreadable(
        &self,
        connection: &ConnectionId,
        unreadable: &[Unreadable],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut session = self.writing().await?;
        report(&mut session, connection, unreadable, now).await?;
        session.commit().await
    }

    /// What could not be read, of one connection or of all, and was not dismissed: oldest first.
    pub async fn unreadable(
        &self,
        connection: Option<&ConnectionId>,
    ) -> Result<Vec<StoredUnreadable>, StoreError> {
        open(&mut self.asking().await?, connection).await
    }

    /// These objects can be read. What was noted of them is forgotten, also that it was dismissed.
    pub async fn readable_again(
        &self,
        connection: &ConnectionId,
        objects: &[(UnreadableKind, String)],
    ) -> Result<(), StoreError> {
        // Nearly always there is nothing to forget, and no writer is kept waiting for that.
        if !knows(&mut self.asking().await?, connection, objects).await? {
            return Ok(());
        }
        let mut session = self.writing().await?;
        read(&mut session, connection, objects).await?;
        session.commit().await
    }

    /// All objects of this kind can be read but these. What was noted of the others is forgotten.
    pub async fn all_readable_but(
        &self,
        connection: &ConnectionId,
        kind: UnreadableKind,
        objects: &[String],
    ) -> Result<(), StoreError> {
        if !knows_others(&mut self.asking().await?, connection, kind, objects).await? {
            return Ok(());
        }
        let mut session = self.writing().await?;
        read_others(&mut session, connection, kind, objects).await?;
        session.commit().await
    }

    /// A person has seen to what could not be read. Gives back of how many objects.
    pub async fn dismiss_unreadable(&self, dismissal: &Dismissal, now: Timestamp) -> Result<u64, StoreError> {
        let mut session = self.writing().await?;
        let dismissed = dismiss(&mut session, dismissal, now).await?;
        session.commit().await?;
        Ok(dismissed)
    }
}

#[derive(Serialize)]
struct Row<'a> {
    kind: &'static str,
    known_by: &'a str,
    reason: &'a str,
    object: &'a str,
}

#[derive(Serialize)]
struct Object<'a> {
    object: &'a str,
}

/// One of the same reason that was dismissed stays so.
pub(super) async fn report(
    session: &mut Session<'_>,
    connection: &ConnectionId,
    unreadable: &[Unreadable],
    now: Timestamp,
) -> Result<(), StoreError> {
    const REPORT: &str = "
        INSERT INTO unreadable (connection, kind, known_by, reason, object, times, first_seen_at, last_seen_at)
        SELECT $2, kind, known_by, reason, object, 1, $3, $3
        FROM {input $1: kind text, known_by text, reason text, object text} WHERE true
        ON CONFLICT (connection, kind, known_by, reason)
        DO UPDATE SET object = excluded.object, times = unreadable.times + 1, last_seen_at = excluded.last_seen_at";
    // One statement may not change a row twice, and two lists may show one row in two places.
    let rows: BTreeMap<_, _> = unreadable
        .iter()
        .map(|Unreadable { kind, object, known_by, reason }| {
            let known_by = known_by.as_ref().unwrap_or(object);
            ((kind, known_by, reason), Row { kind: kind.as_str(), known_by, reason, object })
        })
        .collect();
    let rows: Vec<_> = rows.into_values().collect();
    session.run(REPORT, &[(&json(&rows)?).into(), connection.as_str().into(), now.into()]).await.map(drop)
}

pub(super) async fn open(
    session: &mut Session<'_>,
    connection: Option<&ConnectionId>,
) -> Result<Vec<StoredUnreadable>, StoreError> {
    const OPEN: &str = "
        SELECT connection, kind, known_by, object, reason, times, first_seen_at, last_seen_at
        FROM unreadable JOIN connection ON connection.id = unreadable.connection
        WHERE dismissed_at IS NULL AND configuration IS NOT NULL AND ($1 = '' OR connection = $1)
        ORDER BY first_seen_at, connection, kind, object, known_by, reason";
    // No connection has an empty name.
    let connection = connection.map_or("", ConnectionId::as_str);
    let rows = session.all(OPEN, &[connection.into()]).await?;
    rows.iter()
        .map(|row| {
            let (object, known_by) = (row.text("object")?, row.text("known_by")?);
            Ok(StoredUnreadable {
                connection: row.parsed("connection")?,
                unreadable: Unreadable {
                    kind: row.parsed("kind")?,
                    known_by: (known_by != object).then_some(known_by),
                    object,
                    reason: row.text("reason")?,
                },
                times: row.count("times")?,
                first_seen_at: row.time("first_seen_at")?,
                last_seen_at: row.time("last_seen_at")?,
            })
        })
        .collect()
}

/// Whether anything is noted of these objects.
pub(super) async fn knows(
    session: &mut Session<'_>,
    connection: &ConnectionId,
    objects: &[(UnreadableKind, String)],
) -> Result<bool, StoreError> {
    const KNOWS: &str = "
        SELECT unreadable.object FROM unreadable JOIN {input $1: kind text, object text}
            ON input.kind = unreadable.kind AND input.object = unreadable.known_by
        WHERE connection = $2 LIMIT 1";
    let rows = read_of(objects)?;
    Ok(session.first(KNOWS, &[(&rows).into(), connection.as_str().into()]).await?.is_some())
}

pub(super) async fn read(
    session: &mut Session<'_>,
    connection: &ConnectionId,
    objects: &[(UnreadableKind, String)],
) -> Result<(), StoreError> {
    const READ: &str = "
        DELETE FROM unreadable WHERE connection = $2 AND EXISTS (
            SELECT 1 FROM {input $1: kind text, object text}
            WHERE input.kind = unreadable.kind AND input.object = unreadable.known_by
        )";
    let rows = read_of(objects)?;
    session.run(READ, &[(&rows).into(), connection.as_str().into()]).await.map(drop)
}

/// Whether anything is noted of other objects of this kind than these.
pub(super) async fn knows_others(
    session: &mut Session<'_>,
    connection: &ConnectionId,
    kind: UnreadableKind,
    objects: &[String],
) -> Result<bool, StoreError> {
    const KNOWS: &str = "
        SELECT object FROM unreadable
        WHERE connection = $2 AND kind = $3 AND known_by NOT IN (SELECT input.object FROM {input $1: object text})
        LIMIT 1";
    let rows = objects_of(objects)?;
    let parameters = [(&rows).into(), connection.as_str().into(), kind.as_str().into()];
    Ok(session.first(KNOWS, &parameters).await?.is_some())
}

pub(super) async fn read_others(
    session: &mut Session<'_>,
    connection: &ConnectionId,
    kind: UnreadableKind,
    objects: &[String],
) -> Result<(), StoreError> {
    const READ: &str = "
        DELETE FROM unreadable
        WHERE connection = $2 AND kind = $3 AND known_by NOT IN (SELECT input.object FROM {input $1: object text})";
    let rows = objects_of(objects)?;
    session.run(READ, &[(&rows).into(), connection.as_str().into(), kind.as_str().into()]).await.map(drop)
}

#[derive(Serialize)]
struct Read<'a> {
    kind: &'static str,
    object: &'a str,
}

fn read_of(objects: &[(UnreadableKind, String)]) -> Result<String, StoreError> {
    let rows: Vec<_> = objects.iter().map(|(kind, object)| Read { kind: kind.as_str(), object }).collect();
    json(&rows)
}

pub(super) async fn dismiss(
    session: &mut Session<'_>,
    dismissal: &Dismissal,
    now: Timestamp,
) -> Result<u64, StoreError> {
    const DISMISS: &str = "
        UPDATE unreadable SET dismissed_at = $3, dismissed_by = $4, note = NULLIF($5, '')
        WHERE connection = $2 AND dismissed_at IS NULL
            AND ($6 = 0 OR object IN (SELECT input.object FROM {input $1: object text}))";
    let Dismissal { connection, objects, by, note } = dismissal;
    let rows = objects_of(objects)?;
    let some = i64::from(!objects.is_empty());
    let note = note.as_deref().unwrap_or_default();
    let parameters =
        [(&rows).into(), connection.as_str().into(), now.into(), (&by.name).into(), note.into(), some.into()];
    let dismissed = session.run(DISMISS, &parameters).await?;
    if dismissed > 0 {
        let activity = Activity {
            actor: by.clone(),
            operation: Operation::Dismiss,
            connection: connection.clone(),
            rma: None,
            detail: serde_json::json!({"objects": objects, "dismissed": dismissed, "note": dismissal.note}),
            at: now,
        };
        activity::record(session, &activity).await?;
    }
    Ok(dismissed)
}

fn objects_of(objects: &[String]) -> Result<String, StoreError> {
    let rows: Vec<_> = objects.iter().map(|object| Object { object }).collect();
    json(&rows)
}
