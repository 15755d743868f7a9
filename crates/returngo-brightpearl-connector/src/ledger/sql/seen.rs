//! What workers saw, for the sweeps. Without it sweeps mark more than they need to, so that what another version has
//! written and this one cannot read is left out, but for its units: late refunds find their RMAs by these.

use std::collections::BTreeSet;

use brightpearl::OrderId;
use jiff::Timestamp;
use returngo::{ReturnedItemId, RmaId};
use serde::Serialize;

use super::session::{Row, Session, json, unreadable};
use crate::ledger::{ConnectionId, LedgerError, Seen};

#[derive(Serialize)]
struct Remembered {
    rma: String,
    credit: Option<String>,
    what: String,
}

impl Remembered {
    fn of(rma: &RmaId, seen: &Seen) -> Result<Self, LedgerError> {
        Ok(Self {
            rma: rma.to_string(),
            credit: seen.credit.as_ref().map(|credit| credit.id.to_string()),
            what: serde_json::to_string(seen).map_err(|error| unreadable("what", error))?,
        })
    }
}

pub(super) async fn remember(
    session: &mut Session<'_>,
    connection: &ConnectionId,
    seen: &[(RmaId, Seen)],
    now: Timestamp,
) -> Result<(), LedgerError> {
    const REMEMBER: &str = "
        INSERT INTO seen (connection, rma, credit, what, seen_at)
        SELECT $2, rma, credit, what, $3 FROM {input $1: rma text, credit text, what text} WHERE true
        ON CONFLICT (connection, rma) DO UPDATE SET
            credit = excluded.credit, what = excluded.what, seen_at = excluded.seen_at";
    let rows: Vec<_> = seen.iter().map(|(rma, seen)| Remembered::of(rma, seen)).collect::<Result<_, _>>()?;
    session.run(REMEMBER, &[(&json(&rows)?).into(), connection.as_str().into(), now.into()]).await.map(drop)
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
struct Pattern {
    pattern: String,
}

impl Pattern {
    /// What the JSON has that names this unit.
    fn naming(item: &ReturnedItemId) -> Result<Self, LedgerError> {
        let named = serde_json::to_string(item).map_err(|error| unreadable("input", error))?;
        let escaped = named.replace('!', "!!").replace('%', "!%").replace('_', "!_");
        Ok(Self { pattern: format!("%{escaped}%") })
    }
}

/// Reads all rows of the connection: it is for units of RMAs that nobody has heard of for long.
pub(super) async fn rmas_of_items(
    session: &mut Session<'_>,
    connection: &ConnectionId,
    items: &[ReturnedItemId],
) -> Result<Vec<RmaId>, LedgerError> {
    const OF_ITEMS: &str = "
        SELECT rma FROM seen WHERE connection = $2
            AND EXISTS (SELECT 1 FROM {input $1: pattern text} WHERE seen.what LIKE input.pattern ESCAPE '!')
        ORDER BY rma";
    if items.is_empty() {
        return Ok(Vec::new());
    }
    let rows = items.iter().map(Pattern::naming).collect::<Result<Vec<_>, _>>()?;
    let rows = session.all(OF_ITEMS, &[(&json(&rows)?).into(), connection.as_str().into()]).await?;
    rows.iter().map(|row| row.parsed("rma")).collect()
}

fn what(row: &Row) -> Result<Option<Seen>, LedgerError> {
    Ok(serde_json::from_str(&row.text("what")?).ok())
}
