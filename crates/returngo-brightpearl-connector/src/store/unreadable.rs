//! Objects that could not be decoded and were skipped.

use std::{collections::BTreeMap, fmt, str::FromStr};

use jiff::Timestamp;
use serde::Serialize;

use super::{
    Activity, Actor, ConnectionId, Operation, Store, StoreError, Unknown, activity,
    session::{Session, json},
};
use crate::Failure;

/// The kind of an object that could not be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnreadableKind {
    /// A row of ReturnGO's list of RMAs.
    RmaRow,
    /// A row of ReturnGO's list of transactions.
    TransactionRow,
    /// A sales order or sales credit.
    Order,
    /// A row of an order search.
    OrderRow,
    /// A goods-in note.
    GoodsInNote,
    /// A row of a goods movement search.
    GoodsMovementRow,
    /// A webhook.
    Webhook,
    /// An entry of a list of the account, such as a payment method or a tax code.
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

    /// The kind and the system, for display.
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

/// An object that could not be decoded and was skipped.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unreadable {
    /// The kind of object.
    pub kind: UnreadableKind,
    /// Its number, or its position in a list.
    pub object: String,
    /// A digest that identifies an object without a number: a row may move to another position.
    pub known_by: Option<String>,
    /// Why it could not be decoded.
    pub reason: Failure,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.kind.in_words(), self.object, self.reason.message)
    }
}

/// An object of a connection that could not be decoded, and needs review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredUnreadable {
    /// The connection.
    pub connection: ConnectionId,
    /// The object.
    pub unreadable: Unreadable,
    /// How many times it was found.
    pub times: u64,
    /// When it was first found.
    pub first_seen_at: Timestamp,
    /// When it was last found.
    pub last_seen_at: Timestamp,
}

/// A user's dismissal of objects that could not be decoded.
#[derive(Debug, Clone)]
pub struct Dismissal {
    /// The connection.
    pub connection: ConnectionId,
    /// The objects; none for all.
    pub objects: Vec<String>,
    /// The user.
    pub by: Actor,
    /// A note with the reason.
    pub note: Option<String>,
}

impl Store {
    /// Records objects that were skipped. An object that is recorded for the same reason is counted.
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

    /// The objects that were not dismissed, of one connection or of all, oldest first.
    pub async fn unreadable(
        &self,
        connection: Option<&ConnectionId>,
    ) -> Result<Vec<StoredUnreadable>, StoreError> {
        open(&mut self.asking().await?, connection).await
    }

    /// Removes the entries of objects that can be decoded again, dismissed or not.
    pub async fn readable_again(
        &self,
        connection: &ConnectionId,
        objects: &[(UnreadableKind, String)],
    ) -> Result<(), StoreError> {
        // There is rarely anything to remove, so no write transaction is begun unless there is.
        if !knows(&mut self.asking().await?, connection, objects).await? {
            return Ok(());
        }
        let mut session = self.writing().await?;
        read(&mut session, connection, objects).await?;
        session.commit().await
    }

    /// Removes the entries of this kind, except for these objects.
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

    /// Dismisses objects. Returns their number.
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
    signature: &'a str,
    reason: &'a str,
    object: &'a str,
}

#[derive(Serialize)]
struct Object<'a> {
    object: &'a str,
}

/// An entry that was dismissed for the same reason stays dismissed.
pub(super) async fn report(
    session: &mut Session<'_>,
    connection: &ConnectionId,
    unreadable: &[Unreadable],
    now: Timestamp,
) -> Result<(), StoreError> {
    const REPORT: &str = "
        INSERT INTO unreadable (connection, kind, known_by, signature, reason, object, times, first_seen_at, last_seen_at)
        SELECT $2, kind, known_by, signature, reason, object, 1, $3, $3
        FROM {input $1: kind text, known_by text, signature text, reason text, object text} WHERE true
        ON CONFLICT (connection, kind, known_by, signature)
        DO UPDATE SET object = excluded.object, reason = excluded.reason, times = unreadable.times + 1, last_seen_at = excluded.last_seen_at";
    // A statement must not change a row twice, and a row may appear at two positions.
    let rows: BTreeMap<_, _> = unreadable
        .iter()
        .map(|Unreadable { kind, object, known_by, reason }| {
            let known_by = known_by.as_ref().unwrap_or(object);
            let Failure { signature, message: reason } = reason;
            ((kind, known_by, signature), Row { kind: kind.as_str(), known_by, signature, reason, object })
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
        SELECT connection, kind, known_by, object, signature, reason, times, first_seen_at, last_seen_at
        FROM unreadable JOIN connection ON connection.id = unreadable.connection
        WHERE dismissed_at IS NULL AND configuration IS NOT NULL AND ($1 = '' OR connection = $1)
        ORDER BY first_seen_at, connection, kind, object, known_by, signature";
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
                    reason: Failure { message: row.text("reason")?, signature: row.text("signature")? },
                },
                times: row.count("times")?,
                first_seen_at: row.time("first_seen_at")?,
                last_seen_at: row.time("last_seen_at")?,
            })
        })
        .collect()
}

/// Whether these objects have entries.
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

/// Whether other objects of this kind have entries.
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
