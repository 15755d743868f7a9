//! What workers saw, for the sweeps. Without it sweeps mark more than they need to, so that what another version has
//! written and this one cannot read is left out, but for its units: late refunds find their RMAs by these.

use std::collections::{BTreeMap, BTreeSet};

use brightpearl::OrderId;
use jiff::Timestamp;
use returngo::{
    ReturnedItemId, RmaId,
    sweep::{ObservedRma, SweepSettings},
};
use serde::{Deserialize, Serialize};

use super::session::{Row, Session, json, unreadable};
use crate::ledger::{ConnectionId, LedgerError, Seen};

#[derive(Serialize)]
struct Remembered {
    rma: String,
    credit: Option<String>,
    what: String,
    watch_until: Option<i64>,
}

impl Remembered {
    fn of(rma: &RmaId, seen: &Seen) -> Result<Self, LedgerError> {
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
pub(super) async fn remember(
    session: &mut Session<'_>,
    connection: &ConnectionId,
    seen: &[(RmaId, Seen)],
    now: Timestamp,
) -> Result<(), LedgerError> {
    const REMEMBER: &str = "
        INSERT INTO seen (connection, rma, credit, what, watch_until, seen_at)
        SELECT $2, rma, credit, what, watch_until, $3
        FROM {input $1: rma text, credit text, what text, watch_until bigint} WHERE true
        ON CONFLICT (connection, rma) DO UPDATE SET credit = excluded.credit, what = excluded.what,
            watch_until = excluded.watch_until, seen_at = excluded.seen_at";
    const UNITS: &str = "
        INSERT INTO seen_item (connection, item, rma)
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
    seen: &[(RmaId, Seen)],
    now: Timestamp,
) -> Result<Vec<Remembered>, LedgerError> {
    const BEFORE: &str = "
        SELECT rma, what FROM seen
        WHERE connection = $2 AND seen.rma IN (SELECT input.rma FROM {input $1: rma text}) ORDER BY rma";
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

pub(super) async fn since(
    session: &mut Session<'_>,
    connection: &ConnectionId,
    since: Timestamp,
) -> Result<Vec<(RmaId, Seen)>, LedgerError> {
    const SINCE: &str = "SELECT rma, what FROM seen WHERE connection = $1 AND seen_at >= $2 ORDER BY rma";
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
) -> Result<Vec<Seen>, LedgerError> {
    const OF_CREDITS: &str = "
        SELECT credit, what FROM seen
        WHERE connection = $2 AND seen.credit IN (SELECT input.credit FROM {input $1: credit text}) ORDER BY rma";
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
) -> Result<Vec<RmaId>, LedgerError> {
    const OF_ITEMS: &str = "
        SELECT DISTINCT rma FROM seen_item
        WHERE connection = $2 AND seen_item.item IN (SELECT input.item FROM {input $1: item text}) ORDER BY rma";
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
) -> Result<Vec<(RmaId, ObservedRma)>, LedgerError> {
    const OF: &str = "
        SELECT rma, what FROM seen
        WHERE connection = $2 AND seen.rma IN (SELECT input.rma FROM {input $1: rma text}) ORDER BY rma";
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
) -> Result<Vec<(RmaId, ObservedRma)>, LedgerError> {
    const A_PAGE: i64 = 1000;
    const WATCHED: &str = "
        SELECT rma, what, watch_until FROM seen
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
    rma: ObservedRma,
}

fn readable(rows: &[Row]) -> Result<Vec<(RmaId, ObservedRma)>, LedgerError> {
    let mut seen = Vec::new();
    for row in rows {
        if let Ok(OfReturngo { rma }) = serde_json::from_str(&row.text("what")?) {
            seen.push((row.parsed("rma")?, rma));
        }
    }
    Ok(seen)
}

fn what(row: &Row) -> Result<Option<Seen>, LedgerError> {
    Ok(serde_json::from_str(&row.text("what")?).ok())
}
