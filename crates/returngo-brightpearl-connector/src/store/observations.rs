//! What workers saw, for the sweeps. Without it sweeps mark more than they need to, so that what another version has
//! written and this one cannot read is left out, but for its units: late refunds find their RMAs by these.

use std::collections::{BTreeMap, BTreeSet};

use brightpearl::{
    GoodsInNoteId, GoodsMovementId, OrderId,
    order::Order,
    warehouse::{GoodsMovement, GoodsNoteTypeCode},
};
use jiff::Timestamp;
use returngo::{
    ReturnedItemId, RmaId,
    sweep::{SeenRma, SweepSettings},
};
use returngo_brightpearl_mapping::World;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    ConnectionId, Store, StoreError,
    session::{Row, Session, json, unreadable},
};

/// What a worker saw of an RMA when it had nothing more to do about it: a sweep that finds the same leaves the RMA
/// alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Observation {
    /// In ReturnGO.
    pub rma: SeenRma,
    /// In Brightpearl.
    pub credit: Option<ObservedCredit>,
}

/// What was seen of an RMA's credit: enough to know a change when a search shows one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObservedCredit {
    /// The credit.
    pub id: OrderId,
    /// A digest of all that the order shows. When it changed last does not tell enough: Brightpearl shows whole
    /// seconds, and more may change within the one that was seen.
    #[serde(default)]
    pub digest: Option<String>,
    /// What was received for it.
    pub goods_in_notes: BTreeSet<GoodsInNoteId>,
    /// What became of it.
    pub movements: BTreeSet<GoodsMovementId>,
}

impl Observation {
    /// What this world shows, whose RMA was asked for at this time and has this credit.
    pub fn of(world: &World, credit: Option<OrderId>, asked_at: Timestamp) -> Self {
        Self {
            rma: SeenRma::of(&world.rma, asked_at),
            credit: credit.map(|id| ObservedCredit::of(world, id)),
        }
    }
}

impl ObservedCredit {
    fn of(world: &World, id: OrderId) -> Self {
        let credit = world.credits.iter().find(|credit| credit.id == id);
        Self {
            id,
            digest: credit.and_then(digest),
            goods_in_notes: world.goods_in_notes.keys().copied().collect(),
            movements: world.goods_movements.iter().map(|movement| movement.goods_movement_id).collect(),
        }
    }

    /// Whether the credit has not changed since.
    pub fn is_as_in(&self, order: &Order) -> bool {
        self.digest.is_some() && self.digest == digest(order)
    }

    /// Whether this movement is known: by itself, or by the note that it belongs to.
    pub fn knows(&self, movement: &GoodsMovement) -> bool {
        let is_receipt = movement.goods_note_type_code == Some(GoodsNoteTypeCode::GoodsIn);
        self.movements.contains(&movement.goods_movement_id)
            || (is_receipt && movement.batch_id.is_some_and(|batch| self.goods_in_notes.contains(&batch)))
    }
}

/// Custom fields do not count: a sweep does not ask for them.
fn digest(order: &Order) -> Option<String> {
    let mut order = order.clone();
    order.custom_fields = None;
    order.null_custom_fields = None;
    let shown = serde_json::to_vec(&order).ok()?;
    Some(Sha256::digest(shown).iter().map(|byte| format!("{byte:02x}")).collect())
}

impl Store {
    /// Remembers what a worker saw of RMAs about which it has nothing more to do, unless a later read is remembered.
    pub async fn record_observations(
        &self,
        connection: &ConnectionId,
        seen: &[(RmaId, Observation)],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut session = self.writing().await?;
        record_observations(&mut session, connection, seen, now).await?;
        session.commit().await
    }

    /// What was remembered since this time.
    pub async fn observed_since(
        &self,
        connection: &ConnectionId,
        since: Timestamp,
    ) -> Result<Vec<(RmaId, Observation)>, StoreError> {
        observed_since(&mut self.asking().await?, connection, since).await
    }

    /// What was remembered of the RMAs that have these credits: nothing of a credit where not all of it is readable.
    pub async fn observations_of_credits(
        &self,
        connection: &ConnectionId,
        credits: &[OrderId],
    ) -> Result<Vec<Observation>, StoreError> {
        of_credits(&mut self.asking().await?, connection, credits).await
    }

    /// The RMAs of which any of these units was seen, whenever that was.
    pub async fn rmas_of_items(
        &self,
        connection: &ConnectionId,
        items: &[ReturnedItemId],
    ) -> Result<Vec<RmaId>, StoreError> {
        rmas_of_items(&mut self.asking().await?, connection, items).await
    }

    /// What was remembered of these RMAs in ReturnGO.
    pub async fn observed_rmas(
        &self,
        connection: &ConnectionId,
        rmas: &[RmaId],
    ) -> Result<Vec<(RmaId, SeenRma)>, StoreError> {
        of(&mut self.asking().await?, connection, rmas).await
    }

    /// What was remembered in ReturnGO of the RMAs that a sweep has to [watch](SeenRma::watched_until): those that are
    /// finished are not among them.
    pub async fn watched_rmas(
        &self,
        connection: &ConnectionId,
        now: Timestamp,
    ) -> Result<Vec<(RmaId, SeenRma)>, StoreError> {
        watched(&mut self.reading().await?, connection, now).await
    }
}

#[derive(Serialize)]
struct Remembered {
    rma: String,
    credit: Option<String>,
    what: String,
    watch_until: Option<i64>,
}

impl Remembered {
    fn of(rma: &RmaId, seen: &Observation) -> Result<Self, StoreError> {
        let watched_until = seen.rma.watched_until(&SweepSettings::default());
        Ok(Self {
            rma: rma.to_string(),
            credit: seen.credit.as_ref().map(|credit| credit.id.to_string()),
            what: serde_json::to_string(seen).map_err(|error| unreadable("what", error))?,
            watch_until: watched_until.map(Timestamp::as_microsecond),
        })
    }
}

#[derive(Serialize)]
struct UnitOf<'a> {
    item: &'a ReturnedItemId,
    rma: &'a RmaId,
}

/// What was read before what is remembered already changes nothing, but for the units: an RMA stays found by each unit
/// that it ever had.
pub(super) async fn record_observations(
    session: &mut Session<'_>,
    connection: &ConnectionId,
    seen: &[(RmaId, Observation)],
    now: Timestamp,
) -> Result<(), StoreError> {
    const REMEMBER: &str = "
        INSERT INTO observation (connection, rma, credit, what, watch_until, observed_at)
        SELECT $2, rma, credit, what, watch_until, $3
        FROM {input $1: rma text, credit text, what text, watch_until bigint} WHERE true
        ON CONFLICT (connection, rma) DO UPDATE SET credit = excluded.credit, what = excluded.what,
            watch_until = excluded.watch_until, observed_at = excluded.observed_at";
    const UNITS: &str = "
        INSERT INTO observed_item (connection, item, rma)
        SELECT $2, item, rma FROM {input $1: item text, rma text} WHERE true
        ON CONFLICT (connection, item, rma) DO NOTHING";
    let units =
        seen.iter().flat_map(|(rma, seen)| seen.rma.items.iter().map(move |item| UnitOf { item, rma }));
    session.run(UNITS, &[(&json(&units.collect::<Vec<_>>())?).into(), connection.as_str().into()]).await?;
    let rows = unless_read_later(session, connection, seen, now).await?;
    session.run(REMEMBER, &[(&json(&rows)?).into(), connection.as_str().into(), now.into()]).await.map(drop)
}

/// As they are to be stored, each with the time since when its status is known. What claims to be read later than now was
/// read by a clock that was ahead, and gives way.
async fn unless_read_later(
    session: &mut Session<'_>,
    connection: &ConnectionId,
    seen: &[(RmaId, Observation)],
    now: Timestamp,
) -> Result<Vec<Remembered>, StoreError> {
    const BEFORE: &str = "
        SELECT rma, what FROM observation
        WHERE connection = $2 AND observation.rma IN (SELECT input.rma FROM {input $1: rma text}) ORDER BY rma";
    let names: Vec<_> = seen.iter().map(|(rma, _)| Named { rma }).collect();
    let before = session.lock_all(BEFORE, &[(&json(&names)?).into(), connection.as_str().into()]).await?;
    let before: BTreeMap<_, _> = readable(&before)?.into_iter().collect();
    let mut rows = Vec::new();
    for (rma, seen) in seen {
        let before = before.get(rma).filter(|before| before.read_at <= now);
        if before.is_some_and(|before| before.read_at > seen.rma.read_at) {
            continue;
        }
        let mut seen = seen.clone();
        if let Some(before) = before.filter(|before| before.status == seen.rma.status) {
            seen.rma.status_since = before.status_since;
        }
        rows.push(Remembered::of(rma, &seen)?);
    }
    Ok(rows)
}

pub(super) async fn observed_since(
    session: &mut Session<'_>,
    connection: &ConnectionId,
    since: Timestamp,
) -> Result<Vec<(RmaId, Observation)>, StoreError> {
    const SINCE: &str =
        "SELECT rma, what FROM observation WHERE connection = $1 AND observed_at >= $2 ORDER BY rma";
    let rows = session.all(SINCE, &[connection.as_str().into(), since.into()]).await?;
    let mut seen = Vec::new();
    for row in &rows {
        if let Some(what) = what(row)? {
            seen.push((row.parsed("rma")?, what));
        }
    }
    Ok(seen)
}

#[derive(Serialize)]
struct Credit {
    credit: String,
}

pub(super) async fn of_credits(
    session: &mut Session<'_>,
    connection: &ConnectionId,
    credits: &[OrderId],
) -> Result<Vec<Observation>, StoreError> {
    const OF_CREDITS: &str = "
        SELECT credit, what FROM observation
        WHERE connection = $2 AND observation.credit IN (SELECT input.credit FROM {input $1: credit text}) ORDER BY rma";
    let rows: Vec<_> = credits.iter().map(|credit| Credit { credit: credit.to_string() }).collect();
    let rows = session.all(OF_CREDITS, &[(&json(&rows)?).into(), connection.as_str().into()]).await?;
    let (mut seen, mut unreadable) = (Vec::new(), BTreeSet::new());
    for row in &rows {
        match what(row)? {
            Some(what) => seen.push(what),
            None => drop(unreadable.insert(row.parsed::<OrderId>("credit")?)),
        }
    }
    seen.retain(|seen| seen.credit.as_ref().is_some_and(|credit| !unreadable.contains(&credit.id)));
    Ok(seen)
}

#[derive(Serialize)]
struct Unit<'a> {
    item: &'a ReturnedItemId,
}

pub(super) async fn rmas_of_items(
    session: &mut Session<'_>,
    connection: &ConnectionId,
    items: &[ReturnedItemId],
) -> Result<Vec<RmaId>, StoreError> {
    const OF_ITEMS: &str = "
        SELECT DISTINCT rma FROM observed_item
        WHERE connection = $2 AND observed_item.item IN (SELECT input.item FROM {input $1: item text}) ORDER BY rma";
    if items.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<_> = items.iter().map(|item| Unit { item }).collect();
    let rows = session.all(OF_ITEMS, &[(&json(&rows)?).into(), connection.as_str().into()]).await?;
    rows.iter().map(|row| row.parsed("rma")).collect()
}

pub(super) async fn of(
    session: &mut Session<'_>,
    connection: &ConnectionId,
    rmas: &[RmaId],
) -> Result<Vec<(RmaId, SeenRma)>, StoreError> {
    const OF: &str = "
        SELECT rma, what FROM observation
        WHERE connection = $2 AND observation.rma IN (SELECT input.rma FROM {input $1: rma text}) ORDER BY rma";
    if rmas.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<_> = rmas.iter().map(|rma| Named { rma }).collect();
    let rows = session.all(OF, &[(&json(&rows)?).into(), connection.as_str().into()]).await?;
    readable(&rows)
}

/// Page by page: a shop may have tens of thousands of them.
pub(super) async fn watched(
    session: &mut Session<'_>,
    connection: &ConnectionId,
    now: Timestamp,
) -> Result<Vec<(RmaId, SeenRma)>, StoreError> {
    const A_PAGE: i64 = 1000;
    const WATCHED: &str = "
        SELECT rma, what, watch_until FROM observation
        WHERE connection = $1 AND watch_until IS NOT NULL AND (watch_until, rma) > ($2, $3)
        ORDER BY watch_until, rma LIMIT $4";
    let (mut until, mut last) = (now.as_microsecond(), String::new());
    let mut watched = Vec::new();
    loop {
        let parameters = [connection.as_str().into(), until.into(), (&last).into(), A_PAGE.into()];
        let rows = session.all(WATCHED, &parameters).await?;
        let Some(row) = rows.last() else { return Ok(watched) };
        (until, last) = (row.int("watch_until")?, row.text("rma")?);
        watched.extend(readable(&rows)?);
    }
}

#[derive(Serialize)]
struct Named<'a> {
    rma: &'a RmaId,
}

/// The part of what was seen that is of ReturnGO.
#[derive(Deserialize)]
struct OfReturngo {
    rma: SeenRma,
}

fn readable(rows: &[Row]) -> Result<Vec<(RmaId, SeenRma)>, StoreError> {
    let mut seen = Vec::new();
    for row in rows {
        if let Ok(OfReturngo { rma }) = serde_json::from_str(&row.text("what")?) {
            seen.push((row.parsed("rma")?, rma));
        }
    }
    Ok(seen)
}

fn what(row: &Row) -> Result<Option<Observation>, StoreError> {
    Ok(serde_json::from_str(&row.text("what")?).ok())
}
