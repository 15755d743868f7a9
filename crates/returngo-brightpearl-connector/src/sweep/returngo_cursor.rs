//! How a sweep of ReturnGO stores how far it got: as a cursor, and as rows for the pending RMAs and the unmatched
//! transactions, so that a change of one of many rewrites only its row.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use returngo::{
    RmaId, TransactionId,
    sweep::{SweepCheckpoint, SweepState},
};
use serde::{Deserialize, Serialize};

use crate::store::{SweepPart, SweepRowKey, SweepRows};

/// How far the clocks of two processes may differ.
pub(super) const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_mins(10);

/// How far back a sweep reaches when it is unknown since when changes were missed.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(48);

/// Whether this time has passed by this clock. A later time was written while another clock was ahead.
pub(super) fn has_passed(time: Timestamp, now: Timestamp) -> bool {
    time <= now.saturating_add(CLOCK_TOLERANCE).unwrap_or(now)
}

/// Where a sweep continues.
pub(super) struct SweepPosition {
    pub(super) state: SweepState,
    /// Observations of workers up to this time are part of the state; none when that is unknown.
    pub(super) observed_until: Option<Timestamp>,
    /// Refunds that name no units, and whose RMAs were not searched for yet.
    pub(super) refunds_to_match: BTreeSet<TransactionId>,
}

impl SweepPosition {
    /// Reads the stored position of a sweep that runs now. Continues from an earlier time where it is damaged.
    pub(super) fn read(cursor: Option<&str>, rows: &SweepRows, now: Timestamp) -> Self {
        let Some(cursor) = cursor else {
            return Self {
                state: SweepState::new(now),
                observed_until: None,
                refunds_to_match: BTreeSet::new(),
            };
        };
        match Cursor::read(cursor, rows) {
            Some(Cursor { state, observed_until, refunds_to_match }) if has_passed(observed_until, now) => {
                let state = SweepState::resume(state);
                Self { state, observed_until: Some(observed_until), refunds_to_match }
            }
            // Damaged, or written while a clock was ahead: changes since then may have been missed.
            _ => {
                let from = now.saturating_sub(LOOK_BACK).unwrap_or(now);
                let state = salvage(rows, from, now);
                let refunds_to_match = refunds_without_units(&state);
                Self { state, observed_until: None, refunds_to_match }
            }
        }
    }

    /// The cursor and the rows to store for a state that includes the observations up to this time.
    pub(super) fn write(
        state: SweepState,
        observed_until: Timestamp,
        refunds_to_match: BTreeSet<TransactionId>,
    ) -> Result<(String, SweepRows), serde_json::Error> {
        let mut cursor = Cursor { state: state.into_checkpoint(), observed_until, refunds_to_match };
        let rows = take_rows(&mut cursor.state)?;
        Ok((serde_json::to_string(&cursor)?, rows))
    }
}

/// Refunds that belong to no RMA that was read, and that name no units.
pub(super) fn refunds_without_units(state: &SweepState) -> BTreeSet<TransactionId> {
    state.unmatched().filter(|(_, items)| items.is_empty()).map(|(id, _)| id.clone()).collect()
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cursor {
    state: SweepCheckpoint,
    #[serde(rename = "heardUntil")]
    observed_until: Timestamp,
    #[serde(rename = "toLookFor", default, skip_serializing_if = "BTreeSet::is_empty")]
    refunds_to_match: BTreeSet<TransactionId>,
}

impl Cursor {
    fn read(stored: &str, rows: &SweepRows) -> Option<Self> {
        let mut cursor: Self = serde_json::from_str(stored).ok()?;
        put_rows(rows, &mut cursor.state)?;
        Some(cursor)
    }
}

/// Moves the entries that are stored as rows out of the progress.
fn take_rows(progress: &mut SweepCheckpoint) -> Result<SweepRows, serde_json::Error> {
    let mut rows = SweepRows::new();
    for (rma, mark) in std::mem::take(&mut progress.pending) {
        insert(&mut rows, SweepPart::Pending, rma.as_str(), &mark)?;
    }
    for (transaction, items) in std::mem::take(&mut progress.unmatched) {
        insert(&mut rows, SweepPart::Unmatched, transaction.as_str(), &items)?;
    }
    Ok(rows)
}

fn insert(
    rows: &mut SweepRows,
    part: SweepPart,
    key: &str,
    entry: &impl Serialize,
) -> Result<(), serde_json::Error> {
    rows.insert(SweepRowKey { part, key: key.to_owned() }, serde_json::to_string(entry)?);
    Ok(())
}

/// Puts rows back into the progress; none when a row is damaged, or of another version.
fn put_rows(rows: &SweepRows, progress: &mut SweepCheckpoint) -> Option<()> {
    for (SweepRowKey { part, key }, entry) in rows {
        match part {
            SweepPart::Pending => {
                progress.pending.insert(key.parse().ok()?, serde_json::from_str(entry).ok()?);
            }
            SweepPart::Unmatched => {
                progress.unmatched.insert(TransactionId::new(key), serde_json::from_str(entry).ok()?);
            }
        }
    }
    Some(())
}

/// A state that begins at this time, with the rows that can be decoded. An RMA that was pending stays pending even if its
/// row is damaged.
fn salvage(rows: &SweepRows, from: Timestamp, now: Timestamp) -> SweepState {
    let mut progress = SweepState::new(from).into_checkpoint();
    let mut pending = Vec::new();
    for (SweepRowKey { part, key }, entry) in rows {
        match part {
            SweepPart::Pending => pending.extend(key.parse::<RmaId>()),
            SweepPart::Unmatched => {
                if let Ok(items) = serde_json::from_str(entry) {
                    progress.unmatched.insert(TransactionId::new(key), items);
                }
            }
        }
    }
    let mut state = SweepState::resume(progress);
    pending.into_iter().for_each(|rma| state.request_read(rma, now));
    state
}
