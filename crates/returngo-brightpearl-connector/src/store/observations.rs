//! Observations of RMAs in sync, for the sweeps. Without them sweeps queue more RMAs than necessary, so an observation of
//! another version that cannot be decoded is ignored. Its units are kept: a late refund finds its RMA by them.

use std::collections::{BTreeMap, BTreeSet};

use brightpearl::{
    GoodsInNoteId, GoodsMovementId, OrderId,
    order::Order,
    warehouse::{GoodsMovement, GoodsNoteTypeCode},
};
use jiff::Timestamp;
use returngo::{
    ReturnedItemId, RmaId,
    sweep::{ObservedRma, SweepSettings},
};
use returngo_brightpearl_mapping::{ConnectionSettings, World};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    ConnectionId, Store, StoreError,
    session::{Row, Session, json, json_column, unreadable},
};

/// What both systems showed of an RMA in sync. A sweep that finds the same does not queue the RMA.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Observation {
    /// In ReturnGO.
    pub rma: ObservedRma,
    /// In Brightpearl.
    pub credit: Option<ObservedCredit>,
    /// Whether the credit is finished: closed, or in the complete status.
    #[serde(default)]
    pub finished: bool,
}

/// What Brightpearl showed of an RMA's credit: enough to recognize a change in search results.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObservedCredit {
    /// The credit.
    pub id: OrderId,
    /// A digest of the order. The time of its last change is not enough: Brightpearl shows whole seconds, and a further
    /// change within the same second is possible.
    #[serde(default)]
    pub digest: Option<String>,
    /// Its goods-in notes.
    pub goods_in_notes: BTreeSet<GoodsInNoteId>,
    /// Its goods movements.
    pub movements: BTreeSet<GoodsMovementId>,
}

impl Observation {
    /// The observation of this world, whose RMA was requested at this time and has this credit.
    pub fn of(
        world: &World,
        credit: Option<OrderId>,
        settings: &ConnectionSettings,
        asked_at: Timestamp,
    ) -> Self {
        let is_credit = |order: &&Order| Some(order.id) == credit;
        let is_finished = |order: &Order| {
            order.is_closed() || settings.complete_status_id == Some(order.order_status.order_status_id)
        };
        Self {
            rma: ObservedRma::of(&world.rma, asked_at),
            credit: credit.map(|id| ObservedCredit::of(world, id)),
            finished: world.credits.iter().find(is_credit).is_some_and(is_finished),
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

    /// Whether the credit is unchanged.
    pub fn is_as_in(&self, order: &Order) -> bool {
        self.digest.is_some() && self.digest == digest(order)
    }

    /// Whether this movement was observed, itself or as part of its note.
    pub fn knows(&self, movement: &GoodsMovement) -> bool {
        let is_receipt = movement.goods_note_type_code == Some(GoodsNoteTypeCode::GoodsIn);
        self.movements.contains(&movement.goods_movement_id)
            || (is_receipt && movement.batch_id.is_some_and(|batch| self.goods_in_notes.contains(&batch)))
    }
}

/// Without custom fields: a sweep does not request them.
fn digest(order: &Order) -> Option<String> {
    let mut order = order.clone();
    order.custom_fields = None;
    order.null_custom_fields = None;
    let shown = serde_json::to_vec(&order).ok()?;
    Some(Sha256::digest(shown).iter().map(|byte| format!("{byte:02x}")).collect())
}

impl Store {
    /// Records observations, unless a later one is stored.
    pub async fn record_observations(
        &self,
        connection: &ConnectionId,
        observed: &[(RmaId, Observation)],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut session = self.writing().await?;
        record_observations(&mut session, connection, observed, now).await?;
        session.commit().await
    }

    /// The observations recorded since this time.
    pub async fn observed_since(
        &self,
        connection: &ConnectionId,
        since: Timestamp,
    ) -> Result<Vec<(RmaId, Observation)>, StoreError> {
        observed_since(&mut self.asking().await?, connection, since).await
    }

    /// The observations of the RMAs that have these credits. A credit is left out if one of its observations cannot be
    /// decoded.
    pub async fn observations_of_credits(
        &self,
        connection: &ConnectionId,
        credits: &[OrderId],
    ) -> Result<Vec<Observation>, StoreError> {
        of_credits(&mut self.asking().await?, connection, credits).await
    }

    /// Those of these RMAs whose credits were finished at any time.
    pub async fn finished(
        &self,
        connection: &ConnectionId,
        rmas: &[RmaId],
    ) -> Result<Vec<RmaId>, StoreError> {
        finished(&mut self.asking().await?, connection, rmas).await
    }

    /// The RMAs that had any of these units at any time.
    pub async fn rmas_of_items(
        &self,
        connection: &ConnectionId,
        items: &[ReturnedItemId],
    ) -> Result<Vec<RmaId>, StoreError> {
        rmas_of_items(&mut self.asking().await?, connection, items).await
    }

    /// The ReturnGO part of the observations of these RMAs.
    pub async fn observed_rmas(
        &self,
        connection: &ConnectionId,
        rmas: &[RmaId],
    ) -> Result<Vec<(RmaId, ObservedRma)>, StoreError> {
        of(&mut self.asking().await?, connection, rmas).await
    }

    /// The ReturnGO part of the observations of all RMAs that a sweep has to [watch](ObservedRma::watched_until), which finished
    /// RMAs are not.
    pub async fn watched_rmas(
        &self,
        connection: &ConnectionId,
        now: Timestamp,
    ) -> Result<Vec<(RmaId, ObservedRma)>, StoreError> {
        watched(&mut self.reading().await?, connection, now).await
    }
}

#[derive(Serialize)]
struct ObservationRow {
    rma: String,
    credit: Option<String>,
    what: String,
    finished: i64,
    watch_until: Option<i64>,
}

impl ObservationRow {
    fn of(rma: &RmaId, observed: &Observation) -> Result<Self, StoreError> {
        let watched_until = observed.rma.watched_until(&SweepSettings::default());
        Ok(Self {
            rma: rma.to_string(),
            credit: observed.credit.as_ref().map(|credit| credit.id.to_string()),
            what: serde_json::to_string(observed).map_err(|error| unreadable("what", error))?,
            finished: observed.finished.into(),
            watch_until: watched_until.map(Timestamp::as_microsecond),
        })
    }
}

#[derive(Serialize)]
struct UnitRow<'a> {
    item: &'a ReturnedItemId,
    rma: &'a RmaId,
}

/// An observation that is older than the stored one changes nothing but the units: an RMA is found by each unit that it ever
/// had.
pub(super) async fn record_observations(
    session: &mut Session<'_>,
    connection: &ConnectionId,
    observed: &[(RmaId, Observation)],
    now: Timestamp,
) -> Result<(), StoreError> {
    const RECORD: &str = "
        INSERT INTO observation (connection, rma, credit, what, finished, watch_until, observed_at)
        SELECT $2, rma, credit, what, finished, watch_until, $3
        FROM {input $1: rma text, credit text, what text, finished bigint, watch_until bigint} WHERE true
        ON CONFLICT (connection, rma) DO UPDATE SET credit = excluded.credit, what = excluded.what,
            finished = CASE WHEN observation.finished = 1 THEN 1 ELSE excluded.finished END,
            watch_until = excluded.watch_until, observed_at = excluded.observed_at";
    const UNITS: &str = "
        INSERT INTO observed_item (connection, item, rma)
        SELECT $2, item, rma FROM {input $1: item text, rma text} WHERE true
        ON CONFLICT (connection, item, rma) DO NOTHING";
    let units = observed
        .iter()
        .flat_map(|(rma, observed)| observed.rma.items.iter().map(move |item| UnitRow { item, rma }));
    session.run(UNITS, &[(&json(&units.collect::<Vec<_>>())?).into(), connection.as_str().into()]).await?;
    let rows = unless_read_later(session, connection, observed, now).await?;
    session.run(RECORD, &[(&json(&rows)?).into(), connection.as_str().into(), now.into()]).await.map(drop)
}

/// The rows to store, each with the time since when its status is known. A stored observation from the future comes from a
/// clock that was ahead, and is replaced.
async fn unless_read_later(
    session: &mut Session<'_>,
    connection: &ConnectionId,
    observed: &[(RmaId, Observation)],
    now: Timestamp,
) -> Result<Vec<ObservationRow>, StoreError> {
    const BEFORE: &str = "
        SELECT rma, what FROM observation
        WHERE connection = $2 AND observation.rma IN (SELECT input.rma FROM {input $1: rma text}) ORDER BY rma";
    let rmas = json_column("rma", observed.iter().map(|(rma, _)| rma))?;
    let before = session.lock_all(BEFORE, &[(&rmas).into(), connection.as_str().into()]).await?;
    let before: BTreeMap<_, _> = readable(&before)?.into_iter().collect();
    let mut rows = Vec::new();
    for (rma, observed) in observed {
        let before = before.get(rma).filter(|before| before.read_at <= now);
        if before.is_some_and(|before| before.read_at > observed.rma.read_at) {
            continue;
        }
        let mut observed = observed.clone();
        if let Some(before) = before.filter(|before| before.status == observed.rma.status) {
            observed.rma.status_since = before.status_since;
        }
        rows.push(ObservationRow::of(rma, &observed)?);
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
    let mut observed = Vec::new();
    for row in &rows {
        if let Some(what) = what(row)? {
            observed.push((row.parsed("rma")?, what));
        }
    }
    Ok(observed)
}

pub(super) async fn of_credits(
    session: &mut Session<'_>,
    connection: &ConnectionId,
    credits: &[OrderId],
) -> Result<Vec<Observation>, StoreError> {
    const OF_CREDITS: &str = "
        SELECT credit, what FROM observation
        WHERE connection = $2 AND observation.credit IN (SELECT input.credit FROM {input $1: credit text}) ORDER BY rma";
    let credits = json_column("credit", credits)?;
    let rows = session.all(OF_CREDITS, &[(&credits).into(), connection.as_str().into()]).await?;
    let (mut observed, mut unreadable) = (Vec::new(), BTreeSet::new());
    for row in &rows {
        match what(row)? {
            Some(what) => observed.push(what),
            None => drop(unreadable.insert(row.parsed::<OrderId>("credit")?)),
        }
    }
    observed
        .retain(|observed| observed.credit.as_ref().is_some_and(|credit| !unreadable.contains(&credit.id)));
    Ok(observed)
}

pub(super) async fn finished(
    session: &mut Session<'_>,
    connection: &ConnectionId,
    rmas: &[RmaId],
) -> Result<Vec<RmaId>, StoreError> {
    const FINISHED: &str = "
        SELECT rma FROM observation
        WHERE connection = $2 AND finished = 1
            AND observation.rma IN (SELECT input.rma FROM {input $1: rma text}) ORDER BY rma";
    let rmas = json_column("rma", rmas)?;
    let rows = session.all(FINISHED, &[(&rmas).into(), connection.as_str().into()]).await?;
    rows.iter().map(|row| row.parsed("rma")).collect()
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
    let items = json_column("item", items)?;
    let rows = session.all(OF_ITEMS, &[(&items).into(), connection.as_str().into()]).await?;
    rows.iter().map(|row| row.parsed("rma")).collect()
}

pub(super) async fn of(
    session: &mut Session<'_>,
    connection: &ConnectionId,
    rmas: &[RmaId],
) -> Result<Vec<(RmaId, ObservedRma)>, StoreError> {
    const OF: &str = "
        SELECT rma, what FROM observation
        WHERE connection = $2 AND observation.rma IN (SELECT input.rma FROM {input $1: rma text}) ORDER BY rma";
    if rmas.is_empty() {
        return Ok(Vec::new());
    }
    let rmas = json_column("rma", rmas)?;
    let rows = session.all(OF, &[(&rmas).into(), connection.as_str().into()]).await?;
    readable(&rows)
}

/// Page by page: a shop may have tens of thousands.
pub(super) async fn watched(
    session: &mut Session<'_>,
    connection: &ConnectionId,
    now: Timestamp,
) -> Result<Vec<(RmaId, ObservedRma)>, StoreError> {
    const PAGE_SIZE: i64 = 1000;
    const WATCHED: &str = "
        SELECT rma, what, watch_until FROM observation
        WHERE connection = $1 AND watch_until IS NOT NULL AND (watch_until, rma) > ($2, $3)
        ORDER BY watch_until, rma LIMIT $4";
    let (mut until, mut last) = (now.as_microsecond(), String::new());
    let mut watched = Vec::new();
    loop {
        let parameters = [connection.as_str().into(), until.into(), (&last).into(), PAGE_SIZE.into()];
        let rows = session.all(WATCHED, &parameters).await?;
        let Some(row) = rows.last() else { return Ok(watched) };
        (until, last) = (row.int("watch_until")?, row.text("rma")?);
        watched.extend(readable(&rows)?);
    }
}

/// The ReturnGO part of an observation.
#[derive(Deserialize)]
struct ReturngoPart {
    rma: ObservedRma,
}

fn readable(rows: &[Row]) -> Result<Vec<(RmaId, ObservedRma)>, StoreError> {
    let mut observed = Vec::new();
    for row in rows {
        if let Ok(ReturngoPart { rma }) = serde_json::from_str(&row.text("what")?) {
            observed.push((row.parsed("rma")?, rma));
        }
    }
    Ok(observed)
}

fn what(row: &Row) -> Result<Option<Observation>, StoreError> {
    Ok(serde_json::from_str(&row.text("what")?).ok())
}
